"""/api/v1/reports/definitions/: saved, changed, paused, deleted; runs with files; recipients."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.common import jobs
from portal.tenants.models import ApiKey, GatewayAccount, Tenant
from reports.models import DefinitionRun, OutsideAddress, ReportDefinition, ReportMail
from reports.schedules.clock import tick
from reports.schedules.making import make_runs
from tests.api.test_member_writes import send
from tests.api.test_partner_ids import pointers
from tests.api.test_schema import check
from tests.conftest import NOW
from tests.gates.factors import make_gate
from tests.schedules.conftest import files

__all__ = ["files"]

pytestmark = pytest.mark.django_db

DEFINITIONS = "reports/definitions/"
DAYS = {"period": "custom", "first": "2026-11-01", "last": "2026-11-20"}
NEW = {"name": "Countries", "kind": "volumes", "formats": ["json", "csv"]} | DAYS


@pytest.fixture
def held(call, tenant, owner):
    """A key that an owner of the tenant holds."""
    return call(tenant, holder_id=owner.pk)


@pytest.fixture
def saved(held) -> str:
    """The path of a saved report."""
    return f"{DEFINITIONS}{held.post(DEFINITIONS, NEW).json()['id']}/"


def test_report_is_saved_and_made_by_its_schedule(held, tenant, owner):
    gate = make_gate(tenant, "https://receiver.example.com/")
    body = NEW | {
        "parameters": {
            "group_by": ["month", "country"],
            "filters": {"country": ["FI"], "result_code": ["1001"]},
            "columns": ["delivered"],
        },
        "period": "last_month",
        "frequency": "monthly",
        "month_day": 2,
        "weekday": 3,
        "at": "07:00",
        "condition": "rows",
        "gates": [gate.public_id],
    }

    answer = held.post(DEFINITIONS, body)
    tick(now=NOW)
    read = held.get(f"{DEFINITIONS}{answer.json()['id']}/")

    check("/api/v1/reports/definitions/", "POST", answer)
    made = ReportDefinition.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (201, read.json()["url"])
    assert (made.tenant, made.owner, made.owned_by) == (tenant, owner, str(held.key))
    assert made.parameters == {
        "group_by": ["month", "country"],
        "filters": {"country": ["FI"], "result_code": [1001]},
        "columns": ["delivered"],
    }
    assert (made.first, made.weekday, made.month_day, made.gates) == (None, None, 2, [gate.id])
    shown = read.json()
    assert {name: shown[name] for name in ("at", "gates", "frequency", "condition")} == {
        "at": "07:00:00",
        "gates": [gate.public_id],
        "frequency": "monthly",
        "condition": "rows",
    }
    assert shown["next_at"] is not None
    entry = AuditEntry.objects.get(action="report_definition.created")
    assert (entry.actor, entry.subject) == (str(held.key), "Countries")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "to +358401234567"}, ["name"]),
        ({"kind": "all", "formats": ["doc"], "extra": 1}, ["extra", "kind", "formats/0"]),
        ({"formats": []}, ["formats"]),
        ({"kind": "messages", "formats": ["pdf"]}, ["formats"]),
        ({"first": None}, ["first"]),
        ({"last": "2026-10-01"}, ["last"]),
        ({"kind": "monthly"}, ["first"]),
        ({"frequency": "weekly"}, ["at", "weekday"]),
        ({"frequency": "monthly", "at": "25:00"}, ["at"]),
        ({"parameters": {"columns": 7, "metric": "x", "shop": 1}}, ["parameters/shop"]),
        ({"parameters": {"filters": {"country": ["XX"], "status": ["lost"], "result_code": ["x"]}}}, None),
        ({"parameters": {"filters": {"shop": ["7"]}}}, ["parameters/filters"]),
        ({"parameters": {"group_by": ["partner_id", "campaign"]}}, ["parameters/group_by"]),
        ({"kind": "campaign", "parameters": {"campaign": 2**62}}, ["parameters/campaign"]),
        ({"kind": "segment", "parameters": {"key": "shop"}}, ["parameters/key"]),
        ({"kind": "account", "parameters": {"account": "link-main"}}, ["parameters/account"]),
        ({"gates": ["nothing"]}, ["gates/0"]),
        ({"tenant": "baltic-parcel"}, ["tenant"]),
    ],
)
def test_report_that_cannot_be_saved_is_refused_by_field(held, other_tenant, change, fields):
    status, found = pointers(held.post(DEFINITIONS, NEW | change))

    if fields is None:
        fields = [f"parameters/filters/{name}" for name in ("country", "status", "result_code")]
    assert status == 422
    assert [f"#/{name}" for name in fields] == found[: len(fields)]
    assert ReportDefinition.objects.count() == 0


def test_name_is_taken_once(held, saved):
    assert pointers(held.post(DEFINITIONS, NEW)) == (422, ["#/name"])
    held.post(DEFINITIONS, NEW | {"name": "Other"})
    assert pointers(send(held, "patch", saved, {"name": "Other"})) == (422, ["#/name"])


def test_deleted_report_is_restored(held, theirs, saved):
    number = int(saved.rstrip("/").rpartition("/")[2])
    early = held.post(f"{saved}restore/", {})
    held.client.delete(f"/api/v1/{saved}", headers=held.headers)
    listed = [held.get(DEFINITIONS, archived=archived).json()["data"] for archived in ("yes", "no")]
    other = held.post(DEFINITIONS, NEW).json()["id"]
    taken = held.post(f"{saved}restore/", {})
    held.client.delete(f"/api/v1/{DEFINITIONS}{other}/", headers=held.headers)

    stranger, restored = theirs.post(f"{saved}restore/", {}), held.post(f"{saved}restore/", {})

    check("/api/v1/reports/definitions/{definition_id}/restore/", "POST", restored)
    assert ([[one["id"] for one in rows] for rows in listed], early.status_code) == ([[number], []], 404)
    assert (taken.status_code, taken.json()["detail"]) == (409, "Another saved report of this tenant has this name.")
    assert (stranger.status_code, restored.status_code, held.get(saved).status_code) == (404, 200, 200)
    assert AuditEntry.objects.filter(action="report_definition.restored", actor=str(held.key)).count() == 1


def test_report_is_changed_paused_resumed_and_deleted(held, saved):
    changed = send(held, "patch", saved, {"frequency": "daily", "at": "06:30", "formats": ["xlsx"]})
    tick(now=NOW)
    paused = held.post(f"{saved}pause/", {})
    resumed = held.post(f"{saved}resume/", {})
    deleted = send(held, "delete", saved)

    for path, method, answer in (
        ("{definition_id}/", "PATCH", changed),
        ("{definition_id}/pause/", "POST", paused),
        ("{definition_id}/resume/", "POST", resumed),
        ("{definition_id}/", "DELETE", deleted),
    ):
        check(f"/api/v1/reports/definitions/{path}", method, answer)
    assert (changed.json()["formats"], changed.json()["name"]) == (["xlsx"], "Countries")
    assert (paused.json()["stopped_reason"], paused.json()["next_at"]) == ("by_person", None)
    assert (resumed.json()["stopped_at"], deleted.status_code, held.get(saved).status_code) == (None, 200, 404)
    assert held.get(DEFINITIONS).json()["data"] == []
    actions = AuditEntry.objects.filter(action__startswith="report_definition.").order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        f"report_definition.{what}" for what in ("created", "changed", "stopped", "changed", "archived")
    ]


@pytest.mark.django_db(transaction=True)  # messages are read in a snapshot of its own
def test_run_is_made_and_its_file_is_masked_for_keys_without_numbers(held, call, messages, tenant, owner):
    body = NEW | {"kind": "messages", "formats": ["json"], "parameters": {"columns": ["message_id", "number"]}}
    path = f"{DEFINITIONS}{held.post(DEFINITIONS, body).json()['id']}/runs/"
    reader = call(tenant, "read")

    asked, again = held.post(path, {}), held.post(path, {})
    early = held.get(f"{path}{asked.json()['id']}/files/json/")
    make_runs(run_id=asked.json()["id"])
    done = [caller.get(f"{path}{asked.json()['id']}/") for caller in (held, reader)]
    head = held.client.head(f"/api/v1/{path}{asked.json()['id']}/files/json/", headers=held.headers)
    assert head.status_code == 200  # which is no download
    downloads = [caller.get(f"{path}{asked.json()['id']}/files/json/") for caller in (held, reader)]
    texts = [b"".join(answer.streaming_content).decode() for answer in downloads]
    etag = downloads[0].headers["ETag"]
    unchanged = held.client.get(
        f"/api/v1/{path}{asked.json()['id']}/files/json/", headers=held.headers | {"If-None-Match": etag}
    )

    check("/api/v1/reports/definitions/{definition_id}/runs/", "POST", asked)
    assert (asked.status_code, asked.json()["state"], asked.json()["cause"]) == (202, "queued", "api")
    assert again.json()["id"] == asked.json()["id"]
    assert early.status_code == 409
    assert [(answer.json()["state"], answer.json()["rows"], answer.json()["progress"]) for answer in done] == [
        ("done", 3, 100)
    ] * 2
    assert ["+358401234567" in text for text in texts] == [True, False]
    assert all(json.loads(text) for text in texts)
    assert unchanged.status_code == 304
    fetched = AuditEntry.objects.filter(action="definition_run.downloaded").order_by("id")
    assert list(fetched.values_list("actor", flat=True)) == [str(held.key), str(reader.key)]
    assert held.get(f"{path}{asked.json()['id']}/files/xlsx/").status_code == 404


def test_run_is_cancelled_and_retried(held, saved):
    run = held.post(f"{saved}runs/", {}).json()
    path = f"{saved}runs/{run['id']}/"

    retried_early = held.post(f"{path}retry/", {})
    cancelled = send(held, "delete", path)
    again = send(held, "delete", path)
    retried = held.post(f"{path}retry/", {})

    check("/api/v1/reports/definitions/{definition_id}/runs/{saved_run_id}/", "DELETE", cancelled)
    check("/api/v1/reports/definitions/{definition_id}/runs/{saved_run_id}/retry/", "POST", retried)
    assert [answer.status_code for answer in (retried_early, cancelled, again, retried)] == [409, 200, 409, 202]
    assert (cancelled.json()["state"], retried.json()["state"], retried.json()["cause"]) == (
        "cancelled",
        "queued",
        "retry",
    )
    assert jobs.open_jobs(DefinitionRun).get().requested_by == str(held.key)


def test_deleted_file_is_gone(held, saved):
    run = held.post(f"{saved}runs/", {}).json()
    make_runs(run_id=run["id"])
    DefinitionRun.objects.update(erased_at=NOW)

    answer = held.get(f"{saved}runs/{run['id']}/files/json/")
    shown = held.get(f"{saved}runs/{run['id']}/").json()["files"]

    assert answer.status_code == 410
    assert {file["gone"] for file in shown} == {"erased"}


def test_recipients_are_members_and_addresses_that_confirm_once(held, saved, viewer, mailoutbox):
    path = f"{saved}recipients/"

    member = held.post(path, {"email": viewer.email})
    outside = held.post(path, {"email": "Sales@example.com", "language": "fi"})
    again = held.post(path, {"email": "sales@example.com"})
    listed = held.get(path).json()["data"]
    removed = send(held, "delete", f"{path}{outside.json()['id']}/")
    after = held.get(path).json()["data"]

    check("/api/v1/reports/definitions/{definition_id}/recipients/", "POST", outside)
    check("/api/v1/reports/definitions/{definition_id}/recipients/{recipient_id}/", "DELETE", removed)
    assert [(answer.status_code, answer.json()["kind"], answer.json()["state"]) for answer in (member, outside)] == [
        (201, "member", "receives"),
        (201, "address", "waiting"),
    ]
    assert outside.headers["Location"] == f"/api/v1/{path}{outside.json()['id']}/"
    assert (again.status_code, again.json()["id"]) == (200, outside.json()["id"])
    assert [row["email"] for row in listed] == ["sales@example.com", viewer.email]
    assert [row["email"] for row in after] == [viewer.email]
    assert OutsideAddress.objects.get().language == "fi"
    assert AuditEntry.objects.filter(action="report_recipient.added", actor=str(held.key)).count() == 2


@pytest.fixture
def mailed(held, saved, viewer) -> ReportMail:
    """The mail of a run to a member."""
    recipient = held.post(f"{saved}recipients/", {"email": viewer.email}).json()["id"]
    run = DefinitionRun.objects.get(id=held.post(f"{saved}runs/", {}).json()["id"])
    return ReportMail.objects.create(tenant_id=run.tenant_id, run=run, recipient_id=recipient, state="sent")


def test_mail_that_did_not_arrive_is_sent_again_once(held, theirs, saved, viewer, mailed):
    path = f"{saved}mails/{mailed.pk}/"
    assert [caller.get(path).status_code for caller in (held, theirs)] == [200, 404]
    assert held.post(f"{path}send-again/", {}).status_code == 409
    ReportMail.objects.update(state="bounced")
    assert (held.get(path).json()["may_send_again"], theirs.post(f"{path}send-again/", {}).status_code) == (True, 404)

    again, twice = held.post(f"{path}send-again/", {}), held.post(f"{path}send-again/", {})
    listed = held.get(f"{saved}mails/")

    check("/api/v1/reports/definitions/{definition_id}/mails/", "GET", listed)
    check("/api/v1/reports/definitions/{definition_id}/mails/{report_mail_id}/send-again/", "POST", again)
    names = ("email", "state", "number", "requested_by", "may_send_again")
    assert [tuple(row[name] for name in names) for row in listed.json()["data"]] == [
        (viewer.email, "waiting", 2, str(held.key), False),
        (viewer.email, "bounced", 1, None, False),
    ]
    assert (again.status_code, again.json()) == (202, listed.json()["data"][0])
    assert again.headers["Location"] == again.json()["url"]
    assert twice.status_code == 409
    assert AuditEntry.objects.filter(action="report_mail.again", actor=str(held.key)).count() == 1


def test_links_of_a_removed_recipient_stay_closed_when_it_is_added_again(held, saved, viewer, mailed):
    ReportMail.objects.update(link_expires_at=timezone.now() + timedelta(days=1))

    send(held, "delete", f"{saved}recipients/{mailed.recipient_id}/")
    held.post(f"{saved}recipients/", {"email": viewer.email})

    mailed.refresh_from_db()
    assert mailed.link_revoked_at is not None


def test_recipient_that_cannot_be_added_is_refused(held, saved):
    path = f"{saved}recipients/"
    held.post(path, {"email": "sales@example.com"})
    OutsideAddress.objects.update(declined_at=NOW)

    assert pointers(held.post(path, {"email": "nobody"})) == (422, ["#/email"])
    assert held.post(path, {"email": "sales@example.com"}).status_code == 409


def test_accounts_report_is_for_its_owner(held, account, tenant):
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW)
    body = NEW | {"kind": "account", "parameters": {"account": "link-main"}}

    answer = held.post(DEFINITIONS, body)

    assert (answer.status_code, answer.json()["parameters"]) == (201, {"account": "link-main"})
    assert ReportDefinition.objects.get().parameters == {"account": account.id}


def test_parents_key_saves_for_a_child_whose_key_sees_it(held, call, tenant):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)

    made = held.post(DEFINITIONS, NEW | {"tenant": "child"})
    path = f"{DEFINITIONS}{made.json()['id']}/"

    assert made.json()["tenant"] == "child"
    assert [row["id"] for row in held.get(DEFINITIONS, tenant="child").json()["data"]] == [made.json()["id"]]
    assert call(child, "read").get(path).status_code == 200


def test_saved_reports_of_others_are_not_there(held, theirs, whole_account, saved):
    run = held.post(f"{saved}runs/", {}).json()["id"]

    for caller in (theirs, whole_account):
        asked = [
            caller.get(saved),
            send(caller, "patch", saved, {"name": "x"}),
            send(caller, "delete", saved),
            caller.post(f"{saved}pause/", {}),
            caller.post(f"{saved}resume/", {}),
            caller.post(f"{saved}runs/", {}),
            caller.get(f"{saved}runs/"),
            caller.get(f"{saved}runs/{run}/"),
            send(caller, "delete", f"{saved}runs/{run}/"),
            caller.get(f"{saved}runs/{run}/files/json/"),
            caller.get(f"{saved}recipients/"),
            caller.post(f"{saved}recipients/", {"email": "x@example.com"}),
        ]
        assert [answer.status_code for answer in asked] == [404] * len(asked)
        assert caller.get(DEFINITIONS).json()["data"] == []
    assert whole_account.post(DEFINITIONS, NEW).status_code == 409
    assert ReportDefinition.objects.get().name == "Countries"


def test_key_without_holder_or_scope_saves_nothing(mine, call, held, tenant, owner):
    reader = call(tenant, "read", holder_id=owner.pk)
    reporter = call(tenant, "read", "reports", holder_id=owner.pk)
    log = NEW | {"kind": "messages", "formats": ["json"]}

    assert mine.post(DEFINITIONS, NEW).status_code == 409
    assert reader.post(DEFINITIONS, NEW).status_code == 403
    assert reporter.post(DEFINITIONS, log).status_code == 403
    assert reporter.post(DEFINITIONS, NEW).status_code == 201
    ApiKey.objects.filter(id=held.key.id).update(abandoned_at=held.key.created_at)
    assert held.post(DEFINITIONS, NEW | {"name": "Other"}).status_code == 409
