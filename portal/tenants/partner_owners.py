"""Owners of platformPartnerIds in the database: their periods read and written, and who has which."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from django.db.models import Q, QuerySet

from portal.tenants.models import EarlierOwner, PartnerId
from portal.tenants.ownership_periods import Period, Periods


def held_by(tenant_ids: Iterable[int]) -> QuerySet[PartnerId]:
    """Return the platformPartnerIds that these tenants own for any time: earlier, now or from a later date on."""
    ids = list(tenant_ids)
    earlier = EarlierOwner.objects.filter(tenant_id__in=ids).values("partner_id")
    return PartnerId.objects.filter(Q(tenant_id__in=ids) | Q(id__in=earlier))


def owners_at_accounts() -> set[tuple[int, int]]:
    """Return every (account, tenant that owns a platformPartnerId of it for any time)."""
    last = PartnerId.objects.values_list("account_id", "tenant_id")
    return set(last.union(EarlierOwner.objects.values_list("partner__account_id", "tenant_id")))


def owners_at(account_id: int) -> set[int]:
    """Return the tenants that own a platformPartnerId of the account for any time."""
    last = PartnerId.objects.filter(account_id=account_id).values_list("tenant_id")
    earlier = EarlierOwner.objects.filter(partner__account_id=account_id).values_list("tenant_id")
    return {tenant_id for (tenant_id,) in last.union(earlier)}


def periods_of(partners: Iterable[PartnerId]) -> dict[int, Periods]:
    """Return the ownership periods of each platformPartnerId, by its id."""
    partners = list(partners)
    earlier = defaultdict(list)
    for row in EarlierOwner.objects.filter(partner__in=partners).order_by("until_at"):
        earlier[row.partner_id].append(row)
    return {partner.id: _periods(partner, earlier[partner.id]) for partner in partners}


def write_periods(partner: PartnerId, before: Periods, after: Periods) -> None:
    """Write the periods of a platformPartnerId whose row is locked; the caller saves `partner`, whose tenant is set."""
    partner.tenant_id = after[-1].tenant_id
    old, new = _earlier(before), _earlier(after)
    gone = [until_at for until_at, row in old.items() if new.get(until_at) != row]
    if gone:
        EarlierOwner.objects.filter(partner=partner, until_at__in=gone).delete()
    EarlierOwner.objects.bulk_create(
        EarlierOwner(partner=partner, tenant_id=tenant_id, until_at=until_at, until_day=day)
        for until_at, (tenant_id, day) in new.items()
        if old.get(until_at) != (tenant_id, day)
    )


def _earlier(periods: Periods) -> dict:
    return {after.from_at: (before.tenant_id, after.day) for before, after in pairwise(periods)}


def _periods(partner: PartnerId, earlier: list[EarlierOwner]) -> Periods:
    tenant_ids = [row.tenant_id for row in earlier] + [partner.tenant_id]
    begins = [(None, None)] + [(row.until_at, row.until_day) for row in earlier]
    return tuple(Period(tenant_id, *begin) for tenant_id, begin in zip(tenant_ids, begins, strict=True))
