"""Causes of a report's cells: what each row of the ledger adds to which cells."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.merging import shown_name
from campaigns.models import OTHER_CAMPAIGNS_ID, Campaign
from deliveries.counts.causes import KEYS, Cause
from deliveries.dialects.codes import COUNTS_AS
from deliveries.dialects.registry import DIALECTS
from deliveries.messages.row import OTHER_LABEL
from deliveries.models import CampaignCount, DailyCount
from portal.tenants.models import Feed, Tenant
from reports.monthly.ledger import LedgerRows
from reports.monthly.selector import MonthScope, error_names, tenant_labels
from reports.monthly.texts import translate
from reports.runs.cell_changes import CellChange

ADDED_UP = {
    "Messages": "messages",
    "SMS parts": "parts",
    "Delivered parts": "delivered_parts",
    "Billed parts": "billed_parts",
    "Delivered": "delivered",
    "Failed": "failed",
    "Pending": "pending",
    "Unknown": "unknown",
    "Delivered (messages with a known time)": "timed",
}
"""Columns and items whose cells are sums of messages or parts, with what is summed; others are rates or percentiles."""

_ERROR_CLASSES = ("failed", "unknown")
_DAILY, _CAMPAIGNS = DailyCount._meta.db_table, CampaignCount._meta.db_table


@dataclass(frozen=True, slots=True)
class CellCauses:
    """Causes by sheet and row: what each has added to the sums there."""

    found: Mapping[tuple[str, tuple[Any, ...]], Mapping[str, Mapping[str, int]]]

    def of(self, change: CellChange) -> list[tuple[str, int | None]]:
        """Return the causes of a cell with their parts of the difference, None where a cell is no sum."""
        causes = self.found.get((change.sheet, _row_key(change)), {})
        of_row = {cause: causes[cause] for cause in Cause if cause in causes}
        name = change.key[-1] if change.sheet == "Summary" else change.column.key
        summed = ADDED_UP.get(name)
        if summed is None:
            return [(cause, None) for cause, sums in of_row.items() if any(sums.values())]
        return [(cause, sums[summed]) for cause, sums in of_row.items() if sums[summed]]


def cell_causes(scope: MonthScope, rows: LedgerRows, language: str) -> CellCauses:
    """Sum the ledger's rows for each row of the report's tables, whose words are in `language`."""
    found: dict = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    places = _Places(scope, rows, language)
    for key, values in sorted(rows.items()):
        row = dict(zip(KEYS, key, strict=True))
        sums = places.sums(row, *values)
        for place in places.of(row):
            of_cause = found[place][row["cause"]]
            for name, number in sums.items():
                of_cause[name] += number
    return CellCauses(found)


def _row_key(change: CellChange) -> tuple[Any, ...]:
    """Return the key by which the causes of the cell's row are summed: a subtotal's by what it sums over."""
    place, *names = change.key
    if place == "total" or change.sheet == "Summary":
        return ("total",)
    if place == "subtotal":
        first = next(((n, name) for n, name in enumerate(names) if name is not None), (0, None))
        return ("subtotal", *first)
    return tuple(change.key)


class _Places:
    """Names of the report's rows, as its tables have them."""

    def __init__(self, scope: MonthScope, rows: LedgerRows, language: str) -> None:
        tenants = {tenant.id: tenant for tenant in Tenant.objects.filter(id__in=scope.tenant_ids())}
        self._labels = tenant_labels(scope, tenants)
        self._zones = {id_: tenant.timezone for id_, tenant in tenants.items()} | {scope.tenant.id: scope.timezone}
        ids = {key[list(KEYS).index("campaign_id")] for key in rows}
        self._campaigns = dict(
            Campaign.objects.filter(id__in=ids).annotate(shown=shown_name()).values_list("id", "shown")
        )
        other = translate("(other)", language)
        self._campaigns |= {0: translate("(no campaign)", language), OTHER_CAMPAIGNS_ID: other}
        self._partner_ids = {"": translate("(none)", language), OTHER_LABEL: other}
        self._operators = {"": translate("(unknown)", language)}
        self._pool = translate("(unassigned)", language)
        self._dialects = dict(Feed.objects.values_list("account_id", "dialect"))
        self._errors = error_names(language)

    def sums(self, row: Mapping[str, Any], messages: int, parts: int, timed: int) -> dict[str, int]:
        counts_as = COUNTS_AS[row["status"]]
        known = DIALECTS.get(self._dialects.get(row["account_id"], ""))
        is_billed = known is not None and row["result_code"] in known.billed
        return {
            "messages": messages,
            "parts": parts,
            "delivered_parts": parts if counts_as == "delivered" else 0,
            "billed_parts": parts if is_billed else 0,
            "delivered": messages if counts_as == "delivered" else 0,
            "failed": messages if counts_as == "failed" else 0,
            "pending": messages if counts_as == "pending" else 0,
            "unknown": messages if counts_as == "unknown" else 0,
            "timed": timed,
        }

    def of(self, row: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield the sheets and rows whose cells a row of the ledger is part of."""
        if row["counted_in"] != _DAILY:
            yield from self._of_campaigns(row)
        if row["counted_in"] != _CAMPAIGNS:
            yield from self._of_messages(row)

    def _of_campaigns(self, row: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        owner = self._owner(row)
        campaign = self._campaigns.get(row["campaign_id"], "")
        yield "Campaigns", ("row", campaign, row["variant"] or None, *owner, row["country"])
        yield "Campaigns", ("total",)
        if owner:
            yield "Campaigns", ("subtotal", 2, owner[0])

    def _of_messages(self, row: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        owner, country = self._owner(row), row["country"]
        partner_id = self._partner_ids.get(row["partner_id"], row["partner_id"])
        for sheet in ("Summary", "Countries", "Partner IDs", "Operators", "Days", "Latency"):
            yield sheet, ("total",)
        yield "Countries", ("row", country)
        yield "Partner IDs", ("row", partner_id, *owner, country)
        if owner:
            yield "Partner IDs", ("subtotal", 0, partner_id)
            yield "Partner IDs", ("subtotal", 1, owner[0])
        yield "Operators", ("row", country, self._operators.get(row["operator"], row["operator"]))
        yield "Days", ("row", row["day"])
        yield "Latency", ("row", country)
        if COUNTS_AS[row["status"]] in _ERROR_CLASSES:
            names = self._errors(self._dialects.get(row["account_id"]), row["result_code"])
            yield "Errors", ("row", row["result_code"], *names)
            yield "Errors", ("total",)

    def _owner(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        if not self._labels:
            return ()
        return self._labels.get(row["tenant_id"]) or self._pool, self._zones.get(row["tenant_id"], "")
