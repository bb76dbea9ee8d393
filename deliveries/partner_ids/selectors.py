"""platformPartnerIds for a tenant's page: its own and its children's, values in the pool, and requests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Max, Q, Sum, Window
from django.db.models.functions import RowNumber

from deliveries.messages.row import OTHER_LABEL
from deliveries.models import DailyCount, PartnerMove, PartnerRequest
from deliveries.partner_ids.recent_messages import DAYS, Recent, recent_messages
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership import COLUMNS
from portal.tenants.ownership_periods import SeenPeriod, current, seen_by
from portal.tenants.partner_owners import held_by, periods_of

MAX_WAITING = 100
MAX_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner id, its messages of the last days, and the newest move to its tenant (None: no messages waited).

    `tenant` and `periods` are the visible part of its owners; `is_last`: no later owner exists.
    """

    partner: PartnerId
    account: str
    tenant: Tenant
    periods: list[tuple[Tenant, SeenPeriod]]
    is_last: bool
    recent: Recent
    move: PartnerMove | None
    is_masked: bool = False  # it holds the number of a message, and its reader sees numbers masked

    @property
    def value(self) -> str:
        return Masking(in_full=not self.is_masked).text(self.partner.value)

    @property
    def is_open(self) -> bool:
        return self.move is not None and self.move.is_open


@dataclass(frozen=True, slots=True)
class Waiting:
    """Contents of an account's pool: undeclared values with their messages, and messages without a value."""

    account: GatewayAccount
    values: list[dict]  # value, messages, last_day
    without_value: int
    over_limit: int
    is_cut: bool
    targets: tuple[Tenant, ...] = ()  # for whom a value may be declared

    @property
    def messages(self) -> int:
        """Return how many messages a declaration would move: those of the listed values."""
        return sum(row["messages"] for row in self.values)


def seen_periods(
    partners: Iterable[PartnerId], tenant_ids: Iterable[int]
) -> dict[int, list[tuple[Tenant, SeenPeriod]]]:
    """Return what these tenants' people see of each partner id's ownership: their own periods, by its id."""
    tenant_ids = frozenset(tenant_ids)
    seen = {id_: seen_by(periods, tenant_ids) for id_, periods in periods_of(partners).items()}
    tenants = Tenant.objects.in_bulk({period.tenant_id for periods in seen.values() for period in periods})
    return {id_: [(tenants[period.tenant_id], period) for period in periods] for id_, periods in seen.items()}


def partner_rows(
    partners: Iterable[PartnerId], *, tenant_ids: Iterable[int], today: date, now: datetime
) -> list[PartnerRow]:
    """Return the partner ids, in their order, as rows."""
    partners, tenant_ids = list(partners), list(tenant_ids)
    seen = seen_periods(partners, tenant_ids)
    shown = {id_: current([period for _tenant, period in periods], now).tenant_id for id_, periods in seen.items()}
    newest = {
        (move.partner_id, move.tenant_id): move
        for move in PartnerMove.objects.filter(tenant_id__in=tenant_ids, partner__in=partners).order_by("id")
    }
    recent = recent_messages({(p.account_id, p.value) for p in partners}, tenant_ids, today=today)
    names = dict(GatewayAccount.objects.filter(id__in={p.account_id for p in partners}).values_list("id", "name"))
    return [
        PartnerRow(
            partner,
            names[partner.account_id],
            next(tenant for tenant, period in seen[partner.id] if period.tenant_id == shown[partner.id]),
            [(tenant, period) for tenant, period in seen[partner.id] if not period.is_whole],
            partner.tenant_id in tenant_ids,
            recent[partner.account_id, partner.value],
            newest.get((partner.id, shown[partner.id])),
        )
        for partner in partners
    ]


def waiting_in(accounts: Sequence[GatewayAccount]) -> list[Waiting]:
    """Return what waits in each account's pool, the values with most messages first; behind the wall it is empty."""
    place = Window(RowNumber(), partition_by="account_id", order_by=[F("number").desc(), F("partner_id")])
    rows = list(
        DailyCount.objects.filter(tenant_id__in=[a.pool_id for a in accounts], account_id__in=[a.id for a in accounts])
        .filter(tenant_id=F("account__pool_id"))
        .values("account_id", "partner_id")
        .annotate(number=Sum("messages"), last_day=Max("day", filter=Q(messages__gt=0)))
        .filter(number__gt=0)
        .annotate(place=place)
        .filter(place__lte=MAX_WAITING + 3)
        .order_by("account_id", "place")
    )
    pools = Q(tenant_id__in=[account.pool_id for account in accounts])
    declared = PartnerId.objects.filter(account__in=accounts, value__in={row["partner_id"] for row in rows})
    moving = set(declared.exclude(pools).values_list("account_id", "value"))
    return [_waiting(account, [row for row in rows if row["account_id"] == account.id], moving) for account in accounts]


def _waiting(account: GatewayAccount, rows: list[dict], moving: set[tuple[int, str]]) -> Waiting:
    aside = {row["partner_id"]: row["number"] for row in rows if row["partner_id"] in ("", OTHER_LABEL)}
    values = [
        {"value": row["partner_id"], "messages": row["number"], "last_day": row["last_day"]}
        for row in rows
        if row["partner_id"] not in aside and (account.id, row["partner_id"]) not in moving
    ]
    return Waiting(
        account,
        values[:MAX_WAITING],
        aside.get("", 0),
        aside.get(OTHER_LABEL, 0),
        len(values) > MAX_WAITING,
    )


def requests_of(tenant_ids: Iterable[int], *, now: datetime) -> list[PartnerRequest]:
    """Return the tenants' requests, open ones first, and those decided in the last DAYS days; newest first."""
    recent = Q(state=PartnerRequest.State.OPEN) | Q(decided_at__gt=now - timedelta(days=DAYS))
    rows = PartnerRequest.objects.filter(recent, tenant_id__in=tenant_ids).select_related("tenant")
    rows = list(rows.order_by("-id")[:MAX_REQUESTS])
    return sorted(rows, key=lambda row: row.state != PartnerRequest.State.OPEN)


def known_accounts(tenant: Tenant, tenant_ids: Iterable[int]) -> list[GatewayAccount]:
    """Return the accounts that the tenant's people may know, by name.

    Those with their partner IDs, those that they or a tenant above them own, and the portal's only account if it has no
    single owner. An account's name can be a customer's, so no others are shown.
    """
    tenant_ids = list(tenant_ids)
    accounts = GatewayAccount.objects.only(*COLUMNS).order_by("name")
    used = held_by(tenant_ids).values("account_id")
    found = list(accounts.filter(Q(id__in=used) | Q(owner_id__in=[*tenant_ids, *_ancestors(tenant)])))
    if found:
        return found
    every: Sequence[GatewayAccount] = accounts[:2]
    return [account for account in every if len(every) == 1 and account.owner_id is None]


def _ancestors(tenant: Tenant) -> list[int]:
    found, parent_id = [], tenant.parent_id
    while parent_id is not None and parent_id not in found:
        found.append(parent_id)
        parent_id = Tenant.objects.values_list("parent_id", flat=True).get(id=parent_id)
    return found
