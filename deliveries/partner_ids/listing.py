"""The list of the Partner IDs page: searched, sorted and cut into pages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.http import Http404, QueryDict
from django.utils.http import urlencode

from deliveries.partner_ids.forms import SearchForm
from deliveries.partner_ids.recent_messages import Name, recent_sums
from deliveries.partner_ids.selectors import PartnerRow, partner_rows
from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.common.masking import Masking
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.partner_owners import held_by

PAGE_SIZE = 100
MIN_SEARCHED = 10  # shorter lists have no search
COLUMNS = ("value", "owner", "declared", "messages")
ORDERS = tuple(sign + column for column in COLUMNS for sign in ("", "-"))
DEFAULT_ORDER = "value"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list. `every` and `messages` count all partner IDs, whatever is searched."""

    form: SearchForm
    page: Page
    rows: list[PartnerRow]
    order: str
    every: int
    messages: int

    @property
    def is_searched(self) -> bool:
        return bool(self.form.data.get("q"))

    @property
    def is_long(self) -> bool:
        return self.every > MIN_SEARCHED or self.is_searched

    @property
    def query(self) -> str:
        """Return search and order as the parameters of an address."""
        return self._query(self.order)

    @property
    def headings(self) -> dict[str, dict[str, str]]:
        """Return for each column the parameters that sort by it, and its `aria-sort` if the list is sorted by it."""
        found = {}
        for column in COLUMNS:
            first, second = (f"-{column}", column) if column == "messages" else (column, f"-{column}")
            way = "" if self.order.lstrip("-") != column else "descending" if self.order[0] == "-" else "ascending"
            found[column] = {"query": self._query(second if self.order == first else first), "way": way}
        return found

    def _query(self, order: str) -> str:
        asked = {"q": self.form.data.get("q", ""), "sort": order}
        return urlencode({name: value for name, value in asked.items() if value})


class _Held(NamedTuple):
    id: int
    account_id: int
    value: str
    declared_at: datetime | None
    tenant_id: int

    @property
    def name(self) -> Name:
        return self.account_id, self.value


def partner_list(
    asked: QueryDict, *, tenant_ids: Collection[int], masking: Masking, today: date, now: datetime
) -> Listing:
    """Return the page that `q`, `sort` and `page` ask for; 404 for an unknown order.

    A `q` that is not valid finds nothing, and the form has the error.
    """
    form, order = SearchForm(asked), asked.get("sort", DEFAULT_ORDER)
    if order not in ORDERS:
        raise Http404
    sums = recent_sums(tenant_ids, today=today)
    columns = ("id", "account_id", "value", "declared_at", "tenant_id")
    held = [_Held(*row) for row in held_by(tenant_ids).values_list(*columns)]
    found = held if form.is_valid() else []
    if part := form.cleaned_data.get("q"):
        found = _search(held, part, tenant_ids=tenant_ids, masking=masking)
    page = Paginator(_sort(found, order, sums, tenant_ids), PAGE_SIZE).get_page(asked.get("page"))
    partners = PartnerId.objects.in_bulk([row.id for row in page.object_list])
    shown = [partners[row.id] for row in page.object_list if row.id in partners]
    rows = partner_rows(shown, tenant_ids=tenant_ids, today=today, now=now)
    if not masking.in_full:
        telling = telling_partner_ids({row.partner.value for row in rows}, tenant_ids=tenant_ids)
        rows = [row if row.partner.value not in telling else replace(row, is_masked=True) for row in rows]
    return Listing(form, page, rows, order, len(held), sum(sums.get(row.name, 0) for row in held))


def _search(held: list[_Held], part: str, *, tenant_ids: Collection[int], masking: Masking) -> list[_Held]:
    """Return those whose value holds the text, in any case. A masked value is searched as it is shown."""
    part = part.casefold()
    found = [row for row in held if part in row.value.casefold()]
    if masking.in_full or not found:
        return found
    telling = telling_partner_ids({row.value for row in found}, tenant_ids=tenant_ids)
    return [row for row in found if row.value not in telling or part in masking.text(row.value).casefold()]


def _sort(found: list[_Held], order: str, sums: Mapping[Name, int], tenant_ids: Collection[int]) -> list[_Held]:
    """Return them sorted by a column, and by value where that is the same; an unknown date is last."""
    column, is_down = order.lstrip("-"), order[0] == "-"
    found = sorted(found, key=lambda row: (row.value, row.id), reverse=column == "value" and is_down)
    if column == "owner":  # a later owner whom the reader does not see has no name here
        names = dict(Tenant.objects.filter(id__in=tenant_ids).values_list("id", "name"))
        found.sort(key=lambda row: names.get(row.tenant_id, "").casefold(), reverse=is_down)
    elif column == "declared":
        found.sort(key=lambda row: row.declared_at.timestamp() if row.declared_at else 0.0, reverse=is_down)
        found.sort(key=lambda row: row.declared_at is None)
    elif column == "messages":
        found.sort(key=lambda row: sums.get(row.name, 0), reverse=is_down)
    return found
