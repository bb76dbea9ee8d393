"""Partner IDs that hold an erased number: they get the masked number as their value.

The partner ID keeps its row, its owners and its messages; counts keep their figures under the new value. Reports that
come in with the old value later are applied with the new one (deliveries/erasure/erased_ids.py).

The erasure that finds a partner ID only queues it. The rename runs later in its own transaction, since it locks all
slices, which an applier must not do.
"""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Left

from deliveries.erasure import erased_ids
from deliveries.erasure.erased_names import tell_reports
from deliveries.messages import slices
from deliveries.models import ErasedId, PartnerRequest
from portal.accounts.models import AuditEntry, record
from portal.common.hidden_numbers import holds_number, without_number
from portal.common.periods import Month
from portal.tenants.models import Feed, GatewayAccount, PartnerId
from portal.tenants.partner_owners import held_by

_TABLES = ("message", "daily_count", "condensed_daily_count", "submission_count", "statement_line")
_COUNTED = """
SELECT DISTINCT account_id, partner_id FROM daily_count WHERE tenant_id = %(tenant)s
UNION SELECT DISTINCT account_id, partner_id FROM submission_count WHERE tenant_id = %(tenant)s
"""


def queue(found: Iterable[tuple[int, str, str]]) -> None:
    """Queue partner IDs (account id, value, number) that hold the number to be renamed."""
    held = sorted({one for one in found if one[1] and holds_number(one[1], one[2])})
    ErasedId.objects.bulk_create(
        [
            ErasedId(
                account_id=account_id,
                kind=erased_ids.PARTNER,
                digest=erased_ids.digest(account_id, erased_ids.PARTNER, value),
                value=without_number(value, number),
                waiting=value,
            )
            for account_id, value, number in held
        ],
        update_conflicts=True,  # one that was declared again under its old value is renamed again
        unique_fields=["account", "kind", "digest"],
        update_fields=["value", "waiting"],
    )


def queue_of_tenant(tenant_id: int, number: str) -> None:
    """Queue all partner IDs that hold the number among those that the tenant owns or has messages of."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"tenant": tenant_id})
        pairs = set(cursor.fetchall())
    pairs |= set(held_by([tenant_id]).values_list("account_id", "value"))
    queue((account_id, value, number) for account_id, value in pairs)


def mask_requests(tenant_id: int, number: str) -> None:
    """Mask the number in the partner IDs that the tenant asked for and that are not its own."""
    for request in PartnerRequest.objects.filter(tenant_id=tenant_id).order_by("id"):
        if holds_number(request.value, number):
            others = PartnerRequest.objects.filter(tenant_id=tenant_id, account_id=request.account_id)
            masked = without_number(request.value, number)
            request.value = next(v for v in erased_ids.candidates(masked) if not others.filter(value=v).exists())
            request.save(update_fields=["value"])


def rename_queued(*, actor: str) -> int:
    """Rename the partner IDs that are queued, each in one transaction; return how many."""
    queued = ErasedId.objects.filter(kind=erased_ids.PARTNER).exclude(waiting="").order_by("id")
    ids = list(queued.values_list("id", flat=True))
    for id_ in ids:
        with transaction.atomic():
            slices.lock(range(slices.SLICES))
            row = ErasedId.objects.select_for_update().filter(id=id_).exclude(waiting="").first()
            if row is not None:
                _rename(row, actor=actor)
    return len(ids)


def _rename(row: ErasedId, *, actor: str) -> None:
    account_id, old = row.account_id, row.waiting
    new = next(value for value in erased_ids.candidates(row.value) if not _is_taken(row, value))
    months: dict[int, set[Month]] = {}
    with connection.cursor() as cursor:
        for table in _TABLES:
            changed = ", updated_at = clock_timestamp()" if table == "message" else ""
            cursor.execute(
                f"UPDATE {table} SET partner_id = %s{changed} WHERE account_id = %s AND partner_id = %s",  # noqa: S608  a table's name, a constant; values are parameters
                [new, account_id, old],
            )
        cursor.execute("DELETE FROM count_cause WHERE account_id = %s AND partner_id = %s", [account_id, old])
        cursor.execute(
            "SELECT DISTINCT tenant_id, date_trunc('month', day)::date FROM daily_count"
            " WHERE account_id = %s AND partner_id = %s",
            [account_id, new],
        )
        for tenant_id, day in cursor.fetchall():
            months.setdefault(tenant_id, set()).add(Month.of(day))
    for tenant_id, found in months.items():
        tell_reports(tenant_id, found)
    PartnerRequest.objects.filter(account_id=account_id, value=old).update(value=new)
    Feed.objects.filter(account_id=account_id, default_partner_id=old).update(default_partner_id=new)
    # The audit log is append-only for every role of the portal; here its owner takes out the number.
    named = Left(Func(F("subject"), Value(old), Value(new), function="replace", output_field=CharField()), 300)
    AuditEntry.objects.filter(subject__contains=old).update(subject=named)
    of_account = ErasedId.objects.filter(account_id=account_id, kind=erased_ids.PARTNER)
    of_account.filter(value=old).update(value=new)  # it had lost another number before
    row.value, row.waiting = new, ""
    row.save(update_fields=["value", "waiting"])
    partner = PartnerId.objects.filter(account_id=account_id, value=old).first()
    if partner is not None:
        partner.value = new
        partner.save(update_fields=["value"])
    account = GatewayAccount.objects.select_related("pool").get(id=account_id)
    tenant = partner.tenant if partner is not None else account.pool
    record("partner_id.number_erased", actor=actor, tenant=tenant, subject=f"{account}/{new}")


def _is_taken(row: ErasedId, value: str) -> bool:
    of_account = {"account_id": row.account_id, "value": value}
    return (
        PartnerId.objects.filter(**of_account).exists()
        or ErasedId.objects.filter(**of_account, kind=erased_ids.PARTNER, waiting="").exclude(id=row.id).exists()
        or PartnerRequest.objects.filter(**of_account).exists()
    )
