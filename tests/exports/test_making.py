"""Making exports: rights at that moment, progress and cancelling, limits, erasure, retention, deletion."""

from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from deliveries.erasure.erase import erase_number
from deliveries.exports import files as stored_files
from deliveries.exports import making, searches
from deliveries.exports.asking import TooMany, cancel, retry
from deliveries.exports.files import delete_old, open_file
from deliveries.exports.making import run_exports
from deliveries.models import Export, RetentionMark
from deliveries.search.walk import walk
from portal.accounts.models import AuditEntry, Membership, Role
from portal.common import jobs
from tests.deliveries.helpers import apply
from tests.exports.conftest import asked, made, path_of
from tests.pages.searched import NUMBER, day, sent

pytestmark = pytest.mark.django_db(transaction=True)


def content(export: Export) -> str:
    return Path(path_of(export)).read_text(encoding="utf-8-sig")


def test_role_when_it_runs_decides_how_numbers_are_shown(person, tenant, messages):
    export = asked(person, tenant)
    Membership.objects.filter(user=person).update(role=Role.ANALYST)

    run_exports(export_id=export.id)

    export.refresh_from_db()
    assert (export.state, export.in_full) == ("done", False)
    assert "+358 •••••••98" in content(export)
    assert "407654398" not in content(export)


def test_person_who_lost_the_right_gets_no_file(person, tenant, messages):
    export = asked(person, tenant)
    Membership.objects.filter(user=person).update(role=Role.VIEWER)

    run_exports(export_id=export.id)

    export.refresh_from_db()
    assert (export.state, export.problem, export.attempts, export.file) == ("cancelled", "rights", 1, "")


def test_list_of_numbers_is_not_searched_for_a_role_that_sees_them_masked(person, tenant, messages):
    export = asked(person, tenant, numbers=(NUMBER,))
    Membership.objects.filter(user=person).update(role=Role.ANALYST)

    run_exports(export_id=export.id)

    export.refresh_from_db()
    assert (export.state, export.problem) == ("cancelled", "rights")


def test_tenant_of_somebody_else_is_not_in_it(person, tenant, other_tenant, messages):
    export = made(person, tenant, tenant_ids=frozenset({tenant.id, other_tenant.id}))

    assert "theirs" not in content(export)
    assert export.done == 5


def test_family_is_in_the_order_of_the_page(person, tenant, family_messages):
    export = made(person, tenant, columns=["message_id"])

    assert content(export).split() == ['"Message', 'id"', '"k3"', '"m3"', '"k2"', '"m2"', '"k1"', '"m1"']


@pytest.fixture
def family_messages(feed, tenant, account):
    from portal.tenants.models import PartnerId, Tenant

    child = Tenant.objects.create(slug="nr-norge", name="NR Norge", timezone="Europe/Oslo", parent=tenant)
    PartnerId.objects.create(account=account, value="nr-no", tenant=child)
    reports = [sent(f"m{n}", ago=9 - n) for n in (1, 2, 3)]
    reports += [sent(f"k{n}", ago=9 - n, partner="nr-no", sentTimestamp=f"{day(9 - n)}T10:00:01Z") for n in (1, 2, 3)]
    apply(feed, *reports)


def test_file_is_of_one_moment(feed, person, tenant, messages, monkeypatch):
    def walk_while_messages_arrive(query, **_more):
        for page in walk(query, step=2):
            yield page
            thread = Thread(target=_receive, args=(feed,))
            thread.start()
            thread.join()

    monkeypatch.setattr(searches, "walk", walk_while_messages_arrive)

    export = made(person, tenant)

    assert (export.state, export.done, export.total) == ("done", 5, 5)
    assert "late" not in content(export)


def _receive(feed) -> None:
    try:
        apply(feed, sent("late", ago=9))
    finally:
        connection.close()


def test_progress_is_seen_while_it_runs_and_cancelling_stops_it(person, tenant, messages, monkeypatch):
    def walk_and_cancel(query, **_more):
        for page in walk(query, step=2):
            yield page
            if AuditEntry.objects.filter(action="export.cancelled").count() == 0:
                thread = Thread(target=_cancel)
                thread.start()
                thread.join()

    monkeypatch.setattr(searches, "walk", walk_and_cancel)

    export = made(person, tenant)

    assert export.state == "cancelled"
    assert export.file == ""
    assert AuditEntry.objects.filter(action="export.cancelled").count() == 1
    monkeypatch.undo()
    assert retry(export, actor=person.email)
    run_exports()
    export.refresh_from_db()
    assert (export.state, export.done) == ("done", 5)


def _cancel() -> None:
    try:
        assert Export.objects.values_list("done", "total").get() == (2, 5)
        cancel(Export.objects.get(), actor="mari@example.com")
    finally:
        connection.close()


@pytest.mark.parametrize("limit", ["EXPORT_MAX_ROWS", "EXPORT_MAX_BYTES"])
def test_file_over_a_limit_is_refused_at_once(person, tenant, messages, settings, limit):
    setattr(settings, limit, 4)

    export = made(person, tenant)

    problem = {"EXPORT_MAX_ROWS": "rows", "EXPORT_MAX_BYTES": "size"}[limit]
    assert (export.state, export.problem, export.attempts) == ("cancelled", problem, 1)
    assert not retry(export, actor=person.email)
    assert jobs.summary(Export)["failed"] == 0


def test_exports_at_once_are_limited(person, tenant, settings):
    settings.EXPORTS_PER_PERSON, settings.EXPORTS_PER_TENANT = 2, 2
    first = asked(person, tenant)
    asked(person, tenant)
    with pytest.raises(TooMany) as error:
        asked(person, tenant)
    assert (error.value.whose, error.value.most) == ("person", 2)

    run_exports(export_id=first.id)

    assert asked(person, tenant).state == "queued"


def test_failing_attempt_is_made_again_and_leaves_no_file(person, tenant, messages, monkeypatch, files):
    monkeypatch.setattr(making, "_write_done", lambda *args: 1 / 0)
    export = made(person, tenant)
    assert (export.state, export.attempts) == ("queued", 1)
    monkeypatch.undo()

    Export.objects.update(not_before=None)
    run_exports()

    export.refresh_from_db()
    assert (export.state, export.attempts) == ("done", 2)
    assert [path.name for path in files.rglob("*.csv")] == [f"{export.id}_2.csv"]


def test_erasure_deletes_files_and_says_so(person, tenant, other_tenant, messages):
    export = made(person, tenant)
    masked = made(person, tenant, columns=["message_id"])
    theirs = Export.objects.get(id=masked.id)
    path = Path(path_of(export))

    erase_number(number=NUMBER, tenant=tenant, actor="tests")
    delete_old(now=timezone.now())

    export.refresh_from_db()
    theirs.refresh_from_db()
    assert (path.exists(), export.has_file, export.gone, export.sealed) == (False, False, "erased", "")
    assert theirs.gone == "erased"
    assert AuditEntry.objects.filter(action="export.file_deleted").count() == 2


def test_names_are_read_once_whatever_the_number_of_pages(person, tenant, messages, monkeypatch):
    """Each page takes one statement, and the campaigns that no page before it had."""
    export = asked(person, tenant)
    statements = []

    def counted(execute, sql, parameters, many, context):
        statements.append(sql)
        return execute(sql, parameters, many, context)

    monkeypatch.setattr("deliveries.search.walk.walk.__kwdefaults__", {"step": 1, "with_parameters": True})
    monkeypatch.setattr("deliveries.search.walk._LEAST", 1)
    with connection.execute_wrapper(counted):
        run_exports(export_id=export.id)

    def times(table: str) -> int:
        return sum(f'FROM "{table}"' in sql for sql in statements)

    export.refresh_from_db()
    assert export.done == 5
    assert [times("result_code"), times("tenants_gatewayaccount"), times("tenants_feed")] == [1, 1, 1]
    assert 1 <= times("campaigns_campaign") <= 3
    read = [sql for sql in statements if "m.message_id" in sql and "count(*)" not in sql]
    assert len(read) == 6
    assert all("NULL::jsonb AS custom_parameters" in sql and "m.received_at" not in sql for sql in read)


def test_export_that_runs_during_an_erasure_is_made_again(person, tenant, messages, monkeypatch):
    def walk_while_a_number_is_erased(query, **more):
        yield from walk(query, **more)
        thread = Thread(target=_erase, args=(tenant,))
        thread.start()
        thread.join()

    monkeypatch.setattr(searches, "walk", walk_while_a_number_is_erased)
    export = made(person, tenant)
    assert (export.state, export.erased_at, export.file) == ("queued", None, "")
    assert list(Path(default_storage.path("exports")).rglob("*.csv")) == []
    monkeypatch.undo()

    Export.objects.update(not_before=None)
    run_exports()

    export.refresh_from_db()
    assert export.state == "done"
    assert "7654398" not in content(export)


def _erase(tenant) -> None:
    try:
        erase_number(number=NUMBER, tenant=tenant, actor="tests")
    finally:
        connection.close()


@pytest.mark.parametrize(
    "field, days, is_deleted",
    [
        ("messages_before", 9, False),
        ("messages_before", 8, True),
        ("numbers_before", 9, False),
        ("numbers_before", 8, True),
    ],
)
def test_file_with_days_past_their_retention_is_deleted(person, tenant, messages, field, days, is_deleted):
    export = made(person, tenant)
    mark, _new = RetentionMark.objects.get_or_create(tenant=tenant)
    hours = {"hours_before": timezone.now()} if field == "messages_before" else {}
    RetentionMark.objects.filter(pk=mark.pk).update(**{field: day(days)} | hours)

    delete_old(now=timezone.now())

    export.refresh_from_db()
    assert export.gone == ("retention" if is_deleted else "")


def test_masked_file_stays_when_numbers_are_past_their_retention(person, tenant, messages):
    Membership.objects.filter(user=person).update(role=Role.ANALYST)
    export = made(person, tenant)
    RetentionMark.objects.create(tenant=tenant, numbers_before=day(0))

    assert delete_old(now=timezone.now()) == 0
    export.refresh_from_db()
    assert export.has_file


def test_file_expires_after_a_week_and_its_row_after_a_month(person, tenant, messages):
    export = made(person, tenant)
    path, now = Path(path_of(export)), timezone.now()
    assert delete_old(now=now + timedelta(days=6, hours=23)) == 0

    with pytest.raises(FileNotFoundError):
        open_file(export, now=now + timedelta(days=7, minutes=1))
    assert delete_old(now=now + timedelta(days=7, minutes=1)) == 1

    export.refresh_from_db()
    assert (export.gone, path.exists()) == ("expired", False)
    delete_old(now=now + timedelta(days=31))
    assert not Export.objects.exists()


def test_search_is_stored_encrypted(person, tenant, messages):
    export = asked(person, tenant, number=NUMBER)

    assert "7654398" not in export.sealed
    run_exports(export_id=export.id)
    export.refresh_from_db()
    assert export.done == 1
    assert stored_files.delete(export, why=Export.Gone.DELETED, actor="x", now=timezone.now())
    export.refresh_from_db()
    assert (export.sealed, export.gone) == ("", "deleted")
