"""The staff login answers verified staff below /admin/ and nothing else; the others do without it.

Who gets its role is looked at on all routes by tests/pages/test_url_matrix.py.
"""

from collections.abc import Iterator

import httpx
import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege

from portal.accounts.models import AuditEntry
from portal.common.database import connection_string
from portal.tenants import api_keys
from portal.tenants.models import Feed
from portal.tenants.wall import INGEST, METRICS, METRICS_TABLES, ROLES, STAFF
from tests.pages.conftest import plain_storages
from tests.servers import Server, running_server

__all__ = ["plain_storages"]


@pytest.fixture
def closed_to_staff(db) -> Iterator[None]:
    """Let every login but the staff's into the tests' database."""
    database = connection.settings_dict["NAME"]
    others = ", ".join(role for role in ROLES if role != STAFF)
    with psycopg.connect(connection_string(), autocommit=True) as owner:
        owner.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {others}')
        owner.execute(f'REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC')
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(connection_string(STAFF))
            yield
        finally:
            owner.execute(f'GRANT CONNECT ON DATABASE "{database}" TO PUBLIC')
            owner.execute(f'REVOKE CONNECT ON DATABASE "{database}" FROM {others}')


@pytest.fixture
def server(closed_to_staff, tmp_path) -> Iterator[Server]:
    with running_server({"PORTAL_STAFF_MFA": "false", "METRICS_TOKEN": "for-a-test"}, folder=tmp_path) as server:
        yield server


@pytest.mark.django_db(transaction=True)
def test_first_submission_metrics_and_view_as_work_without_the_staff_login(server, feed, account, tenant, staff_user):
    _key, text = api_keys.create_key(
        tenant=account.pool, account=account, scopes=("submit",), name="x", created_by="tests", now=timezone.now()
    )
    browser = Client()
    browser.force_login(staff_user)
    begun = browser.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "asked by phone"})
    message = {"message_id": "a", "submitted_at": "2026-11-20T12:00:00Z"}

    with httpx.Client(base_url=server.url, timeout=20) as http:
        as_sender, as_monitor = ({"Authorization": f"Bearer {token}"} for token in (text, "for-a-test"))
        submitted = http.post("/api/v1/messages/", json=message, headers=as_sender)
        metrics = http.get("/metrics", headers=as_monitor)
        http.cookies.set("sessionid", browser.cookies["sessionid"].value)
        searched = http.get("/t/nordic-retail/messages/", params={"number": "+358401234567"})
        form = http.get("/t/nordic-retail/reports/").text.partition('name="csrfmiddlewaretoken" value="')[2]
        stopped = http.post("/view-as/stop/", data={"csrfmiddlewaretoken": form.partition('"')[0]})
        in_admin = http.get("/admin/")

    assert (begun.status_code, submitted.status_code, metrics.status_code) == (302, 202, 200)
    assert 'portal_feed_received_total{account="link-main",feed="(submissions)"} 0.0' in metrics.text
    assert (searched.status_code, stopped.status_code, stopped.headers["Location"]) == (200, 302, "/admin/")
    entries = AuditEntry.objects.filter(tenant=tenant, actor=staff_user.email).order_by("id")
    assert list(entries.values_list("action", flat=True)) == [
        "view_as.started", "message.number_searched", "view_as.stopped"
    ]  # fmt: skip
    assert in_admin.status_code == 503  # which the staff login alone answers


@pytest.mark.django_db(transaction=True)
def test_ingest_adds_the_feed_of_submissions_and_no_other(account):
    values = {"account_id": account.id, "name": "(submissions)", "dialect": "link"}
    columns = {field.column: "" for field in Feed._meta.fields if field.column not in ("id", "created_at")}
    row = columns | values | {"networks": "[]", "signing_keys": "[]", "active": True}
    places = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO tenants_feed ({', '.join(row)}) VALUES ({places})"
    with psycopg.connect(connection_string(INGEST), autocommit=True) as ingest:
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            ingest.execute(statement, list((row | {"kind": "reports"}).values()))
        ingest.execute(statement, list((row | {"kind": "submissions"}).values()))
        for refused in ("UPDATE tenants_feed SET kind = 'reports'", "DELETE FROM tenants_feed"):
            with pytest.raises(InsufficientPrivilege):
                ingest.execute(refused)


@pytest.mark.django_db
def test_metrics_login_reads_a_few_columns_and_writes_nothing():
    with psycopg.connect(connection_string(METRICS), autocommit=True) as metrics:
        for table in METRICS_TABLES:
            with pytest.raises(InsufficientPrivilege):
                metrics.execute(f'DELETE FROM "{table}"')
        for statement in (
            "SELECT tenant_id FROM report_run", "SELECT body FROM quarantine", "SELECT details FROM standing_check",
            "SELECT basic_password_digest FROM tenants_feed", "SELECT 1 FROM message", "SELECT 1 FROM accounts_user",
        ):  # fmt: skip
            with pytest.raises(InsufficientPrivilege):
                metrics.execute(statement)
