"""Delivery reports of a search of messages, in the order in which they were applied: newest first, or as they came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic

from deliveries.dialects.codes import UNKNOWN, CodeTable
from deliveries.messages.row import COLUMNS, StoredMessage
from deliveries.messages.store import same_message
from deliveries.search.changes import in_order_of, opened
from deliveries.search.find import ReportLine, campaign_names, fetch, message_of, plan_search
from deliveries.search.query import MessageQuery
from deliveries.search.sql import MESSAGE_COLUMNS, Search, Statement
from portal.common import keyset
from portal.common.bulk import EACH
from portal.common.periods import start_of_day
from portal.tenants import tokens
from portal.tenants.models import Tenant

_PURPOSE = "delivery-report-cursor"
_REPORT = (
    "part",
    "result_code",
    "status_at",
    "sent_at",
    "operator",
    "operator_result_code",
    "received_at",
    "inbox_id",
    "applied_at",
)
_LINE = len(_REPORT) - 1  # columns of a ReportLine
_ORDER = ("applied_at", "inbox_id")


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """Filters of a list of reports; None and empty match all.

    `messages` are the filters of their messages. `first` and `last` are days on which they were applied, in each
    tenant's zone; `since` and `until` instants of it, the latter not included. `codes` are result codes, `statuses`
    what they mean by the `tables` of the accounts.
    """

    messages: MessageQuery
    first: date | None = None
    last: date | None = None
    since: datetime | None = None
    until: datetime | None = None
    codes: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    tables: Mapping[int, CodeTable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListedReport:
    """A delivery report with its message as it is now."""

    line: ReportLine
    applied_at: datetime
    message: StoredMessage


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page of reports, the cursor of the next one (None: the last), and the names of the campaigns."""

    reports: list[ListedReport]
    next_cursor: str | None
    campaigns: dict[int, str]


def list_reports(query: ReportQuery, *, ascending: bool, cursor: str, size: int, seconds: float) -> ReportPage:
    """Return a page of the reports that match. Raises BadFilter, keyset.BadCursor, SearchTooSlow."""
    after = opened(cursor, purpose=_purpose(ascending)) if cursor else None
    statement = _statement(query, ascending=ascending, after=after, limit=size + 1)
    found = [_report(row) for row in fetch(statement, monotonic() + seconds)]
    reports = found[:size]
    next_cursor = None
    if len(found) > size:
        key = keyset.encode((reports[-1].applied_at, "", reports[-1].line.inbox_id))
        next_cursor = tokens.seal(key, purpose=_purpose(ascending))
    return ReportPage(reports, next_cursor, campaign_names([one.message for one in reports]))


def _purpose(ascending: bool) -> str:
    return f"{_PURPOSE}-{'ascending' if ascending else 'descending'}"


def _report(row: tuple) -> ListedReport:
    line = ReportLine(*row[:_LINE])
    return ListedReport(line, row[_LINE], message_of(row[_LINE + 1 :]))


def _statement(query: ReportQuery, *, ascending: bool, after: tuple | None, limit: int) -> Statement:
    search = plan_search(query.messages, limit=limit)
    where, parameters = _conditions(query, search)
    if after is not None:
        where.append(f"(d.applied_at, d.inbox_id) {'>' if ascending else '<'} (%(after_at)s, %(after_id)s)")
        where.append(f"d.applied_at {'>' if ascending else '<'}= %(after_at)s")
        parameters |= {"after_at": after[0], "after_id": after[2]}
    order = in_order_of(_ORDER, "{}") if ascending else ", ".join(f"{{}}.{column} DESC" for column in _ORDER)
    columns = ", ".join(f"d.{column}" for column in _REPORT)
    # A report's message, or the reports of messages that an index finds.
    has_few = query.messages.message_id or query.messages.number
    messages = f"SELECT {MESSAGE_COLUMNS} FROM message m WHERE {' AND '.join(search.where)}"  # noqa: S608  conditions of query.py; what is typed is a parameter
    of_report = f"m.day = d.day AND m.tenant_id + 0 = d.tenant_id AND {same_message('m', 'd')}"
    if has_few:
        of_message = f"d.day = m.day AND d.tenant_id + 0 = m.tenant_id AND {same_message('d', 'm')}"
        source = (
            f"({messages} {EACH}) AS m CROSS JOIN LATERAL"  # noqa: S608  conditions of this module
            f" (SELECT * FROM delivery_report d WHERE {of_message} {EACH}) AS d"
        )
    else:
        source = f"delivery_report d CROSS JOIN LATERAL ({messages} AND {of_report} {EACH}) AS m"
    shown = ", ".join(f"m.{column} AS message_{column}" for column in (*COLUMNS, "updated_at"))
    found = (
        f"SELECT {columns}, {shown} FROM {source} WHERE {' AND '.join(where)} ORDER BY {order.format('d', 'd')}"  # noqa: S608  conditions of this module and of query.py; what is typed is a parameter
        " LIMIT %(limit)s"
    )
    sql = (
        "SELECT found.* FROM unnest(%(tenants)s::int[], %(campaigns)s::int[], %(begins)s::timestamptz[],"  # noqa: S608  the same conditions; what is typed is a parameter
        " %(ends)s::timestamptz[]) AS t (id, campaign_id, begins, ends)"
        f" CROSS JOIN LATERAL ({found}) AS found ORDER BY {order.format('found', 'found')} LIMIT %(limit)s"
    )
    return Statement(sql, search.parameters | parameters)


def _conditions(query: ReportQuery, search: Search) -> tuple[list[str], dict]:
    zones = dict(Tenant.objects.filter(id__in=query.messages.tenant_ids).values_list("id", "timezone"))
    bounds = {tenant_id: _bounds(query, zone) for tenant_id, zone in zones.items()}
    within = [(tenant_id, campaign) for tenant_id, campaign in search.within if tenant_id in bounds]
    where = ["d.tenant_id = t.id"]
    parameters: dict = {
        "tenants": [tenant_id for tenant_id, _campaign in within],
        "campaigns": [campaign for _tenant_id, campaign in within],
        "begins": [bounds[tenant_id][0] for tenant_id, _campaign in within],
        "ends": [bounds[tenant_id][1] for tenant_id, _campaign in within],
        "limit": search.limit,
    }
    if query.first or query.since:
        where.append("d.applied_at >= t.begins")
    if query.last or query.until:
        where.append("d.applied_at < t.ends")
    if query.messages.account_id is not None:
        where.append("d.account_id = %(account_id)s")
    if query.codes:
        where.append("d.result_code = ANY (%(report_codes)s)")
        parameters["report_codes"] = list(query.codes)
    if query.statuses:
        meant = []
        for number, (account_id, table) in enumerate(sorted(query.tables.items())):
            known, wanted = table.by_status(query.statuses)
            meant.append(f"d.account_id = %(of{number})s AND (d.result_code = ANY (%(wanted{number})s)")
            parameters |= {f"of{number}": account_id, f"wanted{number}": wanted}
            if UNKNOWN in query.statuses:
                meant[-1] += f" OR d.result_code <> ALL (%(known{number})s)"
                parameters[f"known{number}"] = known
            meant[-1] += ")"
        where.append(f"({' OR '.join(meant) or 'false'})")
    return where, parameters


def _bounds(query: ReportQuery, zone: str) -> tuple[datetime | None, datetime | None]:
    begins = [start_of_day(query.first, zone) if query.first else None, query.since]
    ends = [start_of_day(query.last + timedelta(days=1), zone) if query.last else None, query.until]
    return max(filter(None, begins), default=None), min(filter(None, ends), default=None)
