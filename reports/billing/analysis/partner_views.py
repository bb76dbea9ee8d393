"""The page of partners: sale, cost and margin of a parent's customers in a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.masking import Masking
from portal.common.templatetags.figures import country
from portal.tenants.models import Tenant
from reports.figures.masked_names import masked_key, partner_ids_of
from reports.figures.query import StatisticsQuery
from reports.overview.asked import asked_figures
from reports.pricing.partners import GROUPS, PartnerRow, partner_rows

FILTERS = ("country", "operator")
MAX_ROWS = 500
# what each grouping is called on the page
TITLES: Mapping[str, Promise] = {
    "customer": gettext_lazy("Customer"),
    "country": gettext_lazy("Country"),
    "operator": gettext_lazy("Operator"),
    "partner_id": gettext_lazy("Partner ID"),
}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with its name as the page shows it."""

    name: str
    found: PartnerRow


@require_safe
@member_may("billing")
def partners(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show what the tenant charges its customers, and what it pays for them; `by` is one of GROUPS."""
    by = request.GET.get("by") or "customer"
    if by not in GROUPS:
        raise Http404
    asked = asked_figures(request, tenant, filters=FILTERS, keep=("by",))
    query = StatisticsQuery(
        tenant_ids=asked.reached,
        first=asked.picker.period.first,
        last=asked.picker.period.last,
        filters=asked.query_filters,
        with_latency=False,
    )
    rows, whole = partner_rows(tenant, query, by)
    names = _names(rows[:MAX_ROWS], by, request.access.masking, asked.reached)
    context = asked.context | {
        "page": "billing",
        "by": by,
        "groupings": [(name, text, f"{asked.picker.query}&by={name}") for name, text in TITLES.items()],
        "heading_of_names": TITLES[by],
        "rows": [ShownRow(name, row) for name, row in zip(names, rows, strict=False)],
        "whole": whole,
        "others": max(len(rows) - MAX_ROWS, 0),
        "file": f"{tenant.slug}_{query.first}_{query.last}",
    }
    return render(request, "billing/analysis/partners.html", context, status=asked.status)


def _names(rows: list[PartnerRow], by: str, masking: Masking, tenant_ids: Sequence[int]) -> list[str]:
    if by == "customer":
        return [row.key[0].name for row in rows]
    keys = [dict(zip(GROUPS[by], row.key, strict=True)) for row in rows]
    telling: frozenset[str] = frozenset()
    if not masking.in_full:
        telling = telling_partner_ids(partner_ids_of(keys), tenant_ids=tenant_ids)
    return [_text(masked_key(key, masking, telling)) for key in keys]


def _text(key: Mapping[str, object]) -> str:
    """Return a group's name: the country in words, the operator with its country."""
    texts = [country(str(value)) if name == "country" else str(value) for name, value in key.items()]
    return " · ".join(text or "–" for text in texts)
