"""/api/v1/reports/: queued, listed, fetched."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from reports.models import ReportRun
from tests.api.conftest import sent
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.conftest import make_run

pytestmark = pytest.mark.django_db


def months(answer) -> list[str]:
    return [run["month"] for run in answer.json()["data"]]


def test_report_is_queued_once_and_found(mine, tenant):
    first = mine.post("reports/", {"month": "2026-09"})
    second = mine.post("reports/", {"month": "2026-09", "tenant": "nordic-retail"})

    run = ReportRun.objects.get()
    assert (run.tenant, run.account, run.month.isoformat(), run.state) == (tenant, None, "2026-09-01", "queued")
    assert run.requested_by == str(mine.key)
    assert [answer.status_code for answer in (first, second)] == [202, 202]
    assert first.headers["Location"] == second.headers["Location"] == f"/api/v1/reports/{run.id}/"
    assert first.json() == {
        "id": run.id,
        "tenant": "nordic-retail",
        "account": None,
        "month": "2026-09",
        "timezone": "Europe/Helsinki",
        "kind": "final",
        "revision": 1,
        "unchanged": False,
        "state": "queued",
        "waits_for_delivery_reports": False,
        "progress": 0,
        "requested_at": first.json()["requested_at"],
        "finished_at": None,
        "data_as_of": None,
        "messages": None,
        "maturity": None,
        "changed_since": None,
        "causes": [],
        "revision_changes": None,
        "bytes": None,
        "sha256": None,
        "url": f"/api/v1/reports/{run.id}/",
        "download_url": None,
        "file_erased_at": None,
        "removed_at": None,
    }
    assert datetime.fromisoformat(first.json()["requested_at"]) == run.requested_at
    assert mine.get(f"reports/{run.id}/").json() == mine.get("reports/").json()["data"][0] == first.json()
    assert list(AuditEntry.objects.values_list("action", "actor", "subject")) == [
        ("report.request", str(mine.key), "2026-09")
    ]


def test_account_s_key_queues_the_account_s_report(whole_account, mine, account, messages):
    answer = whole_account.post("reports/", {"month": "2026-11"})

    run = ReportRun.objects.get()
    assert (answer.status_code, run.tenant, run.account) == (202, account.pool, account)
    assert (answer.json()["tenant"], answer.json()["account"]) == (None, "link-main")
    assert months(whole_account.get("reports/")) == ["2026-11"]
    assert months(mine.get("reports/")) == []
    assert whole_account.post("reports/", {"month": "2026-11", "tenant": "nordic-retail"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "month"),
        ({"month": 202609}, "month"),
        ({"month": "September"}, "month"),
        ({"month": "2126-09"}, "month"),
        ({"month": "1999-09"}, "month"),
        ({"month": "2026-09", "tenant": "baltic-parcel"}, "tenant"),
        ({"month": "2026-09", "tenant": ["nordic-retail"]}, "tenant"),
        ({"month": "2026-09", "tenant": "a\0"}, "tenant"),
        ({"month": "2026-09", "kind": "final"}, "kind"),
    ],
)
def test_what_cannot_be_made_is_refused_by_field(mine, other_tenant, body, field):
    answer = mine.post("reports/", body)

    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [f"#/{field}"])
    assert ReportRun.objects.count() == 0


def test_parent_queues_and_sees_its_child_s(mine, tenant):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)

    answer = mine.post("reports/", {"month": "2026-09", "tenant": "child"})

    assert (answer.status_code, ReportRun.objects.get().tenant) == (202, child)
    assert [run["tenant"] for run in mine.get("reports/").json()["data"]] == ["child"]


def test_list_is_filtered_and_paged(mine, tenant):
    for month in ("2026-07", "2026-08", "2026-09"):
        make_run(tenant, month)
    make_run(tenant, "2026-10", state="queued")

    first = mine.get("reports/", size=2)
    second = mine.get("reports/", size=2, cursor=first.json()["next_cursor"])

    assert [months(first), months(second)] == [["2026-10", "2026-09"], ["2026-08", "2026-07"]]
    assert second.json()["next_cursor"] is None
    assert months(mine.get("reports/", state="queued")) == ["2026-10"]
    assert months(mine.get("reports/", month="2026-08")) == ["2026-08"]
    assert len(months(mine.get("reports/", tenant="nordic-retail"))) == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("month", "x"),
        ("state", "x"),
        ("size", "0"),
        ("size", "501"),
        ("size", "٣"),
        ("cursor", "x"),
        ("cursor", "WzAsIngiXQ"),
        ("cursor", "WzEsMV0"),
        ("tenant", "\0"),
        ("tenant", "baltic-parcel"),
    ],
)
def test_impossible_filters_are_refused_by_name(mine, other_tenant, name, value):
    answer = mine.get("reports/", **{name: value})

    assert (answer.status_code, [error["parameter"] for error in answer.json()["errors"]]) == (400, [name])


def test_workbook_is_handed_out_and_written_down(mine, client, tenant):
    run = make_run(tenant, "2026-09", text="figures", finished_at=NOW)

    shown = mine.get(f"reports/{run.id}/").json()
    answer = client.get(shown["download_url"], headers=mine.headers | {"Accept": "application/vnd.ms-excel"})

    content = answer.getvalue()
    assert (answer.status_code, len(content), content[:2]) == (200, run.bytes, b"PK")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="nordic-retail_2026-09_r1.xlsx"'
    assert shown["data_as_of"] == NOW.astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert list(AuditEntry.objects.values_list("action", "actor", "subject")) == [
        ("report.download", str(mine.key), "nordic-retail_2026-09_r1.xlsx")
    ]


def test_file_that_is_not_there(mine, tenant):
    waiting = make_run(tenant, "2026-09", state="queued")
    gone = make_run(tenant, "2026-08")
    ReportRun.objects.filter(id=gone.id).update(file="reports/none.xlsx")

    answers = [mine.get(f"reports/{run.id}/download/") for run in (waiting, gone)]

    assert [(a.status_code, a.json()["detail"]) for a in answers] == [
        (409, "This report is not ready: queued."),
        (410, "The file of this report was deleted. Queue a new report."),
    ]


def test_report_of_others_is_as_one_that_there_is_not(mine, theirs, whole_account, other_tenant, account):
    run = make_run(other_tenant, "2026-09")
    of_account = make_run(account.pool, "2026-09", account=account)

    def statuses(caller) -> list[int]:
        paths = [f"reports/{run.id}/", f"reports/{run.id}/download/", f"reports/{of_account.id}/", f"reports/{10**30}/"]
        return [caller.get(path).status_code for path in paths]

    assert [statuses(caller) for caller in (mine, theirs, whole_account)] == [
        [404, 404, 404, 404],
        [200, 200, 404, 404],
        [404, 404, 200, 404],
    ]


def test_file_that_has_not_changed_is_not_sent_again(mine, client, tenant):
    run = make_run(tenant, "2026-09")
    address = f"/api/v1/reports/{run.id}/download/"

    first = client.get(address, headers=mine.headers)
    tags = {"same": first.headers["ETag"], "other": '"1"'}
    asked = {name: client.get(address, headers=mine.headers | {"If-None-Match": tag}) for name, tag in tags.items()}

    assert first.headers["ETag"] == f'"{"0" * 64}"'
    assert {name: answer.status_code for name, answer in asked.items()} == {"same": 304, "other": 200}
    assert AuditEntry.objects.filter(action="report.download").count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_depend_on_the_rows(mine, tenant, django_assert_num_queries, count):
    for number in range(count):
        make_run(tenant, f"2026-0{number + 1}", requested_at=timezone.now())

    with django_assert_num_queries(15):
        answer = mine.get("reports/")

    assert len(answer.json()["data"]) == count


def test_final_report_tells_what_has_changed_since(mine, whole_account, tenant, account, feed):
    totals = {"messages": 1, "parts": 1, "delivered": 0, "failed": 0, "pending": 1, "unknown": 0}
    run = make_run(tenant, "2026-11", messages=1, totals=totals, requested_at=timezone.now())
    old = make_run(tenant, "2026-11", revision=2, messages=1, requested_at=timezone.now())
    of_account = make_run(account.pool, "2026-11", account=account, messages=2, requested_at=timezone.now())
    apply(feed, sent("a", 1001, "nr-fi"), sent("b", 1001, "nr-fi"), sent("c", 1001, "nobody"))

    wanted = {"messages": 1, "parts": 1, "delivered": 2, "failed": 0, "pending": -1, "unknown": 0, "rows_moved": False}
    of_old = dict.fromkeys(wanted) | {"messages": 1, "rows_moved": False}
    assert [mine.get(f"reports/{r.id}/").json()["changed_since"] for r in (run, old)] == [wanted, of_old]
    assert [r["changed_since"] for r in mine.get("reports/").json()["data"]] == [of_old, wanted]
    assert whole_account.get(f"reports/{of_account.id}/").json()["changed_since"]["messages"] == 1
    made = mine.post("reports/", {"month": "2026-11"}).json()
    assert (made["revision"], made["changed_since"]) == (3, None)


def test_report_that_came_out_the_same_has_the_revision_s_number_and_file(mine, client, tenant):
    first = make_run(tenant, "2026-09", text="figures")
    again = make_run(tenant, "2026-09", revision=None, same_as=first, file=first.file, bytes=first.bytes)

    shown = mine.get(f"reports/{again.id}/").json()
    answer = client.get(shown["download_url"], headers=mine.headers)

    assert (shown["state"], shown["revision"], shown["unchanged"]) == ("done", 1, True)
    assert (answer.status_code, len(answer.getvalue())) == (200, first.bytes)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="nordic-retail_2026-09_r1.xlsx"'
    assert mine.get(f"reports/{first.id}/").json()["unchanged"] is False


def test_removed_report_stays_in_the_list_and_its_file_is_gone(mine, client, tenant):
    run = make_run(tenant, "2026-09", removed_at=timezone.now())

    shown = mine.get(f"reports/{run.id}/").json()
    answer = client.get(f"/api/v1/reports/{run.id}/download/", headers=mine.headers)

    assert (shown["state"], shown["download_url"], shown["changed_since"]) == ("done", None, None)
    assert datetime.fromisoformat(shown["removed_at"]) == run.removed_at
    assert [found["id"] for found in mine.get("reports/").json()["data"]] == [run.id]
    assert (answer.status_code, answer.json()["detail"]) == (
        410,
        "The report was removed, and its file was deleted. Queue the report again.",
    )
