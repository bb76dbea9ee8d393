"""Issuing, crediting and marking of statements: each in one transaction, with its number."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from functools import cache

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import record
from portal.common.periods import Month, local_day
from portal.tenants.models import Tenant
from reports.billing.amounts import totals_of
from reports.billing.exchange import Rate, rate_on, stored
from reports.billing.profiles import Stated, missing_of, party_of, stated_for, stated_together, stored_party, vat_of
from reports.billing.reading import line_of, lines_of
from reports.billing.references import due_date, finnish_reference
from reports.models import BillingProfile, BillingTerms, NumberSeries, Statement, StatementLine

_State = Statement.State


class NotPossible(ValueError):
    """The statement's state does not allow it; `str()` is the reason for people."""


class Incomplete(NotPossible):
    """Tells what a statement states is not known; `missing` are its names for people."""

    def __init__(self, missing: list[str | Promise]) -> None:
        super().__init__(_("Missing: %(what)s.") % {"what": ", ".join(map(str, missing))})
        self.missing = missing


def missing_for(statement: Statement) -> list[str | Promise]:
    """Return in words why a draft cannot be issued; [] if it can."""
    return _missing(statement, *_stated(statement))


def missing_for_drafts(issuer: Tenant | None, drafts: Collection[Statement]) -> dict[int, list[str | Promise]]:
    """Return in words why an issuer's drafts cannot be issued, by their ids.

    There are three queries, and two for each other currency and month; give drafts with their lines.
    """
    supplied = [(one.customer, Month.of(one.month).last_day) for one in drafts]
    stated, rate = stated_together(issuer, supplied), cache(rate_on)
    return {one.pk: _missing(one, *of_one, rate=rate) for one, of_one in zip(drafts, stated, strict=True)}


def _stated(statement: Statement) -> Stated:
    return stated_for(statement.issuer, statement.customer, Month.of(statement.month).last_day)


def _missing(
    statement: Statement,
    seller: BillingProfile,
    buyer: BillingProfile,
    terms: BillingTerms | None,
    *,
    rate: Callable[..., Rate | None] = rate_on,
) -> list[str | Promise]:
    day = Month.of(statement.month).last_day
    found = missing_of(seller, buyer, terms)
    if statement.currency != seller.currency and _exchange(statement, seller.currency, day, rate) is None:
        pair = {"base": statement.currency, "quote": seller.currency}
        found.append(_("exchange rate from %(base)s to %(quote)s up to the end of the month") % pair)
    if not statement.lines.exists():
        found.append(_("lines: no message of the month has a price"))
    return found


def issue(statement_id: int, *, actor: str, now: datetime) -> Statement:
    """Issue a draft: give it its number, fix parties and tax. Raises Incomplete, and NotPossible unless it is a draft.

    The series stays locked until the transaction ends, so numbers are given in the order of commits, without gaps.
    """
    with transaction.atomic():
        statement = _locked(statement_id)
        if statement.state != _State.DRAFT:
            raise NotPossible(_("The statement is issued already."))
        stated = _stated(statement)
        if stated.terms is not None and _is_taxed_otherwise(statement, stated.terms):
            tax(statement, stated.terms)
        _issue(statement, stated, actor=actor, now=now)
    return statement


def issue_made(draft: Statement, stated: Stated, *, actor: str, now: datetime) -> None:
    """Issue a draft that this transaction has made by what is stated: nobody else has seen or changed it.

    Raises Incomplete.
    """
    with transaction.atomic():
        _issue(draft, stated, actor=actor, now=now)


def _issue(statement: Statement, stated: Stated, *, actor: str, now: datetime) -> None:
    seller, buyer, terms = stated
    if missing := _missing(statement, seller, buyer, terms):
        raise Incomplete(missing)
    assert terms is not None  # else it is missing
    if statement.currency != seller.currency:
        statement.exchange = _exchange(statement, seller.currency, Month.of(statement.month).last_day)
    statement.parties = {
        "seller": stored_party(party_of(seller)),
        "buyer": stored_party(party_of(buyer)),
    }
    statement.payment_days = terms.payment_days
    _number(statement, now=now)
    statement.state = _State.ISSUED
    statement.save()
    _record("statement.issued", statement, actor)


def credit(statement_id: int, *, actor: str, now: datetime) -> Statement:
    """Credit an issued or paid invoice with a credit note that mirrors it, and return that one.

    Raises NotPossible for anything else, and for what was credited already.
    """
    with transaction.atomic():
        statement = _locked(statement_id)
        if statement.kind != Statement.Kind.INVOICE or statement.state not in (_State.ISSUED, _State.PAID):
            raise NotPossible(_("Only an issued invoice that is not credited yet can be credited."))
        note = Statement.objects.create(
            issuer=statement.issuer,
            customer=statement.customer,
            month=statement.month,
            currency=statement.currency,
            kind=Statement.Kind.CREDIT_NOTE,
            refers_to=statement,
            net=-statement.net,
            vat=-statement.vat,
            parties=statement.parties,
            exchange=statement.exchange,
            made_at=now,
        )
        StatementLine.objects.bulk_create(_mirrored(line, note) for line in lines_of(statement))
        _number(note, now=now)
        note.state = _State.ISSUED
        note.save()
        statement.state = _State.CREDITED
        statement.save(update_fields=["state"])
        _record("statement.credited", statement, actor, credit_note=note.number)
    return note


def mark_paid(statement_id: int, *, on: date, actor: str) -> Statement:
    """Write down the day on which an invoice was paid. Raises NotPossible unless it is issued."""
    with transaction.atomic():
        statement = _locked(statement_id)
        if statement.kind != Statement.Kind.INVOICE or statement.state != _State.ISSUED:
            raise NotPossible(_("Only an issued invoice that is not paid or credited can be marked as paid."))
        statement.state, statement.paid_on = _State.PAID, on
        statement.save(update_fields=["state", "paid_on"])
        _record("statement.paid", statement, actor, paid_on=on.isoformat())
    return statement


def mark_unpaid(statement_id: int, *, actor: str) -> Statement:
    """Take back that an invoice was paid. Raises NotPossible unless it is marked so."""
    with transaction.atomic():
        statement = _locked(statement_id)
        if statement.state != _State.PAID:
            raise NotPossible(_("The statement is not marked as paid."))
        before = statement.paid_on
        statement.state, statement.paid_on = _State.ISSUED, None
        statement.save(update_fields=["state", "paid_on"])
        _record("statement.unpaid", statement, actor, paid_on=before.isoformat() if before else "")
    return statement


def tax(statement: Statement, terms: BillingTerms | None) -> None:
    """Tax a draft's lines by these terms, and sum them up; corrections keep the tax of the month that they correct."""
    vat = vat_of(terms)
    statement.lines.exclude(kind=StatementLine.Kind.CORRECTION).update(
        vat_category=vat.category, vat_rate=vat.rate, vat_reason=vat.reason
    )
    totals = totals_of((line.amount, line.vat) for line in map(line_of, lines_of(statement)))
    statement.net, statement.vat = totals.net, totals.vat
    statement.save(update_fields=["net", "vat"])


def _is_taxed_otherwise(statement: Statement, terms: BillingTerms) -> bool:
    vat = vat_of(terms)
    lines = statement.lines.exclude(kind=StatementLine.Kind.CORRECTION)
    return lines.exclude(vat_category=vat.category, vat_rate=vat.rate, vat_reason=vat.reason).exists()


def today_of(issuer: Tenant | None, customer: Tenant, now: datetime) -> date:
    """Return the date in the issuer's zone; the operator has none, so its statements have the customer's."""
    return local_day(now, (issuer or customer).timezone)


def _locked(statement_id: int) -> Statement:
    statements = Statement.objects.select_for_update(of=("self",)).select_related("issuer", "customer", "refers_to")
    return statements.get(id=statement_id)


def _exchange(
    statement: Statement, currency: str, day: date, rate_on: Callable[..., Rate | None] = rate_on
) -> dict | None:
    """Return the rate that was fixed at the close; without one the newest up to the end of the month."""
    if statement.exchange is not None and statement.exchange["currency"] == currency:
        return statement.exchange
    rate = rate_on(statement.issuer, statement.currency, currency, day)
    return None if rate is None else stored(rate, currency)


def _number(statement: Statement, *, now: datetime) -> None:
    """Give a statement the next number of its issuer, with what follows from it."""
    series, _is_new = NumberSeries.objects.select_for_update().get_or_create(issuer=statement.issuer)
    statement.sequence = series.next_number
    statement.number = f"{series.prefix}{series.next_number}"
    statement.reference = finnish_reference(series.next_number)
    series.next_number += 1
    series.save(update_fields=["next_number"])
    statement.issued_at = now
    statement.issued_on = today_of(statement.issuer, statement.customer, now)
    statement.due_on = due_date(statement.issued_on, statement.payment_days)


def _mirrored(line: StatementLine, note: Statement) -> StatementLine:
    mirror = StatementLine(**{field.attname: getattr(line, field.attname) for field in StatementLine._meta.fields})
    mirror.pk, mirror.statement = None, note
    mirror.quantity, mirror.amount = -line.quantity, -line.amount
    return mirror


def _record(action: str, statement: Statement, actor: str, **details: str) -> None:
    known = {"customer": statement.customer.slug, "month": f"{statement.month:%Y-%m}", "total": statement.total}
    known |= {"currency": statement.currency, "state": statement.state} | details
    record(action, actor=actor, tenant=statement.issuer, subject=str(statement), details=known)
