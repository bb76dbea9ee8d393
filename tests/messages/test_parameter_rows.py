"""Index rows of chosen custom parameters follow their messages through every change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from campaigns.models import SegmentKey
from campaigns.segments import indexed_value
from deliveries.applying.apply import apply_waiting
from deliveries.applying.replay import replay_inbox
from deliveries.checks.reconcile import find_differences, repair
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.models import Message, MessageParameter, PartnerMove
from deliveries.rederiving import segment_keys
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.rederiving.segment_keys import SegmentKeyError, choose, remove, run_segment_keys
from deliveries.retention.retention import apply_retention
from portal.accounts.models import AuditEntry
from portal.tenants.models import PartnerId
from tests.deliveries.helpers import NOW, apply, dlr, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of a test are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


def report(id_: str, code: int = 1001, partner: str = "nr-fi", day: int = 5, **parameters) -> dict:
    return dlr(
        id_,
        code,
        sentTimestamp=f"2026-11-{day:02}T10:00:00Z",
        timestamp=f"2026-11-{day:02}T10:00:05Z",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters=parameters,
    )


def chosen(tenant, *keys: str) -> None:
    for key in keys:
        choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)
    run_segment_keys()


def found() -> list[tuple]:
    """Return all rows that there are, without what every message has."""
    columns = ("tenant__slug", "day", "key", "value", "message_id")
    return sorted(MessageParameter.objects.values_list(*columns))


def nordic(day: int, key: str, value: str, message_id: str) -> tuple:
    return ("nordic-retail", date(2026, 11, day), key, value, message_id)


def test_rows_of_chosen_keys_are_written_with_their_messages(feed, tenant, other_tenant):
    chosen(tenant, "store", "tier")

    apply(
        feed,
        report("a", store="7", tier="gold", language="fi"),
        report("b", store="8"),
        report("c", store="", tier="7"),
        report("other", partner="baltic-ee", store="7"),
        report("pool", partner="nobody", store="7"),
    )

    assert found() == [
        nordic(5, "store", "7", "a"),
        nordic(5, "store", "8", "b"),
        nordic(5, "tier", "7", "c"),
        nordic(5, "tier", "gold", "a"),
    ]
    assert MessageParameter.objects.values_list("sent_at", "account_id").distinct().get() == (
        datetime(2026, 11, 5, 10, tzinfo=UTC),
        feed.account_id,
    )
    assert find_differences() == []


def test_rows_change_with_parameters_and_time_of_sending(feed, tenant):
    chosen(tenant, "store", "tier")
    late = dlr("a", timestamp="2026-11-09T23:30:00Z", customParameters={"store": "7"})
    apply(feed, late | {"gateCustomParameters": {"platformPartnerId": "nr-fi"}})
    assert found() == [nordic(10, "store", "7", "a")]

    apply(feed, report("a", 1000, store="7", tier="gold"))  # knows when it was sent, and one parameter more

    assert found() == [nordic(5, "store", "7", "a"), nordic(5, "tier", "gold", "a")]
    assert find_differences() == []


def test_report_that_changes_nothing_of_it_leaves_rows_as_they_are(feed, tenant):
    chosen(tenant, "store")
    apply(feed, report("a", 1000, store="7"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM message_parameter")
        before = cursor.fetchall()

    apply(feed, report("a", store="7"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM message_parameter")
        assert (cursor.fetchall(), len(before)) == (before, 1)
    assert Message.objects.get().status == "delivered"


def test_keys_cost_one_look_where_none_is_chosen(feed, tenant):
    apply(feed, report("a", store="7"))
    put(feed, report("b", store="7"))
    with connection.execute_wrapper(asked := Asked()):
        apply_waiting(now=NOW)
    about = [sql for sql in asked.statements if "segmentkey" in sql or "message_parameter" in sql]
    assert [sql.split(" WHERE ")[0].split(" FROM ")[1] for sql in about] == ['"campaigns_segmentkey"']


class Asked:
    """Statements executed through Django's cursors."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute, sql, parameters, many, context):
        self.statements.append(sql)
        return execute(sql, parameters, many, context)


@pytest.mark.parametrize("value", ["x" * 256, "x" * 257, "ä" * 129, "€uro " * 700])
def test_long_values_have_the_same_row_from_the_applier_and_from_the_background(feed, tenant, value):
    apply(feed, report("before", store=value))
    chosen(tenant, "store")
    apply(feed, report("after", store=value))

    assert [row[3:] for row in found()] == [(indexed_value(value), "after"), (indexed_value(value), "before")]
    assert find_differences() == []


def test_choosing_makes_rows_of_what_is_stored_newest_first_with_progress(feed, tenant, other_tenant, monkeypatch):
    monkeypatch.setattr(segment_keys, "BATCH", 2)
    apply(
        feed,
        *(report(f"m{n}", day=n, store=str(n % 2)) for n in range(1, 6)),
        report("other", partner="baltic-ee", store="1"),
    )
    key = choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)
    assert (key.state, found()) == ("queued", [])

    shown = []
    assert run_segment_keys(progress=lambda key: shown.append((key.state, key.done, key.total))) == 1

    assert shown == [("running", 0, 5), ("running", 2, 5), ("running", 4, 5), ("running", 5, 5), ("done", 5, 5)]
    assert found() == [nordic(n, "store", str(n % 2), f"m{n}") for n in range(1, 6)]
    assert find_differences() == []
    assert list(AuditEntry.objects.values_list("action", "actor", "subject", "tenant__slug")) == [
        ("segment_key.chosen", "manager@example.com", "store", "nordic-retail")
    ]


def test_run_left_by_a_killed_process_goes_on_where_it_stood(feed, tenant):
    apply(feed, *(report(f"m{n}", day=n, store="7") for n in range(1, 5)))
    key = choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)
    SegmentKey.objects.filter(id=key.id).update(
        state="running", done=2, position=datetime(2026, 11, 3, 10, tzinfo=UTC), lease_until=NOW - timedelta(days=9)
    )

    shown = []
    run_segment_keys(progress=lambda key: shown.append(key.done))

    assert (shown, [row[4] for row in found()]) == ([2, 4, 4], ["m1", "m2"])


def test_removing_takes_the_rows_of_the_key_alone(feed, tenant, other_tenant):
    chosen(tenant, "store", "tier")
    chosen(other_tenant, "store")
    apply(feed, report("a", store="7", tier="gold"), report("other", partner="baltic-ee", store="7"))

    remove(key=SegmentKey.objects.get(tenant=tenant, key="store"), actor="manager@example.com", now=NOW)
    apply(feed, report("b", store="7", tier="gold"))
    assert run_segment_keys() == 1

    assert found() == [
        ("baltic-parcel", date(2026, 11, 5), "store", "7", "other"),
        nordic(5, "tier", "gold", "a"),
        nordic(5, "tier", "gold", "b"),
    ]
    assert sorted(SegmentKey.objects.values_list("tenant__slug", "key")) == [
        ("baltic-parcel", "store"),
        ("nordic-retail", "tier"),
    ]
    assert find_differences() == []


def test_key_chosen_again_while_it_is_taken_away_begins_anew(feed, tenant):
    chosen(tenant, "store")
    apply(feed, report("a", store="7"))
    key = SegmentKey.objects.get()
    remove(key=key, actor="manager@example.com", now=NOW)
    apply(feed, report("b", store="8"))  # nobody writes its row, nor takes those away that change
    choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)
    apply(feed, report("c", store="9"))
    run_segment_keys()

    assert found() == [nordic(5, "store", value, id_) for value, id_ in (("7", "a"), ("8", "b"), ("9", "c"))]
    assert list(SegmentKey.objects.values_list("id", "key", "state")) == [(key.id, "store", "done")]


def test_run_whose_key_is_removed_meanwhile_stops(feed, tenant, monkeypatch):
    monkeypatch.setattr(segment_keys, "BATCH", 1)
    apply(feed, *(report(f"m{n}", day=n, store="7") for n in range(1, 4)))
    key = choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)

    def remove_after_the_first(shown) -> None:
        if shown.done == 1:
            remove(key=key, actor="manager@example.com", now=NOW)

    assert run_segment_keys(progress=remove_after_the_first) == 1  # that which takes away: the other stopped

    assert (found(), list(SegmentKey.objects.all())) == ([], [])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("k10", "At most 10 keys. Remove another key first."),
        ("k" * 65, "The key has 65 characters. The limit is 64."),
        ("", "Enter a key."),
        ("destination", "“destination” is not a custom parameter. Senders and numbers are stored separately."),
        ("a\nb", "The key contains a character that cannot be printed."),
    ],
    ids=["one-too-many", "long", "empty", "number", "line-break"],
)
def test_key_that_cannot_be_chosen_is_refused_by_its_limit(tenant, key, text):
    chosen(tenant, *(f"k{n}" for n in range(10)))

    with pytest.raises(SegmentKeyError) as error:
        choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)

    assert (error.value.text, SegmentKey.objects.count()) == (text, 10)


def test_chosen_key_can_be_chosen_again_at_the_limit(tenant):
    chosen(tenant, *(f"k{n}" for n in range(10)))

    again = choose(tenant=tenant, key="k3", actor="manager@example.com", now=NOW)

    assert (SegmentKey.objects.count(), again.state) == (10, "done")


def test_rows_follow_a_message_to_another_tenant(feed, tenant, other_tenant):
    chosen(tenant, "store", "tier")
    chosen(other_tenant, "language", "store")
    apply(feed, report("a", store="7", tier="gold", language="fi"))
    partner = PartnerId.objects.get(value="nr-fi")
    partner.tenant = other_tenant
    partner.save()
    PartnerMove.objects.create(tenant=other_tenant, partner=partner)

    run_moves()

    assert found() == [
        ("baltic-parcel", date(2026, 11, 5), "language", "fi", "a"),
        ("baltic-parcel", date(2026, 11, 5), "store", "7", "a"),
    ]
    assert find_differences() == []


def test_rows_follow_a_changed_time_zone(feed, tenant):
    chosen(tenant, "store")
    apply(feed, report("a", store="7") | {"sentTimestamp": "2026-11-04T22:30:00Z"})
    assert found() == [nordic(5, "store", "7", "a")]
    tenant.timezone = "UTC"
    tenant.save()

    request_recount(tenant=tenant, reason="time zone", now=NOW)
    run_recounts()

    assert (found(), find_differences()) == ([nordic(4, "store", "7", "a")], [])


def test_values_that_are_the_erased_number_go_with_it(feed, tenant):
    chosen(tenant, "customer", "store")
    number, another = "+358401234567", "+358407654321"
    reports = [
        report("a", destination=number, customer="0401234567", store="7"),
        report("b", destination=another, customer=another, store="7"),
    ]
    apply(feed, *reports)

    assert erase_number(number=number, tenant=tenant, actor="tests") == 1
    after = [
        nordic(5, "customer", "+358 •••••••67", "a"),
        nordic(5, "customer", another, "b"),
        nordic(5, "store", "7", "a"),
        nordic(5, "store", "7", "b"),
    ]
    assert found() == after
    assert Message.objects.get(message_id="a").custom_parameters == {"customer": "+358 •••••••67", "store": "7"}

    apply(feed, *reports, report("a", 1000, destination=number, customer="0401234567", phone="358401234567", tier="1"))

    message = Message.objects.get(message_id="a")
    assert message.custom_parameters == {"customer": "+358 •••••••67", "store": "7", "tier": "1"}
    assert (message.flags, found(), find_differences()) == (2048, after, [])


def test_numbers_past_their_days_go_from_values_too(feed, tenant):
    chosen(tenant, "customer")
    tenant.number_days, tenant.message_days = 5, 400
    tenant.save()
    apply(feed, report("a", destination="+358401234567", customer="+358 40 1234567"))

    apply_retention(now=NOW)
    apply(feed, report("late", destination="+358401234567", customer="+358 40 1234567"))

    assert (found(), find_differences()) == (
        [nordic(5, "customer", "+358 •••••••67", "a"), nordic(5, "customer", "+358 •••••••67", "late")],
        [],
    )


def test_rows_go_with_the_messages_of_a_day_past_retention(feed, tenant, other_tenant):
    chosen(tenant, "store")
    chosen(other_tenant, "store")
    tenant.number_days = tenant.message_days = 12
    tenant.save()
    apply(
        feed,
        report("old", day=2, store="7"),
        report("kept", day=10, store="7"),
        report("other", day=2, partner="baltic-ee", store="7"),
    )

    apply_retention(now=NOW)

    assert found() == [("baltic-parcel", date(2026, 11, 2), "store", "7", "other"), nordic(10, "store", "7", "kept")]
    assert find_differences() == []


def test_replay_into_empty_tables_gives_the_same_rows(feed, tenant):
    chosen(tenant, "store", "tier")
    apply(feed, *(report(f"m{n}", day=n, store=str(n % 3), tier="x" * n * 100) for n in range(1, 9)))
    before = found()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE message, delivery_report, message_parameter")

    replay_inbox(start=NOW - timedelta(days=99), end=datetime.now(UTC) + timedelta(days=1), actor="tests")
    apply_waiting(now=NOW)

    assert (len(before), found()) == (16, before)


def test_planted_differences_are_told_and_mended(feed, tenant, other_tenant, capsys):
    chosen(tenant, "store")
    apply(feed, report("a", store="7"), report("b", store="8"), report("c", day=6, store="9"))
    before = found()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM message_parameter WHERE message_id = 'a'")
        cursor.execute("UPDATE message_parameter SET value = 'x' WHERE message_id = 'b'")
        cursor.execute("INSERT INTO message_parameter SELECT * FROM message_parameter WHERE message_id = 'c'")
        cursor.execute(
            "INSERT INTO message_parameter (tenant_id, day, key, value, sent_at, account_id, message_id)"
            " SELECT %s, day, 'nobodys', value, sent_at, account_id, message_id"
            " FROM message_parameter WHERE message_id = 'b'",
            [other_tenant.id],
        )

    with pytest.raises(SystemExit):
        call_command("reconcile")

    assert capsys.readouterr().out.splitlines() == [
        f"message_parameter: tenant_id={tenant.id} day=2026-11-05 key=store: 2 rows missing, 1 too many",
        f"message_parameter: tenant_id={tenant.id} day=2026-11-06 key=store: 0 rows missing, 1 too many",
        f"message_parameter: tenant_id={other_tenant.id} day=2026-11-05 key=nobodys: 0 rows missing, 1 too many",
    ]
    repair(find_differences())
    assert (found(), find_differences()) == (before, [])
