"""Kinds of exports with costs: the tables of the Overview and of a campaign's page, by currency."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from deliveries.exports.kinds import Kind, NotAllowed
from deliveries.message_pages.columns import Column
from deliveries.models import Export
from portal.accounts.access import Access
from portal.common.templatetags.figures import country
from reports.campaigns.costs import CampaignCost, campaign_costs
from reports.campaigns.life import life_of
from reports.exports.campaign_tables import of_one_campaign, the_campaign
from reports.exports.tables import Narrow, Table, kind
from reports.pricing.costing import Payer, costs
from reports.pricing.costs import Costs, Uncharged
from reports.pricing.figures import CostFigures, cost_figures
from reports.pricing.money import micro_decimal, minor_decimal
from reports.pricing.rights import may_see_costs, seen_payer

Read = Callable[[Table, Payer, Access], list[Any]]


@dataclass(frozen=True, slots=True)
class CostRow:
    """Tells what a group of messages costs in one currency; without figures, messages that have no price."""

    key: tuple[str, ...]
    figures: CostFigures | None
    unpriced: Uncharged = field(default_factory=Uncharged)
    campaign: CampaignCost | None = None


def cost_kind(
    rows: Promise, read: Read, *columns: Column, narrow: Narrow | None = None, of_all_accounts: bool = False
) -> Kind:
    """Return the kind whose rows `read` gives for the payer of its maker."""

    def opened(export: Export, access: Access, parameters: dict[str, Any]) -> Table:
        if not may_see_costs(access):
            raise NotAllowed("costs may not be seen any more")

        def with_payer(table: Table) -> list[Any]:
            payer = seen_payer(access)
            return read(table, payer, access) if payer else []

        inner = kind(rows, with_payer, narrow=narrow, of_all_accounts=of_all_accounts)
        return inner.open(export, access, parameters)  # type: ignore[return-value]  # a Table

    known = {column.name: column for column in columns}
    return Kind(rows=rows, columns=lambda _export: known, open=opened)


def _by_country(table: Table, payer: Payer, _access: Access) -> list[CostRow]:
    groups = costs(replace(table.query, group_by=("country",)), payer)
    rows = [row for (code,), group in groups.items() for row in _rows((str(code),), group)]
    return sorted(rows, key=lambda row: (-_amount(row), row.key))


def _by_operator(table: Table, payer: Payer, _access: Access) -> list[CostRow]:
    """Read messages without a price, with all that a price is found by."""
    groups = costs(replace(table.query, group_by=("country", "operator", "sender_type")), payer)
    rows = [
        CostRow((str(code), table.masking.text(str(operator)), str(sender_type)), None, group.unpriced)
        for (code, operator, sender_type), group in groups.items()
        if group.unpriced.messages
    ]
    return sorted(rows, key=lambda row: (-row.unpriced.messages, row.key))


def _of_campaign(table: Table, payer: Payer, access: Access) -> list[CostRow]:
    campaign = the_campaign(table)
    life = life_of(campaign)
    if life is None:
        return []
    with_events = access.key is not None or access.may("see_conversions")
    query = replace(table.query, tenant_ids=[campaign.tenant_id], first=life.first, last=life.last)
    found = campaign_costs(campaign, query, payer, with_events=with_events)
    return [
        CostRow((table.masking.text(variant),), cost.figures, campaign=cost)
        for variant, group in found.variants.items()
        for cost in group.rows
    ]


def _rows(key: tuple[str, ...], group: Costs) -> list[CostRow]:
    return [CostRow(key, figures) for figures in cost_figures(group)]


def _amount(row: CostRow) -> int:
    return row.figures.cost if row.figures else 0


def _money(name: str, heading: Promise) -> Column:
    def value(row: CostRow) -> Decimal | None:
        return minor_decimal(getattr(row.figures, name), row.figures.currency) if row.figures else None

    return Column(name, "money", heading, value)


def _micro(of: Callable[[CostRow], int | None]) -> Callable[[CostRow], Decimal | None]:
    def value(row: CostRow) -> Decimal | None:
        micro = of(row)
        return None if micro is None else micro_decimal(micro)

    return value


_COUNTRY = (
    Column("country", "text", gettext_lazy("Country code"), lambda row: row.key[0]),
    Column("country_name", "text", gettext_lazy("Country"), lambda row: country(row.key[0])),
)
_AMOUNTS = (
    Column("currency", "word", gettext_lazy("Currency"), attrgetter("figures.currency")),
    _money("cost", pgettext_lazy("figure", "Cost")),
    Column(
        "per_delivered",
        "money",
        gettext_lazy("Per delivered message"),
        _micro(lambda row: row.figures.per_delivered if row.figures else None),
    ),
    _money("of_failed", gettext_lazy("Cost of failed messages")),
    _money("of_billed_undelivered", gettext_lazy("Billed, not delivered")),
    _money("of_unknown", gettext_lazy("Cost of an unknown outcome")),
    Column(
        "average",
        "word",
        gettext_lazy("At average prices"),
        lambda row: _("yes") if row.figures.is_average else _("no"),
        lambda row: "yes" if row.figures.is_average else "no",
    ),
)
COSTS = cost_kind(gettext_lazy("Costs"), _by_country, *_COUNTRY, *_AMOUNTS)
UNPRICED = cost_kind(
    gettext_lazy("Messages without a price"),
    _by_operator,
    *_COUNTRY,
    Column("operator", "text", gettext_lazy("Operator"), lambda row: row.key[1]),
    Column("sender_type", "text", gettext_lazy("Type of sender"), lambda row: row.key[2]),
    Column("messages", "number", gettext_lazy("Messages"), attrgetter("unpriced.messages")),
    Column("parts", "number", gettext_lazy("Parts"), attrgetter("unpriced.parts")),
)
CAMPAIGN_COSTS = cost_kind(
    gettext_lazy("Costs"),
    _of_campaign,
    Column("variant", "text", gettext_lazy("Variant"), lambda row: row.key[0] or _("(no variant)")),
    *_AMOUNTS,
    Column(
        "per_conversion",
        "money",
        gettext_lazy("Cost of a conversion"),
        _micro(lambda row: row.campaign.per_conversion if row.campaign else None),
    ),
    Column(
        "revenue",
        "money",
        gettext_lazy("Revenue"),
        _micro(lambda row: row.campaign.revenue if row.campaign else None),
    ),
    Column("return", "share", pgettext_lazy("on cost", "Return"), attrgetter("campaign.gain")),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
