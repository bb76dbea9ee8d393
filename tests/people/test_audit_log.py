"""The Audit log page: whose it is, its pages, filters and file."""

import csv
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.accounts import audit
from portal.accounts.models import AuditEntry, record
from portal.tenants.scope import web_scope

URL = "/t/nordic-retail/settings/audit/"


def entry(tenant, number: int, **extra) -> AuditEntry:
    """Create an entry so many minutes old; the newest has number 0."""
    values = {"actor": "owner@example.com", "action": "member.role", "subject": f"s{number}", "details": {}} | extra
    return AuditEntry.objects.create(tenant=tenant, at=timezone.now() - timedelta(minutes=number), **values)


def shown(response) -> list[str]:
    return [row["entry"].subject for row in response.context["rows"]]


@pytest.mark.parametrize(("who", "status"), [("manager", 403), ("viewer", 403), ("stranger", 404), ("staff_user", 404)])
def test_only_owners_read_the_log(client, request, tenant, who, status):
    client.force_login(request.getfixturevalue(who))

    assert [client.get(URL).status_code, client.get(f"{URL}download/").status_code] == [status] * 2


@pytest.mark.parametrize("entries", (1, 3))
def test_log_needs_as_many_queries_for_one_entry_as_for_three(
    client, tenant, owner, entries, django_assert_num_queries
):
    for number in range(entries):
        entry(tenant, number)
    client.force_login(owner)

    with django_assert_num_queries(15):
        response = client.get(URL)

    assert shown(response) == [f"s{number}" for number in range(entries)]


def test_log_shows_the_own_tenants_entries_alone(client, tenant, other_tenant, owner):
    entry(tenant, 0)
    entry(other_tenant, 1)
    record("sign_in", actor="somebody@example.com", subject="nobody's")
    client.force_login(owner)

    file = client.get(f"{URL}download/").content.decode("utf-8-sig")

    assert shown(client.get(URL)) == ["", "s0"]  # the download stands there too
    assert [row[4] for row in csv.reader(file.splitlines(), delimiter=";")][1:] == ["s0"]


def test_pages_go_back_by_key_without_a_gap_or_a_repetition(client, tenant, owner):
    now = timezone.now()
    AuditEntry.objects.bulk_create(
        AuditEntry(tenant=tenant, actor="x", action="a", subject=f"s{n}", at=now - timedelta(seconds=n // 3))
        for n in range(120)
    )  # three of each instant
    client.force_login(owner)

    seen, query = [], ""
    for _page in range(3):
        response = client.get(f"{URL}?{query}")
        seen.append(shown(response))
        query = response.context["older"]

    assert [len(page) for page in seen] == [50, 50, 20]
    assert sorted((s for page in seen for s in page), key=lambda s: int(s[1:])) == [f"s{n}" for n in range(120)]
    assert query == ""


@pytest.mark.parametrize("before", ["x", "_", "2026-11-20_5", "2026-11-20T00:00:00+00:00_-1", f"{'9' * 30}", "\0"])
def test_key_that_is_none_begins_with_the_newest(client, tenant, owner, before):
    entry(tenant, 0)
    client.force_login(owner)

    assert shown(client.get(URL, {"before": before})) == ["s0"]


def test_log_is_filtered_by_action_and_person(client, tenant, owner):
    entry(tenant, 0)
    entry(tenant, 1, action="api_key.created")
    entry(tenant, 2, actor="other@example.com")
    client.force_login(owner)

    by_action = shown(client.get(URL, {"action": "api_key.created"}))
    by_actor = shown(client.get(URL, {"actor": "Other@example.com"}))
    nothing = client.get(URL, {"actor": "nobody"})

    assert (by_action, by_actor, shown(nothing)) == (["s1"], ["s2"], [])
    assert "No entry matches the filter" in nothing.content.decode()


def test_filters_are_offered_with_their_numbers(client, tenant, owner):
    for number in range(3):
        entry(tenant, number)
    entry(tenant, 3, action="api_key.created")
    entry(tenant, 4, action="api_key.created", actor="other@example.com")
    client.force_login(owner)

    everything, chosen = client.get(URL), client.get(URL, {"actor": "OTHER@example.com"})

    assert [
        [(one.words, one.number, one.is_chosen) for one in everything.context[name]] for name in ("actions", "people")
    ] == [
        [("Changed a member's role", 3, False), ("Created an API key", 2, False)],
        [("owner@example.com", 4, False), ("other@example.com", 1, False)],
    ]
    assert [[(one.number, one.is_chosen) for one in chosen.context[name]] for name in ("actions", "people")] == [
        [(1, False)],
        [(4, False), (1, True)],
    ]
    page = chosen.content.decode()
    assert 'href="?action=api_key.created&amp;actor=OTHER%40example.com"' in page
    assert 'href="?actor=other%40example.com" aria-current="true"' in page


def test_numbers_beyond_the_newest_entries_are_said(client, tenant, owner, monkeypatch):
    monkeypatch.setattr(audit, "MAX_COUNTED", 2)
    for number in range(3):
        entry(tenant, number)
    client.force_login(owner)

    response = client.get(URL)

    assert [one.number for one in response.context["people"]] == [2]
    assert "Numbers are of the newest 2 entries." in response.content.decode()


def test_entries_stand_by_the_days_of_the_tenant(client, tenant, owner):
    at = datetime(2026, 11, 20, 21, 59, tzinfo=UTC)
    for minutes in (0, 1, 2):  # midnight in Helsinki is at 22:00 UTC
        AuditEntry.objects.create(tenant=tenant, actor="x", action="a", at=at + timedelta(minutes=minutes))
    client.force_login(owner)

    response = client.get(URL)

    assert [(day, len(rows)) for day, rows in response.context["days"]] == [
        (date(2026, 11, 21), 2),
        (date(2026, 11, 20), 1),
    ]
    page = response.content.decode()
    assert (
        page.index("21 November 2026")
        < page.index("00:01:00")
        < page.index("20 November 2026")
        < page.index("23:59:00")
    )


def test_file_holds_what_is_filtered_and_no_formula(client, tenant, owner):
    entry(tenant, 0, subject="=1+1", details={"from": "viewer", "to": "@SUM(A1)"})
    entry(tenant, 1, actor="other@example.com")
    client.force_login(owner)

    assert client.head(f"{URL}download/").status_code == 200  # which is no download
    response = client.get(f"{URL}download/", {"actor": "owner@example.com"})

    [header, line] = response.content.decode("utf-8-sig").splitlines()
    assert header == '"When (Europe/Helsinki)";"Who";"What happened";"Action";"Subject";"Details"'
    assert line.split(";", 1)[1] == (
        '"owner@example.com";"owner@example.com made =1+1 @SUM(A1) (before: Viewer).";'
        '"Changed a member\'s role";"\'=1+1";"from: viewer, to: @SUM(A1)"'
    )
    assert response.headers["Content-Disposition"] == 'attachment; filename="nordic-retail_audit.csv"'
    assert AuditEntry.objects.filter(action="audit.downloaded", actor="owner@example.com").count() == 1


def test_log_is_read_by_its_index(tenant):
    with web_scope([tenant.id]), connection.cursor() as cursor:
        # Of a small table any index is as good as another where all that it finds is sorted.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = audit.entries(tenant, audit.Filter())[:51].explain()

    assert "audit_by_tenant" in plan
