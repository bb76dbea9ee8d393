"""Pages of exports: asking for one, the list, the file, and what other people may do with it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from deliveries.exports.kinds import unseal
from deliveries.message_pages.columns import COLUMNS
from deliveries.models import Export
from deliveries.search.stored import query_of
from portal.accounts.models import AuditEntry, Membership, Role
from portal.common.jobs import JobState
from tests.conftest import make_user
from tests.pages.conftest import make_export
from tests.pages.searched import NUMBER, day, text_of

pytestmark = pytest.mark.django_db

URL = "/t/nordic-retail/exports/"
FORM = {"format": "xlsx", "columns": ["sent_at", "message_id"]}


@pytest.fixture
def manager(client, person):
    client.force_login(person)
    return client


def test_page_says_how_many_messages_there_are(manager, messages):
    page = text_of(manager.get(f"{URL}new/", {"period": "all"}))
    assert "The search finds 5 messages." in page
    assert "A file holds at most 10,000,000 messages." in page
    assert "The file holds phone numbers in full." in page

    assert "The search finds 1 message." in text_of(manager.get(f"{URL}new/", {"number": NUMBER}))


def test_count_by_statement_is_the_number_of_messages_found(manager, messages):
    for filters, expected in (
        ({"ref_id_prefix": "sale"}, 2),
        ({"ref_id": "news", "period": "all"}, 1),
        ({"number": NUMBER, "counts_as": "failed"}, 0),
        ({"message_id": "a"}, 1),
        ({"campaign": "sale", "partner_id": "nr-fi", "period": "all"}, 2),
    ):
        assert manager.get(f"{URL}new/", filters).context["count"] == expected, filters


def test_asking_queues_the_search_of_the_address(manager, tenant, person, messages):
    answer = manager.post(f"{URL}new/?campaign=sale&from={day(20)}&to={day(1)}", FORM)

    assert (answer.status_code, answer["Location"]) == (302, URL)
    export = Export.objects.get()
    query = query_of(unseal(export.sealed))
    assert (query.campaign, query.first, query.last, query.tenant_ids) == ("sale", day(20), day(1), {tenant.id})
    assert (export.maker, export.state, export.format, export.columns) == (person, "queued", "xlsx", FORM["columns"])
    assert export.title.endswith(" · Campaign: sale")
    assert AuditEntry.objects.get(action="export.asked").subject == f"nordic-retail_messages_{export.id}.xlsx"
    # format and columns are remembered
    form = manager.get(f"{URL}new/").context["form"]
    assert form.initial == {"format": "xlsx", "columns": FORM["columns"], "parameters": ""}


def test_named_period_is_that_of_the_day_of_asking(manager, messages):
    manager.post(f"{URL}new/?period=7d", FORM)

    query = query_of(unseal(Export.objects.get().sealed))
    today = timezone.now().astimezone(ZoneInfo("Europe/Helsinki")).date()
    assert (query.first, query.last) == (today - timedelta(days=6), today)


def test_number_is_masked_in_the_title_for_everybody(manager, messages):
    manager.post(f"{URL}new/?number=%2B358407654398", FORM)

    export = Export.objects.get()
    assert "7654398" not in export.title + export.sealed
    assert query_of(unseal(export.sealed)).number == NUMBER


@pytest.mark.parametrize(
    ("query", "form", "status", "words"),
    [
        ("", {"format": "pdf", "columns": ["sent_at"]}, 422, "Choose XLSX, CSV or Parquet, not “pdf”."),
        ("", {"columns": ["sent_at"]}, 422, "Choose a format."),
        ("", {"format": "csv"}, 422, "Choose at least one column."),
        ("", {"format": "csv", "columns": ["x"]}, 422, "There is no column “x”."),
        ("?colour=red", FORM, 422, "Unknown filter “colour”."),
        ("?from=2026-13-01", FORM, 422, "This search cannot be saved:"),
    ],
)
def test_wrong_input_is_named(manager, query, form, status, words):
    answer = manager.post(f"{URL}new/{query}", form)

    assert answer.status_code == status
    assert words in text_of(answer)
    assert not Export.objects.exists()


def test_too_many_messages_are_refused_before(manager, messages, settings):
    settings.EXPORT_MAX_ROWS = 4

    page = text_of(manager.get(f"{URL}new/", {"period": "all"}))

    assert "These are too many messages for a file." in page


def test_limit_of_exports_at_once(manager, messages, settings):
    settings.EXPORTS_PER_PERSON = 1
    manager.post(f"{URL}new/", FORM)

    answer = manager.post(f"{URL}new/", FORM)

    assert answer.status_code == 422
    assert "You have 1 exports that wait or are being made" in text_of(answer)


def test_sheets_are_told_before(manager, messages, monkeypatch):
    monkeypatch.setattr("deliveries.exports.views.total", lambda query: 2_500_000)

    assert "they fill 3 sheets" in text_of(manager.get(f"{URL}new/"))


def test_list_has_states_and_asks_again_only_while_something_is_open(manager, tenant, person):
    make_export(tenant, person)
    make_export(tenant, person, state="failed", error="DataError: x")
    make_export(tenant, person, state="cancelled", problem="rows")
    make_export(tenant, person, gone="erased", gone_at=timezone.now())
    page = manager.get(URL)
    text = text_of(page)
    assert "every 2s" not in text
    assert "Deleted because a phone number was erased that may be in it" in text
    assert "There are more rows than a file may have." in text
    assert "DataError" not in text
    running = make_export(tenant, person, state="running", done=2, total=5)

    part = manager.get(URL, headers={"HX-Request": "true"})

    assert "<html" not in text_of(part)
    assert "every 2s" in text_of(part)
    assert 'value="40"' in text_of(part)
    assert f"{URL}{running.id}/cancel/" in text_of(part)


def test_empty_list_leads_to_the_search(manager):
    assert "No saved files" in text_of(manager.get(URL))


@pytest.mark.parametrize("n", (1, 3))
def test_number_of_queries_does_not_grow(manager, tenant, person, n, django_assert_num_queries):
    for _ in range(n):
        make_export(tenant, person)
    manager.get(URL)

    with django_assert_num_queries(14):
        manager.get(URL)


def test_file_is_for_who_asked_for_it(client, manager, tenant, person):
    export = make_export(tenant, person, text="a;b")

    answer = manager.get(f"{URL}{export.id}/download/")

    assert b"".join(answer.streaming_content) == b"a;b"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="nordic-retail_messages_{export.id}.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    assert list(AuditEntry.objects.values_list("action", "actor")) == [("export.downloaded", person.email)]
    client.force_login(make_user("olli@example.com", tenant, Role.OWNER))
    assert f"{URL}{export.id}/delete/" in text_of(client.get(URL))
    assert f"{URL}{export.id}/download/" not in text_of(client.get(URL))
    assert client.get(f"{URL}{export.id}/download/").status_code == 404


def test_analyst_sees_only_own_exports(client, tenant, person):
    theirs = make_export(tenant, person)
    analyst = make_user("anna@example.com", tenant, Role.ANALYST)
    mine = make_export(tenant, analyst)
    client.force_login(analyst)

    assert client.get(URL).context["exports"] == [mine]
    for action in ("cancel", "retry", "delete"):
        assert client.post(f"{URL}{theirs.id}/{action}/").status_code == 404


def test_viewer_may_not_save_searches(client, tenant, messages):
    client.force_login(make_user("ville@example.com", tenant, Role.VIEWER))

    assert [client.get(URL).status_code, client.post(f"{URL}new/", FORM).status_code] == [403, 403]
    assert "Save all as file" not in text_of(client.get("/t/nordic-retail/messages/", {"period": "all"}))


def test_file_in_full_is_not_for_a_role_that_sees_numbers_masked(manager, tenant, person):
    export = make_export(tenant, person, in_full=True)
    Membership.objects.filter(user=person).update(role=Role.ANALYST)

    answer = manager.get(f"{URL}{export.id}/download/")

    assert answer.status_code == 403
    assert "This file has numbers in full" in text_of(answer)
    assert f"{export.id}/download/" not in text_of(manager.get(URL))


def test_expired_link_has_no_file(manager, tenant, person):
    export = make_export(tenant, person, expires_at=timezone.now() - timedelta(seconds=1))
    answer = manager.get(f"{URL}{export.id}/download/")
    assert (answer.status_code, "The file was deleted" in text_of(answer)) == (410, True)

    restored = make_export(tenant, person)
    default_storage.delete(restored.file)  # backups leave files of exports out
    assert manager.get(f"{URL}{restored.id}/download/").status_code == 410

    waiting = make_export(tenant, person, state="queued")
    assert manager.get(f"{URL}{waiting.id}/download/").status_code == 409


def test_cancel_retry_and_delete(manager, tenant, person):
    export = make_export(tenant, person, state="queued")
    for action, state, gone in (("cancel", "cancelled", ""), ("retry", "queued", ""), ("cancel", "cancelled", "")):
        assert manager.post(f"{URL}{export.id}/{action}/")["Location"] == URL
        export.refresh_from_db()
        assert (export.state, export.gone) == (state, gone)
    manager.post(f"{URL}{export.id}/delete/")

    export.refresh_from_db()
    assert (export.state, export.gone) == (JobState.CANCELLED, "deleted")
    assert "cannot be made again" in text_of(manager.post(f"{URL}{export.id}/retry/", follow=True))
    assert "has ended already" in text_of(manager.post(f"{URL}{export.id}/cancel/", follow=True))


def test_message_search_leads_to_it(manager, messages):
    page = text_of(manager.get("/t/nordic-retail/messages/", {"campaign": "sale", "period": "all"}))

    assert f"{URL}new/?campaign=sale&period=all" in page
    assert set(COLUMNS) == set(manager.get(f"{URL}new/").context["form"].initial["columns"])
