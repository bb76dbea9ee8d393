"""A tenant's Reports page: owner, team mate, stranger."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.test import AsyncClient
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, Role
from portal.tenants.models import Tenant
from reports.models import ReportRun
from reports.runs.forms import MonthForm
from tests.conftest import make_user
from tests.deliveries.helpers import apply, dlr
from tests.pages.conftest import make_run

URL = "/t/nordic-retail/reports/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def now(monkeypatch) -> datetime:
    """The pages' clock stands still in November 2026."""
    instant = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: instant)
    return instant


def months_of(response) -> list[tuple[str, str | None]]:
    """Return (month, state of its finished run's kind) of each row."""
    return [(str(row.month), row.latest and row.latest.kind) for row in response.context["page_obj"]]


@pytest.mark.parametrize("months", (["2026-10"], ["2026-10", "2026-09", "2026-08"]))
def test_months_list_needs_as_many_queries_for_one_as_for_three(
    client, tenant, other_tenant, viewer, now, months, django_assert_num_queries
):
    for month in months:
        make_run(tenant, month)
    make_run(other_tenant, "2026-07")  # something that could leak
    client.force_login(viewer)

    with django_assert_num_queries(20):
        response = client.get(URL)

    assert months_of(response) == [("2026-11", None)] + [(month, "final") for month in months]


def test_months_are_shown_in_the_persons_language(client, tenant, viewer, now):
    make_run(tenant, "2026-10")
    client.force_login(viewer)

    english = client.get(URL).content.decode()
    client.cookies["language"] = "fi"
    finnish = client.get(URL).content.decode()

    assert ("October 2026" in english, "1,234,567" in english, '<html lang="en" ' in english) == (True, True, True)
    assert ("lokakuu 2026" in finnish, "1\xa0234\xa0567" in finnish, '<html lang="fi" ' in finnish) == (
        True,
        True,
        True,
    )


def test_months_follow_the_tenants_language_where_none_was_chosen(client, tenant, viewer, now):
    tenant.language = "fi"
    tenant.save()
    client.force_login(viewer)

    assert "Ei vielä kuukausia" in client.get(URL).content.decode()


def test_months_show_times_in_the_tenants_zone(client, tenant, viewer, now):
    make_run(tenant, "2026-10", kind="provisional")
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    # data as of 12:00 UTC; the grace of 72 hours ends three days after the month in Helsinki
    assert ("20 Nov 2026, 14:00" in page, "Final from 4 November 2026, 00:00" in page) == (True, True)


def test_months_row_asks_again_only_while_its_run_is_open(client, tenant, viewer, now):
    make_run(tenant, "2026-10")
    client.force_login(viewer)

    quiet = client.get(URL).content.decode()
    make_run(tenant, "2026-10", state="running", revision=2, done=47, total=100)
    busy = client.get(URL).content.decode()
    row = client.get(URL, {"month": "2026-10"}, headers={"HX-Request": "true"}).content.decode()

    asks = 'hx-get="/t/nordic-retail/reports/?month=2026-10" hx-trigger="every 2s"'
    assert (asks in quiet, '<progress max="100" value="47"' in quiet) == (False, False)
    assert [(asks in part, '<progress max="100" value="47"' in part) for part in (busy, row)] == [(True, True)] * 2
    assert (row.count("<tr"), "<html" in row, "http-equiv" in busy) == (1, False, False)


@pytest.mark.parametrize("month", ["", "x", "2026-09", "1999-01"])
def test_row_of_no_month_of_the_page_is_not_found(client, tenant, viewer, now, month):
    make_run(tenant, "2026-10")
    client.force_login(viewer)

    assert client.get(URL, {"month": month}, headers={"HX-Request": "true"}).status_code == 404


def test_report_is_made_in_place(client, tenant, analyst, now):
    make_run(tenant, "2026-10", state="failed")
    client.force_login(analyst)

    page = client.get(URL).content.decode()
    row = client.post(f"{URL}make/", {"month": "2026-10"}, headers={"HX-Request": "true"}).content.decode()

    assert f'hx-post="{URL}make/" hx-target="closest tr"' in page
    assert ("Revision 2 is queued" in row, row.count("<tr"), "<html" in row) == (True, 1, False)


TOTALS = dict.fromkeys(("messages", "parts", "delivered", "failed", "pending", "unknown"), 0)


def test_final_month_that_has_changed_says_so_and_offers_the_next_revision(client, tenant, feed, analyst, now):
    for month in ("2026-10", "2026-09"):
        make_run(tenant, month, messages=0, totals=TOTALS)
    make_run(tenant, "2026-08", messages=0, totals=TOTALS, kind="provisional")
    for month in ("10", "08"):
        sent_at = {"sentTimestamp": f"2026-{month}-05T10:00:00Z", "timestamp": f"2026-{month}-05T10:00:05Z"}
        apply(feed, dlr(f"m{month}", gateCustomParameters={"platformPartnerId": "nr-fi"}, **sent_at))
    client.force_login(analyst)

    page = client.get(URL).content.decode()
    row = client.get(URL, {"month": "2026-10"}, headers={"HX-Request": "true"}).content.decode()
    client.cookies["language"] = "fi"
    finnish = client.get(URL).content.decode()

    for text in (page, row):
        assert text.count("Changed since: +1 messages, +1 delivered, +1 SMS parts") == 1
    assert (page.count("Create next revision"), row.count("Create next revision")) == (3, 1)
    assert ("+1 viestiä, +1 toimitettua" in finnish, "Tee seuraava julkaisu" in finnish) == (True, True)


def test_month_whose_report_came_out_the_same_says_so(client, tenant, viewer, now):
    first = make_run(tenant, "2026-10", messages=0)
    make_run(tenant, "2026-10", revision=None, same_as=first, file=first.file, messages=0)
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert "Checked on 20 Nov 2026, 14:00: no changes, so revision 1 is current" in page
    assert ("earlier revision" in page, page.count("/download/")) == (False, 2)  # the summary and the row


def test_earlier_revisions_can_be_fetched(client, tenant, viewer, now):
    runs = [make_run(tenant, "2026-10", revision=revision, text=f"r{revision}") for revision in (1, 2, 3)]
    client.force_login(viewer)

    page = client.get(URL).content.decode()
    old = client.get(f"{URL}{runs[0].id}/download/")

    assert "2 earlier revisions" in page
    assert [f"{URL}{run.id}/download/" in page for run in runs] == [True] * 3
    assert openpyxl.load_workbook(io.BytesIO(old.getvalue())).active["A1"].value == "r1"


def test_failed_run_says_what_to_do_and_hides_the_error(client, tenant, analyst, now):
    run = make_run(tenant, "2026-10", state="failed", error="OSError: /srv/secret is full")
    client.force_login(analyst)

    page = client.get(URL).content.decode()

    assert (f"the run number: {run.id}." in page, "Try again" in page, "/srv/secret" in page) == (True, True, False)


def test_empty_page_says_what_will_be_here(client, tenant, viewer, now):
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert ("No months yet" in page, "<table" in page) == (True, False)


def test_months_over_a_page_are_paged(client, tenant, viewer, now):
    for n in range(34):
        make_run(tenant, f"{2024 + n // 12}-{n % 12 + 1:02d}")
    client.force_login(viewer)

    first, second = client.get(URL), client.get(URL, {"page": 2})

    assert [len(page.context["page_obj"]) for page in (first, second)] == [24, 11]
    assert months_of(second)[-1] == ("2024-01", "final")
    assert 'rel="next" href="/t/nordic-retail/reports/?page=2"' in first.content.decode()


@pytest.mark.parametrize(
    ("who", "makes", "status"),
    [("owner", True, 302), ("analyst", True, 302), ("viewer", False, 403), ("stranger", None, 404)],
)
def test_report_is_made_by_who_may(client, request, tenant, now, who, makes, status):
    make_run(tenant, "2026-09")
    client.force_login(request.getfixturevalue(who))

    page = client.get(URL)
    response = client.post(f"{URL}make/", {"month": "2026-10", "confirmed": "yes"})

    assert page.status_code == (404 if makes is None else 200)
    assert (f'action="{URL}make/"' in page.content.decode()) is bool(makes)
    assert response.status_code == status
    queued = list(ReportRun.objects.filter(state="queued").values_list("month", "kind", "requested_by"))
    assert queued == ([(date(2026, 10, 1), "final", f"{who}@example.com")] if makes else [])


def test_report_is_asked_for_twice_and_made_once(client, tenant, analyst, now):
    client.force_login(analyst)

    first = client.post(f"{URL}make/", {"month": "2026-10", "confirmed": "yes"}, follow=True)
    client.post(f"{URL}make/", {"month": "2026-10"})

    assert "The report for October 2026 is being created." in first.content.decode()
    assert ReportRun.objects.filter(tenant=tenant).count() == 1


@pytest.mark.parametrize(
    ("month", "message"),
    [
        ("", "Month: enter a month such as 2026-10."),
        ("October", "Month: “October” is not a month. Write it as 2026-10."),
        ("2026-13", "Month: “2026-13” is not a month. Write it as 2026-10."),
        ("2026-12", "Month: 2026-12 has not begun. The latest month is 2026-11."),
        ("2016-10", "Month: 2016-10 is more than ten years ago. The earliest month is 2016-11."),
    ],
)
def test_bad_month_is_refused_with_the_limit(client, tenant, analyst, now, month, message):
    make_run(tenant, "2026-10", state="running")
    client.force_login(analyst)

    response = client.post(f"{URL}make/", {"month": month})

    page = response.content.decode()
    assert (response.status_code, message in page) == (422, True)
    assert 'aria-invalid="true"' in page
    assert ReportRun.objects.filter(state="queued").count() == 0


@pytest.mark.parametrize(("zone", "valid"), [("Pacific/Kiritimati", True), ("Europe/Helsinki", False)])
def test_month_begins_in_the_tenants_zone(zone, valid):
    now = datetime(2026, 10, 31, 11, 0, tzinfo=UTC)  # November has begun at 10:00 UTC on Kiritimati

    form = MonthForm({"month": "2026-11"}, tenant=Tenant(timezone=zone), now=now)

    assert form.is_valid() is valid


@pytest.mark.parametrize(
    ("who", "status"), [("owner", 200), ("analyst", 200), ("viewer", 200), ("stranger", 404), ("staff_user", 404)]
)
def test_download_is_for_members_and_is_recorded(client, request, tenant, now, who, status):
    run = make_run(tenant, "2026-10", revision=2, text="figures of Nordic Retail")
    client.force_login(request.getfixturevalue(who))

    response = client.get(f"{URL}{run.id}/download/")

    assert response.status_code == status
    entries = list(AuditEntry.objects.filter(action="report.download").values_list("tenant", "actor", "subject"))
    if status != 200:
        assert entries == []
        return
    name = "nordic-retail_2026-10_r2.xlsx"
    content = response.getvalue()
    assert openpyxl.load_workbook(io.BytesIO(content)).active["A1"].value == "figures of Nordic Retail"
    assert {key: response.headers[key] for key in HEADERS} == HEADERS | {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(len(content)),
    }
    assert entries == [(tenant.id, f"{who}@example.com", name)]


HEADERS = {
    "Content-Type": XLSX,
    "Content-Disposition": "",
    "Content-Length": "",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def test_download_streams_in_an_asynchronous_server(tenant, viewer, now):
    run = make_run(tenant, "2026-10", text="figures")
    client = AsyncClient()

    async def fetch():
        await client.aforce_login(viewer)
        response = await client.get(f"{URL}{run.id}/download/")
        return response, b"".join([chunk async for chunk in response.streaming_content])

    response, content = async_to_sync(fetch)()

    assert openpyxl.load_workbook(io.BytesIO(content)).active["A1"].value == "figures"
    assert (response.is_async, response.headers["Content-Type"]) == (True, XLSX)


@pytest.mark.parametrize("state", ("queued", "running", "failed", "cancelled"))
def test_download_before_it_is_ready_says_so(client, tenant, viewer, now, state):
    run = make_run(tenant, "2026-10", state=state)
    client.force_login(viewer)

    response = client.get(f"{URL}{run.id}/download/")

    assert (response.status_code, "The report is not ready" in response.content.decode()) == (409, True)


def test_download_of_a_lost_file_says_so(client, tenant, viewer, now):
    run = make_run(tenant, "2026-10")
    default_storage.delete(run.file)
    client.force_login(viewer)

    response = client.get(f"{URL}{run.id}/download/")

    assert (response.status_code, "The file was deleted" in response.content.decode()) == (410, True)


def test_run_of_another_tenant_is_not_found_under_the_own_slug(client, tenant, other_tenant, owner, now):
    run = make_run(other_tenant, "2026-10")
    client.force_login(owner)

    assert client.get(f"{URL}{run.id}/download/").status_code == 404


def test_members_of_two_tenants_reach_each_run_under_its_own_slug(client, tenant, other_tenant, owner, now):
    Membership.objects.create(user=owner, tenant=other_tenant, role=Role.VIEWER)
    run = make_run(other_tenant, "2026-10")
    client.force_login(owner)

    under_other = client.get(f"{URL}{run.id}/download/")
    under_own = client.get(f"/t/baltic-parcel/reports/{run.id}/download/")
    made = client.post("/t/baltic-parcel/reports/make/", {"month": "2026-10"})

    # the role for one tenant is none for another
    assert (under_other.status_code, under_own.status_code, made.status_code) == (404, 200, 403)


def test_parent_reaches_its_child_and_not_the_other_way_round(client, tenant, now):
    parent = Tenant.objects.create(slug="nordic-group", name="Nordic Group", timezone="Europe/Helsinki")
    tenant.parent = parent
    tenant.save()
    above, below = (
        make_user("above@example.com", parent, Role.VIEWER),
        make_user("below@example.com", tenant, Role.OWNER),
    )

    client.force_login(above)
    down = [client.get(url).status_code for url in (URL, "/t/nordic-group/reports/")]
    client.force_login(below)
    up = [client.get(url).status_code for url in (URL, "/t/nordic-group/reports/")]

    assert (down, up) == ([200, 200], [200, 404])
