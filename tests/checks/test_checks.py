"""Standing checks: every received row is accounted for, and operators are mailed otherwise."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from deliveries.applying.accounting import Balance, balances, find_losses
from deliveries.applying.apply import apply_waiting
from deliveries.applying.quarantine import discard, replay
from deliveries.checks.counts import AGES, find_wrong_days
from deliveries.checks.reconcile import find_differences, find_differences_of, repair
from deliveries.checks.refusals import refusals
from deliveries.checks.run import CHECKS, keep, run_checks, run_first_checks
from deliveries.checks.selectors import standing_checks
from deliveries.models import (
    ApplierStop,
    DailyCount,
    HourCount,
    IngestCount,
    LatencyCount,
    QuarantinedRow,
    RefusalCount,
    RetentionMark,
    StandingCheck,
)
from deliveries.stop_reasons import CAUSES, Cause
from deliveries.tasks import run_checks as run_checks_task
from portal import celery_app
from portal.accounts.models import Membership, Role
from portal.common.kept_text import KeptText
from portal.tenants.models import Feed, Tenant
from tests.conftest import make_user
from tests.deliveries.helpers import NOW, dlr, put
from tests.messages.factory import copy_messages

pytestmark = pytest.mark.django_db

HOUR = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@pytest.fixture
def received(feed, tenant) -> None:
    """Two reports, a duplicate, two broken rows, and one report that waits."""
    put(feed, dlr("a"), dlr("b"), dlr("a"), b"broken", b"[]", received_at=NOW)
    apply_waiting(now=NOW)
    put(feed, dlr("c"), received_at=NOW)


def test_balance_of_an_hour_holds_while_rows_wait(received, feed):
    assert balances(now=NOW) == [
        Balance(
            feed_id=feed.id, feed="link-main/main", hour=HOUR, raw=6, waiting=1, in_quarantine=2,
            received=5, reports=2, duplicates=1, quarantined=2, replayed=0,
        )
    ]  # fmt: skip
    assert find_losses(now=NOW) == []


def test_balance_holds_through_replay_and_discard_of_quarantined_rows(received):
    replay(actor="staff@example.com", now=NOW, reason="not JSON")
    assert find_losses(now=NOW) == []
    apply_waiting(now=NOW)
    discard(ids=[QuarantinedRow.objects.get(reason="empty array").id], reason_text="x", actor="a", now=NOW)
    assert find_losses(now=NOW) == []
    assert [(b.raw, b.waiting, b.received) for b in balances(now=NOW)] == [(6, 0, 6)]


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ("DELETE FROM inbox_todo", "6 raw rows and 0 replayed, but 5 applied and 0 waiting: 1 missing"),
        (
            "DELETE FROM inbox WHERE id = (SELECT min(id) FROM inbox)",
            "5 raw rows and 0 replayed, but 5 applied and 1 waiting: 1 too many",
        ),
        ("UPDATE ingest_count SET reports = 1", "5 applied, but 1 reports, 1 duplicates and 2 quarantined"),
        ("DELETE FROM quarantine WHERE reason = 'not JSON'", "2 counted as quarantined, but 1 in quarantine"),
    ],
)
def test_planted_loss_is_found(received, planted, told):
    sql(planted)
    assert find_losses(now=NOW) == [f"link-main/main, 2026-11-20 12:00 UTC: {told}"]


def test_waiting_row_without_its_raw_row_is_found(received):
    sql("DELETE FROM inbox WHERE id IN (SELECT id FROM inbox_todo)")
    assert find_losses(now=NOW) == [
        "no raw row, 2026-11-20 12:00 UTC: 0 raw rows and 0 replayed, but 0 applied and 1 waiting: 1 too many"
    ]


def test_hours_before_the_asked_ones_are_left_out(received):
    sql("DELETE FROM inbox_todo")
    assert find_losses(now=NOW + timedelta(hours=2, minutes=59)) != []
    assert find_losses(now=NOW + timedelta(hours=3)) == []
    assert find_losses(now=NOW + timedelta(hours=3), hours=4) != []


def test_command_tells_and_ends_with_1(feed, tenant, capsys):
    put(feed, dlr("a"))
    call_command("check_ingest")
    sql("DELETE FROM inbox_todo")
    with pytest.raises(SystemExit) as told:
        call_command("check_ingest", hours=1)
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], told.value.code) == ("every received report is processed, waiting or in quarantine", 1)
    assert lines[1].endswith("1 raw rows and 0 replayed, but 0 applied and 0 waiting: 1 missing")


def test_check_is_kept_with_the_time_since_when_it_finds_something(received):
    sql("UPDATE ingest_count SET reports = 1")
    run_checks(now=NOW, names=["received"])
    run_checks(now=NOW + timedelta(minutes=10), names=["received"])

    row = StandingCheck.objects.get()
    assert (row.name, row.checked_at, row.problems, row.since) == ("received", NOW + timedelta(minutes=10), 1, NOW)

    IngestCount.objects.update(reports=2)
    run_checks(now=NOW + timedelta(minutes=20), names=["received"])
    row.refresh_from_db()
    assert (row.problems, row.since, row.details) == (0, None, [])


@pytest.fixture
def eager() -> Iterator[None]:
    """Send mails at once, without a worker."""
    celery_app.conf.task_always_eager = True
    yield
    celery_app.conf.task_always_eager = False


def test_operators_are_mailed_once_when_it_begins_and_once_when_it_ends(
    eager, received, staff_user, mailoutbox, settings, django_capture_on_commit_callbacks
):
    make_user("gone@example.com", is_staff=True, is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        keep("received", [], now=NOW)
        keep("received", ["one is missing", "two are missing"], now=NOW)
        keep("received", ["three are missing"], now=NOW)
        keep("received", [], now=NOW)
        settings.ALARM_EMAILS = ["night@example.com"]
        keep("received", [f"{n} is missing" for n in range(25)], now=NOW)

    assert [(mail.to, mail.subject, mail.body.split("\n\n")[1].splitlines()[0]) for mail in mailoutbox] == [
        (["staff@example.com"], "Alarm: received (2)", "one is missing"),
        (["staff@example.com"], "Resolved: received", f"{settings.PUBLIC_URL}/admin/"),
        (["night@example.com"], "Alarm: received (25)", "0 is missing"),
    ]  # fmt: skip
    assert "… and 5 more" in mailoutbox[2].body
    title = "“Every received report is processed, waiting or in quarantine”."
    assert [mail.body.splitlines()[0] for mail in mailoutbox] == [
        f"This no longer holds: {title}",
        f"The check no longer finds a problem: {title}",
        f"This no longer holds: {title}",
    ]
    assert all(mail.body.endswith(f"\n\n{settings.PUBLIC_URL}/admin/\n") for mail in mailoutbox)


@pytest.mark.parametrize("name", ["feeds", "refused", "quarantined", "submissions", "jobs"])
def test_another_feed_is_mailed_while_the_first_one_still_has_its_alarm(
    eager, name, staff_user, mailoutbox, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        keep(name, ["link/a: 1 of 5"], now=NOW)
        keep(name, ["link/a: 2 of 9"], now=NOW)  # the same feed: once is enough
        keep(name, ["link/a: 2 of 9", "link/b: 7 of 8"], now=NOW)
        keep(name, ["link/b: 9 of 9"], now=NOW)
        keep(name, [], now=NOW)

    assert [mail.subject for mail in mailoutbox] == [f"Alarm: {name} (1)", f"Alarm: {name} (2)", f"Resolved: {name}"]
    assert "link/b: 7 of 8" in mailoutbox[1].body


def test_wording_that_changes_with_time_is_not_mailed_again(
    eager, staff_user, mailoutbox, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        keep("waiting", ["delivery reports wait since 12:00 UTC. No applier runs"], now=NOW)
        keep("waiting", ["delivery reports wait since 12:01 UTC: no applier runs"], now=NOW)

    assert [mail.subject for mail in mailoutbox] == ["Alarm: waiting (1)"]


def test_rows_that_wait_for_too_long_are_told(received):
    assert run_checks(now=NOW + timedelta(minutes=4), names=["waiting"]) == {"waiting": []}
    assert run_checks(now=NOW + timedelta(minutes=5), names=["waiting"]) == {
        "waiting": ["delivery reports wait since 2026-11-20 12:00 UTC. No applier runs, or it cannot keep up"]
    }


def test_applier_that_has_stopped_is_told(received):
    assert run_checks(now=NOW, names=["applying"]) == {"applying": []}
    ApplierStop.objects.create(
        since=NOW, cause="statement", code="UndefinedColumn 42703", error='column "x" does not exist', tried_at=NOW
    )
    assert run_checks(now=NOW, names=["applying"]) == {
        "applying": [
            "processing has stopped since 2026-11-20 12:00 UTC: the database rejects a statement:"
            ' column "x" does not exist. No report is lost. Processing resumes when the error is fixed'
        ]
    }


def test_silent_feed_is_told(feed):
    for weeks in range(5):
        IngestCount.objects.create(feed=feed, hour=NOW - timedelta(weeks=weeks), received=30, reports=30)
    for weeks in range(1, 5):
        IngestCount.objects.create(feed=feed, hour=NOW - timedelta(weeks=weeks, hours=-2), received=30, reports=30)

    assert run_checks(now=NOW + timedelta(minutes=90), names=["feeds"]) == {"feeds": []}
    assert run_checks(now=NOW + timedelta(hours=4), names=["feeds"]) == {
        "feeds": [
            "link-main/main: no delivery reports since 2026-11-20 13:00 UTC; about 30 are usual in this time. The"
            " gateway gives up a report after 48 hours"
        ]
    }


def test_refused_feed_is_told_after_ten_minutes_and_until_an_hour_without(feed):
    began = HOUR + timedelta(minutes=55)
    row = {"feed_id": feed.id, "reason": "wrong credentials"}
    RefusalCount.objects.create(
        hour=HOUR, refusals=7, first_at=began, last_at=began + timedelta(minutes=4), **row
    )  # fmt: skip
    RefusalCount.objects.create(feed_id=0, reason="unknown token", hour=HOUR, refusals=1, first_at=HOUR, last_at=NOW)
    assert run_checks(now=began + timedelta(minutes=12), names=["refused"]) == {"refused": []}

    after = began + timedelta(minutes=10)
    RefusalCount.objects.create(
        hour=HOUR + timedelta(hours=1), refusals=2, first_at=began + timedelta(minutes=6), last_at=after, **row
    )
    line = (
        "link-main/main: requests rejected since 2026-11-20 12:55 UTC, most recently at 13:05: wrong credentials (9)."
        " The gateway gives up the first of them at about 2026-11-22 12:55 UTC"
    )
    assert run_checks(now=after, names=["refused"]) == {"refused": [line]}
    assert run_checks(now=after + timedelta(hours=1), names=["refused"]) == {"refused": [line]}
    assert run_checks(now=after + timedelta(minutes=61), names=["refused"]) == {"refused": []}


def test_feed_whose_gateway_gives_up_early_is_told_after_five_minutes(account):
    feed = Feed.objects.create(account=account, name="mylink", dialect="mylink_sms")
    last = HOUR + timedelta(minutes=5)
    for feed_id, until in ((feed.id, last), (0, NOW)):
        RefusalCount.objects.create(
            feed_id=feed_id, reason="wrong signature", hour=HOUR, refusals=3, first_at=HOUR, last_at=until
        )
    (line,) = run_checks(now=last, names=["refused"])["refused"]
    assert line == (
        f"link-main/mylink: requests rejected since {HOUR:%Y-%m-%d %H:%M} UTC, most recently at {last:%H:%M}: wrong"
        " signature (3). The gateway gives up the first of them at about"
        f" {HOUR + timedelta(hours=4):%Y-%m-%d %H:%M} UTC"
    )


def test_refusals_far_apart_are_no_stretch(feed):
    for hours in (0, 2):
        at = HOUR + timedelta(hours=hours)
        RefusalCount.objects.create(feed_id=feed.id, reason="network", hour=at, refusals=1, first_at=at, last_at=at)
    assert refusals(now=HOUR + timedelta(hours=2)).feeds == []
    assert [(row.feed, row.reason, row.refusals) for row in refusals(now=HOUR + timedelta(hours=2)).day] == [
        ("link-main/main", "network", 2)
    ]


def test_feed_with_more_in_quarantine_than_usual_is_told(feed):
    for hours in range(2, 240):
        IngestCount.objects.create(feed=feed, hour=HOUR - timedelta(hours=hours), received=100, quarantined=1)
    row = IngestCount.objects.create(feed=feed, hour=HOUR, received=100, quarantined=19)
    assert run_checks(now=NOW, names=["quarantined"]) == {"quarantined": []}

    row.quarantined = 20
    row.save()
    assert run_checks(now=NOW, names=["quarantined"]) == {
        "quarantined": [
            "link-main/main: 20 of the 100 rows received since 2026-11-20 11:00 UTC are in quarantine (20.0%),"
            " usually 1.0%"
        ]
    }
    assert run_checks(now=NOW + timedelta(hours=2), names=["quarantined"]) == {"quarantined": []}


def test_double_identity_is_told(feed, tenant):
    put(feed, dlr("a"))
    apply_waiting()
    copy_messages(1)
    assert run_checks(now=NOW, names=["identities"]) == {
        "identities": [f"account {feed.account_id}, message a is stored in more than one row"]
    }


def message_of(feed, day: str, id_: str) -> None:
    put(feed, dlr(id_, sentTimestamp=f"{day}T10:00:00Z", timestamp=f"{day}T10:00:05Z"), received_at=NOW)
    apply_waiting(now=NOW)


def test_days_whose_counts_are_not_their_messages_are_told_until_they_are_mended(feed, account):
    for day, id_ in (("2026-11-19", "a"), ("2026-11-18", "b"), ("2026-10-21", "c")):
        message_of(feed, day, id_)
    DailyCount.objects.update(messages=2)  # of these days the 18th is not due
    LatencyCount.objects.filter(day="2026-10-21").delete()
    line = (
        "{}: {} counts differ from the messages, such as daily_count:"
        f" tenant_id={account.pool_id} day={{}} account_id={account.id} partner_id= country=ZZ operator= sender_type="
        " status=delivered result_code=1001: messages counted 2, actual 1, parts counted 1, actual 1"
    )
    wrong = [line.format("2026-11-19", 1, "2026-11-19"), line.format("2026-10-21", 2, "2026-10-21")]

    assert run_checks(now=NOW, names=["counts"]) == {"counts": wrong}
    assert run_checks(now=NOW + timedelta(days=3), names=["counts"]) == {"counts": wrong}  # neither is due any more
    repair(find_differences_of(date(2026, 11, 19)))
    assert run_checks(now=NOW + timedelta(days=4), names=["counts"]) == {"counts": wrong[1:]}
    repair(find_differences())
    assert run_checks(now=NOW + timedelta(days=5), names=["counts"]) == {"counts": []}


@pytest.mark.parametrize("age", AGES)
def test_day_is_compared_when_it_has_a_certain_age(feed, account, age):
    message_of(feed, f"{NOW - timedelta(days=age):%Y-%m-%d}", "a")
    HourCount.objects.update(parts=7)
    assert [line[:10] for line in find_wrong_days(now=NOW)] == [f"{NOW - timedelta(days=age):%Y-%m-%d}"]
    assert find_wrong_days(now=NOW + timedelta(days=1)) == []


def test_sealed_day_is_not_compared(feed, account):
    message_of(feed, "2026-11-19", "a")
    sql("DELETE FROM message")
    assert len(find_wrong_days(now=NOW)) == 1
    RetentionMark.objects.create(
        tenant_id=account.pool_id, messages_before="2026-11-20", hours_before="2026-11-20T00:00:00Z"
    )
    assert find_wrong_days(now=NOW) == []


def test_checks_that_were_never_run_are_run_once(received):
    run_checks(now=NOW, names=["received", "feeds"])
    assert set(run_first_checks(now=NOW)) == {
        "waiting", "applying", "refused", "quarantined", "submissions", "identities", "counts", "jobs",
        "gates", "gates_at_link", "report_mails",
    }  # fmt: skip
    assert run_first_checks(now=NOW + timedelta(minutes=1)) == {}
    assert set(StandingCheck.objects.values_list("name", flat=True)) == set(CHECKS)


def test_states_of_all_checks_are_told_by_one_query(received, django_assert_num_queries):
    keep("waiting", ["late"], now=NOW)
    keep("identities", [], now=NOW)

    with django_assert_num_queries(1):
        states = standing_checks(now=NOW + timedelta(minutes=2))

    assert [(state.name, state.problems, state.is_stale, state.is_good) for state in states] == [
        ("waiting", 1, False, False),
        ("received", 0, True, False),
        ("applying", 0, True, False),
        ("feeds", 0, True, False),
        ("refused", 0, True, False),
        ("quarantined", 0, True, False),
        ("submissions", 0, True, False),
        ("jobs", 0, True, False),
        ("gates", 0, True, False),
        ("gates_at_link", 0, True, False),
        ("report_mails", 0, True, False),
        ("alerts", 0, True, False),
        ("budgets", 0, True, False),
        ("account_delivery", 0, True, False),
        ("counts", 0, True, False),
        ("identities", 0, False, True),
    ]
    assert {state.name for state in states} == {*CHECKS, "alerts", "budgets", "account_delivery"}


def test_clock_runs_every_check(received, settings):
    scheduled = [entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] == run_checks_task.name]
    for entry in scheduled:
        run_checks_task(*entry["args"])
    assert set(StandingCheck.objects.values_list("name", flat=True)) == set(CHECKS)


def test_mail_is_in_each_recipient_s_language(
    eager, tenant, staff_user, feed, mailoutbox, settings, django_capture_on_commit_callbacks
):
    Tenant.objects.filter(id=tenant.id).update(language="fi")
    Membership.objects.create(user=staff_user, tenant=tenant, role=Role.VIEWER)
    make_user("second@example.com", is_staff=True)
    numbers = {"raw": 6, "waiting": 0, "in_quarantine": 0, "received": 5, "reports": 5, "duplicates": 0}
    balance = Balance(feed.id, "link-main/main", NOW, quarantined=0, replayed=0, **numbers)
    with django_capture_on_commit_callbacks(execute=True):
        keep("received", balance.problems, now=NOW)

    mails = {mail.to[0]: mail for mail in mailoutbox}
    both = [mails[to] for to in ("staff@example.com", "second@example.com")]
    assert [(mail.subject, mail.body.split("\n\n")[1]) for mail in both] == [
        (
            "Hälytys: received (1)",
            "link-main/main, 2026-11-20 12:00 UTC: 6 raakariviä ja 0 uudelleenajettua, mutta 5 käsitelty ja 0 odottaa:"
            " 1 puuttuu",
        ),
        (
            "Alarm: received (1)",
            "link-main/main, 2026-11-20 12:00 UTC: 6 raw rows and 0 replayed, but 5 applied and 0 waiting: 1 missing",
        ),
    ]
    assert "Avaa ylläpito" in mails["staff@example.com"].alternatives[0].content
    assert StandingCheck.objects.get(name="received").details == [str(balance.problems[0])]
    mailoutbox.clear()
    settings.ALARM_LANGUAGE, settings.ALARM_EMAILS = "fi", ["night@example.com"]
    with django_capture_on_commit_callbacks(execute=True):
        keep("received", [], now=NOW)
    assert [mail.subject for mail in mailoutbox] == ["Korjaantunut: received"]


def test_errors_and_examples_in_english_are_introduced_in_finnish(settings, account):
    error = KeptText(
        "processing has stopped since %(since)s UTC: %(cause)s: %(error)s. No report is lost. Processing resumes when"
        " the error is fixed",
        since="2026-11-20 12:00", cause=KeptText(CAUSES[Cause.STATEMENT]), error="relation x does not exist",
    )  # fmt: skip
    wrong = KeptText(
        "%(day)s: %(number)s counts differ from the messages, such as %(example)s",
        day="2026-11-05",
        number=2,
        example="e",
    )
    with translation.override("fi"):
        assert ". Virheilmoitus englanniksi: relation x does not exist. " in error.shown()
        assert wrong.shown() == "2026-11-05: 2 laskuria poikkeaa viesteistä. Esimerkki englanniksi: e"
