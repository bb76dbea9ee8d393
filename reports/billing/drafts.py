"""Drafts of statements: a customer's month at its prices, with corrections of earlier months."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.amounts import Vat, totals_of
from reports.billing.corrected import correction_lines
from reports.billing.exchange import rate_on, stored
from reports.billing.profiles import Stated, stated_for, vat_of
from reports.billing.remarks import remarks_of
from reports.billing.usage import PayerMonth, place_of, read_month
from reports.billing.versions import Spans, days_of_line, stored_spans, stretches
from reports.models import Statement, StatementLine
from reports.pricing.costs import ChainOf, Uncharged
from reports.pricing.lines import FeeLine, LineKey, PricedLine
from reports.pricing.money import to_micro

_KINDS = StatementLine.Kind
_State = Statement.State
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass
class Made:
    """Tells what came of a customer's month: drafts that were made, and statements that are issued already."""

    drafts: list[Statement] = field(default_factory=list)
    kept: list[Statement] = field(default_factory=list)


def make_drafts(
    *,
    issuer: Tenant | None,
    customer: Tenant,
    month: Month,
    now: datetime,
    read: PayerMonth | None = None,
    stated: Stated | None = None,
) -> Made:
    """Replace the drafts of a customer's month, one for each currency. Issued statements stay.

    A draft without lines is kept if messages of the month have no price, so that somebody sees it. `read` is the month
    and `stated` what its statement states, where those of many customers were read together.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:  # two that make the same draft wait for each other
            cursor.execute(_LOCK, [f"statement {issuer.pk if issuer else 0} {customer.pk} {month}"])
        read = read or read_month(customer, month)
        lines: dict[str, list[StatementLine]] = {}
        days = _Days(read.chain_of, month)
        for line in read.lines.lines:
            lines.setdefault(line.tariff.currency, []).append(_line(line, read, month, days.of(line.key)))
        for fee in read.lines.fees:
            lines.setdefault(fee.tariff.currency, []).append(_fee(fee, month))
        for late in correction_lines(issuer=issuer, customer=customer, month=month, tenant_ids=read.tenant_ids):
            assert late.corrects is not None
            lines.setdefault(late.corrects.currency, []).append(late)
        stated = stated or stated_for(issuer, customer, month.last_day)
        return _store(issuer, customer, month, lines, read=read, stated=stated, now=now)


def _store(
    issuer: Tenant | None,
    customer: Tenant,
    month: Month,
    lines: dict[str, list[StatementLine]],
    *,
    read: PayerMonth,
    stated: Stated,
    now: datetime,
) -> Made:
    unpriced = sum((one.uncharged for one in read.lines.unpriced), Uncharged())
    of_month = Statement.objects.filter(
        issuer=issuer, customer=customer, month=month.first_day, kind=Statement.Kind.INVOICE
    )
    known = of_month.select_for_update().order_by("id")  # a draft that is being issued is kept as it becomes
    live = {one.currency: one for one in known if one.state in Statement.LIVE}
    first = {one.currency: one for one in reversed(known) if one.state == _State.CREDITED}
    if unpriced.messages and not lines and not live:
        lines = {customer.currency: []}
    terms, own = stated.terms, stated.seller.currency
    vat = vat_of(terms)
    made = Made(kept=[one for one in live.values() if one.state != _State.DRAFT])
    for currency, found in sorted(lines.items()):
        statement = live.get(currency)
        if statement is not None and statement.state != _State.DRAFT:
            continue
        rate = rate_on(issuer, currency, own, month.last_day) if currency != own else None
        values: dict[str, Any] = {
            "refers_to": first.get(currency),
            "exchange": stored(rate, own) if rate else None,
            "payment_days": terms.payment_days if terms else 0,
            "ledger": read.ledger,
            "made_at": now,
            "remarks": [],
        }
        for position, line in enumerate(found, start=1):
            line.position = position
            if line.kind != _KINDS.CORRECTION:
                line.vat_category, line.vat_rate, line.vat_reason = vat.category, vat.rate, vat.reason
        totals = totals_of((line.amount, Vat(line.vat_category, line.vat_rate, line.vat_reason)) for line in found)
        values |= {"net": totals.net, "vat": totals.vat}
        statement = _saved(statement, issuer, customer, month, currency, values)
        for line in found:
            line.statement = statement
        StatementLine.objects.bulk_create(found)
        if remarks := remarks_of(statement, unpriced=unpriced, kpis=read.kpis):
            statement.remarks = remarks
            statement.save(update_fields=["remarks"])
        made.drafts.append(statement)
    for currency, statement in live.items():
        if currency not in lines and statement.state == _State.DRAFT:
            statement.delete()
    return made


def _saved(
    statement: Statement | None,
    issuer: Tenant | None,
    customer: Tenant,
    month: Month,
    currency: str,
    values: dict[str, Any],
) -> Statement:
    if statement is None:
        return Statement.objects.create(
            issuer=issuer, customer=customer, month=month.first_day, currency=currency, **values
        )
    statement.lines.all().delete()
    for name, value in values.items():
        setattr(statement, name, value)
    statement.save()
    return statement


class _Days:
    """The days of a month's lines; the days on which prices change are looked for once for each account."""

    def __init__(self, chain_of: ChainOf, month: Month) -> None:
        self._chain_of, self._month = chain_of, month
        self._between: dict[int, Spans] = {}

    def of(self, key: LineKey) -> Spans:
        """Return the days of a line."""
        chain = self._chain_of(key.account_id)
        if chain is None:
            return ()
        if key.account_id not in self._between:
            self._between[key.account_id] = stretches(chain, self._month)
        return days_of_line(key, chain, self._month, between=self._between[key.account_id])


def _line(line: PricedLine, read: PayerMonth, month: Month, spans: Spans) -> StatementLine:
    key, tariff = line.key, line.tariff
    place = place_of(key)
    return StatementLine(
        kind=_KINDS.TIER if key.tier_group else _KINDS.USAGE,
        month=month.first_day,
        first=spans[0][0] if spans else month.first_day,
        last=spans[-1][1] if spans else month.last_day,
        account_id=key.account_id,
        account=read.accounts.get(key.account_id, ""),
        partner_id=key.partner_id,
        country=key.country,
        operator=key.operator,
        sender_type=key.sender_type,
        name=tariff.tier_groups[key.tier_group].name if key.tier_group else "",
        list_id=tariff.list_id,
        list_name=tariff.name,
        version=key.valid_from,
        per=tariff.per,
        quantity=line.quantity,
        micro=None if key.tier_group else key.micro,
        amount=line.amount,
        counted={
            "basis": tariff.basis,
            "days": stored_spans(spans),
            "messages": line.messages,
            "causes": read.causes.get(place._replace(sender_type=""), {}),
        },
    )


def _fee(fee: FeeLine, month: Month) -> StatementLine:
    day: date = fee.fee.valid_from
    return StatementLine(
        kind=fee.fee.kind,
        month=month.first_day,
        first=month.first_day,
        last=month.last_day,
        name=fee.fee.name,
        list_id=fee.tariff.list_id,
        list_name=fee.tariff.name,
        version=day,
        quantity=1,
        micro=to_micro(fee.amount, fee.tariff.currency),
        amount=fee.amount,
    )
