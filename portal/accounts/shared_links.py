"""Shared links depend on the right of the person who made them."""

from datetime import datetime

from portal.accounts import roles, standing
from portal.accounts.models import User, record
from portal.shares import links
from portal.shares.models import ShareLink

RIGHT = "share_pages"


def backed_link(token: str, *, now: datetime) -> ShareLink | None:
    """Return the open link with this token whose maker may still share; None for any other."""
    link = links.find_link(token, now=now) if token else None
    return link if link and is_backed(link, User.objects.filter(pk=link.maker_id).first()) else None


def is_backed(link: ShareLink, maker: User | None) -> bool:
    """Return whether the maker may share the tenant's pages now, as a member."""
    return maker is not None and maker.is_active and roles.may(standing.roles_in(maker.id, link.tenant), RIGHT)


def revoke(*, link: ShareLink, actor: str, now: datetime, why: str = "") -> None:
    """Revoke a link at once and record it."""
    if links.revoke(link=link, now=now):
        details = {"why": why} if why else {}
        record("share.revoked", actor=actor, tenant=link.tenant, subject=link.name, details=details)


def settle(*, actor: str, now: datetime, user: User | None = None) -> None:
    """Revoke open links whose maker (this person, or anybody) may not share any more."""
    rows = links.open_links(now).select_related("tenant").order_by("id")
    held = list(rows if user is None else rows.filter(maker_id=user.pk))
    makers = {user.pk: user} if user is not None else User.objects.in_bulk({link.maker_id for link in held})
    for link in held:
        if not is_backed(link, makers.get(link.maker_id)):
            revoke(link=link, actor=actor, now=now, why="maker lost the right")
