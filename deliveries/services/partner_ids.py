"""Whose a platformPartnerId is: declared, given to another tenant, taken back; its messages follow it.

One rule for provisioning, the admin, the pages and the API (docs/architecture.md, "Who may declare"). Whatever is done
is recorded for the tenant that gets it and for the one that loses it, neither of which learns the other's name.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deliveries.models import DailyCount, Message, PartnerMove
from deliveries.services.declarers import Declarer
from deliveries.services.moves import wake
from deliveries.services.stored import OTHER_PARTNER_IDS
from portal.accounts.models import record
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.partner_values import MAX_BYTES, validate_partner_id
from portal.tenants.scope import with_descendants

LONGEST_VALUE = MAX_BYTES  # characters: what forms and the API stop at before the bytes are counted
MOST_COUNTED = 1_000  # messages that no count has under their own value

NOT_FREE = _("This partner ID cannot be declared here: it may be in use already. Ask the people who run this portal.")
NOT_YOURS = _("You may not declare partner IDs of this account. Ask for one instead.")
ALREADY = _("This partner ID is declared already; move it instead.")


class Refused(Exception):
    """A rule stands against it: `field` (account, value or tenant) is what it is about, `text` says why, for people."""

    def __init__(self, field: str, text: object) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class Taken(Refused):
    """Another customer has it, which operators may know: `holder`."""

    def __init__(self, holder: Tenant) -> None:
        super().__init__("value", NOT_FREE)
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Declared:
    """What became of one value: `holder` had it before (a pool: nobody), `messages` are to follow, by `move` (or None).

    `changed` is False where it was the tenant's already.
    """

    partner: PartnerId
    holder: Tenant
    messages: int
    move: PartnerMove | None
    changed: bool


def declare(
    *, account: GatewayAccount, value: str, tenant: Tenant, declarer: Declarer, now: datetime, wake_worker: bool = True
) -> Declared:
    """Say that a platformPartnerId of the account is the tenant's. Raises Refused.

    Whoever has no operator's rights takes it from the pool alone; what another tenant has is moved (`give`).
    """
    check_value(value)
    if tenant.kind != Tenant.Kind.CUSTOMER:
        raise Refused("tenant", _("A pool has what nobody declared; choose a customer."))
    if not declarer.may_declare(account_id=account.id, tenant_id=tenant.id):
        in_account = declarer.is_operator or account.id in declarer.accounts
        raise Refused(*(("tenant", _outside(account)) if in_account else ("account", NOT_YOURS)))
    _check_owner(account, tenant)
    with transaction.atomic():
        row, is_new = _lock(account, value, tenant, now)
        if row is None:
            raise Refused("value", NOT_FREE)
        holder = account.pool if is_new else row.tenant
        if holder == tenant and not is_new and row.declared_at is not None:
            return Declared(row, holder, 0, None, changed=False)
        is_taken = holder != tenant and holder.kind == Tenant.Kind.CUSTOMER
        if is_taken and not declarer.may_take:
            if declarer.is_operator:
                raise Taken(holder)
            inside = declarer.has(account_id=account.id, tenant_id=holder.id)
            raise Refused("value", ALREADY if inside else NOT_FREE)
        return _assign(row, account, holder, tenant, declarer, now, is_new=is_new, wake_worker=wake_worker)


def give(*, partner_id: int, tenant: Tenant | None, declarer: Declarer, now: datetime) -> Declared:
    """Move a declared platformPartnerId with its messages to `tenant`, back to its account's pool for None.

    Raises PartnerId.DoesNotExist for what the declarer does not have, Refused for where it may not go.
    """
    with transaction.atomic():
        row = PartnerId.objects.select_for_update(of=("self",)).select_related("tenant").get(id=partner_id)
        account = GatewayAccount.objects.only("id", "name", "pool_id", "owner_id").get(id=row.account_id)
        holder, target = row.tenant, tenant or account.pool
        if holder.id == account.pool_id or not declarer.has(account_id=account.id, tenant_id=holder.id):
            raise PartnerId.DoesNotExist
        if not declarer.has(account_id=account.id, tenant_id=target.id):
            raise Refused("tenant", _("You may not move it there."))
        if target.id != account.pool_id:
            if target.kind != Tenant.Kind.CUSTOMER:
                raise Refused("tenant", _("You may not move it there."))
            _check_owner(account, target)
        if holder == target:
            return Declared(row, holder, 0, None, changed=False)
        return _assign(row, account, holder, target, declarer, now)


def check_value(value: str) -> None:
    """Raise Refused for what cannot be a platformPartnerId."""
    try:
        validate_partner_id(value)
    except ValidationError as error:
        raise Refused("value", error.messages[0]) from error


def messages_of(*, tenant_id: int, account_id: int, value: str) -> int:
    """Return how many messages of the value the tenant has, from the counts.

    Over the daily limit of new ones counts know no value of their own: where there are such messages, they are counted
    themselves, to MOST_COUNTED (`more_text`).
    """
    counts = DailyCount.objects.filter(tenant_id=tenant_id, account_id=account_id)
    counted = counts.filter(partner_id__in=(value, OTHER_PARTNER_IDS)).values_list("partner_id")
    found = dict(counted.annotate(Sum("messages")))
    if found.get(value) or not found.get(OTHER_PARTNER_IDS):
        return found.get(value, 0)
    return Message.objects.filter(tenant_id=tenant_id, account_id=account_id, partner_id=value)[:MOST_COUNTED].count()


def more_text(messages: int) -> str:
    """Return what has to be said after a number of messages_of that may be the least, else ''."""
    return gettext("There may be more: counting ended there.") if messages == MOST_COUNTED else ""


def _outside(account: GatewayAccount) -> object:
    return _("%(account)s is one customer's account: partner IDs are for that customer and those below it.") % {
        "account": account.name
    }


def _check_owner(account: GatewayAccount, tenant: Tenant) -> None:
    """Keep others out of an account that is one customer's alone: its people see all that is in it."""
    if account.owner_id is not None and tenant.id not in with_descendants([account.owner_id]):
        raise Refused("tenant", _outside(account))


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


def _assign(
    row: PartnerId,
    account: GatewayAccount,
    holder: Tenant,
    tenant: Tenant,
    declarer: Declarer,
    now: datetime,
    *,
    is_new: bool = False,
    wake_worker: bool = True,
) -> Declared:
    to_pool = tenant.id == account.pool_id
    if not is_new:
        row.tenant, row.declared_at = tenant, None if to_pool else now
        row.save(update_fields=["tenant", "declared_at"])
    is_other = holder != tenant
    messages = messages_of(tenant_id=holder.id, account_id=account.id, value=row.value) if is_other else 0
    subject, details = f"{account.name}/{row.value}", {"messages": messages}
    if holder.kind == Tenant.Kind.CUSTOMER and is_other:
        record("partner_id.lost", actor=declarer.actor, tenant=holder, subject=subject, details=details)
    action = "partner_id.returned" if to_pool else "partner_id.declared"
    record(action, actor=declarer.actor, tenant=tenant, subject=subject, details=details)
    move = None
    # A new row has messages too when its value was over the daily limit (deliveries/services/attribution.py).
    if is_other and (messages or not is_new):
        move, _made = PartnerMove.objects.exclude(state=PartnerMove.State.DONE).get_or_create(
            tenant=tenant, partner=row, defaults={"total": messages}
        )
        if wake_worker:
            transaction.on_commit(lambda: wake([move.id]), robust=True)
    return Declared(row, holder, messages, move, changed=True)
