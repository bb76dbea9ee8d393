"""Feed tokens: made, shown once, rotated with two valid at a time."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from portal.tenants import tokens
from portal.tenants.models import Feed, FeedToken

ROTATION = timedelta(hours=72)  # the gateway re-sends for 48 h, so an old token outlives what it was given for


class TokenError(ValueError):
    """The token cannot be used; the message says why."""


def valid_tokens(feed: Feed, *, now: datetime):
    """Return the tokens of the feed that are accepted at `now`."""
    return feed.tokens.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def has_token(feed: Feed, token: str) -> bool:
    """Return whether `token` is already one of the feed's."""
    return feed.tokens.filter(digest__in=tokens.digests(token, purpose="feed-token")).exists()


def add_token(feed: Feed, *, now: datetime, token: str | None = None, for_gates: bool = False) -> str:
    """Give the feed a new token (or the wanted one) and return it. It cannot be read again.

    Valid tokens without an expiry expire after ROTATION. At most two are valid; the oldest is removed first. Tokens for
    the gates that the portal sets are rotated apart from the others. Raises TokenError for a token that is short, unfit
    for a URL, or another feed's, and for the feed of submissions.
    """
    if feed.kind == Feed.Kind.SUBMISSIONS:
        raise TokenError("submissions are received by the REST API only, with an API key")
    token = token or tokens.make_token()
    if len(token) < tokens.MIN_TOKEN_LENGTH:
        raise TokenError(f"a token needs at least {tokens.MIN_TOKEN_LENGTH} characters")
    if not all(c.isascii() and (c.isalnum() or c in "-_.~") for c in token):
        raise TokenError("a token may contain letters, digits and - _ . ~ only")
    with transaction.atomic():
        Feed.objects.select_for_update().get(pk=feed.pk)
        if FeedToken.objects.filter(digest__in=tokens.digests(token, purpose="feed-token")).exists():
            raise TokenError("this token is already in use")
        earlier = list(valid_tokens(feed, now=now).filter(for_gates=for_gates).order_by("-created_at", "-id"))
        for old in earlier[1:]:
            old.expires_at = now
            old.save(update_fields=["expires_at"])
        for old in earlier[:1]:
            old.expires_at = min(old.expires_at or now + ROTATION, now + ROTATION)
            old.save(update_fields=["expires_at"])
        digest = tokens.digest(token, purpose="feed-token")
        FeedToken.objects.create(feed=feed, digest=digest, hint=token[:4], for_gates=for_gates)
    return token


def set_basic(feed: Feed, *, user: str, password: str) -> None:
    """Ask for Basic credentials from now on; an empty user asks for none."""
    feed.basic_user = user
    feed.basic_password_digest = tokens.digest(password, purpose="feed-basic") if user else ""


def set_header(feed: Feed, *, name: str, value: str) -> None:
    """Ask for a header of this value from now on; an empty name asks for none."""
    feed.header_name = name
    feed.header_value_digest = tokens.digest(value, purpose="feed-header") if name else ""
