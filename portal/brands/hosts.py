"""Host names of brands: claimed, confirmed by a TXT record, checked again each day, and known to each process."""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from portal.brands.brand import Brand, brand_from, chain_of
from portal.brands.models import TenantBrand
from portal.brands.txt_records import Answer, look_up
from portal.tenants.models import Tenant
from portal.tenants.scope import signin_login

LOST_AFTER = timedelta(days=7)
KEPT_FOR = 30  # seconds in which a process may still use a host that was removed


class TakenHost(Exception):
    """Another tenant has confirmed the host."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Result of a check: what DNS says, and what became of the host."""

    answer: Answer
    is_confirmed: bool = False  # was not before
    is_lost: bool = False  # was confirmed before


def make_token() -> str:
    """Return a new value for a TXT record. It is no secret; it differs between tenants that claim one host."""
    return f"sms-portal-{secrets.token_hex(16)}"


def claim(brand: TenantBrand, host: str) -> None:
    """Set the host on a brand that is saved next, unconfirmed; nothing where it is the host already."""
    if host == brand.host:
        return
    brand.host, brand.host_token = host, make_token() if host else ""
    brand.host_confirmed_at = brand.host_checked_at = brand.host_missing_since = brand.host_lost_at = None


CLAIMED = (
    "host", "host_token", "host_confirmed_at", "host_checked_at", "host_missing_since", "host_lost_at",
)  # fmt: skip


def check(brand: TenantBrand, *, now: datetime) -> Checked:
    """Look for the host's TXT record and store what follows from it. Raises TakenHost.

    A host whose record is missing for LOST_AFTER is no longer used. Without an answer of DNS nothing changes: its
    servers, or ours, may be down.
    """
    answer = look_up(brand.host, brand.host_token)
    unchanged = TenantBrand.objects.filter(id=brand.id, host=brand.host, host_token=brand.host_token)
    was_confirmed = brand.host_confirmed_at is not None
    if answer == Answer.UNREACHABLE:
        return Checked(answer)
    if answer == Answer.FOUND:
        values = {"host_checked_at": now, "host_missing_since": None, "host_lost_at": None}
        if not was_confirmed:
            values["host_confirmed_at"] = now
        try:
            with transaction.atomic():
                changed = unchanged.update(**values)
        except IntegrityError:
            raise TakenHost(brand.host) from None
        forget_known()
        return Checked(answer, is_confirmed=bool(changed) and not was_confirmed)
    missing_since = (brand.host_missing_since or now) if was_confirmed else None
    is_lost = missing_since is not None and now - missing_since >= LOST_AFTER
    values = {"host_checked_at": now, "host_missing_since": None if is_lost else missing_since}
    if is_lost:
        values |= {"host_confirmed_at": None, "host_lost_at": now}
    changed = unchanged.update(**values)
    forget_known()
    return Checked(answer, is_lost=is_lost and bool(changed))


def confirmed() -> list[TenantBrand]:
    """Return the brands with a confirmed host, with their tenants."""
    found = TenantBrand.objects.exclude(host_confirmed_at=None).select_related("tenant").defer("logo", "icon")
    return list(found.order_by("id"))


class KnownHosts:
    """The confirmed hosts with their brands, read again after KEPT_FOR seconds; so no request costs a query."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._brands: Mapping[str, Brand] = {}
        self._until = 0.0

    def brand(self, host: str) -> Brand | None:
        """Return the brand of a confirmed host, None for any other name."""
        if time.monotonic() >= self._until:
            with self._lock:
                if time.monotonic() >= self._until:
                    self._brands = _read()
                    self._until = time.monotonic() + KEPT_FOR
        return self._brands.get(host)

    def forget(self) -> None:
        self._until = 0.0


known_hosts = KnownHosts()


def _read() -> dict[str, Brand]:
    with signin_login():
        found = Tenant.objects.exclude(own_brand__host_confirmed_at=None).annotate(chain=chain_of("id"))
        return {host: brand_from(chain) for host, chain in found.values_list("own_brand__host", "chain")}


def forget_known() -> None:
    """Have this process read the hosts again once the change is committed; others do within KEPT_FOR."""
    transaction.on_commit(known_hosts.forget, robust=True)
