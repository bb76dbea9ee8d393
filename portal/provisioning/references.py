"""Checks references of a provisioning file against the rest of the file and the database."""

from collections.abc import Iterable
from datetime import date

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from portal.accounts.models import User
from portal.provisioning.positions import Problems, meant
from portal.provisioning.reader import POOL_PREFIX
from portal.provisioning.specs import Claim, Config, TenantSpec
from portal.tenants import tokens
from portal.tenants.models import FeedToken, GatewayAccount, PartnerId, Tenant


def check(config: Config, problems: Problems, *, take_over: bool) -> None:
    """Add what is wrong between the file and the database to `problems`; writes nothing."""
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.select_related("parent")}
    customers = {slug for slug, tenant in tenants.items() if tenant.kind == Tenant.Kind.CUSTOMER}
    customers |= {spec.slug for spec in config.tenants}
    accounts = set(GatewayAccount.objects.values_list("name", flat=True))
    accounts |= {spec.name for spec in config.accounts}
    _check_slugs(config, tenants, problems)
    _check_names(config, customers, accounts, problems)
    _check_parents(config.tenants, tenants, problems)
    _check_claims(config.tenants, problems, take_over=take_over)
    _check_tokens(config, problems)
    _check_passwords(config, problems)


def taken_text(claim: Claim, holder: str) -> str:
    """Return what to say when `holder` has the platformPartnerId that the claim is about."""
    return (
        f"{claim.value!r} of {claim.account} already belongs to the tenant {holder}; use --take-over to move it,"
        " with its messages, to this one"
    )


def _check_slugs(config: Config, tenants: dict[str, Tenant], problems: Problems) -> None:
    for spec in config.tenants:
        if spec.slug in tenants and tenants[spec.slug].kind == Tenant.Kind.POOL:
            problems.add(spec.at["slug"], f"{spec.slug!r} is the pool of an account")
    for account in config.accounts:
        pool = tenants.get(POOL_PREFIX + account.name)
        if pool and pool.kind != Tenant.Kind.POOL:
            problems.add(account.at["name"], f"the slug of its pool, {pool.slug!r}, belongs to another tenant")


def _check_names(config: Config, customers: set[str], accounts: set[str], problems: Problems) -> None:
    for account in config.accounts:
        if account.owner and account.owner.name not in customers:
            problems.add(account.owner.position, _unknown("tenant", account.owner.name, customers))
    for tenant in config.tenants:
        if tenant.parent and tenant.parent not in customers:
            problems.add(tenant.at["parent"], _unknown("tenant", tenant.parent, customers))
        for reference in tenant.accounts:
            if reference.name not in accounts:
                problems.add(reference.position, _unknown("account", reference.name, accounts))
    for user in config.users:
        for reference in user.memberships:
            if reference.name not in customers:
                problems.add(reference.position, _unknown("tenant", reference.name, customers))
    for spec in config.price_lists:
        for named in (spec.issuer, spec.customer):
            if named is not None and named.name not in customers:
                problems.add(named.position, _unknown("tenant", named.name, customers))
        if spec.account and spec.account.name not in accounts:
            problems.add(spec.account.position, _unknown("account", spec.account.name, accounts))


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = sorted(name for name in known if name)
    return f"unknown {what} {name!r}{meant(name, known)}" + ("" if known else f"; there is no {what} yet")


def _check_parents(specs: tuple[TenantSpec, ...], tenants: dict[str, Tenant], problems: Problems) -> None:
    parents: dict[str, str | None] = {slug: tenant.parent.slug for slug, tenant in tenants.items() if tenant.parent}
    for spec in specs:
        if "parent" in spec.at:
            parents[spec.slug] = spec.parent
    for spec in specs:
        way = [spec.slug]
        while (ancestor := parents.get(way[-1])) and ancestor not in way:
            way.append(ancestor)
        # Who only leads to a circle is not part of it.
        if ancestor == spec.slug and "parent" in spec.at:
            problems.add(spec.at["parent"], f"a circle of parents: {' → '.join([*way, spec.slug])}")


def _check_claims(specs: tuple[TenantSpec, ...], problems: Problems, *, take_over: bool) -> None:
    claimed = by_value(specs)
    for claims in claimed.values():
        first: dict[date | None, tuple[str, Claim]] = {}
        for slug, claim in claims:
            if claim.from_position and claim.from_day is None:
                continue
            of, earlier = first.setdefault(claim.from_day, (slug, claim))
            if earlier is not claim:
                whose = "this tenant" if of == slug else f"the tenant {of}"
                day = f" from {claim.from_day}" if claim.from_day else ""
                problems.add(
                    claim.from_position or claim.position,
                    f"{claim.value!r} is claimed{day} by {whose} too (line {earlier.position.line})",
                )
    if take_over:
        return
    rows = list(
        PartnerId.objects.filter(
            account__name__in={account for account, _ in claimed},
            value__in={value for _, value in claimed},
            tenant__kind=Tenant.Kind.CUSTOMER,
        ).select_related("account", "tenant")
    )
    for row in rows:
        claims = claimed.get((row.account.name, row.value), [])
        if claims and row.tenant.slug not in {slug for slug, _claim in claims}:
            problems.add(claims[-1][1].position, taken_text(claims[-1][1], row.tenant.slug))


def by_value(specs: Iterable[TenantSpec]) -> dict[tuple[str, str], list[tuple[str, Claim]]]:
    """Return the claims of each (account, value) by tenant slug, in the order of their first days.

    The result is sorted, so that two runs lock the same rows in the same order and cannot deadlock.
    """
    found: dict[tuple[str, str], list[tuple[str, Claim]]] = {}
    for spec in specs:
        for claim in spec.claims:
            found.setdefault((claim.account, claim.value), []).append((spec.slug, claim))
    return {key: sorted(found[key], key=lambda claim: claim[1].from_day or date.min) for key in sorted(found)}


def _check_tokens(config: Config, problems: Problems) -> None:
    for account in config.accounts:
        for feed in account.feeds:
            digests = tokens.digests(feed.token, purpose="feed-token") if feed.token else []
            for token in FeedToken.objects.filter(digest__in=digests).select_related("feed__account"):
                if (token.feed.account.name, token.feed.name) != (account.name, feed.name):
                    problems.add(feed.at["token"], f"the feed {token.feed} already uses this token")


def _check_passwords(config: Config, problems: Problems) -> None:
    for spec in config.users:
        if spec.password:
            try:
                validate_password(spec.password, User(email=spec.email, name=spec.name))
            except ValidationError as error:
                problems.add(spec.at["password"], " ".join(error.messages))
