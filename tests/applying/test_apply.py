"""From waiting rows to messages, reports and counts: batches, identities, duplicates, odd texts."""

from datetime import UTC, date, datetime

import orjson
import pytest
from django.db.models import Model

from campaigns.models import Campaign, RefIdScheme
from deliveries.applying.apply import BatchResult, apply_slices, apply_waiting, oldest_waiting
from deliveries.messages import fold
from deliveries.messages.recipients import recipient_keys
from deliveries.messages.slices import slice_of
from deliveries.models import DeliveryReport, Message, WaitingRow
from tests.deliveries.applied import NOW, apply, reports_of, rows, shop
from tests.deliveries.helpers import dlr, put

pytestmark = pytest.mark.django_db


# --- one report, through all tables


def written(model: type[Model], clock: str) -> dict:
    """Return the only row, without the column that the database's clock sets."""
    row = model.objects.values().get()
    assert row.pop(clock) <= datetime.now(UTC)
    return row


def test_report_makes_a_message_and_its_counts(feed, tenant):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant", "shop"])

    result = apply(
        feed,
        dlr(
            "m1",
            refId="sale|B|5",
            operator="fi.elisa",
            operatorResultCode="0",
            sentTimestamp="2026-11-19T21:59:50Z",
            timestamp="2026-11-19T22:00:00Z",
            segments=2,
            gateCustomParameters={"platformPartnerId": "nr-fi"},
            customParameters={"source": "ACME", "destination": "358401234567", "tier": "gold"},
        ),
    )

    campaign = Campaign.objects.get()
    inbox_id = DeliveryReport.objects.get().inbox_id
    assert result == BatchResult(claimed=1, reports=1, new_messages=1)
    assert (campaign.tenant_id, campaign.name, campaign.created_at) == (tenant.id, "sale", NOW)
    assert written(Message, "updated_at") == {
        "tenant_id": tenant.id,
        "day": date(2026, 11, 19),
        "account_id": feed.account_id,
        "message_id": "m1",
        "partner_id": "nr-fi",
        "partner_rank": 1,
        "ref_id": "sale|B|5",
        "campaign_id": campaign.id,
        "variant": "B",
        "labels": {"shop": "5"},
        "custom_parameters": {"tier": "gold"},
        "source": "ACME",
        "destination": "+358401234567",
        "sender_type": "alphanumeric",
        "country": "FI",
        "operator": "fi.elisa",
        "parts": 2,
        "status": "delivered",
        "result_code": 1001,
        "final": True,
        "status_at": datetime(2026, 11, 19, 22, 0, tzinfo=UTC),
        "part_states": None,
        "flags": 0,
        "sent_at": datetime(2026, 11, 19, 21, 59, 50, tzinfo=UTC),
        "sent_at_rank": fold.BY_SENT_TIMESTAMP,
        "delivered_at": datetime(2026, 11, 19, 22, 0, tzinfo=UTC),
        "latency_bucket": 59,
        "received_at": NOW,
        "recipient_key": recipient_keys().of_number("358401234567", tenant_id=tenant.id),
    }
    assert written(DeliveryReport, "applied_at") == {
        "tenant_id": tenant.id,
        "day": date(2026, 11, 19),
        "account_id": feed.account_id,
        "message_id": "m1",
        "part": None,
        "result_code": 1001,
        "status_at": datetime(2026, 11, 19, 22, 0, tzinfo=UTC),
        "sent_at": datetime(2026, 11, 19, 21, 59, 50, tzinfo=UTC),
        "operator": "fi.elisa",
        "operator_result_code": "0",
        "feed_id": feed.id,
        "inbox_id": inbox_id,
        "received_at": NOW,
    }
    where = (tenant.id, date(2026, 11, 19), feed.account_id)
    place = ("FI", "fi.elisa", "alphanumeric")
    assert rows(
        *("daily_count", "tenant_id", "day", "account_id", "partner_id", "country", "operator", "sender_type"),
        *("status", "result_code", "messages", "parts"),
    ) == [(*where, "nr-fi", *place, "delivered", 1001, 1, 2)]
    assert rows(
        *("campaign_count", "tenant_id", "day", "account_id", "campaign_id", "variant", "country", "operator"),
        *("sender_type", "status", "result_code", "messages", "parts"),
    ) == [(*where, campaign.id, "B", *place, "delivered", 1001, 1, 2)]
    assert rows(
        *("hour_count", "tenant_id", "quarter", "account_id", "country", "operator", "status", "messages", "parts")
    ) == [(tenant.id, datetime(2026, 11, 19, 21, 45, tzinfo=UTC), feed.account_id, "FI", "fi.elisa", "delivered", 1, 2)]
    assert rows(
        *("latency_count", "tenant_id", "day", "account_id", "campaign_id", "variant", "country", "operator"),
        *("sender_type", "bucket", "messages"),
    ) == [(*where, campaign.id, "B", *place, 59, 1)]


def test_large_bodies_make_small_batches(feed, tenant):
    """So that what an applier holds does not grow with what senders put into a report."""
    put(feed, *(shop(f"m{n}", note="x" * 1_000_000) for n in range(40)))

    done = []
    while (result := apply_slices(slices=range(64), now=NOW)).claimed:
        done.append((result.claimed, result.reports, WaitingRow.objects.count()))

    assert done == [(17, 17, 23), (17, 17, 6), (6, 6, 0)]


def test_waiting_row_that_is_not_in_the_inbox_goes_on_waiting_and_holds_nobody_up(feed, tenant, caplog):
    slice_ = slice_of(feed.account_id, "m1")
    WaitingRow.objects.create(slice=slice_, id=0, received_at=NOW)
    put(feed, shop("m1"), received_at=NOW)

    assert apply_slices(slices=[slice_], now=NOW) == BatchResult(claimed=1, reports=1, new_messages=1)
    assert list(WaitingRow.objects.values_list("slice", "id", "received_at")) == [(slice_, 0, NOW)]
    assert caplog.messages == ["1 waiting rows are not in the inbox, such as 0"]


def test_nothing_waiting_is_nothing_done(feed):
    assert apply_waiting(now=NOW) == BatchResult()
    assert oldest_waiting() is None


def test_more_rows_than_a_batch_holds_are_applied_in_several(feed, tenant):
    put(feed, *(shop(f"m{n}") for n in range(300)), received_at=NOW)
    assert oldest_waiting() == NOW

    assert apply_waiting(now=NOW, limit=64) == BatchResult(claimed=300, reports=300, new_messages=300)
    assert (Message.objects.count(), WaitingRow.objects.count()) == (300, 0)


def test_slices_that_are_not_asked_for_keep_waiting(feed, tenant):
    put(feed, *(shop(f"m{n}") for n in range(50)), received_at=NOW)
    number = slice_of(feed.account_id, "m0")
    mine = {f"m{n}" for n in range(50) if slice_of(feed.account_id, f"m{n}") == number}

    result = apply_slices(slices=[number], now=NOW)

    assert (result.claimed, WaitingRow.objects.count()) == (len(mine), 50 - len(mine))
    assert set(Message.objects.values_list("message_id", flat=True)) == mine


def test_unknown_code_is_stored_and_shown(feed, tenant):
    apply(feed, shop("m1", 1099))

    message = Message.objects.get()
    assert (message.status, message.result_code, message.final) == ("unknown", 1099, False)


def test_state_of_a_message_with_the_code_of_nothing_heard_is_kept(feed, tenant):
    """The row uses -1 for "no report"; as a gateway's own code it is an ordinary code."""
    apply(feed, shop("m1", -1, timestamp="2026-11-20T10:00:00Z"))
    apply(feed, shop("m1", -5, timestamp="2026-11-20T09:00:00Z"))

    message = Message.objects.get()
    assert (message.status, message.result_code, message.status_at) == (
        "unknown",
        -1,
        datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
    )


# --- 5.1: identity


def test_parts_and_the_whole_are_one_message(feed, tenant):
    result = apply(feed, shop("m$x$0", 1000, segments=2), shop("m$x$1", 1000), shop("m$x", 1001), shop("m", 1001))

    assert result == BatchResult(claimed=4, reports=4, new_messages=2)
    assert dict(Message.objects.values_list("message_id", "status")) == {"m$x": "delivered", "m": "delivered"}
    assert [part for _t, _d, part, _c in reports_of("m$x")] == [0, 1, None]


def test_message_ids_are_told_apart_by_case(feed, tenant):
    apply(feed, shop("abc"), shop("ABC"), shop("abc "))

    assert set(Message.objects.values_list("message_id", flat=True)) == {"abc", "ABC", "abc "}


def test_messages_with_one_ref_id_are_not_one(feed, tenant):
    apply(feed, shop("a", refId="0"), shop("b", refId="0"))

    assert Message.objects.count() == 2


# --- 5.2: duplicates


@pytest.mark.parametrize("fields", [{"timestamp": "2026-11-20T10:00:00Z"}, {}])
def test_duplicate_adds_nothing(feed, tenant, fields):
    report = shop("m1", **fields)

    assert apply(feed, report, report) == BatchResult(claimed=2, reports=1, duplicates=1, new_messages=1)
    assert apply(feed, report) == BatchResult(claimed=1, duplicates=1)
    assert (Message.objects.count(), DeliveryReport.objects.count()) == (1, 1)
    assert rows("daily_count", "messages", "parts") == [(1, 1)]


def test_same_instant_in_another_zone_is_a_duplicate(feed, tenant):
    apply(feed, shop("m1", timestamp="2026-11-20T10:00:00Z"))

    assert apply(feed, shop("m1", timestamp="2026-11-20T12:00:00+02:00")).duplicates == 1


@pytest.mark.parametrize(
    "other",
    [
        shop("m1", 1000, timestamp="2026-11-20T10:00:00Z"),
        shop("m1", timestamp="2026-11-20T10:00:01Z"),
        shop("m1"),
        shop("m1$0", timestamp="2026-11-20T10:00:00Z"),
    ],
)
def test_report_that_differs_in_its_identity_is_no_duplicate(feed, tenant, other):
    apply(feed, shop("m1", timestamp="2026-11-20T10:00:00Z"))

    assert apply(feed, other).reports == 1
    assert DeliveryReport.objects.count() == 2


def test_duplicates_other_knowledge_is_merged(feed, tenant):
    apply(feed, dlr("m1", timestamp="2026-11-20T10:00:00Z"))

    result = apply(
        feed,
        shop("m1", timestamp="2026-11-20T10:00:00Z", refId="sale", sentTimestamp="2026-11-20T09:59:55Z", segments=3),
    )

    message = Message.objects.get()
    assert result == BatchResult(claimed=1, duplicates=1, changed_messages=1)
    assert (message.tenant_id, message.ref_id, message.parts, message.latency_bucket) == (tenant.id, "sale", 3, 42)
    assert reports_of("m1") == [(tenant.id, date(2026, 11, 20), None, 1001)]
    assert rows("daily_count", "tenant_id", "messages", "parts") == [(tenant.id, 1, 3)]


# --- extremes that a database might refuse


def test_texts_of_every_kind_are_stored(feed, tenant):
    odd = "\t\n\r\\N\\.\x01\x7f\u2028😀'\"{},NULL"
    apply(
        feed,
        orjson.dumps(
            dlr(
                f"m{odd}",
                refId=odd,
                operator=odd,
                operatorResultCode=odd,
                gateCustomParameters={"platformPartnerId": odd},
                customParameters={"source": odd, "destination": f"x{odd}y", odd: odd, "": ""},
            )
        ),
        b'{"id":"plain","resultCode":1001,"refId":"\\\\u0000","customParameters":{"\\\\u0000":"\\\\ud800"}}',
    )

    message = Message.objects.get(message_id=f"m{odd}")
    assert (message.ref_id, message.operator, message.partner_id) == (odd, odd, odd)
    assert (message.source, message.destination) == (odd, f"x{odd}y")
    assert message.custom_parameters == {odd: odd, "": ""}
    assert DeliveryReport.objects.get(message_id=f"m{odd}").operator_result_code == odd
    plain = Message.objects.get(message_id="plain")
    assert (plain.ref_id, plain.custom_parameters) == ("\\u0000", {"\\u0000": "\\ud800"})


def test_values_at_all_their_limits_are_stored(feed, tenant):
    wide = "😀" * 64
    report = dlr(
        "i" * 196 + "$254",
        2_147_483_647,
        refId=wide,
        operator="o" * 100,
        operatorResultCode="c" * 200,
        segments=255,
        gateCustomParameters={"platformPartnerId": wide},
        customParameters={"source": "s" * 100, "destination": "d" * 100} | {f"k{n}": wide * 20 for n in range(98)},
    )

    assert apply(feed, report, report) == BatchResult(claimed=2, reports=1, duplicates=1, new_messages=1)
    message = Message.objects.get()
    assert (message.parts, message.result_code, len(message.custom_parameters)) == (255, 2_147_483_647, 98)
