"""The page of one message: all that is known of it, and its number, masked or for a reason."""

import re

import pytest

from portal.accounts.models import AuditEntry, Role
from tests.conftest import make_user
from tests.deliveries.helpers import apply, dlr, hand_in, submission
from tests.pages.searched import DIGITS, MASKED, NUMBER, URL, ask, day, ids, sent, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("n", (1, 3))
def test_message_needs_as_many_queries_for_one_report_as_for_three(
    client, feed, tenant, manager, n, django_assert_num_queries
):
    apply(feed, *(sent("m", (1005, 1000, 1001)[i], seconds=i) for i in range(n)))
    client.force_login(manager)

    with django_assert_num_queries(22):
        response = client.get(f"{URL}link-main/m/")

    assert [event.code.number for event in response.context["message"].events] == [1005, 1000, 1001][:n]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_number_is_nowhere_for_roles_that_see_it_masked(client, feed, messages, tenant, role):
    apply(feed, sent("s", ago=1, refId=f"r-{DIGITS}", customParameters={
        "destination": NUMBER, "source": NUMBER, "again": f"0{DIGITS}", "spaced": "+358 40 765 43 98", "shop": "7",
    }))  # fmt: skip
    client.force_login(make_user("masked@example.com", tenant, role))

    pages = [text_of(ask(client)), text_of(ask(client, message_id="s")), text_of(client.get(f"{URL}link-main/s/"))]

    assert [MASKED in page for page in pages] == [True, True, True]
    assert [DIGITS[-6:] in re.sub(r"[\s+]", "", page) for page in pages] == [False, False, False]
    assert client.get(f"{URL}link-main/s/").context["message"].parameters == {
        "again": MASKED, "spaced": MASKED, "shop": "7",
    }  # fmt: skip


@pytest.mark.parametrize("role", [Role.MANAGER, Role.OWNER])
def test_number_is_shown_to_roles_that_may_see_it(client, messages, tenant, role):
    client.force_login(make_user("trusted@example.com", tenant, role))

    page = client.get(f"{URL}link-main/a/")

    assert ids(ask(client, number=NUMBER)) == ["a"]
    assert (ask(client).context["rows"][-1].destination, page.context["row"].destination) == (NUMBER, NUMBER)
    assert page.context["reveal"] is None
    assert page.context["links"] == [
        ("Messages of the same campaign", f"{URL}?campaign=sale"),
        ("Messages with the same partner ID", f"{URL}?partner_id=nr-fi"),
        ("Messages to the same number", f"{URL}?number=%2B358407654398"),
    ]


def test_number_is_revealed_once_for_a_reason_that_is_logged(client, messages, tenant, analyst):
    client.force_login(analyst)
    address = f"{URL}link-main/a/"

    posted = client.post(address, {"reason": "The customer called about order 7"})
    client.head(address)  # takes nothing away
    response, reloaded = client.get(address), client.get(address)

    assert (posted.status_code, posted.headers["Location"], NUMBER in text_of(posted)) == (
        302, f"{address}#reveal", False,
    )  # fmt: skip
    assert [NUMBER in text_of(page) for page in (response, reloaded)] == [True, False]
    assert response.headers["Cache-Control"] == "no-store, private"
    entry = AuditEntry.objects.get(action="message.number_revealed")
    assert (entry.actor, entry.tenant, entry.subject, entry.details) == (
        "analyst@example.com",
        tenant,
        "link-main/a",
        {"reason": "The customer called about order 7", "tenant": "nordic-retail"},
    )


def test_number_is_revealed_on_its_own_page_alone(client, messages, analyst):
    client.force_login(analyst)
    client.post(f"{URL}link-main/a/", {"reason": "A complaint"})

    pages = [client.get(f"{URL}link-main/{id_}/") for id_ in ("b", "a")]

    assert [page.context["revealed"] for page in pages] == ["", ""]


def test_viewer_reveals_no_number(client, messages, viewer):
    client.force_login(viewer)

    page, posted = client.get(f"{URL}link-main/a/"), client.post(f"{URL}link-main/a/", {"reason": "A complaint"})

    assert (page.context["reveal"], "Show number" in text_of(page), posted.status_code) == (None, False, 403)
    assert not AuditEntry.objects.filter(action="message.number_revealed").exists()


def test_number_of_a_childs_message_is_logged_at_both(client, feed, family, tenant, analyst):
    apply(feed, sent("x", partner="nr-no", customParameters={"destination": NUMBER}))
    client.force_login(analyst)

    client.post(f"{URL}link-main/x/", {"reason": "A complaint"})

    entries = AuditEntry.objects.filter(action="message.number_revealed").order_by("id")
    assert [(entry.tenant, entry.details["tenant"]) for entry in entries] == [
        (tenant, "nr-norge"),
        (family, "nr-norge"),
    ]


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("", "required"),
        ("why?", "at least 5 characters"),
        ("x" * 201, "at most 200 characters"),
        (f"Asked for 0{DIGITS}", "Leave phone numbers (8 or more digits) out"),
        ("Asked for +46701112233", "Leave phone numbers (8 or more digits) out"),
        (f"Asked for {DIGITS[-6:]}", "Leave the number itself out"),
    ],
)
def test_number_is_not_revealed_without_a_good_reason(client, messages, analyst, reason, text):
    client.force_login(analyst)

    response = client.post(f"{URL}link-main/a/", {"reason": reason})

    assert (response.status_code, NUMBER in text_of(response)) == (422, False)
    assert text in str(response.context["reveal"].errors["reason"])
    assert not AuditEntry.objects.filter(action="message.number_revealed").exists()


def test_message_with_all_that_is_known_of_it(client, feed, tenant, manager):
    parts = {"segments": 3, "operator": "fi.elisa", "refId": "sale", "customParameters": {"destination": NUMBER}}
    apply(
        feed,
        sent("m$0", 1000, seconds=1, operatorResultCode="2", **parts),
        sent("m$0", 1001, seconds=4, **parts),
        sent("m$2", 1004, seconds=9, **parts),
        sent("m$0", 1006, seconds=30, **parts),
    )
    client.force_login(manager)

    context = client.get(f"{URL}link-main/m/").context
    detail, row = context["message"], context["row"]

    assert (row.status, row.code.number, row.code.reason, row.parts, row.seconds) == (
        "failed", 1006, "subscriber", 3, None,
    )  # fmt: skip
    assert [(event.part, event.code.number, event.after, event.operator_result_code) for event in detail.events] == [
        (1, 1000, 1.0, "2"),
        (1, 1001, 4.0, ""),
        (3, 1004, 9.0, ""),
        (1, 1006, 30.0, ""),
    ]
    assert [(state.part, state.code and state.code.number) for state in detail.part_states] == [
        (1, 1006), (2, None), (3, 1004),
    ]  # fmt: skip
    assert detail.notes == ["Both a final delivery and a final failure were reported. The later one counts."]
    assert row.code.advice == (
        "The operator could not deliver the message and gives no closer reason. Send it again once; remove the number"
        " if it keeps failing."
    )
    assert detail.day == day(9)


def test_submitted_message_is_found_and_says_that_no_report_has_come(client, account, feed, tenant, manager):
    hand_in(account, submission("s", partner_id="nr-fi", ref_id="sale", destination=NUMBER))
    apply(feed)
    client.force_login(manager)

    listed, page = text_of(client.get(URL, {"number": NUMBER})), text_of(client.get(f"{URL}link-main/s/"))
    assert ("No delivery report yet" in listed, "sale" in listed) == (True, True)
    assert [words in page for words in ("Submitted", "No delivery report yet.", "20 Nov 2026 13:59:50")] == [
        True, True, True,
    ]  # fmt: skip
    apply(feed, dlr("s", 1001, sentTimestamp="2026-11-20T11:59:52Z", timestamp="2026-11-20T11:59:55Z"))
    page = text_of(client.get(f"{URL}link-main/s/"))
    assert [words in page for words in ("Submitted", "No delivery report yet.", "20 Nov 2026 13:59:52")] == [
        False, False, True,
    ]  # fmt: skip


def test_message_page_speaks_of_times_in_the_tenants_zone(client, feed, tenant, manager):
    apply(feed, sent("m", timestamp="2026-07-01T09:59:25Z", sentTimestamp="2026-07-01T10:00:00Z"))
    client.force_login(manager)

    page = text_of(client.get(f"{URL}link-main/m/"))

    assert ("1 Jul 2026 13:00:00" in page, "−35" in page) == (True, True)
    assert "According to the clocks, the message was delivered before it was sent" in page


@pytest.mark.parametrize(
    ("code", "language", "words"),
    [
        (2106, "en", "The number is wrong. Check its country code and digits"),
        (2106, "fi", "Numero on virheellinen. Tarkista maakoodi"),
        (1000, "en", "The operator has the message and is delivering it."),
        (1007, "en", "only its billing is still open"),
        (9999, "en", "The portal does not know this result code"),
        (9999, "fi", "Portaali ei tunne tätä tuloskoodia"),
    ],
)
def test_message_and_its_list_say_what_a_sender_can_do(client, feed, tenant, viewer, code, language, words):
    apply(feed, sent("m", code), sent("delivered", 1001))
    client.force_login(viewer)
    client.cookies["language"] = language

    message, listed = text_of(client.get(f"{URL}link-main/m/")), ask(client)

    assert words in message
    explained = {one.number: one.advice for one in listed.context["explained"]}
    assert explained.keys() == ({code} if code != 1007 else set())
    assert (words in text_of(listed)) == (code != 1007)
    assert "There is nothing to do" not in text_of(client.get(f"{URL}link-main/delivered/"))


def test_first_card_says_delivered_once(client, feed, viewer):
    apply(feed, sent("s", 1001, ago=1))
    client.force_login(viewer)

    page = client.get(f"{URL}link-main/s/").content.decode()

    card = page.split('message-state"')[1].split("</section>")[0]
    assert (card.count("Delivered"), "1001" in card, "This status is final." in card) == (1, True, True)
