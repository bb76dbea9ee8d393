"""Lines of the next statement for what was counted otherwise since earlier ones were issued."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.amounts import Vat
from reports.billing.corrections import Billed, Counted, Place, amount_at, corrections, of_places, quantity_of
from reports.billing.recounts import CausesOfPlaces, counted_rows, named_changes
from reports.billing.usage import PayerMonth, place_of, read_month
from reports.billing.versions import Spans, days_of_line, read_spans, stored_spans, without
from reports.models import Statement, StatementLine
from reports.monthly.ledger import as_stored, cause_states, summed
from reports.pricing.lines import PricedLine
from reports.pricing.tariff import Basis, Per

MONTHS_BACK = 12

_COUNTED = (StatementLine.Kind.USAGE, StatementLine.Kind.TIER)
_ISSUED = (Statement.State.ISSUED, Statement.State.PAID)


def correction_lines(
    *, issuer: Tenant | None, customer: Tenant, month: Month, tenant_ids: Collection[int]
) -> list[StatementLine]:
    """Return lines, without a statement yet, for issued statements of the MONTHS_BACK months before.

    A month is counted again if the ledger of causes has other changes for it than when its statement was counted, or
    if it was corrected already: its statement may have been replaced after that.
    """
    first = month
    for _number in range(MONTHS_BACK):
        first = first.previous()
    earlier = Statement.objects.filter(
        issuer=issuer,
        customer=customer,
        kind=Statement.Kind.INVOICE,
        state__in=_ISSUED,
        month__gte=first.first_day,
        month__lt=month.first_day,
    )
    by_month: dict[Any, list[Statement]] = defaultdict(list)
    for statement in earlier.order_by("month", "currency"):
        by_month[statement.month].append(statement)
    states = cause_states(tenant_ids, sorted(by_month))
    found: list[StatementLine] = []
    for first_day, statements in by_month.items():
        now = as_stored(summed(state for (day, _tenant), state in states.items() if day == first_day))
        if any(one.ledger != now or _later_lines(one).exists() for one in statements):
            billed = {
                one: [*_counted_lines(one), *_later_lines(one).exclude(statement__month=month.first_day)]
                for one in statements
            }
            found += _of_month(customer, Month.of(first_day), billed, tenant_ids)
    return found


def counted_since(statement: Statement, *, tenant_ids: Collection[int]) -> int:
    """Return what the month of an issued statement costs more today than its own lines say, at their prices.

    In minor units. These are the corrections of later statements, issued or not.
    """
    now = as_stored(summed(cause_states(tenant_ids, [statement.month]).values()))
    if statement.ledger == now:
        return 0
    billed = {statement: _counted_lines(statement)}
    return sum(line.amount for line in _of_month(statement.customer, Month.of(statement.month), billed, tenant_ids))


def _counted_lines(statement: Statement) -> list[StatementLine]:
    return list(statement.lines.filter(kind__in=_COUNTED).order_by("position"))


def _later_lines(statement: Statement) -> QuerySet[StatementLine]:
    """Return the corrections of a statement's month on later statements, drafts included."""
    return StatementLine.objects.filter(
        kind=StatementLine.Kind.CORRECTION,
        month=statement.month,
        statement__issuer=statement.issuer_id,
        statement__customer=statement.customer_id,
        statement__currency=statement.currency,
        statement__kind=Statement.Kind.INVOICE,
        statement__state__in=Statement.LIVE,
    ).order_by("statement", "position")


def _of_month(
    customer: Tenant, month: Month, billed: Mapping[Statement, list[StatementLine]], tenant_ids: Collection[int]
) -> list[StatementLine]:
    read = read_month(customer, month)
    rows = counted_rows(tenant_ids, month)
    by_place = of_places(rows)
    covered: dict[Place, list[Spans]] = defaultdict(list)
    for line in (line for lines in billed.values() for line in lines):
        covered[_place(line)].append(read_spans(line.counted["days"]))
    found = []
    for statement, lines in billed.items():
        by_id = {line.pk: line for line in lines}
        vat = _vat_of(statement)
        for one in corrections(_billed(lines), rows, statement.currency):
            copy = _copy(by_id[one.billed.line_id], one.quantity, one.amount)
            found.append(_finished(copy, statement, read.causes))
        for priced in read.lines.lines:
            if priced.tariff.currency == statement.currency:
                new = _not_billed(priced, read, month, covered, by_place)
                if new is not None:
                    new.vat_category, new.vat_rate, new.vat_reason = vat.category, vat.rate, vat.reason
                    found.append(_finished(new, statement, read.causes))
    return found


def _place(line: StatementLine) -> Place:
    assert line.account_id is not None  # of all lines that count
    return Place(line.account_id, line.partner_id, line.country, line.operator, line.sender_type)


def _vat_of(statement: Statement) -> Vat:
    """Return the tax of the statement's own month."""
    line = statement.lines.exclude(kind=StatementLine.Kind.CORRECTION).order_by("position").first()
    return Vat("") if line is None else Vat(line.vat_category, line.vat_rate, line.vat_reason)


def _billed(lines: Iterable[StatementLine]) -> list[Billed]:
    """Return lines summed up with their corrections: of one place, price and days."""
    groups: dict[tuple[object, ...], list[StatementLine]] = defaultdict(list)
    for line in lines:
        groups[_place(line), line.list_id, line.version, line.micro, str(line.counted["days"])].append(line)
    return [
        Billed(
            line_id=first.pk,
            place=_place(first),
            spans=read_spans(first.counted["days"]),
            basis=Basis(first.counted["basis"]),
            per=Per(first.per),
            micro=first.micro,
            quantity=sum(line.quantity for line in of_one),
            average=Fraction(first.amount, first.quantity) if first.quantity else Fraction(0),
        )
        for of_one in groups.values()
        for first in of_one[:1]
    ]


def _copy(line: StatementLine, quantity: int, amount: int) -> StatementLine:
    """Return the correction of a line, at its price and with its tax."""
    copy = StatementLine(**{field.attname: getattr(line, field.attname) for field in StatementLine._meta.fields})
    copy.pk, copy.quantity, copy.amount = None, quantity, amount
    copy.counted = {name: line.counted[name] for name in ("basis", "days", "causes") if name in line.counted}
    return copy


def _not_billed(
    priced: PricedLine,
    read: PayerMonth,
    month: Month,
    covered: Mapping[Place, list[Spans]],
    by_place: Mapping[Place, Sequence[Counted]],
) -> StatementLine | None:
    """Return a line for messages of a place, or of days, that no line has billed; None if there are none."""
    key, tariff, place = priced.key, priced.tariff, place_of(priced.key)
    chain = read.chain_of(key.account_id)
    assert chain is not None  # its messages have a price
    spans = without(days_of_line(key, chain, month), covered.get(place, ()))
    quantity = quantity_of(by_place.get(place, ()), spans, tariff.basis, tariff.per)
    if not quantity:
        return None
    micro = None if key.tier_group else key.micro
    average = Fraction(priced.amount, priced.quantity) if priced.quantity else Fraction(0)
    return StatementLine(
        **place._asdict(),
        list_id=tariff.list_id,
        list_name=tariff.name,
        version=key.valid_from,
        per=tariff.per,
        name=tariff.tier_groups[key.tier_group].name if key.tier_group else "",
        micro=micro,
        quantity=quantity,
        amount=amount_at(micro, average, quantity, tariff.currency),
        month=month.first_day,
        first=spans[0][0],
        last=spans[-1][1],
        counted={"basis": tariff.basis, "days": stored_spans(spans), "causes": {}},
    )


def _finished(line: StatementLine, statement: Statement, causes: CausesOfPlaces) -> StatementLine:
    """Make a line a correction of a statement, with the causes that the ledger names for it."""
    line.kind, line.corrects = StatementLine.Kind.CORRECTION, statement
    line.month = statement.month
    now = causes.get(_place(line)._replace(sender_type=""), {})
    line.counted["why"] = named_changes(line.counted.get("causes", {}), now)
    line.counted["causes"] = dict(now)
    return line
