"""Statistics as CSV: the figures of the JSON, in a form that Power Query reads in every country."""

import csv
import io
from datetime import date
from xml.etree import ElementTree

import pytest
from babel.core import get_global
from django.conf import settings

from deliveries.models import DailyCount
from reports.runs.excel import power_query

pytestmark = pytest.mark.django_db

NOT_THERE = ("costs", "recipients", "conversions")  # which were not asked for


@pytest.fixture
def asked(mine):
    """Return a function that asks for statistics with a query string, and with more headers."""

    def ask(query: str, **headers: str):
        return mine.client.get(f"/api/v1/statistics/?{query}", headers=mine.headers | headers)

    return ask


def table(answer) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def flat(group: dict) -> dict[str, str]:
    """Return a group of the JSON as the CSV's cells."""
    interval = group["delivery_rate_interval"] or (None, None)
    values = dict(group["key"])
    values |= {
        k: v
        for k, v in group.items()
        if k not in ("key", "delivery_rate_interval", "latency", "before", "changes", *NOT_THERE)
    }
    values |= {"delivery_rate_low": interval[0], "delivery_rate_high": interval[1]}
    values |= {
        f"latency_{k}": v for k, v in (group["latency"] or dict.fromkeys(("median", "p90", "p95", "p99"))).items()
    }
    return {name: "" if value is None else str(value) for name, value in values.items()}


@pytest.mark.parametrize("group_by", ["day,country", "campaign,variant", "hour"])
def test_csv_has_the_figures_of_the_json(asked, messages, group_by):
    query = f"from=2026-11-01&to=2026-11-20&group_by={group_by}"
    groups = asked(query).json()["groups"]

    assert groups != []
    assert table(asked(f"{query}&format=csv")) == [flat(group) for group in groups]


def test_csv_without_groups_is_one_row(asked, messages):
    query = "from=2026-11-01&to=2026-11-20"

    assert table(asked(f"{query}&format=csv")) == [flat({"key": {}} | asked(query).json()["total"])]


def test_accept_header_asks_for_csv_too(asked, messages):
    query = "from=2026-11-01&to=2026-11-20&group_by=country"

    assert asked(query, Accept="text/csv").content == asked(f"{query}&format=csv").content
    assert asked(query, Accept="application/json, text/csv").json()["groups"]


def test_compared_period_has_columns_of_its_own(asked, messages):
    query = "from=2026-11-01&to=2026-11-20&group_by=country&compare=previous"
    group = asked(query).json()["groups"][0]
    row = table(asked(f"{query}&format=csv"))[0]

    before = flat({"key": {}} | group["before"]) if group["before"] else {}
    assert {k.removeprefix("before_"): v for k, v in row.items() if k.startswith("before_") and v} == {
        k: v for k, v in before.items() if v
    }


def test_error_stays_a_problem(asked, messages):
    answer = asked("group_by=country&format=xml")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_query_holds_the_address_and_no_key():
    assert power_query("https://portal.example.com/api/v1/statistics/").splitlines()[:6] == [
        "let",
        '    Source = Web.Contents("https://portal.example.com", [',
        '        RelativePath = "api/v1/statistics/",',
        '        Query = [period = "90d", group_by = "day,country", format = "csv"],',
        '        Headers = [Authorization = "Bearer " & ApiKey]',
        "    ]),",
    ]


def test_columns_that_the_query_types_are_in_the_csv(asked, messages):
    row = table(asked("from=2026-11-01&to=2026-11-20&group_by=day,country&format=csv"))[0]

    typed = power_query("https://p.example.com/api/v1/statistics/").partition("TransformColumnTypes")[2]
    assert {name for name in row if f'"{name}"' in typed} == {
        "day", "messages", "parts", "delivered", "failed", "pending", "unknown", "delivery_rate",
    }  # fmt: skip
    assert row["day"].startswith("2026-11-")


def test_connection_file_has_the_query_and_an_empty_parameter(client, viewer, tenant):
    client.force_login(viewer)
    answer = client.get("/t/nordic-retail/reports/excel/connection/")
    assert answer["Content-Disposition"] == 'attachment; filename="MessageStatistics.odc"'

    odc, mashup = "{urn:schemas-microsoft-com:office:odc}", "{http://schemas.microsoft.com/DataMashup}"
    file = ElementTree.fromstring(answer.content)  # noqa: S314 our own file in a test
    assert file.findtext(f".//{odc}ConnectionString").split(";")[:3] == [
        "Provider=Microsoft.Mashup.OleDb.1", "Data Source=$Workbook$", "Location=MessageStatistics",
    ]  # fmt: skip
    assert file.findtext(f".//{odc}CommandText") == "SELECT * FROM [MessageStatistics]"
    inner = ElementTree.fromstring(file.findtext(f".//{odc}PowerQueryMashupData"))  # noqa: S314 as above, in a test
    queries = inner.iter(f"{mashup}Query")
    formulas = {query.get("Name"): query.findtext(f"{mashup}Formula") for query in queries}
    assert formulas["MessageStatistics"] == power_query(f"{settings.PUBLIC_URL}/api/v1/statistics/")
    assert formulas["ApiKey"].startswith('"paste your API key here" meta [IsParameterQuery = true, Type = "Text"')
    assert len(formulas) == 2


def test_one_answer_holds_a_year_of_all_countries(asked, messages, tenant, account):
    months = [date(2025, 12, 5), *(date(2026, month, 5) for month in range(1, 12))]
    countries = sorted(get_global("territory_currencies"))[:240]
    DailyCount.objects.bulk_create(
        DailyCount(
            tenant=tenant, account=account, day=day, country=country, status="delivered", result_code=1001,
            messages=n + 2, parts=n + 2,
        )
        for day in months
        for n, country in enumerate(countries)
    )  # fmt: skip
    rows = table(asked("from=2025-12-01&to=2026-11-30&group_by=month,country&format=csv"))

    assert len({(row["month"], row["country"]) for row in rows}) == len(rows) >= 12 * 240
    assert sum(int(row["messages"]) for row in rows if row["month"] == "2026-03") == sum(range(2, 242))


@pytest.mark.parametrize("language", ["en", "fi"])
def test_page_explains_five_steps_without_a_key(client, viewer, tenant, language):
    client.cookies["language"] = language
    client.force_login(viewer)
    page = client.get("/t/nordic-retail/reports/excel/").content.decode()

    assert page.count("<li>") >= 5
    assert "Web.Contents" in page
