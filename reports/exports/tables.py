"""Kinds of exports whose rows are figures: the same counts as the pages, in all rows of a table.

Other tables are in campaign_tables, ab_tables, conversion_tables and segment_tables.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.exports.kinds import Kind, NotAllowed, Page, TooManyRows
from deliveries.message_pages.columns import Column
from deliveries.models import Export
from deliveries.partner_ids.with_numbers import telling_partner_ids
from deliveries.search.find import SearchTooSlow
from portal.accounts.access import Access
from portal.common.masking import Masking
from portal.common.templatetags.figures import country
from reports.campaigns.conversions import conversion_counts, conversions_of_rests
from reports.campaigns.listing import DEFAULT_ORDER, Rest, campaign_page
from reports.campaigns.selectors import STATES, matching_ids
from reports.figures.kpis import Kpis
from reports.figures.masked_names import masked_key, partner_ids_of
from reports.figures.query import StatisticsQuery, TooManyGroups
from reports.figures.statistics import OTHER_NAME, finality, statistics

_STEP = 1000  # campaigns read at a time


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A row of a table of figures; `names` are its texts by the names of their columns, `more` its further values."""

    names: Mapping[str, str]
    kpis: Kpis
    first: date | None = None
    last: date | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def parameters_of(
    query: StatisticsQuery, *, text: str = "", state: str = "", order: str = "", **more: Any
) -> dict[str, Any]:
    """Return the parameters of an export of a page's table; text, state and order are those of the list of campaigns.

    `more` are the parameters of other tables, which JSON can hold.
    """
    return {
        "tenant_ids": sorted(query.tenant_ids),
        "first": query.first.isoformat(),
        "last": query.last.isoformat(),
        "filters": {name: list(values) for name, values in query.filters.items()},
        "text": text,
        "state": state or "all",
        "order": order or DEFAULT_ORDER,
    } | more


def query_of(
    parameters: Mapping[str, Any], tenant_ids: Collection[int], *, account_id: int | None = None
) -> StatisticsQuery:
    """Return the query of the parameters, for those of its tenants that can still be seen."""
    return StatisticsQuery(
        tenant_ids=sorted(tenant_ids),
        first=date.fromisoformat(parameters["first"]),
        last=date.fromisoformat(parameters["last"]),
        filters=parameters["filters"],
        account_id=account_id,
    )


@dataclass(slots=True)
class Table:
    """All rows of a table; they are read once, since each is a sum over the period."""

    query: StatisticsQuery
    masking: Masking
    parameters: Mapping[str, Any]
    read: Callable[["Table"], list[Any]]
    rows: list[Any] | None = None

    @property
    def tenant_ids(self) -> frozenset[int]:
        return frozenset(self.query.tenant_ids)

    def count(self) -> int:
        try:
            self.rows = self.read(self)
        except (TooManyGroups, SearchTooSlow) as error:
            raise TooManyRows from error
        return len(self.rows)

    def pages(self) -> Iterator[Page]:
        if self.rows:
            yield self.rows, set()  # counts of sealed days stay, so retention does not delete the file


Read = Callable[[Table], list[Any]]
Narrow = Callable[[Table], StatisticsQuery]


def _open(
    read: Read, narrow: Narrow | None, of_all_accounts: bool
) -> Callable[[Export, Access, dict[str, Any]], Table]:
    def opened(_export: Export, access: Access, parameters: dict[str, Any]) -> Table:
        tenant_ids = access.tenant_ids & set(parameters["tenant_ids"])
        if not tenant_ids:
            raise NotAllowed("none of the customers can be seen any more")
        if access.account and of_all_accounts:
            raise NotAllowed("the table counts all accounts")
        query = query_of(parameters, tenant_ids, account_id=access.account.id if access.account else None)
        table = Table(query, access.masking, parameters, read)
        return table if narrow is None else replace(table, query=narrow(table))

    return opened


def grouped(*names: str) -> Callable[[Table], list[FigureRow]]:
    """Return what reads a table with a row for each group, the largest first."""

    def read(table: Table) -> list[FigureRow]:
        groups = statistics(replace(table.query, group_by=names))
        telling: frozenset[str] = frozenset()
        if not table.masking.in_full:
            telling = telling_partner_ids(
                partner_ids_of(group.key for group in groups), tenant_ids=table.query.tenant_ids
            )
        groups.sort(key=lambda group: (-group.totals.messages, *map(str, group.key.values())))
        return [
            FigureRow({k: str(v) for k, v in masked_key(group.key, table.masking, telling).items()}, group.kpis)
            for group in groups
        ]

    return read


def _campaigns(table: Table) -> list[FigureRow]:
    """Read the list of campaigns with what it sums up, so that the rows make all messages of the period."""
    text, parameters, mask = table.parameters["text"], table.parameters, table.masking.text
    found = matching_ids(tenant_ids=table.query.tenant_ids, text=text, masking=table.masking) if text else None
    final = finality()
    # Events have no country and no operator: a narrowed list does not count them.
    events = None if table.query.filters else conversion_counts(table.query)
    rows: list[FigureRow] = []
    ids: list[int] = []
    while True:
        page = campaign_page(
            table.query,
            archived=STATES[parameters["state"]],
            found=found,
            order=parameters["order"],
            limit=_STEP,
            offset=len(rows),
            final=final,
        )
        rows += [
            FigureRow(
                {
                    "customer": row.campaign.tenant.name,
                    "campaign": mask(row.campaign.name),
                    "title": mask(row.campaign.title),
                    "tags": ", ".join(map(mask, row.campaign.tags)),
                    "variants": ", ".join(map(mask, row.variants)),
                },
                row.kpis,
                row.first,
                row.last,
                {} if events is None else {"conversions": events.get(row.campaign.id, 0)},
            )
            for row in page.rows
        ]
        ids += [row.campaign.id for row in page.rows]
        if len(page.rows) < _STEP:
            break
    state = STATES[parameters["state"]]
    rests = None if events is None else conversions_of_rests(events, shown=ids, archived=state, found=found)
    sums: list[tuple[str, str, Rest]] = [
        (_("(campaigns that do not match)"), "hidden", page.hidden),
        (OTHER_NAME, "over", page.over),
        (_("(no campaign)"), "none", page.none),
    ]
    return rows + [
        FigureRow({"campaign": name}, rest.kpis, more={} if rests is None else {"conversions": rests[part]})
        for name, part, rest in sums
        if rest.kpis.volume.messages
    ]


def name_column(name: str, heading: Promise) -> Column:
    return Column(name, "text", heading, lambda row: row.names.get(name, ""))


FIGURES = (
    Column("messages", "number", gettext_lazy("Messages"), attrgetter("kpis.volume.messages")),
    Column("parts", "number", gettext_lazy("Parts"), attrgetter("kpis.volume.parts")),
    Column("delivered", "number", gettext_lazy("Delivered"), attrgetter("kpis.volume.delivered")),
    Column("failed", "number", gettext_lazy("Failed"), attrgetter("kpis.volume.failed")),
    Column("pending", "number", gettext_lazy("Pending"), attrgetter("kpis.volume.pending")),
    Column("unknown", "number", gettext_lazy("Unknown"), attrgetter("kpis.volume.unknown")),
    Column("delivery_rate", "share", gettext_lazy("Delivery rate"), attrgetter("kpis.delivery_rate")),
    Column("failed_rate", "share", gettext_lazy("Failed rate"), attrgetter("kpis.failed_rate")),
)
MATURITY = Column("maturity", "share", gettext_lazy("Maturity"), attrgetter("kpis.maturity"))
TIMES = (
    Column("median", "decimal", gettext_lazy("Median (seconds)"), lambda row: row.kpis.median),
    Column("p95", "decimal", gettext_lazy("95th percentile (seconds)"), lambda row: row.kpis.p95),
)
_COUNTRY = (
    name_column("country", gettext_lazy("Country code")),
    Column("country_name", "text", gettext_lazy("Country"), lambda row: country(row.names["country"])),
)


def kind(
    rows: Promise, read: Read, *columns: Column, narrow: Narrow | None = None, of_all_accounts: bool = False
) -> Kind:
    """Return the kind whose rows `read` gives. `narrow` returns the query that may be read, or raises NotAllowed.

    A table `of_all_accounts` is not for the key of one account.
    """
    known = {column.name: column for column in columns}
    return Kind(rows=rows, columns=lambda _export: known, open=_open(read, narrow, of_all_accounts))


CAMPAIGNS = kind(
    gettext_lazy("Campaigns"),
    _campaigns,
    name_column("customer", gettext_lazy("Customer")),
    name_column("campaign", gettext_lazy("Campaign")),
    name_column("title", gettext_lazy("Title")),
    name_column("tags", gettext_lazy("Tags")),
    Column("first_day", "day", gettext_lazy("First day"), attrgetter("first")),
    Column("last_day", "day", gettext_lazy("Last day"), attrgetter("last")),
    *FIGURES,
    MATURITY,
    *TIMES,
    Column("conversions", "number", gettext_lazy("Conversions"), lambda row: row.more.get("conversions")),
    name_column("variants", gettext_lazy("Variants")),
    of_all_accounts=True,
)
COUNTRIES = kind(gettext_lazy("Countries"), grouped("country"), *_COUNTRY, *FIGURES, MATURITY, *TIMES)
OPERATORS = kind(
    gettext_lazy("Operators"),
    grouped("country", "operator"),
    *_COUNTRY,
    name_column("operator", gettext_lazy("Operator")),
    *FIGURES,
    MATURITY,
    *TIMES,
)
VARIANTS = kind(
    gettext_lazy("Variants"),
    grouped("variant"),
    Column("variant", "text", gettext_lazy("Variant"), lambda row: row.names["variant"] or _("(no variant)")),
    *FIGURES,
    MATURITY,
    *TIMES,
)
PARTNER_IDS = kind(
    gettext_lazy("Partner IDs"),
    grouped("partner_id"),
    name_column("partner_id", gettext_lazy("Partner ID")),
    *FIGURES,
    MATURITY,
)
