"""Retention deletes messages, numbers and raw rows; counts stay exact, and late reports are quarantined."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from campaigns.models import ConversionEvent, ConversionKind
from deliveries.applying.apply import BatchResult, apply_waiting
from deliveries.checks.reconcile import find_differences
from deliveries.counts.changes import TABLES
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.messages.recipients import recipient_keys
from deliveries.models import DailyCount, DeliveryReport, IngestCount, Message, QuarantinedRow, RetentionMark
from deliveries.retention.retention import DeletedCounts, apply_retention
from deliveries.search.find import MessageQuery, find_message, search
from deliveries.tasks import apply_retention as apply_retention_task
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from tests.deliveries.helpers import NOW, dlr, put

pytestmark = pytest.mark.django_db

OWN = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}}
OTHER = {"gateCustomParameters": {"platformPartnerId": "baltic-ee"}}
NUMBER = "+358401234567"


@pytest.fixture(autouse=True)
def forgotten():
    partitions.forget()
    yield
    partitions.forget()


def days_ago(days: int) -> dict[str, str]:
    at = NOW - timedelta(days=days)
    return {"sentTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "timestamp": f"{at + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"}


def to(number: str) -> dict:
    return {"customParameters": {"destination": number}}


def apply(feed, *reports) -> BatchResult:
    put(feed, *reports, received_at=NOW)
    return apply_waiting(now=NOW)


def counts() -> dict[str, list[tuple]]:
    """Return all count tables, rows of zeros left out."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table.name} WHERE messages <> 0 ORDER BY {', '.join(table.keys)}")
            found[table.name] = cursor.fetchall()
    return found


def counted() -> int:
    return DailyCount.objects.aggregate(n=Sum("messages"))["n"]


def ids(model=Message) -> list[str]:
    return sorted(model.objects.values_list("message_id", flat=True))


def test_messages_past_their_tenants_days_go_and_no_count_moves(feed, tenant, other_tenant):
    Tenant.objects.filter(id=other_tenant.id).update(message_days=31, number_days=31)
    apply(
        feed,
        dlr("old", **days_ago(399), **OWN),
        dlr("kept", **days_ago(300), **OWN),
        dlr("other-old", **days_ago(35), **OTHER),
        dlr("other-kept", **days_ago(31), **OTHER),
        dlr("pool-old", **days_ago(399)),
    )
    before = counts()

    taken = apply_retention(now=NOW + timedelta(days=2))

    assert taken.messages == {"nordic-retail": 1, "baltic-parcel": 2, "pool-link-main": 1}
    assert ids() == ids(DeliveryReport) == ["kept"]
    assert counts() == before
    assert counted() == 5
    assert find_differences() == []


def test_dry_run_tells_the_same_and_takes_nothing(feed, tenant, other_tenant, capsys):
    apply(feed, dlr("old", **days_ago(399), **OWN), dlr("new", **days_ago(250), **OWN, **to(NUMBER)))
    later = NOW + timedelta(days=40)

    told = apply_retention(now=later, dry_run=True)

    assert (ids(), RetentionMark.objects.count()) == (["new", "old"], 0)
    assert (told.messages, told.numbers, told.raw_rows) == (
        {"nordic-retail": 1},
        {"nordic-retail": 1},
        {"link-main": 2},
    )
    # The raw row of a message goes with its number.
    assert apply_retention(now=later) == replace(told, raw_rows={"link-main": 1})
    assert apply_retention(now=later) == DeletedCounts()


def test_command_tells_what_was_taken(feed, tenant, capsys):
    call_command("retention")
    assert capsys.readouterr().out == "nothing is past retention\n"
    put(feed, dlr("old", sentTimestamp="2012-02-29T12:00:00Z", **OWN), received_at=NOW, accept_days=9000)
    apply_waiting(now=NOW)

    call_command("retention", "--dry-run")
    call_command("retention")

    assert capsys.readouterr().out.splitlines() == [
        "nordic-retail: 1 messages would be taken",
        "partition 2012-02 would be dropped",
        "nordic-retail: 1 messages were taken",
        "partition 2012-02 was dropped",
    ]


def test_late_report_for_a_sealed_day_is_quarantined_with_its_day(feed, tenant):
    sent = days_ago(399)
    apply(feed, dlr("old", 1000, **sent, **OWN))
    apply_retention(now=NOW + timedelta(days=2))
    assert counted() == 1

    put(feed, dlr("old", **sent, **OWN), dlr("new", **days_ago(3), **OWN), received_at=NOW)
    assert apply_waiting(now=NOW) == BatchResult(claimed=2, reports=1, quarantined=1, new_messages=1)

    assert list(QuarantinedRow.objects.values_list("reason", "detail")) == [
        ("past retention", "the day 2025-10-17 is before 2025-10-18"),
    ]
    assert ids() == ["new"]
    assert counted() == 2
    row = IngestCount.objects.get()
    assert (row.received, row.reports, row.duplicates, row.quarantined) == (3, 2, 0, 1)
    assert find_differences() == []


def test_message_in_a_sealed_day_does_not_leave_it_either(feed, tenant):
    """Its day came from a status time; a sentTimestamp would bring it to an open day, and take it off the count."""
    apply(feed, dlr("m", 1000, timestamp=days_ago(399)["timestamp"], **OWN))
    before = counts()
    RetentionMark.objects.create(
        tenant=tenant, messages_before=date(2025, 10, 18), hours_before=datetime(2025, 10, 17, 21, tzinfo=UTC)
    )

    assert apply(feed, dlr("m", **days_ago(10), **OWN)) == BatchResult(claimed=1, quarantined=1)
    assert counts() == before


def test_days_without_messages_are_not_sealed_so_an_archive_may_come(feed, tenant):
    apply_retention(now=NOW)
    put(feed, dlr("old", sentTimestamp="2012-02-29T12:00:00Z", **OWN), received_at=NOW, accept_days=9000)

    assert apply_waiting(now=NOW) == BatchResult(claimed=1, reports=1, new_messages=1)

    before = counts()
    assert apply_retention(now=NOW) == DeletedCounts(messages={"nordic-retail": 1}, partitions=["2012-02"])
    assert counts() == before
    assert find_differences() == []


def test_sealed_days_stay_sealed_when_the_tenant_keeps_longer(feed, tenant):
    apply(feed, dlr("old", **days_ago(399), **OWN))
    apply_retention(now=NOW + timedelta(days=2))
    Tenant.objects.filter(id=tenant.id).update(message_days=3000)
    apply_retention(now=NOW + timedelta(days=2))

    assert RetentionMark.objects.get(tenant=tenant).messages_before == date(2025, 10, 18)
    assert apply(feed, dlr("old", **days_ago(399), **OWN)).quarantined == 1


def test_months_are_dropped_after_the_longest_policy_alone(feed, tenant, other_tenant):
    Tenant.objects.filter(id=other_tenant.id).update(message_days=500)
    apply(feed, dlr("a", **days_ago(399), **OWN), dlr("b", **days_ago(399), **OTHER))

    first = apply_retention(now=NOW + timedelta(days=31))
    second = apply_retention(now=NOW + timedelta(days=116))

    assert (first.messages, first.partitions) == ({"nordic-retail": 1}, [])
    assert (second.messages, second.partitions[0]) == ({"baltic-parcel": 1}, "2025-10")
    assert "2025-10" not in map(str, partitions.months())
    assert find_differences() == []


def test_seal_goes_by_the_tenants_own_midnight(feed, tenant, other_tenant):
    """At 22:30 UTC it is the next day in Helsinki, where the tenant is, but not in its pool's customer's Lisbon."""
    Tenant.objects.filter(id=other_tenant.id).update(timezone="Europe/Lisbon")
    sent = {"sentTimestamp": "2025-11-20T12:00:00Z"}
    apply(feed, dlr("a", **sent, **OWN), dlr("b", **sent, **OTHER))

    evening = datetime(2026, 12, 25, 22, 30, tzinfo=UTC)  # 400 days after 20 November 2025 it is 25 December 2026
    assert apply_retention(now=evening).messages == {"nordic-retail": 1}
    assert apply_retention(now=evening + timedelta(hours=2)).messages == {"baltic-parcel": 1}
    assert find_differences() == []


def test_clock_takes_what_is_past_retention(feed, tenant):
    apply_retention_task()  # by the machine's clock
    assert set(RetentionMark.objects.values_list("tenant__slug", flat=True)) == {"nordic-retail", "pool-link-main"}


# --- numbers


def test_numbers_go_after_their_days_and_the_whole_number_still_finds_them(feed, tenant):
    apply(feed, dlr("old", **days_ago(181), **OWN, **to(NUMBER)), dlr("new", **days_ago(179), **OWN, **to(NUMBER)))
    before = counts()

    assert apply_retention(now=NOW).numbers == {"nordic-retail": 1}

    mine = frozenset({tenant.id})
    found = search(MessageQuery(tenant_ids=mine, number="+358 40 1234567")).messages
    assert [(m.folded.message_id, m.folded.destination) for m in found] == [("new", NUMBER), ("old", None)]
    assert search(MessageQuery(tenant_ids=mine, number="+358401234568")).messages == []
    assert find_message(tenant_ids=mine, account_id=feed.account_id, message_id="old").folded.destination is None
    stored = Message.objects.get(message_id="old").destination
    assert (len(stored), stored[0], NUMBER[4:] in stored) == (33, "#", False)
    assert counts() == before
    assert apply_retention(now=NOW).numbers == {}


def test_number_that_comes_again_stays_away_and_the_country_stays(feed, tenant):
    sent = days_ago(181)
    apply(feed, dlr("m", 1000, **sent, **OWN, **to(NUMBER), operator="se.telia"))
    apply_retention(now=NOW)
    hashed = Message.objects.get().destination

    apply(feed, dlr("m", 1001, **sent, **OWN, **to(NUMBER)), dlr("late", **sent, **OWN, **to(NUMBER)))

    assert list(Message.objects.order_by("message_id").values_list("status", "destination", "country", "flags")) == [
        ("delivered", hashed, "FI", 2048),
        ("delivered", hashed, "FI", 2048),
    ]
    assert find_differences() == []


def test_same_number_has_another_hash_for_another_tenant(feed, tenant, other_tenant):
    apply(feed, dlr("a", **days_ago(181), **OWN, **to(NUMBER)), dlr("b", **days_ago(181), **OTHER, **to(NUMBER)))
    apply_retention(now=NOW)

    assert len(set(Message.objects.values_list("destination", flat=True))) == 2
    both = frozenset({tenant.id, other_tenant.id})
    assert len(search(MessageQuery(tenant_ids=both, number=NUMBER)).messages) == 2


def test_hash_is_found_while_the_secret_key_is_being_changed(feed, tenant, settings):
    apply(feed, dlr("old", **days_ago(181), **OWN, **to(NUMBER)))
    apply_retention(now=NOW)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key of the tests"

    assert len(search(MessageQuery(tenant_ids=frozenset({tenant.id}), number=NUMBER)).messages) == 1


def test_more_numbers_than_a_step_takes_are_all_taken(feed, tenant, monkeypatch):
    monkeypatch.setattr("deliveries.erasure.erase.BATCH", 50)
    apply(feed, *(dlr(f"m{n}", **days_ago(181), **OWN, **to(f"+3584012{n:05}")) for n in range(123)))

    assert apply_retention(now=NOW).numbers == {"nordic-retail": 123}
    assert not Message.objects.exclude(destination__startswith="#").exists()


def test_person_is_erased_at_once_in_one_tenant_alone(feed, tenant, other_tenant):
    apply(
        feed,
        dlr("a", **OWN, **to(NUMBER)),
        dlr("b", **OTHER, **to(NUMBER)),
        dlr("c", **OWN, **to("+358401111111")),
    )
    before = counts()

    assert erase_number(number="00358401234567", tenant=tenant, actor="owner@example.com") == 1
    assert erase_number(number=NUMBER, tenant=tenant, actor="owner@example.com") == 0

    assert list(Message.objects.order_by("message_id").values_list("destination", flat=True))[1:] == [
        NUMBER,
        "+358401111111",
    ]
    assert counts() == before
    assert find_differences() == []


def test_message_that_moves_to_a_tenant_with_fewer_days_comes_without_its_number(feed, account, tenant):
    from deliveries.models import PartnerMove
    from deliveries.rederiving.moves import run_moves

    apply(feed, dlr("m", **days_ago(100), **to(NUMBER), gateCustomParameters={"platformPartnerId": "new"}))
    Tenant.objects.filter(id=tenant.id).update(number_days=90)
    apply_retention(now=NOW)
    partner = PartnerId.objects.get(account=account, value="new")
    PartnerId.objects.filter(id=partner.id).update(tenant=tenant, declared_at=NOW)
    PartnerMove.objects.create(tenant=tenant, partner=partner)

    assert run_moves() == 1

    message = Message.objects.get()
    assert (message.tenant_id, message.destination[0], message.country) == (tenant.id, "#", "FI")
    assert find_differences() == []


# --- raw rows


def inbox() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM inbox ORDER BY id")
        return [bytes(body) for (body,) in cursor.fetchall()]


def put_on(feed, day: datetime, *reports) -> None:
    """Put rows into the partition of a day of receipt."""
    partitions.ensure_days(partitions.INBOX, day.date(), 1)
    put(feed, *reports, received_at=day)


def test_day_of_the_inbox_is_dropped_when_all_of_it_was_applied(feed, tenant):
    day = datetime(2026, 10, 1, 12, tzinfo=UTC)
    put_on(feed, day, dlr("a"), b"broken")
    assert apply_retention(now=NOW).partitions == []  # it waits
    assert len(inbox()) == 2

    apply_waiting(now=NOW)

    assert apply_retention(now=NOW).partitions == ["inbox_2026_10_01"]
    assert inbox() == []
    assert [bytes(row.body) for row in QuarantinedRow.objects.all()] == [b"broken"]


def test_day_of_the_inbox_stays_as_long_as_one_tenant_wants(feed, tenant, other_tenant):
    Tenant.objects.filter(id=other_tenant.id).update(raw_days=60)
    put_on(feed, NOW - timedelta(days=60), dlr("a"))
    put_on(feed, NOW - timedelta(days=61), dlr("b"))
    apply_waiting(now=NOW)

    assert apply_retention(now=NOW).partitions == ["inbox_2026_09_20"]
    assert len(inbox()) == 1


def test_raw_rows_do_not_outlive_the_numbers_in_them(feed, tenant):
    Tenant.objects.update(raw_days=60, number_days=10)
    put_on(feed, NOW - timedelta(days=11), dlr("a"))
    apply_waiting(now=NOW)

    assert apply_retention(now=NOW).partitions == ["inbox_2026_11_09"]


def test_account_with_fewer_days_loses_its_rows_alone(feed, tenant):
    pool = Tenant.objects.create(slug="pool-second", name="Second", kind="pool", raw_days=90)
    second = GatewayAccount.objects.create(name="second", platform_id="B", pool=pool)
    door = second.feeds.create(name="main")
    day = NOW - timedelta(days=31)
    put_on(feed, day, dlr("a"), dlr("b"))
    put_on(door, day, dlr("c"))
    apply_waiting(now=NOW)
    put_on(feed, day, dlr("waits"))

    assert apply_retention(now=NOW).raw_rows == {"link-main": 2}
    assert inbox() == [b'{"id":"c","resultCode":1001}', b'{"id":"waits","resultCode":1001}']


def test_rows_without_a_day_of_their_own_go_too(feed, tenant):
    put(feed, dlr("a"), received_at=NOW - timedelta(days=31))
    put(feed, dlr("b"), received_at=NOW - timedelta(days=29))
    apply_waiting(now=NOW)

    assert apply_retention(now=NOW).raw_rows == {"link-main": 1}
    assert inbox() == [b'{"id":"b","resultCode":1001}']


# --- partitions


@pytest.mark.parametrize("years", [10, -10])
def test_report_dated_ten_years_off_makes_no_other_month_than_its_receipts(feed, tenant, years):
    before = set(map(str, partitions.months()))
    far = f"{2026 + years}-06-15T12:00:00Z"

    assert apply(feed, dlr("m", sentTimestamp=far, timestamp=far, **OWN)).reports == 1

    assert set(map(str, partitions.months())) - before <= {"2026-11"}
    assert (Message.objects.get().day, IngestCount.objects.get().clock_oddities) == (date(2026, 11, 20), 1)


def test_events_go_with_the_messages_of_their_day_and_lose_their_recipients_number_before(feed, tenant):
    Tenant.objects.filter(id=tenant.id).update(message_days=300)
    number, other = NUMBER, "+358509876543"
    apply(feed, *(dlr(f"m{days}", **OWN, **days_ago(days), **to(number)) for days in (301, 200)))
    key = recipient_keys().of_number(number[1:], tenant_id=tenant.id)
    kind = ConversionKind.objects.create(tenant=tenant, name="sale")
    for event_id, days in ((f"gone {number}", 301), (f"order {number} of {other}", 200), (f"new {number}", 1)):
        ConversionEvent.objects.create(
            tenant=tenant, kind=kind, event_id=event_id, occurred_at=NOW - timedelta(days=days), recipient_key=key,
            source="api",
        )  # fmt: skip

    apply_retention(now=NOW)

    events = ConversionEvent.objects.order_by("-occurred_at").values_list("event_id", "recipient_key")
    assert [(event_id, bytes(kept)) for event_id, kept in events] == [
        (f"new {number}", key), (f"order +358 •••••••67 of {other}", key)
    ]  # fmt: skip
