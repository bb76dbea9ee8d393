"""Accounts with their pools and feeds, as a provisioning file asks for them."""

from portal.provisioning.outcome import NewToken
from portal.provisioning.reader import POOL_PREFIX
from portal.provisioning.specs import AccountSpec, FeedSpec
from portal.provisioning.tenants import count_anew
from portal.provisioning.writer import Writer
from portal.tenants import tokens
from portal.tenants.feeds import ROTATION, TokenError, add_token, has_token, set_basic, set_header, valid_tokens
from portal.tenants.models import Feed, GatewayAccount, Tenant
from portal.tenants.ownership import outsiders, set_owner


def write_accounts(writer: Writer, specs: tuple[AccountSpec, ...]) -> None:
    """Create and change accounts, their pools and their feeds."""
    for spec in specs:
        account = GatewayAccount.objects.filter(name=spec.name).first() or GatewayAccount(name=spec.name)
        is_new = account.pk is None
        pool = _write_pool(writer, spec, account)
        values = {"platform_id": spec.platform_id, "timezone": spec.timezone, "pool": pool}
        changed = writer.save(account, values, position=spec.position, at=spec.at)
        if account.pk is None:
            continue
        more = f", with the pool {pool.slug}" if is_new else ""
        writer.tell_saved(f"account {spec.name}", is_new=is_new, changed=changed, more=more)
        for feed in spec.feeds:
            _write_feed(writer, feed, account)


def write_owners(writer: Writer, specs: tuple[AccountSpec, ...]) -> None:
    """Set or remove the single owner of accounts; the customers are already written."""
    for spec in specs:
        account = GatewayAccount.objects.filter(name=spec.name).first()
        if "owner" not in spec.at or account is None:
            continue  # its problem is already recorded
        owner = Tenant.objects.filter(slug=spec.owner.name).first() if spec.owner else None
        others = ", ".join(tenant.slug for tenant in outsiders(account, owner)) if owner else ""
        if others:
            writer.problems.add(spec.at["owner"], f"other tenants have partner ids of {spec.name}: {others}")
        elif set_owner(account, owner, now=writer.now):
            account.save(update_fields=["owner", "owner_since"])
            writer.tell_saved(f"account {spec.name}", is_new=False, changed=["owner"], tenant=owner)


def _write_pool(writer: Writer, spec: AccountSpec, account: GatewayAccount) -> Tenant:
    slug = POOL_PREFIX + spec.name
    if account.pk is not None:
        pool = account.pool
    else:
        pool = Tenant.objects.filter(slug=slug).first() or Tenant(
            slug=slug, name=f"Pool of {spec.name}", kind=Tenant.Kind.POOL
        )
    # What nobody declared has its days in the account's zone (docs/link.md section 5.6).
    is_new = pool.pk is None
    changed = writer.save(pool, {"timezone": spec.timezone}, position=spec.position, at=spec.at)
    if not is_new:
        count_anew(writer, pool, changed)
    return pool


def _write_feed(writer: Writer, spec: FeedSpec, account: GatewayAccount) -> None:
    feed = Feed.objects.filter(account=account, name=spec.name).first()
    feed = feed or Feed(account=account, name=spec.name)
    is_new = feed.pk is None
    values: dict[str, object] = {"dialect": spec.dialect}
    if "default_partner_id" in spec.at:
        values["default_partner_id"] = spec.default_partner_id
    if "networks" in spec.at:
        values["networks"] = spec.networks
    if "signing_keys" in spec.at:
        values["signing_keys"] = spec.signing_keys
    if "basic" in spec.at and not _has_basic(feed, spec):
        wanted = Feed()
        set_basic(wanted, user=spec.basic_user, password=spec.basic_password)
        values |= {
            "basic_user": wanted.basic_user,
            "basic_password_digest": wanted.basic_password_digest,
        }
    if "header" in spec.at and not _has_header(feed, spec):
        wanted = Feed()
        set_header(wanted, name=spec.header_name, value=spec.header_value)
        values |= {"header_name": wanted.header_name, "header_value_digest": wanted.header_value_digest}
    fields = {"basic": "basic_user", "header": "header_name"}
    place_of = spec.at | {name: spec.at[key] for key, name in fields.items() if key in spec.at}
    changed = writer.save(feed, values, position=spec.position, at=place_of)
    if feed.pk is None:
        return
    keys = {name.partition("_")[0] if name.startswith(("basic_", "header_")) else name for name in changed}
    writer.tell_saved(f"feed {feed}", is_new=is_new, changed=keys)
    _give_token(writer, spec, feed)


def _has_basic(feed: Feed, spec: FeedSpec) -> bool:
    if feed.basic_user != spec.basic_user:
        return False
    digests = tokens.digests(spec.basic_password, purpose="feed-basic")
    return not spec.basic_user or feed.basic_password_digest in digests


def _has_header(feed: Feed, spec: FeedSpec) -> bool:
    if feed.header_name != spec.header_name:
        return False
    digests = tokens.digests(spec.header_value, purpose="feed-header")
    return not spec.header_name or feed.header_value_digest in digests


def _give_token(writer: Writer, spec: FeedSpec, feed: Feed) -> None:
    valid = valid_tokens(feed, now=writer.now)
    if spec.token and has_token(feed, spec.token):
        if not valid.filter(digest__in=tokens.digests(spec.token, purpose="feed-token")).exists():
            writer.outcome.notes.append(f"feed {feed}: the token in the file has expired and is not accepted")
        return
    is_rotation = valid.exists()
    if not spec.token and is_rotation:
        return
    try:
        token = add_token(feed, now=writer.now, token=spec.token or None)
    except TokenError as error:
        writer.problems.add(spec.at.get("token", spec.position), str(error))
        return
    if not spec.token:
        writer.outcome.tokens.append(NewToken(str(feed), token))
    until = f"; the previous one is accepted until {writer.now + ROTATION:%Y-%m-%d %H:%M %Z}"
    writer.tell(f"feed {feed}", f"token added{until if is_rotation else ''}", token_added=True)
