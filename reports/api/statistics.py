"""GET /api/v1/statistics/: figures of any period, from the counts."""

from dataclasses import asdict, replace
from datetime import date, timedelta

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.dialects.codes import STATUS_RANK
from portal.api.parameters import Parameters
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from reports.kpis import Kpis, changes
from reports.selectors.overview import provisional_from
from reports.selectors.statistics import finality, statistics, total
from reports.statistics_query import FILTERS, StatisticsError, StatisticsQuery

MAX_DAYS = 1100  # three years and a quarter: a day's comparison with two years before


class StatisticsView(ApiView):
    """Figures, in total and by group."""

    single = frozenset({"from", "to", "account", "compare"})
    repeatable = frozenset({"group_by", *FILTERS})

    def get(self, request: Request) -> Response:
        compare = self.given.choice("compare", ("previous", "year", "none"))
        try:
            query = _query(self.given, self.access)
            final = finality()
            whole = total(query, final=final)
            groups = statistics(query, final=final) if query.group_by else []
        except StatisticsError as error:
            raise BadParameter(error.name, str(error)) from error
        pending = provisional_from(tenant_ids=query.tenant_ids, first=query.first, last=query.last, now=timezone.now())
        body = {
            "from": query.first,
            "to": query.last,
            "group_by": query.group_by,
            "provisional_from": pending,
            "total": figures(whole),
            "groups": [{"key": group.key, **figures(group.kpis)} for group in groups],
        }
        if compare in ("previous", "year"):
            first, last = before(query.first, query.last, compare)
            earlier = total(replace(query, first=first, last=last), final=final)
            body["compared_with"] = {
                "from": first,
                "to": last,
                "total": figures(earlier),
                "changes": asdict(changes(whole, earlier)),
            }
        return Response(body)


def before(first: date, last: date, compare: str) -> tuple[date, date]:
    """Return the days of the same number just before, or (compare "year") the same days a year before."""
    if compare == "year":
        return _year_before(first), _year_before(last)
    length = last - first + timedelta(days=1)
    return first - length, last - length


def figures(kpis: Kpis) -> dict:
    """Return figures as the API shows them: rates are shares from 0 to 1, times seconds."""
    interval = kpis.delivery_interval
    return asdict(kpis.volume) | {
        "final": kpis.final,
        "delivery_rate": kpis.delivery_rate,
        "delivery_rate_interval": list(interval) if interval else None,
        "delivery_rate_of_final": kpis.of_final,
        "maturity": kpis.maturity,
        "latency": None if kpis.latency is None else {"median": kpis.median, "p95": kpis.p95},
    }


def _query(given: Parameters, access) -> StatisticsQuery:
    first, last = given.days()
    for name, day in (("from", first), ("to", last)):
        if day is None:
            raise BadParameter(name, "say which day, like 2026-10-31")
    if (last - first).days >= MAX_DAYS:
        raise BadParameter("to", f"at most {MAX_DAYS} days at once")
    group_by = [name for text in given.texts("group_by") or [] for name in text.split(",")]
    filters = {name: values for name in FILTERS if (values := given.texts(name)) is not None}
    for status in filters.get("status", []):
        given.one_of("status", status, tuple(STATUS_RANK))
    if "result_code" in filters:
        filters["result_code"] = [given.as_number("result_code", text, least=-1) for text in filters["result_code"]]
    return StatisticsQuery(
        tenant_ids=access.tenant_ids,
        first=first,
        last=last,
        group_by=tuple(group_by),
        filters=filters,
        account_id=given.account_id(access),
    )


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
