"""Attributes that a tenant's rules give to a message: its tenant, day, campaign and recipient key.

RefIds and platformPartnerIds are free text, so the number of new ones a day is limited. Those over the limit are
counted as "other" (docs/architecture.md). A message keeps its campaign while its refId and tenant do not change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import connection

from campaigns import ref_ids
from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID, Campaign, RefIdScheme
from deliveries.messages.fold import PARTNER_OVER_LIMIT, Folded, has_masked_ref_id
from deliveries.messages.recipients import assign_keys, recipient_keys
from deliveries.messages.row import StoredMessage
from portal.common.bulk import EACH
from portal.common.periods import local_day
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership_periods import Period, Periods, owner_at

_parse = lru_cache(maxsize=16384)(ref_ids.parse)


@dataclass(frozen=True, slots=True)
class _Rules:
    timezone: str
    is_pool: bool
    scheme: ref_ids.RefIdScheme | None


def attribute(
    messages: list[tuple[Folded, StoredMessage | None]], *, now: datetime, decide_anew: bool = False
) -> list[StoredMessage]:
    """Give each folded message (with what is stored of it) its tenant, day, campaign and recipient key, in this order.

    A stored campaign stays, unless `decide_anew` (the tenant's refId scheme was changed). Every look-up is read in
    the caller's transaction, so a platformPartnerId that was declared counts from then on.
    """
    pools = dict(GatewayAccount.objects.values_list("id", "pool_id"))
    owners = _owners({(f.account_id, f.partner_id) for f, _before in messages if f.partner_id}, pools, now)
    tenant_ids = []
    for folded, _before in messages:
        owner = owners.get((folded.account_id, folded.partner_id))
        folded.flags &= ~PARTNER_OVER_LIMIT
        if owner is None and folded.partner_id:
            folded.flags |= PARTNER_OVER_LIMIT
        elif type(owner) is tuple:
            owner = owner_at(owner, folded.sent_at)
        tenant_ids.append(owner if owner is not None else pools[folded.account_id])
    rules = _rules(set(tenant_ids))
    named: list[ref_ids.RefIdParts | None] = []
    for (folded, before), tenant_id in zip(messages, tenant_ids, strict=True):
        # What was made of a refId before it lost a number cannot be made of it again.
        is_open = decide_anew and not has_masked_ref_id(folded)
        decided = not is_open and _is_decided(folded, before, tenant_id)
        named.append(None if decided else _name(folded, rules[tenant_id]))
    campaigns = _campaigns(
        {(tenant_id, parts.campaign) for tenant_id, parts in zip(tenant_ids, named, strict=True) if parts},
        rules,
        now,
    )
    result = []
    for (folded, before), tenant_id, parts in zip(messages, tenant_ids, named, strict=True):
        day = local_day(folded.sent_at, rules[tenant_id].timezone)
        if parts is None:
            result.append(StoredMessage(folded, tenant_id, day, before.campaign_id, before.variant, before.labels))
        else:
            campaign_id = (
                campaigns.get((tenant_id, parts.campaign), OTHER_CAMPAIGNS_ID) if parts.campaign else NO_CAMPAIGN_ID
            )
            result.append(StoredMessage(folded, tenant_id, day, campaign_id, parts.variant, parts.labels or None))
    stored = (before for _folded, before in messages)
    assign_keys(zip(result, stored, strict=True), recipient_keys())
    return result


def _is_decided(folded: Folded, before: StoredMessage | None, tenant_id: int) -> bool:
    return before is not None and before.tenant_id == tenant_id and before.folded.ref_id == folded.ref_id


def _name(folded: Folded, rules: _Rules) -> ref_ids.RefIdParts:
    # A pool has no campaigns: they are made by the rules of the tenant that its messages come to.
    if rules.is_pool or not folded.ref_id:
        return ref_ids.RefIdParts("", "", {})
    return _parse(folded.ref_id, rules.scheme)


def _rules(tenant_ids: set[int]) -> dict[int, _Rules]:
    schemes = {s.tenant_id: s.as_value() for s in RefIdScheme.objects.filter(tenant_id__in=tenant_ids)}
    return {
        id_: _Rules(timezone, kind == Tenant.Kind.POOL, schemes.get(id_))
        for id_, timezone, kind in Tenant.objects.filter(id__in=tenant_ids).values_list("id", "timezone", "kind")
    }


def _owners(pairs: set[tuple[int, str]], pools: dict[int, int], now: datetime) -> dict[tuple[int, str], int | Periods]:
    """Return the tenant of each (account, platformPartnerId); new ones go to the pool, up to the daily limit.

    A platformPartnerId that was handed over from a date has its periods instead of a tenant.
    """
    owners = _read_owners(pairs)
    for account_id in sorted({pair[0] for pair in pairs - owners.keys()}):
        new = sorted(value for account, value in pairs - owners.keys() if account == account_id)
        room = settings.NEW_PARTNER_IDS_PER_DAY - _registered_today(
            PartnerId.objects.filter(account_id=account_id, declared_at=None), "first_seen_at", now
        )
        _insert(
            "tenants_partnerid (account_id, value, tenant_id, first_seen_at)",
            [(account_id, value, pools[account_id], now) for value in new[: max(room, 0)]],
            ("int", "text", "int", "timestamptz"),
        )
    return owners | _read_owners(pairs - owners.keys())


def _read_owners(pairs: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int | Periods]:
    pairs = list(pairs)
    if not pairs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            # one row for each, but for those handed over from a date: theirs have the earlier owners, oldest first
            "SELECT p.account_id, p.value, p.tenant_id, e.tenant_id, e.until_at FROM tenants_partnerid p"  # noqa: S608  a table and types, constants of the callers below
            " LEFT JOIN LATERAL (SELECT tenant_id, until_at FROM tenants_earlierowner"
            f" WHERE partner_id = ANY (ARRAY[p.id]) {EACH}) e ON true"
            " WHERE p.account_id = ANY (%s) AND p.value = ANY (%s) ORDER BY p.id, e.until_at",
            _each_side(pairs),
        )
        found: dict[tuple[int, str], int | Periods] = {}
        for account_id, value, tenant_id, earlier_id, until_at in cursor.fetchall():
            pair = (account_id, value)
            if until_at is None:
                found[pair] = tenant_id
            else:
                begun = found.get(pair, (Period(earlier_id),))
                found[pair] = (*begun[:-1], begun[-1]._replace(tenant_id=earlier_id), Period(tenant_id, until_at))
    return {pair: found[pair] for pair in pairs if pair in found}


def _campaigns(names: set[tuple[int, str]], rules: dict[int, _Rules], now: datetime) -> dict[tuple[int, str], int]:
    """Return the id of each (tenant, campaign name); new ones are registered, up to the tenant's daily limit."""
    names = {pair for pair in names if pair[1]}
    known = _read_campaigns(names)
    for tenant_id in sorted({pair[0] for pair in names - known.keys()}):
        new = sorted(name for tenant, name in names - known.keys() if tenant == tenant_id)
        room = settings.NEW_CAMPAIGNS_PER_DAY - _registered_today(
            Campaign.objects.filter(tenant_id=tenant_id), "created_at", now
        )
        _insert(
            "campaigns_campaign (tenant_id, name, created_at)",
            [(tenant_id, name, now) for name in new[: max(room, 0)]],
            ("int", "text", "timestamptz"),
        )
    return known | _read_campaigns(names - known.keys())


def _read_campaigns(names: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    names = list(names)
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, name, id FROM campaigns_campaign WHERE tenant_id = ANY (%s) AND name = ANY (%s)",
            _each_side(names),
        )
        found = {(tenant_id, name): id_ for tenant_id, name, id_ in cursor.fetchall()}
    return {pair: found[pair] for pair in names if pair in found}


def _each_side(pairs: Iterable[tuple[int, str]]) -> list[list]:
    """Return the numbers and the texts of pairs, each once.

    Rows that have one of each are read, and those of other pairs among them left: as a join of pairs it would be
    planned for tables that are believed empty, every pair compared with every row.
    """
    return [sorted(set(side)) for side in zip(*pairs, strict=True)]


def _registered_today(rows, column: str, now: datetime) -> int:
    """Count what was registered since midnight UTC."""
    return rows.filter(**{f"{column}__gte": now.replace(hour=0, minute=0, second=0, microsecond=0)}).count()


def _insert(target: str, rows: list[tuple], types: tuple[str, ...]) -> None:
    """Insert `rows` (in key order, so that two appliers cannot deadlock) unless they are there by now."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {target} SELECT * FROM unnest({', '.join(f'%s::{type_}[]' for type_ in types)})"  # noqa: S608  a table and types, constants of the callers below
            " ON CONFLICT DO NOTHING",
            [list(column) for column in zip(*rows, strict=True)],
        )
