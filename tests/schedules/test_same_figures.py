"""Files of saved reports have the figures of the API, cell by cell."""

import io
import zipfile

import openpyxl
import pandas
import pytest

from deliveries.models import ConversionWindow
from portal.accounts.models import Role
from tests.api.conftest import call, mine
from tests.conftest import make_user
from tests.pages.campaign_month import PERIOD, month
from tests.schedules.conftest import MASKED, content, document, made, saved

__all__ = ["call", "mine", "month"]

pytestmark = pytest.mark.django_db

QUERY = dict(part.split("=") for part in PERIOD.split("&")) | {"to": "2026-11-20"}
FIGURES = {
    "Messages": "messages",
    "SMS parts": "parts",
    "Delivered parts": "delivered_parts",
    "Billed parts": "billed_parts",
    "Delivered": "delivered",
    "Failed": "failed",
    "Pending": "pending",
    "Unknown": "unknown",
    "Delivery rate": "delivery_rate",
    "Delivered of the final": "delivery_rate_of_final",
    "Failed share": "failed_rate",
    "Maturity": "maturity",
}
ALL_COLUMNS = [*FIGURES.values(), "median", "p95"]


def of_api(figures: dict) -> dict:
    """Return the API's figures as a file's cells: rates with six digits, times in whole seconds."""
    found = {name: figures[field] for name, field in FIGURES.items()}
    found = {name: round(value, 6) if isinstance(value, float) else value for name, value in found.items()}
    latency = figures["latency"] or {}
    for name, field in (("Latency p50", "median"), ("Latency p95", "p95")):
        found[name] = None if latency.get(field) is None else round(latency[field])
    return found


def figures_of(row: dict) -> dict:
    return {name: row[name] for name in (*FIGURES, "Latency p50", "Latency p95")}


def names_of(row: dict) -> tuple:
    return tuple(value for name, value in row.items() if name not in FIGURES and not name.startswith("Latency"))


def check(table: list[dict], total: dict, answer: dict, *names: str, words: dict | None = None) -> None:
    """Compare each cell of a table with the groups of the API's answer."""
    expected = {}
    for group in answer["groups"]:
        key = tuple((words or {}).get(group["key"][name] or "", group["key"][name]) for name in names)
        expected[key] = of_api(group)
    assert {names_of(row): figures_of(row) for row in table} == expected
    assert len(table) == len(expected) > 1
    assert figures_of(total) == of_api(answer["total"])


def rounded(row) -> list:
    return [round(value, 6) if isinstance(value, float) else value for value in row]


def test_volumes_by_each_dimension(person, tenant, mine, month):
    found = document(made(saved(person, tenant, "volumes", parameters={"columns": ALL_COLUMNS})))

    for name, by in (("Campaigns", "campaign"), ("Days", "day")):
        answer = mine.get("statistics/", **QUERY, group_by=by).json()
        check(found["tables"][name], found["totals"][name], answer, by, words={"": "(no campaign)"})
    answer = mine.get("statistics/", **QUERY, group_by="country,operator").json()
    rows = [{k: v for k, v in row.items() if k != "Country"} for row in found["tables"]["Operators"]]
    check(rows, found["totals"]["Operators"], answer, "country", "operator")
    summary = {row["Item"]: row["Value"] for row in found["tables"]["Summary"]}
    assert {name: summary[name] for name in ("Messages", "Delivered", "Failed", "Pending", "Unknown")} == {
        name: answer["total"][name.lower()] for name in ("Messages", "Delivered", "Failed", "Pending", "Unknown")
    }
    assert summary["Messages"] == 108


def test_chosen_groups_and_filters(person, tenant, mine, month):
    parameters = {"columns": ALL_COLUMNS, "group_by": ["week", "status"], "filters": {"operator": ["fi.elisa"]}}
    found = document(made(saved(person, tenant, "volumes", parameters=parameters)))

    answer = mine.get("statistics/", **QUERY, group_by="week,status", operator="fi.elisa").json()
    check(found["tables"]["Groups"], found["totals"]["Groups"], answer, "week", "status")
    summary = {row["Item"]: row["Value"] for row in found["tables"]["Summary"]}
    assert (summary["Operator"], summary["Messages"], summary["Period"]) == ("fi.elisa", 54, "1–20 Nov 2026")


def test_campaign_with_those_merged_into_it(person, tenant, mine, month):
    parameters = {"campaign": month["id"], "columns": ALL_COLUMNS}
    found = document(made(saved(person, tenant, "campaign", parameters=parameters)))

    answer = mine.get("statistics/", **QUERY, group_by="variant", campaign="sale").json()
    check(found["tables"]["Variants"], found["totals"]["Variants"], answer, "variant", words={"": "(no variant)"})
    assert found["totals"]["Days"]["Messages"] == mine.get(f"campaigns/{month['id']}/").json()["figures"]["messages"]


@pytest.mark.parametrize("metric", ["delivered", "revenue"])
def test_ab_test(person, tenant, mine, month, metric):
    ConversionWindow.objects.update(minutes=60)  # no event is expected any more
    parameters = {"campaign": month["id"], "metric": metric}
    found = document(made(saved(person, tenant, "ab_test", parameters=parameters)))

    answer = mine.get(f"campaigns/{month['id']}/ab/", metric=metric).json()
    rows = found["tables"]["Variants"]
    assert [(r["Variant"], r["Messages"], r["Delivered"], r["Counted"], r["Reached"], r["Rate"]) for r in rows] == [
        (v["name"], v["messages"], v["delivered"], v["counted"], v["reached"], round(v["rate"], 6))
        for v in answer["variants"]
    ]
    assert [
        (r["Better"], r["Other"], float(r["Difference"]), r["P-value"]) for r in found["tables"]["Comparisons"]
    ] == [(c["better"], c["other"], round(c["difference"], 6), round(c["p_value"], 6)) for c in answer["comparisons"]]
    assert [(r["Country code"], r["Operator"], r["Variant"], r["Messages"]) for r in found["tables"]["Places"]] == [
        (p["country"], p["operator"], p["variant"], p["messages"]) for p in answer["places"]
    ]
    summary = {row["Item"]: row["Value"] for row in found["tables"]["Summary"]}
    assert summary["Result"] == answer["sentence"]
    revenue = [
        None if v["revenue_per_recipient"] is None else round(v["revenue_per_recipient"], 6) for v in answer["variants"]
    ]
    shown = [row.get("Revenue per recipient") for row in rows]
    assert [None if one is None else float(one) for one in shown] == revenue
    assert (len(rows), len(found["tables"]["Comparisons"]), None in revenue) == (2, 1, metric == "delivered")


def test_segments_and_pairs_for_both_readers(person, tenant, call, mine, month):
    parameters = {"key": "shop", "by": "tier", "columns": ALL_COLUMNS}
    run = made(saved(person, tenant, "segment", parameters=parameters))

    for masking, caller in ((None, mine), (MASKED, call(tenant, "read"))):
        found = document(run) if masking is None else document(run, masking)
        answer = caller.get("segments/shop/", **QUERY).json()
        rows = found["tables"]["Segments"]
        words = {"(none)": "(no value)"}
        expected = {words.get(value["value"], value["value"]): of_api(value) for value in answer["data"]}
        assert {row["Value"]: figures_of(row) for row in rows} == expected
        assert figures_of(found["totals"]["Segments"]) == of_api(answer["total"])
        assert len(rows) >= 2
    assert sum(row["Messages"] for row in document(run)["tables"]["Segments of two keys"]) == 108


def test_errors_and_quality(person, tenant, mine, month):
    found = document(made(saved(person, tenant, "errors", parameters={"columns": ALL_COLUMNS})))

    answer = mine.get("statistics/", **QUERY, group_by="result_code,status").json()
    failed = {
        (group["key"]["result_code"], group["key"]["status"]): group["messages"]
        for group in answer["groups"]
        if group["failed"] or group["unknown"]
    }
    rows = found["tables"]["Errors"]
    assert {(row["Code"], row["Status"]): row["Messages"] for row in rows} == failed
    assert found["totals"]["Errors"]["Messages"] == sum(failed.values()) == 45
    reasons = mine.get("statistics/", **QUERY, group_by="reason").json()
    check(found["tables"]["Reasons"], found["totals"]["Reasons"], reasons, "reason", words={"": "(no reason)"})


def test_formats_of_one_run_have_the_same_cells(person, tenant, month):
    definition = saved(person, tenant, "operators", formats=["xlsx", "csv", "json", "parquet", "pdf"])
    run = made(definition)

    assert (run.state, run.error) == ("done", "")
    expected = [list(row.values()) for row in document(run)["tables"]["Operators"]]
    book = openpyxl.load_workbook(io.BytesIO(content(run, "xlsx")))
    of_book = [list(row) for row in book["Operators"].iter_rows(min_row=2, values_only=True)][: len(expected)]
    assert [
        [round(v, 6) if isinstance(v, float) else v for v in row[: len(expected[0])]] for row in of_book
    ] == expected
    with zipfile.ZipFile(io.BytesIO(content(run, "parquet"))) as archive:
        frame = pandas.read_parquet(io.BytesIO(archive.read("2026-11-01_2026-11-20 Operators.parquet")))
    assert [rounded(row) for row in frame.values.tolist()] == expected
    with zipfile.ZipFile(io.BytesIO(content(run, "csv"))) as archive:
        lines = archive.read("2026-11-01_2026-11-20 Operators.csv").decode("utf-8-sig").splitlines()[1:]
    assert [line.split(";")[3].strip('"') for line in lines] == [str(row[3]) for row in expected]
    assert content(run, "pdf").startswith(b"%PDF-")
    assert {(file.format, file.edition) for file in run.files.all()} == {
        (format, edition) for format in definition.formats for edition in ("full", "masked")
    }


def test_report_in_finnish(tenant, month):
    person = make_user("finn@example.com", tenant, Role.ANALYST)
    run = made(saved(person, tenant, "errors", language="fi", formats=["xlsx", "json"]))

    assert openpyxl.load_workbook(io.BytesIO(content(run, "xlsx"))).sheetnames == [
        "Kansi", "Yhteenveto", "Virheet", "Syyt", "Operaattorit", "Päivät", "Selitykset",
    ]  # fmt: skip
    assert {file.edition for file in run.files.all()} == {"masked"}  # its owner sees no numbers
