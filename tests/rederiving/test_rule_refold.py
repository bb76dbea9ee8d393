"""Messages as an older version stored them, derived again by the rules of now."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from deliveries.checks.reconcile import find_differences, repair
from deliveries.models import LatencyCount, Message, RetentionMark, RuleRefold
from deliveries.rederiving import rule_refold
from deliveries.rederiving.rule_refold import request_rule_refold, run_rule_refolds
from deliveries.tasks import resume_rule_refolds
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

SENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
OWN = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}}


def report(id_: str, code: int, seconds: float | None = None, *, sent: datetime = SENT, **fields) -> dict:
    at = {} if seconds is None else {"timestamp": (sent + timedelta(seconds=seconds)).isoformat()}
    return dlr(id_, code, sentTimestamp=sent.isoformat(), **at, **OWN, **fields)


# message: its reports; (status, code, final, flags, part_states, status_at, delivered_at, bucket) of the older rules
OLDER: dict[str, tuple[list[tuple], tuple]] = {
    "hidden": ([(None, 1001, 5), (None, 1010, 9000)], ("unknown", 1010, True, 1, None, 9000, None, None)),
    "undone": ([(None, 1007, 5), (None, 1000, 60)], ("delivered", 1007, False, 0, None, 5, 5, 42)),
    "slowed": ([(None, 1001, 5), (None, 1001, 9000)], ("delivered", 1001, True, 0, None, 9000, 9000, 129)),
    "billed": ([(None, 1007, 5), (None, 1001, 9000)], ("delivered", 1001, True, 0, None, 9000, 9000, 129)),
    "failed": ([(None, 1001, 5), (None, 1006, 60)], ("failed", 1006, True, 1, None, 60, None, None)),
    "parts": (
        [(0, 1001, 5), (0, 1001, 9000), (1, 1001, 7), (1, 5, 10)],
        ("unknown", 5, True, 1, {"0": [1001, 9000], "1": [5, 10]}, 10, None, None),
    ),
    "both": (
        [(None, 4, 9000), (0, 1001, 5)],
        ("unknown", 4, True, 1, {"0": [1001, 5], "whole": [4, 9000]}, 9000, None, None),
    ),
}
AFTER = {
    "hidden": ("delivered", 1001, True, 0, 5, 42),
    "undone": ("delivered", 1007, False, 0, 5, 42),
    "slowed": ("delivered", 1001, True, 0, 5, 42),
    "billed": ("delivered", 1001, True, 0, 5, 42),
    "failed": ("failed", 1006, True, 1, None, None),
    "parts": ("delivered", 1001, True, 0, 7, 50),
    "both": ("delivered", 1001, True, 0, 5, 42),
}
UNTOUCHED = "plain"


def moment(seconds: float | None, sent: datetime) -> datetime | None:
    return None if seconds is None else sent + timedelta(seconds=seconds)


def store_as_before(feed, prefix: str = "", *, sent: datetime = SENT) -> None:
    """Apply the reports, then give each message the row that the older version made of them, and counts of it."""
    for name, (reports, _row) in OLDER.items():
        apply(
            feed,
            *(
                report(f"{prefix}{name}" if part is None else f"{prefix}{name}${part}", code, seconds, sent=sent)
                for part, code, seconds in reports
            ),
        )
    apply(feed, report(f"{prefix}{UNTOUCHED}", 1000, 1, sent=sent), report(f"{prefix}{UNTOUCHED}", 1001, 5, sent=sent))
    for name, (_reports, row) in OLDER.items():
        status, code, final, flags, parts, status_at, delivered_at, bucket = row
        states = parts and {part: [known, moment(seconds, sent)] for part, (known, seconds) in parts.items()}
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE message SET status = %s, result_code = %s, final = %s, flags = %s, part_states = %s,"
                " status_at = %s, delivered_at = %s, latency_bucket = %s WHERE message_id = %s",
                [
                    status, code, final, flags, states and orjson.dumps(states).decode(), moment(status_at, sent),
                    moment(delivered_at, sent), bucket, f"{prefix}{name}",
                ],
            )  # fmt: skip
    repair(find_differences())
    assert find_differences() == []


def found(prefix: str = "", *, sent: datetime = SENT) -> dict[str, tuple]:
    return {
        m.message_id.removeprefix(prefix): (
            m.status, m.result_code, m.final, m.flags, m.delivered_at and (m.delivered_at - sent).total_seconds(),
            m.latency_bucket,
        )
        for m in Message.objects.filter(message_id__startswith=prefix)
        if m.message_id.removeprefix(prefix) != UNTOUCHED
    }  # fmt: skip


def test_messages_of_the_older_rules_are_what_the_rules_of_now_say(feed, tenant):
    store_as_before(feed)
    assert found() != AFTER
    job = request_rule_refold()

    assert resume_rule_refolds() == 1

    assert found() == AFTER
    assert find_differences() == []
    job.refresh_from_db()
    # "undone" was right, and all that is new of "failed" is that its delivery is remembered
    assert (job.state, job.done, job.changed) == ("done", len(OLDER), len(OLDER) - 1)
    assert sorted(LatencyCount.objects.exclude(messages=0).values_list("bucket", "messages")) == [(42, 6), (50, 1)]


def test_delivery_is_remembered_of_a_message_that_failed_before_the_upgrade(feed, tenant):
    store_as_before(feed)
    request_rule_refold()
    run_rule_refolds()

    apply(feed, report("failed", 1001, 9000))

    assert found()["failed"] == ("delivered", 1001, True, 1, 5, 42)


def test_messages_before_their_refold_take_newer_reports_in(feed, tenant):
    """Appliers do not wait for it: what they add is in the history that it reads."""
    store_as_before(feed)
    apply(feed, report("hidden", 1000, 1), report("slowed", 1001, 20), report("parts$1", 1001, 8))
    request_rule_refold()
    run_rule_refolds()

    assert found() == AFTER
    assert find_differences() == []


def test_sealed_days_stay(feed, tenant):
    old = SENT - timedelta(days=40)
    store_as_before(feed, "old-", sent=old)
    store_as_before(feed, "new-")
    before = found("old-", sent=old)
    RetentionMark.objects.create(
        tenant=tenant, messages_before=old.date() + timedelta(days=1), hours_before=old + timedelta(days=1)
    )
    counts = list(LatencyCount.objects.filter(day=old.date()).order_by("bucket").values_list("bucket", "messages"))

    request_rule_refold()
    run_rule_refolds()

    assert found("old-", sent=old) == before
    assert found("new-") == AFTER
    left = LatencyCount.objects.filter(day=old.date()).order_by("bucket").values_list("bucket", "messages")
    assert list(left) == counts


def test_job_goes_on_where_a_killed_process_left_it(feed, tenant, monkeypatch):
    older = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)
    store_as_before(feed, "a-", sent=older)
    store_as_before(feed, "b-")
    job = RuleRefold.objects.create(
        state="running", lease_until=timezone.now() - timedelta(seconds=1), month=date(2026, 11, 1), done=2,
        after_account_id=feed.account_id, after_message_id="b-failed",
    )  # fmt: skip
    monkeypatch.setattr(rule_refold, "BATCH", 2)

    assert run_rule_refolds() == 1

    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 2 + len(OLDER) + sum(f"b-{name}" > "b-failed" for name in OLDER))
    assert found("a-", sent=older) == AFTER
    assert {name for name, now in found("b-").items() if now == AFTER[name]} >= {
        name for name in OLDER if f"b-{name}" > "b-failed"
    }
    assert found("b-")["both"] == ("unknown", 4, True, 1, None, None)  # before the place where it stood


def test_refold_by_command_does_now_what_is_queued(feed, tenant, capsys):
    store_as_before(feed)
    queued = RuleRefold.objects.create()

    call_command("refold", rules=True)

    queued.refresh_from_db()
    assert (queued.state, RuleRefold.objects.count()) == ("done", 1)
    assert capsys.readouterr().out == "7 messages checked, 6 changed\n"
    call_command("refold", rules=True)
    assert capsys.readouterr().out == "7 messages checked, 0 changed\n"


def test_refold_by_command_leaves_the_worker_its_job(feed):
    RuleRefold.objects.create(state="running", lease_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(CommandError, match="The worker is processing it"):
        call_command("refold", rules=True)


@pytest.mark.parametrize("options", [{"rules": True, "dialect": "link"}, {"all": True}])
def test_refold_by_command_wants_the_dialect_where_it_is_used(feed, options):
    with pytest.raises(CommandError, match="--dialect: give it with --code or --all"):
        call_command("refold", **options)


def test_messages_that_the_rules_leave_as_they_are_are_not_looked_at(feed, tenant):
    apply(feed, *(report(f"m{n}", code, 5) for n, code in enumerate([1001, 1006, 1000, 1099, 1002, 1005])))
    apply(feed, report("m0", 1000, 1), report("two$0", 1001, 5), report("two$1", 1001, 5), report("m4", 1099, 9))
    job = request_rule_refold()
    run_rule_refolds()
    job.refresh_from_db()
    assert (job.done, job.changed) == (0, 0)
