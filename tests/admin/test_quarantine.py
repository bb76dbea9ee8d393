"""Rows that could not be read, as staff replay, discard, read and search them."""

import re
from html import unescape
from urllib.parse import unquote_plus

import pytest
from django.core.management import call_command
from django.db import connection

from deliveries.applying.apply import apply_waiting
from deliveries.models import IngestCount, QuarantinedRow
from portal.accounts.models import AuditEntry
from portal.tenants.models import GatewayAccount
from tests.admin.acting import act, audit
from tests.conftest import NOW
from tests.deliveries.helpers import put


def quarantine(feed, *bodies: bytes) -> list[QuarantinedRow]:
    """Let bodies come in that cannot be read; returns their quarantined rows."""
    put(feed, *bodies)
    apply_waiting(now=NOW)
    return list(QuarantinedRow.objects.order_by("id"))


def reveal(staff, row: QuarantinedRow, *, reason: str):
    return staff.post(f"/admin/deliveries/quarantinedrow/{row.pk}/reveal/", {"reason": reason}, follow=True)


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inbox_todo")
        return cursor.fetchone()[0]


def test_quarantined_rows_are_replayed(staff, feed):
    first, _second = quarantine(feed, b"{broken", b"broken too")

    page = act(staff, "deliveries_quarantinedrow", "replay_rows", first).content.decode()

    states = list(QuarantinedRow.objects.order_by("id").values_list("state", "resolved_by"))
    assert states == [("replayed", "staff@example.com"), ("waiting", "")]
    assert ("1 row is being replayed." in page, waiting()) == (True, 1)
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


def test_reason_for_discarding_holds_no_phone_number(staff, feed):
    put(feed, b"{}")
    apply_waiting(now=NOW)
    row = QuarantinedRow.objects.get()

    refused = act(staff, "deliveries_quarantinedrow", "discard_rows", row, reason_text="Asked by +358 40 123 4567.")

    assert "Leave phone numbers (8 or more digits) out of this text" in refused.content.decode()
    row.refresh_from_db()
    assert row.state == "waiting"


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
def test_revealed_body_is_shown_as_text_and_as_hex_where_it_is_none(staff, feed, body, shown):
    row = QuarantinedRow.objects.create(
        inbox_id=1, feed=feed, received_at=NOW, body=body, reason="not JSON", detail="x"
    )

    page = reveal(staff, row, reason="Ticket 4711").content.decode()

    assert re.search(r'<pre class="raw">(.*?)</pre>', page, re.DOTALL)[1] == shown


NOTATIONS = [
    "+358401234567", "358401234567", "00358 40 123 4567", "0401234567", "+358 (0)40-123 45 67", "%2B358+40+123+4567",
    "%2B358%2040%20123%204567", "\\u002b358\\u00340123456\\u0037", "&#43;358 40 123 4567",
    "\u0663\u0665\u0668 40 1234567",
]  # fmt: skip


@pytest.mark.parametrize("number", NOTATIONS)
def test_quarantine_masks_numbers_until_they_are_revealed_for_a_reason(staff, feed, number):
    row = QuarantinedRow.objects.create(
        inbox_id=4711, feed=feed, received_at=NOW, body=f'{{"to": "{number}"'.encode(), reason="not JSON",
        detail=f"at {number}", method="GET", query=f"a=b&to={number}", content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    path = f"/admin/deliveries/quarantinedrow/{row.pk}"

    pages = [staff.get(f"{path}/change/"), staff.get("/admin/deliveries/quarantinedrow/"), staff.get(f"{path}/reveal/")]
    shown = " ".join(unquote_plus(unescape(page.content.decode())) for page in pages)
    masked = shown.encode("ascii", "ignore").decode().replace(" ", "").replace("-", "")
    revealed = unescape(unescape(reveal(staff, row, reason="Ticket 4711").content.decode()))

    assert [part for part in ("1234567", "401234", "123456\\u0037") if part in masked] == []
    assert unescape(number) in revealed


def test_revealed_row_is_in_the_audit_log_of_the_accounts_owner_without_the_number(staff, feed, tenant):
    GatewayAccount.objects.filter(id=feed.account_id).update(owner=tenant, owner_since=NOW)
    row = QuarantinedRow.objects.create(
        inbox_id=4711, feed=feed, received_at=NOW, body=b"+358401234567", reason="not JSON", detail="x"
    )

    unsaid, telling = reveal(staff, row, reason=""), reveal(staff, row, reason="of 0401234567")
    before = AuditEntry.objects.filter(action="quarantine.revealed").count()
    response = reveal(staff, row, reason="Ticket 4711")

    assert (unsaid.status_code, telling.status_code, before) == (422, 422, 0)
    assert "401234567" not in unsaid.content.decode()
    entry = AuditEntry.objects.get(action="quarantine.revealed")
    assert (entry.actor, entry.tenant, entry.subject, entry.details) == (
        "staff@example.com", tenant, f"{feed}/4711", {"reason": "Ticket 4711"},
    )  # fmt: skip
    assert (response.status_code, "no-store" in response.headers["Cache-Control"]) == (200, True)
    again = staff.get(f"/admin/deliveries/quarantinedrow/{row.pk}/reveal/")  # a reload
    assert [page.context["is_revealed"] for page in (response, again)] == [True, False]
    assert AuditEntry.objects.filter(action="quarantine.revealed").count() == 1


def test_masked_body_that_is_no_text_is_not_shown(staff, feed):
    row = QuarantinedRow.objects.create(
        inbox_id=4711, feed=feed, received_at=NOW, body="+358401234567".encode("utf-16"), reason="not JSON", detail="x"
    )

    page = staff.get(f"/admin/deliveries/quarantinedrow/{row.pk}/change/").content.decode()

    assert ("28 bytes that are not text" in page, "3500380034" in page.replace(" ", "")) == (True, False)


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
