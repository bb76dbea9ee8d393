"""Submissions produce the same message as its delivery reports: before, after or without them."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from django.db import connection, transaction

from deliveries.applying import quarantine
from deliveries.applying.accounting import find_losses
from deliveries.applying.apply import BatchResult, apply_waiting
from deliveries.applying.replay import replay_inbox
from deliveries.applying.submissions import feed_of
from deliveries.checks.reconcile import find_differences, repair
from deliveries.erasure.erase import erase_number
from deliveries.messages import fold
from deliveries.messages.recipients import recipient_keys
from deliveries.messages.slices import slice_of
from deliveries.models import DeliveryReport, IngestCount, Message, PartnerMove, QuarantinedRow, SubmissionCount
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.refold import refold
from deliveries.retention.retention import apply_retention
from portal.tenants.feeds import TokenError, add_token
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from tests.deliveries.helpers import NOW, dlr, hand_in, put, submission

pytestmark = pytest.mark.django_db

HOUR = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # in which all of them were handed in
FULL = {
    "partner_id": "nr-fi",
    "ref_id": "sale",
    "source": "+358400000001",
    "source_ton": "MSISDN",
    "destination": "+358 40 123 4567",
    "custom_parameters": {"shop": "7"},
}


def apply_submitted(account, *items: dict, **kwargs) -> BatchResult:
    hand_in(account, *items, **({"received_at": NOW} | kwargs))
    return apply_waiting(now=NOW)


def counted() -> list[tuple]:
    rows = SubmissionCount.objects.exclude(messages=0, unanswered=0).order_by("hour", "partner_id")
    return list(rows.values_list("tenant_id", "partner_id", "hour", "messages", "unanswered"))


def outcome(account) -> tuple[int, ...]:
    row = IngestCount.objects.get(feed=feed_of(account.id))
    return row.received, row.reports, row.submissions, row.duplicates, row.quarantined


def stored() -> list[dict]:
    rows = list(Message.objects.order_by("message_id").values())
    return [{name: value for name, value in row.items() if name != "updated_at"} for row in rows]


def assert_all_agrees() -> None:
    assert (list(map(str, find_differences())), find_losses(now=NOW)) == ([], [])


def test_submission_alone_makes_a_message_that_is_queued(account, tenant):
    assert apply_submitted(account, submission("m1", **FULL)) == BatchResult(claimed=1, submissions=1, new_messages=1)

    campaign = tenant.campaigns.get()
    assert stored() == [
        {
            "tenant_id": tenant.id, "day": date(2026, 11, 20), "account_id": account.id, "message_id": "m1",
            "partner_id": "nr-fi", "partner_rank": 0, "ref_id": "sale", "campaign_id": campaign.id, "variant": "",
            "labels": None, "custom_parameters": {"shop": "7"}, "source": "+358400000001",
            "destination": "+358401234567", "sender_type": "msisdn", "country": "FI", "operator": "", "parts": 1,
            "status": "queued", "result_code": -1, "final": False, "status_at": None, "part_states": None,
            "flags": 16 + 128 + 256 + 512 + 1024, "sent_at": NOW - timedelta(seconds=10), "sent_at_rank": 2,
            "delivered_at": None, "latency_bucket": None, "received_at": NOW,
            "recipient_key": recipient_keys().of_number("358401234567", tenant_id=tenant.id),
        }
    ]  # fmt: skip
    assert (campaign.name, DeliveryReport.objects.count()) == ("sale", 0)
    assert outcome(account) == (1, 0, 1, 0, 0)
    assert counted() == [(tenant.id, "nr-fi", HOUR, 1, 1)]
    assert_all_agrees()


@pytest.mark.parametrize("together", [True, False])
def test_any_order_gives_the_same_message(account, feed, tenant, together):
    reports = [
        dlr("m1$0", 1001, timestamp="2026-11-20T11:59:58Z", sentTimestamp="2026-11-20T11:59:52Z", segments=2),
        dlr("m1$1", 1001, timestamp="2026-11-20T11:59:59Z", operator="fi.elisa", customParameters={"shop": "7"}),
    ]
    found = []
    for order in permutations([*reports, submission("m1", **FULL)]):
        with transaction.atomic():
            for item in order:
                if "message_id" in item:
                    hand_in(account, item, received_at=NOW)
                else:
                    put(feed, item, received_at=NOW)
                if not together:
                    apply_waiting(now=NOW)
            apply_waiting(now=NOW)
            assert_all_agrees()
            (message,) = stored()
            found.append(({name: message[name] for name in message if name != "campaign_id"}, counted()))
            transaction.set_rollback(True)

    assert found == found[:1] * 6
    message, counts = found[0]
    assert (message["status"], message["partner_id"], message["sent_at_rank"], message["parts"]) == (
        "delivered", "nr-fi", 3, 2,
    )  # fmt: skip
    assert counts == [(tenant.id, "nr-fi", HOUR, 1, 0)]


def test_identical_submission_is_a_duplicate_and_one_that_tells_more_is_not(account, tenant):
    result = apply_submitted(account, submission("m1", **FULL), submission("m1", **FULL))
    assert result == BatchResult(claimed=2, submissions=1, duplicates=1, new_messages=1)
    before = stored()

    again = apply_submitted(account, submission("m1", **FULL), received_at=NOW + timedelta(seconds=5))
    assert (again, stored()) == (BatchResult(claimed=1, duplicates=1), before)
    assert apply_submitted(account, submission("m2")).submissions == 1
    assert apply_submitted(account, submission("m2", ref_id="sale")) == BatchResult(
        claimed=1, submissions=1, changed_messages=1
    )
    assert outcome(account) == (5, 0, 3, 2, 0)
    assert_all_agrees()


def test_other_feeds_counts_hold_what_they_held(account, feed, tenant):
    put(feed, dlr("m1"), dlr("m1"), b"broken", received_at=NOW)
    apply_submitted(account, submission("m1"))

    row = IngestCount.objects.get(feed=feed)
    assert (row.received, row.reports, row.submissions, row.duplicates, row.quarantined) == (3, 1, 0, 1, 1)
    assert outcome(account) == (1, 0, 1, 0, 0)


def test_first_report_answers_and_a_late_submission_is_answered_at_once(account, feed, tenant):
    apply_submitted(account, submission("a"), submission("b"))
    assert counted() == [(account.pool_id, "", HOUR, 2, 2)]

    put(feed, dlr("a", 1005), dlr("c"), received_at=NOW)  # 1005: queued too, but said by the gateway
    apply_waiting(now=NOW)
    assert counted() == [(account.pool_id, "", HOUR, 2, 1)]
    apply_submitted(account, submission("c"))
    assert counted() == [(account.pool_id, "", HOUR, 3, 1)]
    assert_all_agrees()


def test_messages_without_submissions_stand_in_no_count_of_submissions(account, feed, tenant):
    put(feed, dlr("a"), dlr("b"), received_at=NOW)
    apply_waiting(now=NOW)

    assert SubmissionCount.objects.count() == 0


def test_wrong_count_of_submissions_is_found_and_mended(account, tenant):
    apply_submitted(account, submission("a", **FULL))
    SubmissionCount.objects.update(unanswered=0)

    found = find_differences()
    assert [str(difference) for difference in found] == [
        f"submission_count: tenant_id={tenant.id} account_id={account.id} partner_id=nr-fi hour=2026-11-20"
        " 11:00:00+00:00: messages counted 1, actual 1, unanswered counted 0, actual 1"
    ]
    repair(found)
    assert counted() == [(tenant.id, "nr-fi", HOUR, 1, 1)]


def test_declared_partner_id_brings_its_submissions(account, tenant):
    apply_submitted(account, submission("a", partner_id="later"))
    assert counted() == [(account.pool_id, "later", HOUR, 1, 1)]
    partner = PartnerId.objects.get(value="later")
    PartnerId.objects.filter(id=partner.id).update(tenant=tenant, declared_at=NOW)
    PartnerMove.objects.create(tenant=tenant, partner=partner)

    assert run_moves() == 1
    assert counted() == [(tenant.id, "later", HOUR, 1, 1)]
    assert [message["tenant_id"] for message in stored()] == [tenant.id]
    assert_all_agrees()


def test_refold_and_replay_change_nothing(account, feed, tenant):
    put(feed, dlr("a"), received_at=NOW)
    apply_submitted(account, submission("a", **FULL), submission("b", **FULL))
    before = stored()

    assert refold(dialect="link") == (1, 0)
    assert replay_inbox(start=NOW - timedelta(days=1), end=NOW + timedelta(days=1), actor="tests") == 3
    assert apply_waiting(now=NOW) == BatchResult(claimed=3, duplicates=3)
    assert stored() == before
    assert_all_agrees()


def test_erased_number_is_not_brought_back_by_a_second_submission(account, tenant):
    apply_submitted(account, submission("a", **FULL))
    assert erase_number(number="+358401234567", tenant=tenant, actor="tests") == 1

    apply_submitted(account, submission("a", **FULL, submitted_at="2026-11-20T11:00:00Z"))
    (message,) = stored()
    assert (message["destination"][0], message["country"], message["sent_at"].hour) == ("#", "FI", 11)
    assert_all_agrees()


def test_submission_of_a_sealed_day_is_quarantined(account, tenant):
    old = submission("old", **FULL) | {"submitted_at": "2025-10-17T12:00:00Z"}
    assert apply_submitted(account, old).new_messages == 1
    apply_retention(now=NOW + timedelta(days=2))
    assert (stored(), counted()) == ([], [(tenant.id, "nr-fi", datetime(2025, 10, 17, 12, tzinfo=UTC), 1, 1)])

    assert apply_submitted(account, old, submission("new", **FULL)) == BatchResult(
        claimed=2, submissions=1, quarantined=1, new_messages=1
    )
    assert list(QuarantinedRow.objects.values_list("reason", "detail")) == [
        ("past retention", "the day 2025-10-17 is before 2025-10-18")
    ]
    assert_all_agrees()


BROKEN = [
    (b"broken", "not JSON", 0),
    (b"[]", "not an object", 0),
    (b"{}", "missing field", 0),
    (b'{"message_id":"m1"}', "missing field", "m1"),
    (b'{"message_id":"m1$0","submitted_at":"2026-11-20T11:00:00Z"}', "out of range", 0),
    (b'{"message_id":"m1","submitted_at":"2036-11-20T11:00:00Z"}', "out of range", "m1"),
    (b'{"id":"m1","resultCode":1001}', "unknown field", 0),
]


def test_what_is_no_submission_is_quarantined_alone_and_comes_back_by_replay(account, tenant):
    feed = Feed.objects.get(id=feed_of(account.id))
    put(feed, *(body for body, _reason, _slice in BROKEN), received_at=NOW)
    assert apply_submitted(account, submission("good")) == BatchResult(
        claimed=8, submissions=1, quarantined=7, new_messages=1
    )
    kept = {bytes(body): reason for body, reason in QuarantinedRow.objects.values_list("body", "reason")}
    assert kept == {body: reason for body, reason, _slice in BROKEN}

    quarantine.replay(actor="tests", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT i.body, t.slice FROM inbox_todo t JOIN inbox i USING (id)")
        slices = {bytes(body): number for body, number in cursor.fetchall()}
    assert slices == {body: slice_of(account.id, id_) if id_ else 0 for body, _reason, id_ in BROKEN}
    assert apply_waiting(now=NOW) == BatchResult(claimed=7, quarantined=7)
    assert find_losses(now=NOW) == []


# --- what a tenant says of a message on an account that it shares


def test_claim_of_a_message_that_the_gateway_gives_to_another_is_refused(account, feed, tenant, other_tenant):
    put(feed, dlr("a", gateCustomParameters={"platformPartnerId": "baltic-ee"}), received_at=NOW)
    apply_waiting(now=NOW)
    before = stored()

    result = apply_submitted(account, submission("a", **FULL), is_claim=True)
    assert (result, stored()) == (BatchResult(claimed=1, quarantined=1), before)
    assert list(QuarantinedRow.objects.values_list("reason", "detail")) == [
        ("another partner ID", "the message is known under another platformPartnerId")
    ]
    assert_all_agrees()


def test_claim_gives_way_to_what_the_gateway_says_later(account, feed, tenant, other_tenant):
    apply_submitted(account, submission("a", **FULL), is_claim=True)
    assert [(m["tenant_id"], m["partner_rank"]) for m in stored()] == [(tenant.id, 4)]

    put(feed, dlr("a", gateCustomParameters={"platformPartnerId": "baltic-ee"}), received_at=NOW)
    apply_waiting(now=NOW)
    assert [(m["tenant_id"], m["partner_id"]) for m in stored()] == [(other_tenant.id, "baltic-ee")]
    assert counted() == [(other_tenant.id, "baltic-ee", HOUR, 1, 0)]
    assert_all_agrees()


def test_claim_of_a_message_without_a_partner_id_gives_it_one(account, feed, tenant, other_tenant):
    put(feed, dlr("a"), received_at=NOW)
    apply_waiting(now=NOW)

    assert apply_submitted(account, submission("a", **FULL), is_claim=True).submissions == 1
    assert apply_submitted(account, submission("a", partner_id="baltic-ee"), is_claim=True).quarantined == 1
    assert [(m["tenant_id"], m["partner_id"]) for m in stored()] == [(tenant.id, "nr-fi")]
    assert apply_submitted(account, submission("a", partner_id="baltic-ee")).submissions == 1  # the account's own word
    assert [(m["tenant_id"], m["partner_id"]) for m in stored()] == [(other_tenant.id, "baltic-ee")]
    assert_all_agrees()


def test_claim_of_the_gateways_own_partner_id_is_taken(account, feed, tenant):
    put(feed, dlr("a", gateCustomParameters={"platformPartnerId": "nr-fi"}), received_at=NOW)
    assert apply_submitted(account, submission("a", **FULL), is_claim=True).submissions == 1
    assert [(m["ref_id"], m["partner_rank"], m["flags"] & fold.SUBMITTED) for m in stored()] == [("sale", 1, 16)]


# --- the feed by which they come


def test_account_has_one_feed_of_submissions_without_a_token(account, feed):
    known = Feed.objects.get(id=feed_of(account.id))

    assert (known.name, known.kind, known.dialect, feed_of(account.id)) == (
        "(submissions)", "submissions", "link", known.id,
    )  # fmt: skip
    with pytest.raises(TokenError, match=r"^submissions are received by the REST API only, with an API key$"):
        add_token(known, now=NOW)


def test_submissions_of_two_accounts_are_two_messages(account, tenant):
    pool = Tenant.objects.create(slug="pool-second", name="Pool of second", kind="pool")
    second = GatewayAccount.objects.create(name="second", platform_id="TWO", pool=pool)
    hand_in(account, submission("same"), received_at=NOW)
    assert apply_submitted(second, submission("same")).new_messages == 2
    assert [message["account_id"] for message in stored()] == [account.id, second.id]
