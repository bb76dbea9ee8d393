"""Rows that could not be read, as staff replay, discard, read and search them."""

import re

import pytest
from django.core.management import call_command
from django.db import connection

from deliveries.models import IngestCount, QuarantinedRow
from deliveries.services.apply import apply_waiting
from tests.admin.acting import act, audit
from tests.conftest import NOW
from tests.deliveries.helpers import put


def quarantine(feed, *bodies: bytes) -> list[QuarantinedRow]:
    """Let bodies come in that cannot be read; returns their quarantined rows."""
    put(feed, *bodies)
    apply_waiting(now=NOW)
    return list(QuarantinedRow.objects.order_by("id"))


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inbox_todo")
        return cursor.fetchone()[0]


def test_quarantined_rows_are_replayed(staff, feed):
    first, _second = quarantine(feed, b"{broken", b"broken too")

    page = act(staff, "deliveries_quarantinedrow", "replay_rows", first).content.decode()

    states = list(QuarantinedRow.objects.order_by("id").values_list("state", "resolved_by"))
    assert states == [("replayed", "staff@example.com"), ("waiting", "")]
    assert ("1 row is on its way again." in page, waiting()) == (True, 1)
    assert sum(IngestCount.objects.values_list("quarantined", flat=True)) == 1


def test_quarantined_row_that_left_the_inbox_is_replayed_from_its_copy(staff, feed):
    (row,) = quarantine(feed, b"{broken")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inbox")

    act(staff, "deliveries_quarantinedrow", "replay_rows", row)

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM inbox")
        assert [bytes(body) for (body,) in cursor.fetchall()] == [b"{broken"]


def test_quarantined_rows_are_discarded_with_a_reason_alone(staff, feed):
    first, _second = quarantine(feed, b"{broken", b"broken too")

    asked = act(staff, "deliveries_quarantinedrow", "discard_rows", first)
    unsaid = act(staff, "deliveries_quarantinedrow", "discard_rows", first, reason_text="  ")
    before = QuarantinedRow.objects.filter(state="discarded").count()
    done = act(staff, "deliveries_quarantinedrow", "discard_rows", first, reason_text="A test of the gateway's.")

    first.refresh_from_db()
    assert "1 waiting row will be discarded." in asked.content.decode()
    assert ("This field is required." in unsaid.content.decode(), before) == (True, 0)
    assert (first.state, first.resolution, first.resolved_by) == (
        "discarded", "A test of the gateway's.", "staff@example.com",
    )  # fmt: skip
    assert "1 row was discarded." in done.content.decode()


def test_all_rows_that_match_are_discarded_without_naming_each(staff, feed):
    quarantine(feed, *[b"{broken %d" % number for number in range(3)])
    rows = list(QuarantinedRow.objects.all())
    page = act(staff, "deliveries_quarantinedrow", "discard_rows", *rows, select_across="1").content.decode()
    act(staff, "deliveries_quarantinedrow", "discard_rows", rows[0], select_across="1", reason_text="Noise.")

    assert ('name="select_across" value="1"' in page, page.count('name="_selected_action"')) == (True, 1)
    assert QuarantinedRow.objects.filter(state="discarded").count() == 3


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a": "<script>alert(1)</script>"', "{&quot;a&quot;: &quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot;"),
        (b"\xff\xfe\x00\x01ab", "fffe0001 6162"),
        ("{\u202eevil\x00\n".encode(), "{\\u202eevil\\x00\n"),
        (b"x" * 70_000, "x" * 65_536 + "\n… 4464 bytes more"),
        ("ä".encode() * 40_000 + b"!", "ä" * 32_768 + "\n… 14465 bytes more"),
        (b"x" + "ä".encode() * 40_000, "x" + "ä" * 32_767 + "\n… 14465 bytes more"),
    ],
    ids=["markup", "binary", "invisible", "long", "long text", "cut character"],
)
def test_raw_body_is_shown_as_text_and_as_hex_where_it_is_none(staff, feed, body, shown):
    row = QuarantinedRow.objects.create(
        inbox_id=1, feed=feed, received_at=NOW, body=body, reason="not JSON", detail="x"
    )

    page = staff.get(f"/admin/deliveries/quarantinedrow/{row.pk}/change/").content.decode()

    assert re.search(r'<pre class="raw">(.*?)</pre>', page, re.DOTALL)[1] == shown


@pytest.mark.parametrize(
    ("query", "found"),
    [("4711", [4711]), ("not JSON", [4711, 4712]), ("main", [4711, 4712]), ("JSON", []), ("", [4711, 4712])],
)
def test_quarantine_is_searched_by_inbox_id_reason_and_feed(staff, feed, query, found):
    for number in (4711, 4712):
        QuarantinedRow.objects.create(
            inbox_id=number, feed=feed, received_at=NOW, body=b"x", reason="not JSON", detail="x"
        )

    response = staff.get("/admin/deliveries/quarantinedrow/", {"q": query})

    assert sorted(row.inbox_id for row in response.context["cl"].result_list) == found


def test_every_row_of_a_reason_is_replayed_by_choosing_one(staff, feed):
    quarantine(feed, b"{broken", b"broken too", b"\xff\xfe")
    chosen = QuarantinedRow.objects.filter(reason="not JSON").first()

    act(staff, "deliveries_quarantinedrow", "replay_reasons", chosen)

    assert set(QuarantinedRow.objects.values_list("reason", "state")) == {("not JSON", "replayed")}
    assert audit("quarantine.replay") == [(None, "staff@example.com", "not JSON", {"rows": 3})]


def test_quarantine_is_filtered_by_the_reasons_that_wait(staff, feed):
    for number, reason in enumerate(("not JSON", "no id")):
        QuarantinedRow.objects.create(inbox_id=number, feed=feed, received_at=NOW, body=b"x", reason=reason, detail="x")

    page = staff.get("/admin/deliveries/quarantinedrow/", {"reason": "no id"})

    assert [row.reason for row in page.context["cl"].result_list] == ["no id"]


def test_request_of_a_row_is_shown(staff, feed, capsys):
    row = QuarantinedRow.objects.create(
        inbox_id=1, feed=feed, received_at=NOW, body=b"<d/>", reason="not an object", detail="x",
        method="PUT", query="a=<b>", content_type="application/xml", content_encoding="br",
    )  # fmt: skip

    page = staff.get(f"/admin/deliveries/quarantinedrow/{row.pk}/change/").content.decode()
    assert "PUT ?a=&lt;b&gt;, application/xml, Content-Encoding: br" in page

    call_command("quarantine", show=row.pk)
    row.method = row.query = row.content_type = row.content_encoding = ""
    row.save()
    call_command("quarantine", show=row.pk)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("feed ")]
    said = "feed link-main/main, received 2026-11-20 12:00:00 UTC, waiting, by "
    assert lines == [said + "PUT ?a=<b>, application/xml, Content-Encoding: br", said + "POST"]
