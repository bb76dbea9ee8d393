"""An upload of events: columns, counts, errors by line, undo, and who may do it."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns.models import ConversionEvent, ConversionUpload
from deliveries.conversions import uploads
from deliveries.conversions.uploads import run_uploads
from deliveries.models import ConversionDue
from portal.accounts.models import AuditEntry
from tests.erasure.places import has_number

pytestmark = pytest.mark.django_db

URL = "/t/nordic-retail/conversions/"
DAY = f"{timezone.now() - timedelta(days=2):%d.%m.%Y}"
HEAD = "Tilaus;kind;Aika;value;currency;Puhelin"
COLUMNS = {"event_id": "0", "kind": "1", "occurred_at": "2", "value": "3", "currency": "4", "destination": "5"}
LINES = [
    f"t1;purchase;{DAY} 10.05;49,90;EUR;040 123 4567",
    f"t2;sign-up;{DAY} 10.06;;;+358 50 123 4567",
    f"t3;refund;{DAY} 10.07;;;+358501234567",
    "t4;purchase;eilen;x;EUR;+358501234567",
    f"t1;purchase;{DAY} 10.05;50;EUR;040 123 4567",
    f"t2;sign-up;{DAY} 10.06;;;+358 50 123 4567",
]


def send(client, lines=LINES, *, head: str = HEAD, name: str = "tilaukset.csv"):
    content = "\r\n".join([head, *lines]).encode("cp1252")
    return client.post(f"{URL}upload/", {"file": SimpleUploadedFile(name, content)})


@pytest.fixture
def confirmed(client, manager, kinds, tenant) -> ConversionUpload:
    client.force_login(manager)
    client.post(send(client).url, COLUMNS)
    run_uploads()
    return ConversionUpload.objects.get()


def test_file_is_shown_masked_and_nothing_is_stored_before_its_columns_are_chosen(client, manager, kinds, viewer):
    client.force_login(manager)
    answer = send(client, name="+358401234567.csv")
    page = client.get(answer.url)

    upload = ConversionUpload.objects.get()
    assert (answer.status_code, page.status_code, upload.state, upload.problem) == (
        302,
        200,
        "cancelled",
        "not_confirmed",
    )
    assert "+358 •••••••67.csv" in page.text
    assert not has_number(upload.sealed)
    assert page.context["form"].fields["kind"].initial == "1"
    assert run_uploads() == 0
    wrong = client.post(answer.url, COLUMNS | {"destination": "", "kind": "", "currency": ""})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"kind", "currency", "__all__"}
    assert ConversionEvent.objects.count() == 0


def test_events_are_stored_and_refusals_are_told_by_line(confirmed, client, tenant):
    assert (confirmed.state, confirmed.done, confirmed.added, confirmed.known, confirmed.refused) == (
        "done",
        6,
        2,
        1,
        3,
    )
    assert list(ConversionEvent.objects.order_by("event_id").values_list("event_id", "value", "source", "upload")) == [
        ("t1", 49_900_000, "upload", confirmed.id), ("t2", None, "upload", confirmed.id)
    ]  # fmt: skip
    assert [(line, field, code) for line, field, code, _detail in confirmed.errors] == [
        (4, "kind", "kind"), (5, "value", "decimals"), (5, "occurred_at", "day"), (6, "event_id", "conflict")
    ]  # fmt: skip
    assert ConversionDue.objects.count() == 2
    assert confirmed.sealed == ""
    page = client.get(f"{URL}uploads/{confirmed.id}/").text
    assert "Kind: is no kind of this customer. There are: purchase, sign-up" in page
    file = client.get(f"{URL}uploads/{confirmed.id}/errors/").content.decode("utf-8-sig")
    assert len(file.splitlines()) == 5
    assert [entry.subject for entry in AuditEntry.objects.filter(action="conversions.uploaded")] == ["tilaukset.csv"]


def test_columns_are_remembered_for_the_next_file(confirmed, client):
    page = client.get(send(client, [], head="Puhelin;Tilaus;kind;Aika").url)

    initial = {name: field.initial for name, field in page.context["form"].fields.items() if field.initial}
    assert initial == {"destination": "0", "event_id": "1", "kind": "2", "occurred_at": "3"}


def test_undo_deletes_the_events_of_the_upload_but_frozen_ones(confirmed, client):
    ConversionEvent.objects.filter(event_id="t2").update(is_frozen=True)
    address = f"{URL}uploads/{confirmed.id}/undo/"

    first, second = client.post(address, follow=True).text, client.post(address, follow=True).text
    assert "Deleted events: 1. Kept, because their messages are past the retention period: 1." in first
    assert "is undone already" in second
    assert list(ConversionEvent.objects.values_list("event_id", flat=True)) == ["t2"]
    assert AuditEntry.objects.get(action="conversions.upload_undone").details == {"deleted": 1, "kept": 1}


def test_an_upload_goes_on_where_a_killed_one_stopped(client, manager, kinds, monkeypatch):
    monkeypatch.setattr(uploads, "CHUNK", 2)
    client.force_login(manager)
    client.post(send(client).url, COLUMNS)
    upload = ConversionUpload.objects.get()
    content = uploads.content_of(upload)
    # The first chunk is stored; then the worker dies and the lease ends.
    ConversionUpload.objects.update(state="running", lease_until=timezone.now() + timedelta(minutes=1), attempts=1)
    upload.refresh_from_db()
    rows = list(uploads.files.rows(content))
    names = [uploads.files.text_of_cell(cell) for cell in rows[0].cells]
    uploads._store(upload, rows[1:3], names, uploads.Places(upload.tenant), uploads.ZoneInfo(upload.tenant.timezone))
    ConversionUpload.objects.update(lease_until=timezone.now() - timedelta(minutes=1))

    assert run_uploads() == 1
    upload.refresh_from_db()
    assert (upload.done, upload.added, upload.known, upload.refused) == (6, 2, 1, 3)


def test_cancelled_upload_is_not_read_and_old_files_are_deleted(client, manager, kinds):
    client.force_login(manager)
    client.post(send(client).url, COLUMNS)
    upload = ConversionUpload.objects.get()
    client.post(f"{URL}uploads/{upload.id}/cancel/")

    assert (run_uploads(), ConversionEvent.objects.count()) == (0, 0)
    assert uploads.delete_old_files(now=timezone.now()) == 0
    assert uploads.delete_old_files(now=timezone.now() + timedelta(days=2)) == 1
    send(client)
    assert uploads.delete_old_files(now=timezone.now() + timedelta(days=2)) == 1
    assert client.get(f"{URL}uploads/{ConversionUpload.objects.latest('id').id}/").status_code == 410


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04x", "cannot be read as an Excel workbook"),
        (b'a;"b', "Line 1 cannot be read as CSV"),
        (b"a;a\n1;2", "Column 2 has no name in the first line, or that of an earlier column."),
        (b"a;;b\n1;2;3", "Column 2 has no name"),
        (b"a;b\n1;\x81", "Line 2 is not text in UTF-8"),
        (b'{"event_id": "1"}', "This is a PDF, JSON, HTML or XML file"),
        (b"a\n" + b"x" * 20 * 1024**2, "The file is larger than 20 MB."),
    ],
    ids=lambda value: str(value)[:20],
)
def test_file_that_cannot_be_read_is_refused_with_words(client, manager, kinds, content, words):
    client.force_login(manager)
    answer = client.post(f"{URL}upload/", {"file": SimpleUploadedFile("x.csv", content)}, follow=True)

    assert (answer.status_code, words in answer.text) == (422, True)
    assert not ConversionUpload.objects.exclude(problem="not_confirmed").exists()


def test_problem_below_the_first_lines_is_told_with_its_line_and_nothing_is_stored(client, manager, kinds):
    client.force_login(manager)
    answer = send(client, [*LINES, *LINES, '"x'])
    client.post(answer.url, COLUMNS)
    run_uploads()

    upload = ConversionUpload.objects.get()
    assert (upload.state, upload.done, ConversionEvent.objects.count()) == ("failed", 0, 0)
    assert "Line 14 cannot be read as CSV: its quotation marks do not match." in client.get(answer.url).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "x" * 3 * 1024**2}, "All texts of a form together may have at most 2.5 MB."),
        ({f"name{n}": "x" for n in range(1500)}, "A form may have at most 1000 fields."),
        ({f"file{n}": SimpleUploadedFile("x", b"1") for n in range(101)}, "A form may have at most 100 files."),
    ],
    ids=["long", "fields", "files"],
)
def test_form_over_a_limit_is_refused_with_the_limit(client, manager, kinds, fields, words):
    client.force_login(manager)
    answer = client.post("/t/nordic-retail/settings/conversions/", fields)

    assert (answer.status_code, words in answer.text.replace("\xa0", " ")) == (413, True)


def test_analysts_see_events_and_only_managers_upload(client, analyst, viewer, kinds):
    seen = {}
    for person in (viewer, analyst):
        client.force_login(person)
        seen[person.email] = [client.get(f"{URL}{page}").status_code for page in ("", "events/", "upload/")]

    assert seen == {viewer.email: [403, 403, 403], analyst.email: [200, 200, 403]}


def test_counts_open_lists_of_as_many_events(confirmed, client):
    ConversionEvent.objects.filter(event_id="t1").update(
        reason="", attributed_account_id=1, attributed_message_id="m1", attributed_at=timezone.now()
    )
    page = client.get(URL, {"period": "7d"})

    rows = {row.name: (row.events, row.attributed, row.unattributed, values) for row, values in page.context["kinds"]}
    assert rows == {"purchase": (1, 1, 0, [("EUR", "49.90")]), "sign-up": (1, 0, 1, [])}
    period = page.context["period_query"]
    lists = {
        query: len(client.get(f"{URL}events/?{period}&{query}").context["rows"])
        for query in ("kind=purchase", "kind=sign-up&attributed=no", "attributed=yes", "reason=not_yet", "")
    }
    assert lists == {
        "kind=purchase": 1,
        "kind=sign-up&attributed=no": 1,
        "attributed=yes": 1,
        "reason=not_yet": 1,
        "": 2,
    }
    assert client.get(URL, {"from": "x"}).status_code == 422


def test_kinds_are_named_in_the_settings_and_stay_while_they_have_events(confirmed, client, kinds):
    settings = "/t/nordic-retail/settings/conversions/"
    assert client.post(settings, {"name": "code confirmed", "window_minutes": "10", "is_otp": "on"}).status_code == 302
    wrong = [{"name": "purchase"}, {"name": ""}, {"name": "of +358401234567"}, {"name": "x", "window_minutes": "0"}]
    assert [client.post(settings, values).status_code for values in wrong] == [422] * 4
    added = kinds["purchase"].tenant.conversion_kinds.get(name="code confirmed")
    assert (added.window_minutes, added.is_otp) == (10, True)
    for kind in (added, kinds["purchase"]):
        client.post(f"{settings}{kind.id}/remove/")
    assert sorted(kinds["purchase"].tenant.conversion_kinds.values_list("name", flat=True)) == ["purchase", "sign-up"]
