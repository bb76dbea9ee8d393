"""Lines of the next statement for what was counted otherwise since earlier ones were issued."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from itertools import groupby

from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.amounts import Vat
from reports.billing.corrections import Billed, Correction, Place, corrections, of_places, quantity_of
from reports.billing.recounts import counted_rows
from reports.billing.usage import PayerMonth, read_month
from reports.billing.versions import Spans, as_spans, days_of_line, read_spans, stored_spans
from reports.models import Statement, StatementLine
from reports.monthly.ledger import as_stored, cause_states, summed
from reports.pricing.lines import LineKey
from reports.pricing.tariff import Basis, Kind, Per

MONTHS_BACK = 12

_COUNTED = (StatementLine.Kind.USAGE, StatementLine.Kind.TIER, StatementLine.Kind.CORRECTION)
_ISSUED = (Statement.State.ISSUED, Statement.State.PAID)


def correction_lines(
    *, issuer: Tenant | None, customer: Tenant, month: Month, tenant_ids: Collection[int]
) -> list[StatementLine]:
    """Return lines, without a statement yet, for the last MONTHS_BACK months' issued statements.

    Only months that the ledger of causes has changes for are counted again. A month that was replaced after a credit
    note has its later corrections undone by the same rule: the replacing statement counts what they counted.
    """
    earliest = month
    for _number in range(MONTHS_BACK):
        earliest = earliest.previous()
    statements = Statement.objects.filter(
        issuer=issuer,
        customer=customer,
        kind=Statement.Kind.INVOICE,
        state__in=_ISSUED,
        month__gte=earliest.first_day,
        month__lt=month.first_day,
    ).select_related("customer")
    earlier = sorted(statements, key=lambda one: (one.month, one.currency))
    if not earlier:
        return []
    states = cause_states(tenant_ids, sorted({one.month for one in earlier}))
    found = []
    for first_day, of_month in groupby(earlier, key=lambda one: one.month):
        now = as_stored(summed(state for (day, _tenant), state in states.items() if day == first_day))
        changed = [one for one in of_month if one.ledger != now or _later_lines(one).exists()]
        if changed:
            found += _of_month(customer, Month.of(first_day), changed, tenant_ids)
    return found


def _later_lines(statement: Statement) -> "StatementLine.objects":  # type: ignore[name-defined]
    return StatementLine.objects.filter(
        corrects__customer=statement.customer_id,
        corrects__issuer=statement.issuer_id,
        corrects__currency=statement.currency,
        corrects__month=statement.month,
        statement__state__in=_ISSUED,
    ).exclude(statement__month=statement.month)
