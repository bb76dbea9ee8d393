"""Replays send reports again: with their first webhook-id, once, in portions, and never what waits already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deliveries.erasure.erase import erase_number
from deliveries.gates import changing
from deliveries.gates.replaying import asking, pace, running
from deliveries.gates.replaying.asking import ReplayRefused
from deliveries.gates.replaying.forgetting import forget
from deliveries.gates.replaying.progress import Progress, progress_of
from deliveries.gates.replaying.wanted import Wanted
from deliveries.models import Gate, GateAttempt, GateDelivery, GateReplay
from deliveries.search.query import MessageQuery
from portal.accounts.models import AuditEntry
from portal.common import jobs
from portal.tenants.models import Tenant
from tests.deliveries.helpers import apply
from tests.gates.dispatching import dispatching
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver, answers
from tests.gates.test_dispatcher import NUMBER, is_done, report
from tests.running import until

pytestmark = pytest.mark.django_db
with_dispatcher = pytest.mark.django_db(transaction=True)

ANNA = "anna@example.com"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def fail_for_good(gate: Gate) -> None:
    """Let what waits of the gate have expired, as after two days without an answer."""
    for one in GateDelivery.objects.filter(gate_id=gate.pk).order_by("inbox_id"):
        GateAttempt.objects.create(
            tenant_id=one.tenant_id, gate_id=gate.pk, at=timezone.now(), inbox_id=one.inbox_id,
            account_id=one.account_id, message_id=one.message_id, day=one.day, number=11, outcome="expired",
            is_last=True,
        )  # fmt: skip
    GateDelivery.objects.filter(gate_id=gate.pk).delete()


def wanted(gate: Gate, kind: str, **fields) -> Wanted:
    own = {"since": LONG_AGO, "until": timezone.now()} | fields
    return Wanted(gate, GateReplay.Kind(kind), **own)


def search(gate: Gate, **filters) -> Wanted:
    return wanted(gate, "search", query=MessageQuery(tenant_ids=frozenset([gate.tenant_id]), **filters))


def run(replay: GateReplay) -> GateReplay:
    """Let a worker look at the replay now."""
    GateReplay.objects.filter(pk=replay.pk).update(not_before=None)
    running.run_replays(replay_id=replay.pk)
    replay.refresh_from_db()
    return replay


def run_to_its_end(replay: GateReplay) -> GateReplay:
    return until(lambda: run(replay).state == "done" and replay, "the replay is done", within=30)


def queued(gate: Gate) -> list[str]:
    waiting = GateDelivery.objects.filter(gate_id=gate.pk, replay_id__isnull=False)
    return sorted(waiting.values_list("message_id", flat=True))


@with_dispatcher
def test_failed_reports_arrive_with_the_ids_of_their_first_delivery(feed, tenant):
    with Receiver(answers(500), answers(500), answers(200)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"), report("two"))
        is_done(gate, "http_500", "http_500")
        fail_for_good(gate)
        replay = asking.start(wanted(gate, "failed"), actor=ANNA, expected=2)
        run_to_its_end(replay)

        first, again = receiver.requests[:2], receiver.requests[2:]
    assert sorted(one.headers["webhook-id"] for one in again) == sorted(one.headers["webhook-id"] for one in first)
    assert progress_of(replay) == Progress(queued=2, already=0, withdrawn=0, waiting=0, delivered=2, failed=0, gone=0)
    assert (replay.done, replay.total, replay.sealed) == (2, 2, "")
    last = GateAttempt.objects.filter(replay_id=replay.pk).values_list("number", "outcome", "is_last")
    assert list(last) == [(1, "delivered", True)] * 2


@with_dispatcher
def test_replay_makes_one_attempt_and_says_what_failed(feed, tenant):
    with Receiver(answers(500)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        is_done(gate, "http_500")
        fail_for_good(gate)
        replay = run_to_its_end(asking.start(wanted(gate, "failed"), actor=ANNA))

        assert len(receiver.requests) == 2
    assert progress_of(replay).failed == 1
    assert GateDelivery.objects.count() == 0


def test_failures_are_those_whose_last_attempt_failed(feed, tenant):
    gate, other = make_gate(tenant), make_gate(tenant)
    apply(feed, *[report(name) for name in ("failed", "arrived", "earlier", "waits", "gone")])
    fail_for_good(gate)
    fail_for_good(other)
    rows = GateAttempt.objects.filter(gate_id=gate.pk)
    rows.filter(message_id="gone").update(outcome="gone")
    rows.filter(message_id="earlier").update(at=LONG_AGO - timedelta(days=1))
    arrived = rows.get(message_id="arrived")
    arrived.pk, arrived.outcome, arrived.number, arrived.replay_id = None, "delivered", 1, 7
    arrived.at += timedelta(milliseconds=1)
    arrived.save(force_insert=True)
    waits = rows.get(message_id="waits")
    GateDelivery.objects.create(
        tenant=tenant, gate=gate, inbox_id=waits.inbox_id, account_id=waits.account_id, message_id="waits",
        day=waits.day,
    )  # fmt: skip

    assert asking.preview(wanted(gate, "failed")).reports == 2
    replay = run(asking.start(wanted(gate, "failed"), actor=ANNA))

    assert queued(gate) == ["failed"]
    assert (replay.queued, replay.already, replay.is_read) == (1, 1, True)


@with_dispatcher
def test_destination_that_has_a_report_gets_it_no_second_time(feed, tenant):
    with Receiver(at={"/well": answers(200), "/ill": answers(500)}) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url("/ill"), receiver.url("/well"), gate_type="ALL")
        apply(feed, report("one"))
        is_done(gate, "delivered", "http_500")
        GateAttempt.objects.filter(outcome="http_500").update(is_last=True)
        GateDelivery.objects.all().delete()
        receiver.at["/ill"] = answers(200)
        replay = run_to_its_end(asking.start(wanted(gate, "failed"), actor=ANNA))

        assert sorted(one.path for one in receiver.requests) == ["/ill", "/ill", "/well"]
    assert progress_of(replay).delivered == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["a", "b", "late", "sent"]),
        ({"final_only": True}, ["a", "b", "late"]),
        ({"statuses": ["failed"]}, ["b"]),
        ({"countries": ["SE"]}, []),
        ({"ref_id_prefix": "spring"}, ["b"]),
        ({"parameter_key": "store"}, ["a", "b", "late", "sent"]),
        ({"parameter_key": "store", "parameter_value": "8"}, []),
        ({"parameter_key": "shop"}, []),
        ({"partner_ids": ["nr-fi"]}, ["a", "b", "late", "sent"]),
    ],
)
def test_period_has_the_reports_received_in_it_that_pass_the_filter(feed, tenant, fields, expected):
    begin = datetime(2026, 11, 20, 12, tzinfo=UTC)
    apply(feed, report("before"), received_at=begin - timedelta(minutes=1))
    apply(
        feed,
        report("a"), report("b", 1006, refId="spring|1"), report("sent", 1000),
        # of a message that was sent two days earlier
        report("late", timestamp="2026-11-18T13:00:00Z", sentTimestamp="2026-11-18T12:30:00Z"),
        received_at=begin + timedelta(minutes=1),
    )  # fmt: skip
    apply(feed, report("after"), received_at=begin + timedelta(hours=1))
    gate = make_gate(tenant, **fields)
    chosen = wanted(gate, "period", since=begin, until=begin + timedelta(minutes=30))

    assert asking.preview(chosen).reports == len(expected)
    replay = run(asking.start(chosen, actor=ANNA))

    assert (queued(gate), replay.is_read) == (expected, True)


def test_search_has_all_reports_of_its_messages_that_pass_the_filter(feed, tenant):
    apply(
        feed, report("a", 1000), report("a", refId="spring"), report("b", refId="spring"), report("c", refId="summer")
    )
    gate = make_gate(tenant, final_only=True)
    chosen = search(gate, ref_id="spring")

    assert asking.preview(chosen).reports == 2
    replay = run(asking.start(chosen, actor=ANNA, title=f"Number: {NUMBER}"))

    assert (queued(gate), replay.is_read) == (["a", "b"], True)
    assert NUMBER not in replay.title


@pytest.mark.parametrize("kind", ["failed", "period", "search"])
def test_reports_are_queued_a_few_at_a_time(feed, tenant, monkeypatch, kind):
    monkeypatch.setattr(pace, "MIN_WAITING", 4)
    monkeypatch.setattr(running, "PORTION", 3)
    names = [f"m{number}" for number in range(10)]
    gate = make_gate(tenant, throttle=1)
    monkeypatch.setattr(pace, "AGAIN", timedelta(seconds=2))  # so 4 reports wait at most
    apply(feed, *[report(name) for name in names])
    fail_for_good(gate)
    chosen = search(gate) if kind == "search" else wanted(gate, kind)
    replay = asking.start(chosen, actor=ANNA, expected=10)

    seen = []
    while run(replay).is_open:
        waiting = queued(gate)
        assert len(waiting) <= 4
        seen += waiting
        fail_for_good(gate)
        GateAttempt.objects.filter(replay_id=None, at__gte=replay.until).update(replay_id=replay.pk)

    assert sorted(seen) == sorted(names)
    assert (replay.queued, replay.already, replay.state) == (10, 0, "done")


def test_paused_gate_gets_nothing_until_it_is_resumed(feed, tenant):
    gate = make_gate(tenant)
    apply(feed, report("one"))
    fail_for_good(gate)
    changing.pause(gate, actor=ANNA)
    replay = asking.start(wanted(gate, "failed"), actor=ANNA)

    assert (run(replay).state, queued(gate)) == ("queued", [])
    changing.resume(gate, actor=ANNA)
    run(replay)

    waiting = GateDelivery.objects.get()
    assert (waiting.message_id, waiting.held_ms) == ("one", Gate.objects.get(pk=gate.pk).held_ms)


def test_deleted_gate_ends_its_replay(feed, tenant):
    gate = make_gate(tenant)
    apply(feed, report("one"))
    fail_for_good(gate)
    replay = asking.start(wanted(gate, "failed"), actor=ANNA)

    changing.delete(gate, actor=ANNA)

    assert running.run_replays(replay_id=replay.pk) == 0
    assert (GateReplay.objects.count(), GateDelivery.objects.count()) == (0, 0)


def test_cancelled_replay_takes_back_what_was_not_sent(feed, tenant):
    gate = make_gate(tenant)
    apply(feed, report("one"), report("two"))
    fail_for_good(gate)
    replay = run(asking.start(wanted(gate, "failed"), actor=ANNA))
    GateDelivery.objects.filter(message_id="two").update(token=7, due_at=timezone.now() + timedelta(minutes=2))

    assert asking.cancel(replay, actor=ANNA)
    running.run_replays()
    replay.refresh_from_db()
    assert (replay.state, replay.withdrawn, queued(gate)) == ("cancelled", 1, ["two"])
    assert replay.sealed  # a request is under way

    GateDelivery.objects.update(due_at=LONG_AGO)  # its dispatcher was killed
    running.run_replays()
    replay.refresh_from_db()
    assert (replay.withdrawn, replay.sealed, queued(gate)) == (2, "", [])
    assert not asking.cancel(replay, actor=ANNA)
    entries = AuditEntry.objects.filter(action__startswith="gate.replay").order_by("id")
    assert [(one.action, one.actor, one.subject) for one in entries] == [
        ("gate.replay_started", ANNA, gate.name), ("gate.replay_cancelled", ANNA, gate.name),
    ]  # fmt: skip


def test_one_report_is_queued_at_once_unless_it_waits(feed, tenant):
    gate = make_gate(tenant)
    apply(feed, report("one"))
    fail_for_good(gate)
    attempt = GateAttempt.objects.get()
    replay = asking.replay_one(gate, attempt, actor=ANNA, now=timezone.now())

    assert (queued(gate), replay.total, replay.is_read) == (["one"], 1, True)
    with pytest.raises(ReplayRefused, match="waits to be sent already"):
        asking.replay_one(gate, attempt, actor=ANNA, now=timezone.now())
    assert GateReplay.objects.count() == 1
    attempt.number = 0
    with pytest.raises(ReplayRefused, match="a test"):
        asking.replay_one(gate, attempt, actor=ANNA, now=timezone.now())


def test_one_report_may_be_replayed_beside_a_replay_of_many(feed, tenant):
    gate = make_gate(tenant)
    apply(feed, report("one"))
    fail_for_good(gate)
    asking.start(wanted(gate, "period"), actor=ANNA)

    with pytest.raises(ReplayRefused, match="Another replay of this gate is under way"):
        asking.start(wanted(gate, "failed"), actor=ANNA)
    asking.replay_one(gate, GateAttempt.objects.get(), actor=ANNA, now=timezone.now())
    assert GateReplay.objects.count() == 2


@with_dispatcher
def test_erased_number_is_replayed_masked_and_stored_searches_go(feed, tenant):
    with Receiver(answers(500), answers(200)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        is_done(gate, "http_500")
        fail_for_good(gate)
        failed = asking.start(search(gate, number=NUMBER), actor=ANNA)
        GateReplay.objects.filter(pk=failed.pk).update(state="failed", finished_at=timezone.now())
        erase_number(number=NUMBER, tenant=tenant, actor=ANNA)
        replay = run_to_its_end(asking.start(search(gate, number=NUMBER), actor=ANNA))

        assert NUMBER[1:] not in receiver.requests[1].body.decode()
    failed.refresh_from_db()
    assert (failed.sealed, replay.sealed) == ("", "")
    assert GateAttempt.objects.filter(replay_id=replay.pk, is_masked=True).count() == 1


def test_message_of_another_tenant_is_neither_counted_nor_sent(feed, tenant):
    gate, other = make_gate(tenant), Tenant.objects.create(slug="other", name="Other Oy")
    apply(feed, report("one"))
    foreign = make_gate(other)

    for chosen in (wanted(foreign, "period"), search(foreign), wanted(foreign, "failed")):
        assert asking.preview(chosen).reports == 0
        assert run(asking.start(chosen, actor=ANNA)).state == "done"
    assert (queued(foreign), queued(gate)) == ([], [])


def test_search_that_cannot_be_run_any_more_ends_with_its_reason(feed, tenant):
    gate = make_gate(tenant)
    replay = asking.start(search(gate, parameters={"city": "Turku"}), actor=ANNA)

    run(replay)
    run(replay)

    assert (replay.state, replay.problem, replay.sealed) == ("cancelled", "search", "")


def test_failing_worker_is_retried_and_then_the_replay_fails(feed, tenant):
    gate = make_gate(tenant)
    replay = asking.start(wanted(gate, "failed"), actor=ANNA)
    GateReplay.objects.filter(pk=replay.pk).update(sealed="x")

    for _ in range(jobs.MAX_ATTEMPTS):
        run(replay)

    assert (replay.state, replay.error[:10]) == ("failed", "Unreadable")


def test_rows_are_forgotten_thirty_days_after_their_end(feed, tenant):
    gate, now = make_gate(tenant), timezone.now()
    old = asking.start(wanted(gate, "failed"), actor=ANNA)
    GateReplay.objects.filter(pk=old.pk).update(state="failed", finished_at=now - timedelta(days=8))
    assert forget(now=now) == 0
    old.refresh_from_db()
    assert old.sealed == ""
    assert forget(now=now + timedelta(days=23)) == 1


@pytest.mark.parametrize(
    ("fields", "rate", "why"),
    [
        ({}, 400.0, "the most that a replay sends"),
        ({"throttle": 5}, 5.0, "the gate's own limit of requests per second"),
        ({"throttle": 5, "batch_size": 10}, 50.0, "the gate's own limit of requests per second"),
    ],
)
def test_pace_keeps_to_the_throttle(tenant, fields, rate, why):
    gate = make_gate(tenant, **fields)
    told = pace.pace_of(gate)

    assert (told.rate, str(told.why), told.duration(1000)) == (rate, why, timedelta(seconds=round(1000 / rate)))


def test_pace_keeps_to_what_the_receiver_did_lately(tenant):
    gate = make_gate(tenant)
    for ms in (900, 1100):
        GateAttempt.objects.create(
            tenant_id=tenant.pk,
            gate_id=gate.pk,
            at=timezone.now(),
            message_id="m",
            number=1,
            outcome="delivered",
            ms=ms,
        )

    assert pace.pace_of(gate).rate == 4.0
