"""The main job: reports in over HTTP, workbooks out, every cell equal to a recount from the raw input."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.conftest import ACCOUNT, ACCOUNT_ZONE, CUSTOMERS, Browser, Job, download
from tests.e2e.expected import Customer, Row, Tables, month_of, summary, tables
from tests.e2e.words import SHEETS, in_language, month_name
from tests.e2e.workbook import Sheets, read_with_calamine, read_with_openpyxl
from tests.running import in_time

POOL = Customer("", ACCOUNT, ACCOUNT_ZONE, "en")


@pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: customer.slug)
def test_workbook_of_a_tenant_equals_the_recount(job: Job, workbooks: dict[str, Path], customer: Customer):
    then = replace(job, customers=CUSTOMERS)  # the workbooks are older than what another test declares

    check_workbook(workbooks[customer.slug], then, customer, then.below(customer))


def test_workbook_of_the_account_equals_the_recount(job: Job, tmp_path: Path):
    path = job.report_of_the_account(tmp_path / "account.xlsx")

    check_workbook(path, job, POOL, job.rows(), of_account=True, revision=len(job.account_reports))
    partner_ids = {row.message.partner_id for row in month_of(job.rows(), job.month)}
    assert {"trial-77", "acme-test", "=danger()", "4711", ""} < partner_ids  # undeclared and missing ones are in it


def test_json_of_the_account_equals_the_recount(job: Job, tmp_path: Path):
    path = job.report_of_the_account(tmp_path / "account.json", "--format", "json")

    document = json.loads(path.read_bytes())
    rows = month_of(job.rows(), job.month)
    subtotals, totals = document["subtotals"], document["totals"]
    found = {
        name: [*lines, *subtotals.get(name, []), totals[name]]
        for name, lines in document["tables"].items()
        if name != "Summary"
    }
    assert found == {name: as_json(table) for name, table in tables(rows, job.month, "en", of_several=True).items()}
    assert {name: len(lines) > 3 for name, lines in subtotals.items()} == {"Partner IDs": True, "Campaigns": True}


def test_declared_partner_id_brings_its_messages(
    job: Job, workbooks: dict[str, Path], browser: Browser, tmp_path: Path
):
    nordic = CUSTOMERS[0]
    moved = [row for row in job.rows() if row.message.partner_id == "trial-77"]
    before = job.customers
    job.customers = (replace(nordic, partner_ids=(*nordic.partner_ids, "trial-77")), *before[1:])

    said = job.provision("--wait")
    page = f"/t/{nordic.slug}/reports/"
    browser.submit(page, f"{page}make/", month=f"{job.month:%Y-%m}")
    tenants = download(browser, nordic.slug, job.month, tmp_path)
    accounts = job.report_of_the_account(tmp_path / "account.xlsx")

    assert f"link-main/trial-77 → nordic-retail: {len(moved)} messages wait" in said
    check_workbook(tenants, job, job.customers[0], job.below(nordic), revision=2)
    check_workbook(accounts, job, POOL, job.rows(), of_account=True, revision=len(job.account_reports))


def test_counts_agree_with_messages(job: Job):
    assert job.portal.command("reconcile") == "counts and messages agree\n"


@pytest.mark.last
def test_sigterm_ends_every_process(job: Job):
    assert {"portal.engines", "granian", "run_applier", "worker", "beat"} <= {
        word for line in job.portal.alive().values() for word in line.split()
    }

    assert job.portal.end("serve", within=in_time(30)) == 0
    assert job.portal.alive() == {}


def check_workbook(
    path: Path, job: Job, customer: Customer, rows: list[Row], *, of_account: bool = False, revision: int = 1
) -> None:
    """Compare every cell of every sheet, as two readers see them, with the recount."""
    rows = month_of(rows, job.month)
    language = customer.language
    is_parent = any(other.parent == customer.slug for other in job.customers)
    expected = tables(rows, job.month, language, of_several=of_account or is_parent)
    for sheets in (read_with_openpyxl(path), read_with_calamine(path)):
        names = SHEETS if revision == 1 else (*SHEETS, "Changes")
        assert list(sheets)[1:-1] == [in_language(name, language) for name in names]  # between cover and definitions
        for name, table in expected.items():
            compare(sheets[in_language(name, language)], table, name)
        check_summary(sheets, job, customer, rows, of_account, revision)


def compare(found: list[tuple], expected: list[tuple], name: str) -> None:
    """Assert that two tables are equal, naming the first row that is not."""
    for line, (got, want) in enumerate(zip(found, expected, strict=False), 1):
        assert got == want, f"{name}, row {line}"
    assert len(found) == len(expected), name


def check_summary(
    sheets: Sheets, job: Job, customer: Customer, rows: list[Row], of_account: bool, revision: int
) -> None:
    language = customer.language
    (head, *lines) = sheets[in_language("Summary", language)]
    found = {item: tuple(values) for item, *values in lines}
    figures = summary(rows, language)
    month = f"{month_name(job.month.month, language)} {job.month.year}"
    header = {
        "Account" if of_account else "Tenant": customer.name,
        "Period": month,
        "Time zone": customer.zone,
        "Oldest waiting": in_language("nothing waiting", language),
        "State": in_language("final", language),
        "Currency": customer.currency,
    }

    assert head == tuple(in_language(word, language) for word in ("Item", "Value", "95% from", "95% to"))
    as_of, _, _ = found.pop(in_language("Data as of", language))
    moment = datetime.strptime(as_of, "%Y-%m-%d %H:%M:%S %z")
    assert job.now.replace(microsecond=0) <= moment <= datetime.now(moment.tzinfo)
    assert moment.utcoffset() == moment.astimezone(ZoneInfo(customer.zone)).utcoffset()
    number, _, _ = found.pop(in_language("Revision", language))
    assert number == revision
    warning = found.pop(in_language("Warning", language), None)
    mature = figures[in_language("Maturity", language)][0] >= 0.995
    assert (warning is None) == mature
    assert found == figures | {in_language(name, language): (value, None, None) for name, value in header.items()}


def as_json(table: Tables) -> list[dict]:
    """Return a table as the JSON file has it: rates to six digits, days as text, no label in totals and subtotals."""
    head, *body, total = table
    rows = [*(_without_label(row) for row in body), (None, *total[1:])]
    return [dict(zip(head, map(_json_cell, row), strict=True)) for row in rows]


def _without_label(row: tuple) -> tuple:
    if not str(row[0]).startswith("Subtotal"):
        return row
    return (row[0].removeprefix("Subtotal").removeprefix(": ") or None, *row[1:])


def _json_cell(value):
    if isinstance(value, float):
        return round(value, 6)
    return value.isoformat() if isinstance(value, date) else value
