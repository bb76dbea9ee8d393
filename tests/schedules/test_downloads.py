"""Downloads of saved reports: the edition by the reader's role, at each download."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, Role
from portal.tenants.models import GatewayAccount
from reports.models import DefinitionRun
from tests.conftest import make_user
from tests.deliveries.helpers import apply
from tests.schedules.conftest import asked, content, document, made, saved
from tests.segments.sample import message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def messages(feed, tenant):
    apply(feed, message("a", day="2026-11-05", ref_id="to +358401234567"), message("b", 1006, day="2026-11-06"))


def url(run: DefinitionRun, format: str = "json") -> str:
    return f"/t/nordic-retail/reports/runs/{run.id}/{format}/"


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def status(client, run: DefinitionRun, format: str = "json") -> int:
    answer = client.get(url(run, format))
    if answer.streaming:
        body(answer)  # which closes the file
    return answer.status_code


def test_each_reader_gets_the_edition_of_the_role(client, person, tenant):
    run = made(saved(person, tenant, "volumes", name="Weekly Überblick"))
    viewer = make_user("v@example.com", tenant, Role.VIEWER)

    client.force_login(person)
    answer = client.get(url(run))
    assert (answer.status_code, body(answer)) == (200, content(run))
    name = "nordic-retail_weekly-uberblick_2026-11-01_2026-11-20"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.json"'
    Membership.objects.filter(user=person).update(role=Role.ANALYST)
    answer = client.get(url(run))
    assert b"+358401234567" not in body(answer)
    assert f"{name}_masked.json" in answer.headers["Content-Disposition"]
    client.force_login(viewer)
    assert status(client, run) == 200
    entry = AuditEntry.objects.filter(action="definition_run.downloaded").latest("id")
    assert (entry.actor, entry.details) == ("v@example.com", {"run": run.id, "format": "json", "edition": "masked"})
    assert status(client, run, "pdf") == 404

    Membership.objects.filter(user=viewer).delete()
    assert status(client, run) == 404


def test_run_without_a_file_says_why(client, person, tenant):
    client.force_login(person)
    definition = saved(person, tenant, "volumes")
    run = asked(definition)
    assert "is not ready" in client.get(url(run)).content.decode()
    assert status(client, run) == 409

    run = made(definition)
    run.files.update(gone="expired", gone_at=timezone.now())
    answer = client.get(url(run))
    assert (answer.status_code, "Expired" in answer.content.decode()) == (410, True)

    DefinitionRun.objects.filter(id=run.id).update(state="cancelled", skipped="owner_left")
    answer = client.get(url(run))
    assert answer.status_code == 409
    assert "The owner of the report may not make it any more." in answer.content.decode()


def test_account_report_is_for_its_owners_people(client, account, feed, person, tenant):
    GatewayAccount.objects.filter(id=account.id).update(owner=tenant, owner_since=timezone.now() - timedelta(days=1))
    apply(feed, message("c", day="2026-11-06", partner="nobody"))
    run = made(saved(person, tenant, "account", parameters={"account": account.id}))
    client.force_login(person)

    rows = document(run)["tables"]["Partner IDs"]
    assert [(row["Partner ID"], row["Tenant"], row["Messages"]) for row in rows] == [
        ("nr-fi", "Nordic Retail Oy (nordic-retail)", 2), ("nobody", "(unassigned)", 1),
    ]  # fmt: skip
    assert status(client, run) == 200
    GatewayAccount.objects.update(owner_since=timezone.now() + timedelta(days=1))
    assert status(client, run) == 404
    GatewayAccount.objects.update(owner_since=timezone.now() - timedelta(days=1))
    client.force_login(make_user("a@example.com", tenant, Role.ANALYST))
    assert status(client, run) == 404
