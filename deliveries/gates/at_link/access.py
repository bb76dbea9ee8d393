"""An account's access to its Gate API: decrypted for a run, encrypted when it is saved, and the token of its gates."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from deliveries.gates.at_link.client import Access
from deliveries.gates.at_link.errors import GateApiError, Problem
from deliveries.gates.at_link.wanted import Target
from portal.accounts.models import record
from portal.common import sealed
from portal.tenants import tokens
from portal.tenants.feeds import add_token
from portal.tenants.gate_values import feed_url, header_of
from portal.tenants.models import Feed, FeedToken, GateApi

_PURPOSE = "gate-api"


def seal(secret: str) -> str:
    """Return the secret encrypted; '' for none."""
    return sealed.seal(secret, purpose=_PURPOSE) if secret else ""


def unseal(text: str) -> str:
    """Return the secret; '' for none. Raises GateApiError after SECRET_KEY was changed without a fallback."""
    try:
        return sealed.unseal(text, purpose=_PURPOSE) if text else ""
    except sealed.Unreadable as error:
        raise GateApiError(Problem.SECRET_KEY) from error


def access_of(api: GateApi) -> Access:
    """Return address and credentials of the Gate API."""
    return Access(api.address, api.username, unseal(api.password_sealed))


def is_feed_password(feed: Feed, password: str) -> bool:
    """Return whether the feed accepts this password of Basic credentials."""
    return feed.basic_password_digest in tokens.digests(password, purpose="feed-basic")


def is_feed_header(feed: Feed, value: str) -> bool:
    """Return whether the feed accepts this value of its header."""
    return feed.header_value_digest in tokens.digests(value, purpose="feed-header")


def kept_token(api: GateApi) -> str | None:
    """Return the token that the portal writes into gates; None if there is none that the feed accepts without end."""
    try:
        token = unseal(api.token_sealed)
    except GateApiError:
        return None
    digests = tokens.digests(token, purpose="feed-token")
    accepted = FeedToken.objects.filter(feed_id=api.feed_id, digest__in=digests, expires_at=None)
    return token if token and accepted.exists() else None


def add_kept_token(api: GateApi, *, actor: str, now: datetime) -> str:
    """Give the feed a new token for its gates and keep it encrypted; the former one is accepted for 72 more hours."""
    with transaction.atomic():
        held = GateApi.objects.select_for_update().get(pk=api.pk)
        token = add_token(held.feed, now=now, for_gates=True)
        api.token_sealed = held.token_sealed = seal(token)
        held.save(update_fields=["token_sealed"])
        record("feed.token", actor=actor, subject=str(held.feed), details={"for": "gates"})
    return token


def target_of(api: GateApi, *, token: str | None, now: datetime) -> Target:
    """Return the feed as gates should name it. Raises GateApiError if its credentials are not known any more."""
    feed = api.feed
    password, value = unseal(api.feed_password_sealed), unseal(api.feed_header_sealed)
    if not feed.active:
        raise GateApiError(Problem.FEED)
    if feed.basic_user and not is_feed_password(feed, password):
        raise GateApiError(Problem.FEED_PASSWORD)
    if feed.header_name and not is_feed_header(feed, value):
        raise GateApiError(Problem.FEED_HEADER)
    feeds_us, is_right = _addresses(feed)
    return Target(
        feed_name=feed.name,
        platform_id=api.account.platform_id,
        url=feed_url(token) if token else None,
        username=feed.basic_user,
        password=password if feed.basic_user else "",
        header=header_of(feed, value),
        feeds_us=feeds_us,
        is_right=is_right,
    )


def _addresses(feed: Feed) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Return the tests of an address: whether it is the account's, and whether it is this feed's without an end.

    Gates are recognised by their token, which only this portal can have given, or by the portal's own address. A token
    of another account is not this account's.
    """
    by_digest = {token.digest: token for token in FeedToken.objects.select_related("feed")}
    door = feed_url("")[:-1]

    def token_of(url: str) -> FeedToken | None:
        secret = _secret(url)
        digests = tokens.digests(secret, purpose="feed-token") if secret else []
        return next((by_digest[one] for one in digests if one in by_digest), None)

    def feeds_us(url: str) -> bool:
        token = token_of(url)
        return token.feed.account_id == feed.account_id if token else url.startswith(door) and bool(_secret(url))

    def is_right(url: str) -> bool:
        token = token_of(url)
        is_valid = token is not None and token.feed_id == feed.pk and token.expires_at is None
        return is_valid and url.startswith(door)

    return feeds_us, is_right


def _secret(url: str) -> str:
    """Return the token of an address /dlr/<token>/, '' if it is none."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    _before, sign, rest = path.rstrip("/").rpartition("/dlr/")
    return rest if sign and "/" not in rest else ""
