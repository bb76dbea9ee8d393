"""Shared links: made, found by the token in their address, counted, revoked, deleted."""

from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.urls import reverse

from portal.brands.brand import Brand, chain_of
from portal.shares.models import ShareLink
from portal.tenants import tokens
from portal.tenants.models import Tenant

KEPT = timedelta(days=90)  # after a link has ended

_PURPOSE = "share-link"


def create_link(
    *,
    tenant: Tenant,
    kind: str,
    name: str,
    maker_id: int,
    made_by: str,
    now: datetime,
    expires_at: datetime,
    query: str = "",
    month: date | None = None,
    panel: str = "",
    hosts: list[str] | None = None,
) -> tuple[ShareLink, str]:
    """Create a link and return its row and its token, which can never be read again."""
    token = tokens.make_token()
    link = ShareLink.objects.create(
        tenant=tenant,
        kind=kind,
        name=name,
        query=query,
        month=month,
        panel=panel,
        hosts=hosts or [],
        digest=tokens.digest(token, purpose=_PURPOSE),
        maker_id=maker_id,
        made_by=made_by,
        created_at=now,
        expires_at=expires_at,
    )
    return link, token


def address(link: ShareLink, token: str, *, brand: Brand) -> str:
    """Return the link's whole address, under the host of the tenant's brand if it has one."""
    name = "embed" if link.kind == ShareLink.Kind.PANEL else "share"
    return brand.address + reverse(name, args=[token])


def find_link(token: str, *, now: datetime) -> ShareLink | None:
    """Return the open link with this token, its tenant and the chain of its brand; None for any other."""
    digests = tokens.digests(token, purpose=_PURPOSE)
    found = open_links(now).select_related("tenant").annotate(chain=chain_of("tenant_id"))
    return found.filter(digest__in=digests).first()


def open_links(now: datetime) -> QuerySet[ShareLink]:
    """Return the links that are neither revoked nor expired."""
    return ShareLink.objects.filter(revoked_at=None, expires_at__gt=now)


def revoke(*, link: ShareLink, now: datetime) -> bool:
    """Revoke a link at once; return whether it was not revoked before."""
    return bool(ShareLink.objects.filter(id=link.id, revoked_at=None).update(revoked_at=now))


def note_opening(*, link: ShareLink, now: datetime) -> None:
    """Count one opening of the link."""
    ShareLink.objects.filter(id=link.id).update(openings=F("openings") + 1, last_opened_at=now)


def delete_ended(*, now: datetime) -> int:
    """Delete the links that ended longer than KEPT ago; return their number."""
    before = now - KEPT
    return ShareLink.objects.filter(Q(expires_at__lte=before) | Q(revoked_at__lte=before)).delete()[0]
