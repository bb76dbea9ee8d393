"""Errors that no row causes: applying stops, rows wait, and applying resumes by itself."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from deliveries.applying.apply import BatchResult, apply_slices, apply_waiting
from deliveries.applying.failures import Stopped
from deliveries.applying.poison import MAX_IN_A_ROW, MAX_IN_PERIOD, FailureStreak, PoisonSearch
from deliveries.checks.reconcile import find_differences
from deliveries.dialects import registry
from deliveries.messages.slices import SLICES
from deliveries.models import IngestCount, Message, QuarantinedRow, WaitingRow
from deliveries.stop_reasons import Cause
from tests.applying import faulty
from tests.deliveries.helpers import NOW, dlr, put

pytestmark = pytest.mark.django_db


def reports(count: int, *, first: int = 0, **fields) -> list[dict]:
    return [dlr(f"m{n}", refId="sale", **fields) for n in range(first, first + count)]


def poison(count: int, *, first: int = 0) -> list[dict]:
    return [dlr(f"p{n}", refId="poison") for n in range(first, first + count)]


def stopped() -> Stopped:
    """Apply what waits; it must stop. Nothing may be in quarantine."""
    with pytest.raises(Stopped) as found:
        apply_waiting(now=NOW)
    assert not QuarantinedRow.objects.exists()
    return found.value


def is_whole(*, applied: int) -> None:
    assert Message.objects.count() == applied
    assert not WaitingRow.objects.exists()
    assert not QuarantinedRow.objects.filter(state="waiting").exists()
    assert find_differences() == []
    row = IngestCount.objects.get()
    assert row.received == row.reports + row.duplicates + row.quarantined


@contextmanager
def buggy_parser(monkeypatch, *, word: bytes = b""):
    """A parser with a mistake of ours in it, that bodies with `word` meet."""
    link = registry.DIALECTS["link"]

    def buggy(body: bytes, **fields):
        if word in body:
            raise AttributeError("'NoneType' object has no attribute 'strip'")
        return link.parse(body, **fields)

    with monkeypatch.context() as patch:
        patch.setitem(registry.DIALECTS, "link", replace(link, parse=buggy))
        yield


FAULTS = {
    "a statement that is refused": (
        lambda: faulty.refused("message", "true", errcode="feature_not_supported"),
        "FeatureNotSupported 0A000",
    ),
    "a missing column": (lambda: faulty.without_column("message", "operator"), "UndefinedColumn 42703"),
    "a missing column of counts": (lambda: faulty.without_column("daily_count", "parts"), "UndefinedColumn 42703"),
    "a lost privilege": (lambda: faulty.without_privilege("delivery_report"), "InsufficientPrivilege 42501"),
    "a lost privilege on counts": (lambda: faulty.without_privilege("hour_count"), "InsufficientPrivilege 42501"),
    "an error of the server": (
        lambda: faulty.refused("message", "true", errcode="internal_error"),
        "InternalError XX000",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("waiting", [1, 40])
def test_error_of_the_database_stops_applying_and_everything_waits(feed, tenant, name, waiting):
    fault, code = FAULTS[name]
    put(feed, *reports(waiting), received_at=NOW)

    with fault():
        for _again in range(3):
            stop = stopped()
            assert (stop.cause, stop.failure.code, stop.done) == (Cause.STATEMENT, code, BatchResult())
            assert "processing has stopped: the database rejects a statement: " in str(stop)
            assert WaitingRow.objects.count() == waiting
    assert apply_waiting(now=NOW) == BatchResult(claimed=waiting, reports=waiting, new_messages=waiting)
    is_whole(applied=waiting)


def test_statement_that_only_some_rows_need_takes_none_of_them_into_quarantine(feed, tenant):
    """As it was: a database that refused one statement, and 559 good reports of 3,547 in quarantine."""
    put(feed, *reports(60), received_at=NOW)
    apply_waiting(now=NOW)
    put(feed, *reports(20, operator="fi.elisa"), *reports(100, first=60), received_at=NOW)

    with faulty.refused("message", "true", errcode="feature_not_supported", events="UPDATE"):
        stopped()
    assert WaitingRow.objects.count() == 120
    apply_waiting(now=NOW)
    is_whole(applied=160)


def test_same_error_from_several_rows_in_a_row_stops_applying(feed, tenant):
    put(feed, *reports(5), *poison(MAX_IN_A_ROW), *reports(30, first=5), received_at=NOW)

    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="check_violation"):
        stop = stopped()
        assert (stop.cause, stop.failure.code) == (Cause.ROWS, "CheckViolation 23514")
        assert "several rows fail with the same error, such as rows " in str(stop)
        assert stop.done.reports == Message.objects.count() == 5
        stopped()
    apply_waiting(now=NOW)
    is_whole(applied=35 + MAX_IN_A_ROW)


def test_same_error_from_many_rows_of_a_batch_stops_applying_though_others_are_applied(feed, tenant):
    rows = [row for n in range(MAX_IN_PERIOD) for row in (*poison(1, first=n), *reports(6, first=6 * n))]
    put(feed, *rows, received_at=NOW)

    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="data_exception"):
        assert stopped().cause is Cause.ROWS
    apply_waiting(now=NOW)
    is_whole(applied=7 * MAX_IN_PERIOD)


def test_fewer_rows_than_several_are_put_aside_and_their_neighbours_applied(feed, tenant):
    put(feed, *reports(5), *poison(MAX_IN_A_ROW - 1), *reports(5, first=5), received_at=NOW)

    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="check_violation"):
        result = apply_waiting(now=NOW)
    assert (result.reports, result.quarantined) == (10, MAX_IN_A_ROW - 1)
    assert not WaitingRow.objects.exists()


def test_different_errors_do_not_add_up(feed, tenant):
    put(
        feed,
        *poison(MAX_IN_A_ROW - 1),
        *[dlr(f"q{n}", refId="other") for n in range(MAX_IN_A_ROW - 1)],
        received_at=NOW,
    )

    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="check_violation"):
        faulty.run(
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'other' USING ERRCODE = 'data_exception'; END$$",
            "CREATE TRIGGER other BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.ref_id = 'other')"
            " EXECUTE FUNCTION other()",
        )
        assert apply_waiting(now=NOW).quarantined == 2 * (MAX_IN_A_ROW - 1)


def test_rows_that_came_one_by_one_come_back_when_the_same_error_stops_applying(feed, tenant):
    streak = FailureStreak()
    with faulty.refused("message", "true", errcode="not_null_violation"):
        for n in range(MAX_IN_A_ROW - 1):
            put(feed, *reports(1, first=n), received_at=NOW)
            now = NOW + timedelta(hours=2 * n)  # a quiet portal
            assert apply_slices(slices=range(SLICES), now=now, streak=streak).quarantined == 1
        put(feed, *reports(1, first=MAX_IN_A_ROW), received_at=NOW)
        with pytest.raises(Stopped):
            apply_slices(slices=range(SLICES), now=NOW + timedelta(hours=9), streak=streak)

    assert not QuarantinedRow.objects.filter(state="waiting").exists()
    assert WaitingRow.objects.count() == MAX_IN_A_ROW
    apply_waiting(now=NOW + timedelta(minutes=1))
    is_whole(applied=MAX_IN_A_ROW)


def test_search_beside_one_that_stops_applying_puts_nothing_in_quarantine():
    """Two threads: one has a suspect when the other finds that no row causes the error."""
    streak = FailureStreak()
    reasons = []

    def refuse(ids: list[int], reason: str) -> BatchResult:
        reasons.append(reason)
        raise ValueError("this is refused")

    def refuse_beside_another(ids: list[int], reason: str) -> BatchResult:
        if ids == [2]:
            with pytest.raises(Stopped):
                PoisonSearch(refuse, streak, now=NOW).run([11, 12, 13])
            return BatchResult(claimed=1, reports=1)
        return refuse(ids, reason)

    with pytest.raises(Stopped) as stop:
        PoisonSearch(refuse_beside_another, streak, now=NOW).run([1, 2])

    assert stop.value.done == BatchResult(claimed=1, reports=1)
    assert set(reasons) == {""}


def one_by_one(feed, streak: FailureStreak, numbers: range, *, apart: timedelta) -> None:
    """Apply a poison row and then a good one, again and again."""
    for n in numbers:
        now = NOW + n * apart
        put(feed, *poison(1, first=n), received_at=NOW)
        assert apply_slices(slices=range(SLICES), now=now, streak=streak).quarantined == 1
        put(feed, *reports(1, first=n), received_at=NOW)
        assert apply_slices(slices=range(SLICES), now=now, streak=streak).reports == 1


def test_row_that_is_applied_ends_the_streak(feed, tenant):
    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="check_violation"):
        one_by_one(feed, FailureStreak(), range(2 * MAX_IN_PERIOD), apart=timedelta(minutes=10))
    assert QuarantinedRow.objects.filter(state="waiting").count() == 2 * MAX_IN_PERIOD


def test_many_rows_within_an_hour_stop_applying_and_come_back_though_others_were_applied(feed, tenant):
    """A fault that only some traffic meets, and not much at a time."""
    streak = FailureStreak()
    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="check_violation"):
        one_by_one(feed, streak, range(MAX_IN_PERIOD - 1), apart=timedelta(minutes=6))
        put(feed, *poison(1, first=MAX_IN_PERIOD), received_at=NOW)
        with pytest.raises(Stopped) as stop:
            apply_slices(slices=range(SLICES), now=NOW + timedelta(minutes=59), streak=streak)
    assert stop.value.cause is Cause.ROWS
    assert not QuarantinedRow.objects.filter(state="waiting").exists()
    apply_waiting(now=NOW + timedelta(hours=1))
    is_whole(applied=2 * MAX_IN_PERIOD - 1)


def test_mistake_of_ours_that_one_row_meets_puts_it_aside_alone(feed, tenant, monkeypatch):
    put(feed, *reports(20), *poison(1), *reports(20, first=20), received_at=NOW)

    with buggy_parser(monkeypatch, word=b"poison"):
        result = apply_waiting(now=NOW)

    assert (result.reports, result.quarantined) == (40, 1)
    (row,) = QuarantinedRow.objects.all()
    assert (row.reason, row.detail) == (
        "cannot be applied",
        "AttributeError: 'NoneType' object has no attribute 'strip'",
    )


@pytest.mark.parametrize("waiting", [1, 2, 40])
def test_mistake_of_ours_that_all_rows_meet_stops_applying(feed, tenant, monkeypatch, waiting):
    put(feed, *reports(waiting), received_at=NOW)

    with buggy_parser(monkeypatch):
        stop = stopped()
        assert (stop.cause, stop.failure.code) == (Cause.PROGRAMME, "AttributeError")
        assert WaitingRow.objects.count() == waiting
    apply_waiting(now=NOW)
    is_whole(applied=waiting)


def test_mistake_of_ours_that_many_rows_meet_takes_none_of_them_into_quarantine(feed, tenant, monkeypatch):
    rows = [row for n in range(MAX_IN_PERIOD) for row in (*poison(1, first=n), *reports(6, first=6 * n))]
    put(feed, *rows, received_at=NOW)

    with buggy_parser(monkeypatch, word=b"poison"):
        assert stopped().cause is Cause.PROGRAMME
    apply_waiting(now=NOW)
    is_whole(applied=7 * MAX_IN_PERIOD)


def test_row_of_a_mistake_waits_alone_until_another_one_is_applied(feed, tenant, monkeypatch):
    with buggy_parser(monkeypatch, word=b"poison"):
        put(feed, *poison(1), received_at=NOW)
        assert stopped().cause is Cause.PROGRAMME
        put(feed, *reports(1), received_at=NOW)
        assert apply_waiting(now=NOW) == BatchResult(claimed=2, reports=1, quarantined=1, new_messages=1)


def test_value_that_is_too_large_for_an_index_is_its_rows_alone(feed, tenant):
    """PostgreSQL's program limit: psycopg calls it operational, but the database is reachable."""
    put(feed, *reports(10), *poison(1), received_at=NOW)

    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="program_limit_exceeded"):
        assert apply_waiting(now=NOW).quarantined == 1
    assert Message.objects.count() == 10


# --- by the command


def test_command_tells_why_it_stopped(feed, tenant):
    put(feed, *reports(3), received_at=NOW)
    with faulty.without_column("message", "operator"), pytest.raises(CommandError) as told:
        call_command("apply_inbox")
    assert str(told.value).startswith(
        "processing has stopped: the database rejects a statement: ProgrammingError: column "
    )
    assert WaitingRow.objects.count() == 3


def test_rows_that_hold_all_others_up_are_put_aside_by_command(feed, tenant, capsys):
    put(feed, *poison(MAX_IN_A_ROW), *reports(5), received_at=NOW)
    with faulty.refused("message", "NEW.ref_id = 'poison'", errcode="check_violation"):
        stopped()
        rows = list(WaitingRow.objects.order_by("id").values_list("id", flat=True)[:MAX_IN_A_ROW])
        call_command("apply_inbox", put_aside=rows)
        call_command("apply_inbox")
    assert capsys.readouterr().out.splitlines()[0] == f"{MAX_IN_A_ROW} of {MAX_IN_A_ROW} rows are in quarantine now"
    assert set(QuarantinedRow.objects.values_list("inbox_id", "reason", "detail")) == {
        (row, "cannot be applied", "put aside by hand") for row in rows
    }
    assert Message.objects.count() == 5
    row = IngestCount.objects.get()
    assert (row.received, row.reports, row.quarantined) == (5 + MAX_IN_A_ROW, 5, MAX_IN_A_ROW)


def test_row_that_does_not_wait_cannot_be_put_aside(feed):
    with pytest.raises(CommandError, match="The other rows are not waiting"):
        call_command("apply_inbox", put_aside=[4711])
    assert not QuarantinedRow.objects.exists()
