"""Changes of price lists, each in one transaction with its revision, its history and its entry in the audit log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from portal.accounts.models import record
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.prices.checks import Checked, Problem, check
from reports.billing.prices.differences import Difference, differences
from reports.billing.prices.reading import content_of, traffic_of
from reports.billing.prices.rows import Content, FeeRow, GroupRow, PriceRow, Row, as_json, last_day, stored_tiers
from reports.models import Fee, Price, PriceChange, PriceList, TierGroup
from reports.pricing.money import MICRO
from reports.pricing.tiers import Mode

MAX_LISTS = 5000  # of an issuer
MAX_LOGGED = 20  # rows of an entry in the audit log; the history has all


class Refused(Exception):
    """A content that cannot be stored, with its problems."""

    def __init__(self, errors: list[Problem]) -> None:
        super().__init__(", ".join(error.code for error in errors))
        self.errors = errors


class Outdated(Exception):
    """The list was changed since its content was read."""


class NoList(Exception):
    """A list that cannot be; `code` is one of LIST_PROBLEMS (reports/billing/prices/texts.py)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Terms:
    """Name of a list and what it charges for."""

    name: str
    basis: str
    per: str

    @classmethod
    def of(cls, price_list: PriceList) -> Terms:
        return cls(price_list.name, price_list.basis, price_list.per)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A content that might replace a list's: how it differs, and what the check says."""

    content: Content
    differences: list[Difference]
    checked: Checked


def create_list(
    *,
    issuer: Tenant | None,
    terms: Terms,
    currency: str,
    actor: str,
    now: datetime,
    account: GatewayAccount | None = None,
    customer: Tenant | None = None,
) -> PriceList:
    """Create an empty list: of costs with an account, else a sale list; without a customer the default.

    Raises NoList, and ValidationError for a name or currency that cannot be.
    """
    if account is not None and (customer is not None or account.owner_id != (issuer.pk if issuer else None)):
        raise NoList("account")
    if customer is not None and customer.parent_id != (issuer.pk if issuer else None):
        raise NoList("customer")
    kind = PriceList.Kind.COST if account else PriceList.Kind.SALE
    made = PriceList(
        issuer=issuer, kind=kind, account=account, customer=customer, currency=currency, created_at=now,
        name=terms.name, basis=terms.basis, per=terms.per,
    )  # fmt: skip
    made.clean_fields(exclude=["issuer", "account", "customer"])
    with transaction.atomic():
        if PriceList.objects.filter(issuer=issuer).count() >= MAX_LISTS:
            raise NoList("too_many")
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as error:
            if "price_list_active_once" not in str(error):
                raise
            raise NoList("exists") from error
        _keep_revision(made, Content(), [], cause=PriceChange.Cause.CREATED, actor=actor, now=now)
        _record("price_list.created", made, actor, {"kind": made.kind, "currency": currency} | _about(made))
    return made


def change_terms(price_list: PriceList, terms: Terms, *, actor: str, now: datetime) -> bool:
    """Change a list's name, or what it charges for; return False where nothing differs. Raises ValidationError."""
    before, after = Terms.of(price_list), terms
    names = [name for name in ("name", "basis", "per") if getattr(before, name) != getattr(after, name)]
    if not names:
        return False
    for name in names:
        setattr(price_list, name, getattr(after, name))
    price_list.clean_fields(exclude=["issuer", "account", "customer"])
    with transaction.atomic():
        price_list.save(update_fields=names)
        details = {
            when: "; ".join(f"{name} {getattr(value, name)}" for name in names)
            for when, value in (("before", before), ("after", after))
        }
        _record("price_list.changed", price_list, actor, details)
    return True


def archive(price_list: PriceList, *, actor: str, now: datetime) -> bool:
    """End the use of a list for all days; return False where it was archived already."""
    with transaction.atomic():
        if not PriceList.objects.filter(pk=price_list.pk, archived_at=None).update(archived_at=now):
            return False
        _record("price_list.archived", price_list, actor, _about(price_list))
    return True


def propose(price_list: PriceList, content: Content, *, today: date) -> Proposal:
    """Return how a content differs from the list's, and what is wrong with it, without changing anything."""
    content = content.ordered()
    found = check(content, traffic=traffic_of(price_list, today), today=today)
    return Proposal(content, differences(content_of(price_list), content), found)


def replace_content(
    price_list: PriceList,
    content: Content,
    *,
    revision: int,
    cause: str,
    actor: str,
    now: datetime,
    today: date,
) -> Proposal:
    """Replace all rows of a list that is still of this revision. Raises Refused and Outdated."""
    with transaction.atomic():
        locked = PriceList.objects.select_for_update().filter(pk=price_list.pk, archived_at=None).first()
        if locked is None or locked.revision != revision:
            raise Outdated
        proposal = propose(locked, content, today=today)
        if proposal.checked.errors:
            raise Refused(proposal.checked.errors)
        if proposal.differences:
            _apply(locked, proposal.differences)
            _keep_revision(locked, proposal.content, proposal.differences, cause=cause, actor=actor, now=now)
            _record("price_list.prices", locked, actor, _logged(proposal.differences, locked, cause))
            price_list.revision = locked.revision
    return proposal


def _apply(price_list: PriceList, found: list[Difference]) -> None:
    for one in found:
        if one.old is not None:
            _stored(price_list, one.old).delete()
    rows = [one.new for one in found if one.new is not None]
    Price.objects.bulk_create(_price(price_list, row) for row in rows if isinstance(row, PriceRow))
    TierGroup.objects.bulk_create(_group(price_list, row) for row in rows if isinstance(row, GroupRow))
    Fee.objects.bulk_create(_fee(price_list, row) for row in rows if isinstance(row, FeeRow))


def _stored(price_list: PriceList, row: Row):
    """Return the queryset of one stored row."""
    if isinstance(row, PriceRow):
        key = {"country": row.country, "operator": row.operator, "sender_type": row.sender_type}
        return Price.objects.filter(price_list=price_list, valid_from=row.valid_from, **key)
    if isinstance(row, GroupRow):
        return TierGroup.objects.filter(price_list=price_list, valid_from=row.valid_from, name=row.name)
    return Fee.objects.filter(price_list=price_list, valid_from=row.valid_from, name=row.name, kind=row.kind)


def _price(price_list: PriceList, row: PriceRow) -> Price:
    key = {"country": row.country, "operator": row.operator, "sender_type": row.sender_type}
    return Price(price_list=price_list, micro=row.micro, valid_from=row.valid_from, valid_to=row.valid_to, **key)


def _group(price_list: PriceList, row: GroupRow) -> TierGroup:
    return TierGroup(
        price_list=price_list, name=row.name, countries=list(row.countries), mode=row.mode, tiers=stored_tiers(row),
        valid_from=row.valid_from, valid_to=row.valid_to,
    )  # fmt: skip


def _fee(price_list: PriceList, row: FeeRow) -> Fee:
    return Fee(
        price_list=price_list, name=row.name, kind=row.kind, minor=row.minor, valid_from=row.valid_from,
        valid_to=row.valid_to,
    )  # fmt: skip


def _keep_revision(
    price_list: PriceList, content: Content, found: list[Difference], *, cause: str, actor: str, now: datetime
) -> None:
    price_list.revision += 1
    price_list.save(update_fields=["revision"])
    numbers = Counter(str(one.what) for one in found)
    PriceChange.objects.create(
        price_list=price_list, revision=price_list.revision, at=now, by=actor, cause=cause, summary=dict(numbers),
        content=as_json(content),
    )  # fmt: skip


def _record(action: str, price_list: PriceList, actor: str, details: dict[str, Any]) -> None:
    details = {"price_list": price_list.pk} | details
    record(action, actor=actor, tenant=price_list.issuer, subject=price_list.name, details=details)


def _about(price_list: PriceList) -> dict[str, str]:
    """Return whom or what a list is about, for the audit log."""
    if price_list.account:
        return {"account": price_list.account.name}
    return {"customer": price_list.customer.slug} if price_list.customer else {}


def _logged(found: list[Difference], price_list: PriceList, cause: str) -> dict[str, Any]:
    """Return the details of an entry in the audit log: the rows as they were and as they are."""
    return {
        "cause": str(cause),
        "revision": price_list.revision,
        "rows": len(found),
        "before": _listed([one.old for one in found]),
        "after": _listed([one.new for one in found]),
    }


def _listed(rows: list[Row | None]) -> str:
    texts = [_plain(row) for row in rows if row is not None]
    more = f" (+{len(texts) - MAX_LOGGED})" if len(texts) > MAX_LOGGED else ""
    return "; ".join(texts[:MAX_LOGGED]) + more or "–"


def _plain(row: Row) -> str:
    """Return a row in one line, without anybody's language."""
    days = f"{row.valid_from} – {last_day(row)}" if row.valid_to else f"from {row.valid_from}"
    if isinstance(row, PriceRow):
        key = "/".join((row.country or "*", row.operator or "*", row.sender_type or "*"))
        return f"{key} {row.micro / MICRO:.6f} {days}"
    if isinstance(row, FeeRow):
        return f"{row.kind} {row.name} {row.minor} {days}"
    tiers = f"{row.size}: {row.micro / MICRO:.6f}" if row.mode == Mode.PACKAGES else "; ".join(
        f"{tier.up_to or 'above'}: {tier.micro / MICRO:.6f}" + (f" + {tier.flat_micro / MICRO:.6f}" if tier.flat_micro
                                                              else "")
        for tier in row.tiers
    )  # fmt: skip
    return f"{row.mode} {row.name} ({' '.join(row.countries)}) {tiers} {days}"
