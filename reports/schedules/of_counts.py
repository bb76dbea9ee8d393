"""Kinds that are read from the counts: volumes, errors and quality, operators, and an account by partner ID."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from portal.common.masking import Masking
from portal.tenants.models import Tenant
from reports.figures.failures import NOT_DELIVERED, failures
from reports.figures.query import OF_CAMPAIGNS, StatisticsQuery
from reports.figures.statistics import total
from reports.monthly.tables import Column, Table
from reports.monthly.texts import name_country, translate
from reports.pricing.costing import Payer
from reports.schedules.cost_tables import costs_by
from reports.schedules.dimensions import DIMENSIONS, grouped_table
from reports.schedules.figure_tables import chosen_measures, cut
from reports.schedules.found import filters_of
from reports.schedules.reading import Content, Reading

_STANDARD = (
    ("Countries", ("country",)),
    ("Partner IDs", ("partner_id",)),
    ("Campaigns", ("campaign",)),
    ("Operators", ("country", "operator")),
    ("Days", ("day",)),
)


def volumes(reading: Reading, masking: Masking) -> Content:
    """Build volumes by the chosen dimensions, or by each of the usual ones."""
    query = reading.query()
    chosen = reading.parameters.get("group_by") or []
    if chosen:
        tables = tables_by([("Groups", tuple(chosen))], reading, query, masking)
    else:
        tables = [*tables_by(_possible(query), reading, query, masking), errors_table(reading, query)]
    return _content(tables, reading, query, masking)


def errors(reading: Reading, masking: Masking) -> Content:
    """Build what was not delivered, by code and reason, and the quality of operators and days."""
    query = reading.query()
    wanted = [("Reasons", ("reason",)), ("Operators", ("country", "operator")), ("Days", ("day",))]
    tables = [errors_table(reading, query), *tables_by(wanted, reading, query, masking)]
    return _content(tables, reading, query, masking)


def operators(reading: Reading, masking: Masking) -> Content:
    """Build countries and operators."""
    query = reading.query()
    wanted = [("Operators", ("country", "operator")), ("Countries", ("country",)), ("Days", ("day",))]
    return _content(tables_by(wanted, reading, query, masking), reading, query, masking)


def account(reading: Reading, masking: Masking) -> Content:
    """Build the volumes of an account by partner ID and customer, its pool with them."""
    assert reading.account is not None  # of its kind
    query = reading.query()
    measures = chosen_measures(reading.parameters.get("columns", ()))
    table = grouped_table("Partner IDs", reading, query, ("partner_id", "tenant"), masking=masking, measures=measures)
    of_days = grouped_table("Days", reading, query, ("day",), masking=masking, measures=measures)
    return Content([_with_names(table, reading), of_days], total(query), (("Account", reading.account.name),))


def costs_of_volumes(reading: Reading, masking: Masking, payer: Payer) -> list[Table]:
    """Build the costs by the chosen dimensions, or by each of the usual ones."""
    query = reading.query()
    if chosen := reading.parameters.get("group_by"):
        return [costs_by(reading, query, chosen, masking=masking, payer=payer, key="Costs")]
    return [costs_by(reading, query, names, masking=masking, payer=payer) for _key, names in _possible(query)]


def costs_of_operators(reading: Reading, masking: Masking, payer: Payer) -> list[Table]:
    """Build the costs of operators and of countries."""
    query = reading.query()
    wanted = (("country", "operator"), ("country",))
    return [costs_by(reading, query, names, masking=masking, payer=payer) for names in wanted]


def costs_of_account(reading: Reading, masking: Masking, payer: Payer) -> list[Table]:
    """Build what the gateway charges for an account, by partner ID."""
    return [costs_by(reading, reading.query(), ["partner_id"], masking=masking, payer=payer)]


def _content(tables: list[Table], reading: Reading, query: StatisticsQuery, masking: Masking) -> Content:
    details = filter_details(reading, masking)
    return Content(tables, total(query), details, found=filters_of(reading, query).of({}))


def _with_names(table: Table, reading: Reading) -> Table:
    """Return the table with the customers' names in place of their slugs; the pool has none."""
    assert reading.account is not None
    place = [column.key for column in table.columns].index("Tenant")
    names = {one.slug: f"{one.name} ({one.slug})" for one in Tenant.objects.filter(id__in=reading.tenant_ids)}
    if pool := Tenant.objects.filter(id=reading.account.pool_id).first():
        names[pool.slug] = translate("(unassigned)", reading.language)
    rows = [(*row[:place], names.get(row[place], row[place]), *row[place + 1 :]) for row in table.rows]
    return replace(table, rows=rows)


def tables_by(
    wanted: Sequence[tuple[str, tuple[str, ...]]], reading: Reading, query: StatisticsQuery, masking: Masking
) -> list[Table]:
    """Return a table for each name and its dimensions."""
    measures = chosen_measures(reading.parameters.get("columns", ()))
    return [grouped_table(key, reading, query, names, masking=masking, measures=measures) for key, names in wanted]


def errors_table(reading: Reading, query: StatisticsQuery) -> Table:
    """Return the codes of failed and unknown messages; a share is of all of those."""
    found = failures(query, language=reading.language)
    columns = (
        Column("Code", "code"),
        Column("Meaning", "text"),
        Column("Reason", "term"),
        Column("Status", "term"),
        Column("Messages", "int"),
        Column("Share", "percent"),
    )
    rows = [(row.result_code, row.text, row.reason, row.status, row.messages, row.share) for row in found]
    filters, times = filters_of(reading, query), Counter((row.result_code, row.status) for row in found)
    links = [
        filters.of({"result_code": row.result_code, "status": row.status})
        if times[row.result_code, row.status] == 1  # else two gateways give one code two meanings
        else None
        for row in found
    ]
    table = cut("Errors", columns, rows, language=reading.language, found=links)
    whole = sum(row.messages for row in found)
    return replace(
        table,
        total=(None, None, None, None, whole, 1.0 if whole else None),
        found_total=filters.of_statuses(NOT_DELIVERED),
    )


def filter_details(reading: Reading, masking: Masking) -> tuple[tuple[str, str], ...]:
    """Return the filters as lines of the Summary."""
    return tuple(
        (DIMENSIONS[name].columns[-1].key, ", ".join(_filter_text(name, value, reading, masking) for value in values))
        for name, values in reading.query().filters.items()
    )


def _filter_text(name: str, value: object, reading: Reading, masking: Masking) -> str:
    if name == "country":
        return name_country(str(value), reading.language)
    text = masking.text(str(value))
    return text or translate(DIMENSIONS[name].empty, reading.language)


def _possible(query: StatisticsQuery) -> list[tuple[str, tuple[str, ...]]]:
    """Return the usual tables that counts hold with the filters: none has partner IDs and campaigns."""
    of_campaigns = bool(OF_CAMPAIGNS & query.filters.keys())
    left_out = {"partner_id"} if of_campaigns else {"campaign"} if "partner_id" in query.filters else set()
    return [(key, names) for key, names in _STANDARD if not left_out & set(names)]
