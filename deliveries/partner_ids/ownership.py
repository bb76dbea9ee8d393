"""Ownership of platformPartnerIds: declare, move, return; messages follow.

With a date it applies to messages sent from that day on, midnight in the new tenant's time zone; without one to all
messages, and earlier owners keep none (portal/tenants/ownership_periods.py).

Provisioning, the admin, the pages and the API share this one rule (docs/architecture.md, "Who may declare"). Each
change is recorded for the tenants that gain and lose messages; neither learns the other's name.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from deliveries.dialects.link import ACCEPT_AHEAD
from deliveries.models import PartnerMove
from deliveries.partner_ids.permissions import PartnerIdPermissions
from deliveries.rederiving.moves import wake
from deliveries.rederiving.partner_messages import Following, following
from portal.accounts.models import record
from portal.common.jobs import open_jobs
from portal.common.period_picker import FIRST_DAY
from portal.common.periods import local_day, start_of_day
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership_periods import OwnershipChange, Period, Periods, handed_over, ownership_changes
from portal.tenants.partner_owners import periods_of, write_periods
from portal.tenants.partner_values import MAX_BYTES, validate_partner_id
from portal.tenants.scope import with_descendants

MAX_VALUE_LENGTH = MAX_BYTES  # characters: what forms and the API stop at before the bytes are counted
MAX_AHEAD = timedelta(days=366)  # how far ahead a hand-over may lie
SENT_AHEAD = ACCEPT_AHEAD + timedelta(days=1)  # no message that is stored, or being applied, was sent later than this

NOT_FREE = _(
    "This partner ID cannot be declared here, because it may be in use already. Ask the people who run this portal."
)
NOT_YOURS = _("You may not declare partner IDs of this account. Request one instead.")
ALREADY = _("This partner ID is already declared. Move it instead.")
SINCE_EVER = _(
    "This customer has owned the partner ID from the beginning. First move it, without a date, to the customer"
    " that should have the earlier messages."
)


class PartnerIdError(Exception):
    """A rule forbids the change.

    `field` is account, value, tenant or from; `text` explains the rule for people.
    """

    def __init__(self, field: str, text: object) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class PartnerIdTaken(PartnerIdError):
    """Another customer has it, which operators may know: `holder`."""

    def __init__(self, holder: Tenant) -> None:
        super().__init__("value", NOT_FREE)
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Declared:
    """Result for one value: `holder` had it before (a pool: undeclared), `following` messages move, by `move`.

    `move` is None if none are to be moved; `from_at` is when the new owner's messages begin, None for all. `changed` is
    False if nothing changed.
    """

    partner: PartnerId
    holder: Tenant
    following: Following
    move: PartnerMove | None
    changed: bool
    from_at: datetime | None = None

    @property
    def messages(self) -> int:
        return self.following.messages


def declare(
    *,
    account: GatewayAccount,
    value: str,
    tenant: Tenant,
    permissions: PartnerIdPermissions,
    now: datetime,
    from_day: date | None = None,
    wake_worker: bool = True,
) -> Declared:
    """Declare a platformPartnerId of the account for the tenant, from a day on if one is given. Raises PartnerIdError.

    Without an operator's rights it can only be taken from the pool; another tenant's is moved with `reassign`. Without
    a day nothing changes if the tenant already has it, from any day.
    """
    check_value(value)
    if tenant.kind != Tenant.Kind.CUSTOMER:
        raise PartnerIdError("tenant", _("You cannot declare a partner ID for a pool. Choose a customer."))
    if not permissions.may_declare(account_id=account.id, tenant_id=tenant.id):
        in_account = permissions.is_operator or account.id in permissions.accounts
        raise PartnerIdError(*(("tenant", _outside(account)) if in_account else ("account", NOT_YOURS)))
    _check_owner(account, tenant)
    period = period_from(tenant, from_day, now=now)
    with transaction.atomic():
        row, is_new = _lock(account, value, tenant, now)
        if row is None:
            raise PartnerIdError("value", NOT_FREE)
        holder = account.pool if is_new else row.tenant
        before = (Period(account.pool_id),) if is_new else periods_of([row])[row.id]
        is_there = holder == tenant and not is_new and row.declared_at is not None
        if is_there and from_day in (None, before[-1].day):
            return Declared(row, holder, Following(), None, changed=False, from_at=before[-1].from_at)
        after = _after(before, period)
        changes = ownership_changes(before, after)
        losing = _customers(changes) - {tenant.id}
        if losing and not permissions.may_take:
            if permissions.is_operator:
                raise PartnerIdTaken(holder if holder.id in losing else Tenant.objects.get(id=min(losing)))
            if holder.id in losing:
                inside = permissions.has(account_id=account.id, tenant_id=holder.id)
                raise PartnerIdError("value", ALREADY if inside else NOT_FREE)
        _check_reach(permissions, account, before, changes, tenant)
        return _assign(row, account, holder, (before, after), permissions, now, is_new=is_new, wake_worker=wake_worker)


def reassign(
    *,
    partner_id: int,
    tenant: Tenant | None,
    permissions: PartnerIdPermissions,
    now: datetime,
    from_day: date | None = None,
) -> Declared:
    """Move a declared platformPartnerId with its messages to `tenant`, back to its account's pool for None.

    With a day only what is sent from then on moves. To the tenant that has it already: from this day on instead of the
    day before. Raises PartnerId.DoesNotExist for what the permissions do not cover, PartnerIdError for where it may not
    go.
    """
    with transaction.atomic():
        row, account, before, period = _wanted(partner_id, tenant, permissions, now, from_day)
        holder, target = row.tenant, tenant or account.pool
        if holder == target and from_day == before[-1].day:
            return Declared(row, holder, Following(), None, changed=False, from_at=before[-1].from_at)
        after = _after(before, period)
        changes = ownership_changes(before, after)
        losing = _customers(changes) - {holder.id, target.id}
        if losing and permissions.is_operator and not permissions.may_take:
            raise PartnerIdTaken(Tenant.objects.get(id=min(losing)))
        _check_reach(permissions, account, before, changes, target)
        return _assign(row, account, holder, (before, after), permissions, now)


def would_follow(
    *, partner_id: int, tenant: Tenant | None, permissions: PartnerIdPermissions, now: datetime, from_day: date | None
) -> tuple[Following, datetime | None]:
    """Return how many messages `reassign` would move, and from when. Raises as `reassign` does."""
    with transaction.atomic():
        row, account, before, period = _wanted(partner_id, tenant, permissions, now, from_day)
        changes = ownership_changes(before, _after(before, period))
        _check_reach(permissions, account, before, changes, tenant or account.pool)
        return following(changes, account_id=account.id, value=row.value), period.from_at


def plan(
    *, account: GatewayAccount, value: str, tenant: Tenant | None, from_day: date | None, now: datetime
) -> tuple[list[OwnershipChange], Following]:
    """Return what an operator's hand-over would change, and how many messages it would move. Raises PartnerIdError."""
    row = PartnerId.objects.filter(account=account, value=value).first()
    before = periods_of([row])[row.id] if row else (Period(account.pool_id),)
    changes = ownership_changes(before, _after(before, period_from(tenant or account.pool, from_day, now=now)))
    return changes, following(changes, account_id=account.id, value=value)


def _wanted(
    partner_id: int, tenant: Tenant | None, permissions: PartnerIdPermissions, now: datetime, from_day: date | None
) -> tuple[PartnerId, GatewayAccount, Periods, Period]:
    """Return what a move is about, its row locked. Raises as `reassign` does."""
    row = PartnerId.objects.select_for_update(of=("self",)).select_related("tenant").get(id=partner_id)
    account = GatewayAccount.objects.only("id", "name", "pool_id", "owner_id").get(id=row.account_id)
    holder, target = row.tenant, tenant or account.pool
    if holder.id == account.pool_id or not permissions.has(account_id=account.id, tenant_id=holder.id):
        raise PartnerId.DoesNotExist
    if not permissions.has(account_id=account.id, tenant_id=target.id):
        raise PartnerIdError("tenant", _("You may not move it to this customer."))
    if target.id != account.pool_id:
        if target.kind != Tenant.Kind.CUSTOMER:
            raise PartnerIdError("tenant", _("You may not move it to this customer."))
        _check_owner(account, target)
    return row, account, periods_of([row])[row.id], period_from(target, from_day, now=now)


def period_from(tenant: Tenant, day: date | None, *, now: datetime) -> Period:
    """Return the tenant's ownership from its midnight of the day on, without one all time. Raises PartnerIdError."""
    if day is None:
        return Period(tenant.id)
    latest = local_day(now, tenant.timezone) + MAX_AHEAD
    if not FIRST_DAY <= day <= latest:
        limits = {"first": FIRST_DAY.isoformat(), "last": latest.isoformat()}
        raise PartnerIdError("from", _("Choose a day from %(first)s to %(last)s.") % limits)
    return Period(tenant.id, start_of_day(day, tenant.timezone), day)


def check_value(value: str) -> None:
    """Raise PartnerIdError for what cannot be a platformPartnerId."""
    try:
        validate_partner_id(value)
    except ValidationError as error:
        raise PartnerIdError("value", error.messages[0]) from error


def _outside(account: GatewayAccount) -> object:
    return _(
        "%(account)s belongs to one customer. Its partner IDs can only be declared for that customer and the"
        " customers below it."
    ) % {"account": account.name}


def _check_owner(account: GatewayAccount, tenant: Tenant) -> None:
    """Keep others out of an account that is one customer's alone: its people see all that is in it."""
    if account.owner_id is not None and tenant.id not in with_descendants([account.owner_id]):
        raise PartnerIdError("tenant", _outside(account))


def _lock(account: GatewayAccount, value: str, tenant: Tenant, now: datetime) -> tuple[PartnerId | None, bool]:
    """Return the value's locked row, and whether it was made here; None for one behind the wall."""
    rows = PartnerId.objects.filter(account_id=account.id, value=value).select_related("tenant")
    rows = rows.select_for_update(of=("self",))
    if (row := rows.first()) is not None:
        return row, False
    try:
        with transaction.atomic():
            return PartnerId.objects.create(account=account, value=value, tenant=tenant, declared_at=now), True
    except IntegrityError:  # traffic was faster, or the wall hides it
        return rows.first(), False


def _after(before: Periods, period: Period) -> Periods:
    if len(before) == 1 and before[0].tenant_id == period.tenant_id and period.from_at is not None:
        raise PartnerIdError("from", SINCE_EVER)
    return handed_over(before, period)


def _customers(changes: list[OwnershipChange]) -> set[int]:
    """Return the customers that lose messages."""
    losing = Tenant.objects.filter(id__in={change.old for change in changes}, kind=Tenant.Kind.CUSTOMER)
    return set(losing.values_list("id", flat=True))


def _check_reach(
    permissions: PartnerIdPermissions,
    account: GatewayAccount,
    before: Periods,
    changes: list[OwnershipChange],
    tenant: Tenant,
) -> None:
    """Refuse to change the time of a tenant that the permissions do not reach."""

    def has(tenant_id: int) -> bool:
        return permissions.has(account_id=account.id, tenant_id=tenant_id)

    if all(has(change.old) and has(change.new) for change in changes):
        return
    if not all(has(change.new) for change in changes):
        raise PartnerIdError("from", _("You may not return messages to the previous owner."))
    since = None
    for earlier in reversed(before):
        if not has(earlier.tenant_id):
            break
        since = earlier.from_at
    if since is None:
        raise PartnerIdError("value", NOT_FREE)
    day = local_day(since, tenant.timezone)
    if start_of_day(day, tenant.timezone) < since:
        day += timedelta(days=1)
    text = _("You may not move messages sent before that. Choose %(day)s or a later day.")
    raise PartnerIdError("from", text % {"day": day.isoformat()})


def _assign(
    row: PartnerId,
    account: GatewayAccount,
    holder: Tenant,
    periods: tuple[Periods, Periods],
    permissions: PartnerIdPermissions,
    now: datetime,
    *,
    is_new: bool = False,
    wake_worker: bool = True,
) -> Declared:
    before, after = periods
    changes = ownership_changes(before, after)
    write_periods(row, before, after)
    to_pool = row.tenant_id == account.pool_id
    if not is_new:
        row.declared_at = None if to_pool else now
        row.save(update_fields=["tenant", "declared_at"])
    tenants = Tenant.objects.in_bulk({id_ for change in changes for id_ in change[2:]} | {row.tenant_id})
    row.tenant = tenants[row.tenant_id]
    follow = following(changes, account_id=account.id, value=row.value)
    subject, details = f"{account.name}/{row.value}", {"messages": follow.messages}
    if after[-1].day is not None:
        details["from"] = after[-1].day.isoformat()
    if follow.sealed:
        details["sealed"] = follow.sealed
    for id_ in sorted({change.old for change in changes}):
        if tenants[id_].kind == Tenant.Kind.CUSTOMER:
            record("partner_id.lost", actor=permissions.actor, tenant=tenants[id_], subject=subject, details=details)
    gaining = sorted({change.new for change in changes} or {row.tenant_id})
    for id_ in gaining:
        action = "partner_id.returned" if id_ == account.pool_id else "partner_id.declared"
        record(action, actor=permissions.actor, tenant=tenants[id_], subject=subject, details=details)
    moves = {}
    for change in changes:
        # Later nothing is to be moved: messages get their owner when they come. A new row has messages too when its
        # value was over the daily limit (deliveries/applying/attribution.py).
        begun = change.from_at is None or change.from_at <= now + SENT_AHEAD
        if begun and (follow.messages or not is_new):
            moves[change.new], _made = open_jobs(PartnerMove).get_or_create(
                tenant_id=change.new,
                partner=row,
                defaults={"total": follow.messages, "sealed": follow.sealed},
            )
    if moves and wake_worker:
        ids = [move.id for move in moves.values()]
        transaction.on_commit(lambda: wake(ids), robust=True)
    move = moves.get(row.tenant_id) or next(iter(moves.values()), None)
    return Declared(row, holder, follow, move, changed=True, from_at=after[-1].from_at)
