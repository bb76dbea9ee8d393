"""Statements of the database as documents, for files, pages and the API."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from portal.accounts.access import Access
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.amounts import Vat, totals_of
from reports.billing.document import Document, Line, Party
from reports.billing.exchange import exchange_of
from reports.billing.profiles import party_of, profiles_of
from reports.billing.references import rf_reference
from reports.models import BillingProfile, Statement, StatementLine

TOGETHER = 100  # statements whose lines are read at once
ISSUED = (Statement.State.ISSUED, Statement.State.PAID)


def issued_by(tenant: Tenant | None) -> QuerySet[Statement]:
    """Return the statements of an issuer, drafts included."""
    return _all().filter(issuer=tenant)


def issued_in(issuer: Tenant | None, month: Month) -> QuerySet[Statement]:
    """Return what an issuer has issued for a month, in the order of the numbers."""
    return issued_by(issuer).filter(month=month.first_day).exclude(state=Statement.State.DRAFT).order_by("sequence")


def received_by(tenant: Tenant) -> QuerySet[Statement]:
    """Return what was issued to a customer."""
    return _all().filter(customer=tenant).exclude(state=Statement.State.DRAFT)


def visible(access: Access) -> QuerySet[Statement]:
    """Return the statements of a request's tenant: those that it issues, and those issued to it.

    Keys that are limited to an account see none, since a statement covers all accounts.
    """
    tenant = access.tenant
    if tenant is None or access.account is not None:
        return Statement.objects.none()
    return issued_by(tenant) | received_by(tenant)


def _all() -> QuerySet[Statement]:
    return Statement.objects.select_related("issuer", "customer", "refers_to")


def is_overdue(statement: Statement, today: date) -> bool:
    """Return whether an invoice is past its due date and not paid."""
    return (
        statement.kind == Statement.Kind.INVOICE
        and statement.state == Statement.State.ISSUED
        and statement.due_on is not None
        and statement.due_on < today
    )


def lines_of(statement: Statement) -> list[StatementLine]:
    """Return a statement's lines in their order."""
    return list(_ordered_lines().filter(statement=statement))


def _ordered_lines() -> QuerySet[StatementLine]:
    return StatementLine.objects.select_related("corrects").order_by("position")


def document_of(statement: Statement, lines: Iterable[StatementLine] | None = None) -> Document:
    """Return a statement as its files show it: an issued one with the parties of its day, a draft with today's."""
    return _document(statement, lines_of(statement) if lines is None else lines, _profiles([statement]))


def documents_of(statements: Iterable[Statement]) -> Iterator[Document]:
    """Yield statements as `document_of` returns them, with two queries for TOGETHER of them."""
    remaining = iter(statements)
    while together := list(islice(remaining, TOGETHER)):
        prefetch_related_objects(together, Prefetch("lines", _ordered_lines()))
        profiles = _profiles(together)
        yield from (_document(one, one.lines.all(), profiles) for one in together)


def _document(
    statement: Statement, lines: Iterable[StatementLine], profiles: Mapping[int | None, BillingProfile]
) -> Document:
    read = tuple(line_of(line) for line in lines)
    month = Month.of(statement.month)
    earlier = statement.refers_to
    return Document(
        id=statement.pk,
        kind=statement.kind,
        state=statement.state,
        number=statement.number,
        month_first=month.first_day,
        month_last=month.last_day,
        currency=statement.currency,
        seller=_party(statement, "seller", profiles.get(statement.issuer_id)),
        buyer=_party(statement, "buyer", profiles.get(statement.customer_id)),
        lines=read,
        totals=totals_of((line.amount, line.vat) for line in read),
        language=statement.customer.language,
        issued_on=statement.issued_on,
        due_on=statement.due_on,
        paid_on=statement.paid_on,
        payment_days=statement.payment_days,
        reference=statement.reference,
        rf_reference=rf_reference(statement.reference) if statement.reference else "",
        refers_to=earlier.number if earlier else "",
        referred_on=earlier.issued_on if earlier else None,
        exchange=exchange_of(statement.exchange, statement.vat, statement.currency),
    )


def line_of(line: StatementLine) -> Line:
    """Return a line of the database as files show it."""
    return Line(
        id=line.pk,
        position=line.position,
        kind=line.kind,
        quantity=line.quantity,
        micro=line.micro,
        amount=line.amount,
        vat=Vat(line.vat_category, line.vat_rate, line.vat_reason),
        first=line.first,
        last=line.last,
        account=line.account,
        partner_id=line.partner_id,
        country=line.country,
        operator=line.operator,
        sender_type=line.sender_type,
        name=line.name,
        price_list=line.list_name,
        version=line.version,
        per=line.per,
        corrects=line.corrects.number if line.corrects else "",
    )


def _profiles(statements: Iterable[Statement]) -> dict[int | None, BillingProfile]:
    """Return the profiles of the parties that the statements do not hold themselves, by tenant; None: the operator."""
    sides = [(one.parties, (("seller", one.issuer), ("buyer", one.customer))) for one in statements]
    return profiles_of(tenant for parties, roles in sides for role, tenant in roles if role not in parties)


def _party(statement: Statement, role: str, profile: BillingProfile | None) -> Party:
    if role in statement.parties:
        return Party(**statement.parties[role])
    assert profile is not None  # `_profiles` has it
    return party_of(profile)
