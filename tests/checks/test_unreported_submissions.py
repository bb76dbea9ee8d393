"""Submissions without any delivery report: when that is an alarm, and that asking is cheap."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from deliveries.applying.apply import apply_waiting
from deliveries.checks.run import run_checks
from deliveries.checks.submissions import HOURS, UnreportedSource, unreported_sources
from deliveries.checks.unreported_submissions import UnreportedHours, assess_submissions, assessed_hours
from deliveries.models import StandingCheck, SubmissionCount
from tests.deliveries.helpers import NOW, dlr, hand_in, put, submission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated")]

HOUR = timedelta(hours=1)
START, END = datetime(2026, 11, 19, 11, tzinfo=UTC), datetime(2026, 11, 20, 11, tzinfo=UTC)
CHECK = ["submissions"]


def ago(hours: int) -> datetime:
    return END - hours * HOUR


@pytest.mark.parametrize(
    ("until", "minutes", "end"),
    [
        (datetime(2026, 11, 20, 12, 0, tzinfo=UTC), 60, END),
        (datetime(2026, 11, 20, 11, 59, 59, tzinfo=UTC), 60, END - HOUR),
        (datetime(2026, 11, 20, 12, 59, 59, tzinfo=UTC), 60, END),
        (datetime(2026, 11, 20, 11, 30, tzinfo=UTC), 30, END),
        (datetime(2026, 11, 20, 23, 0, tzinfo=UTC), 720, END),
    ],
)
def test_hours_that_ended_long_enough_ago_are_looked_at(until, minutes, end):
    assert assessed_hours(until=until, within=timedelta(minutes=minutes)) == (end - 24 * HOUR, end)


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ({}, None),
        ({ago(1): (19, 19)}, None),  # too few to tell
        ({ago(1): (20, 9)}, None),
        ({ago(1): (20, 10)}, UnreportedHours(ago(1), END, 20, 10)),
        ({ago(1): (21, 10)}, None),
        ({ago(1): (1000, 1000), ago(2): (9000, 0)}, UnreportedHours(ago(1), END, 1000, 1000)),  # seen at once
        ({ago(1): (1000, 0), ago(2): (9000, 9000)}, None),  # they come again
        ({ago(1): (19, 19), ago(3): (1, 0)}, UnreportedHours(ago(3), END, 20, 19)),
        ({ago(24): (20, 20)}, UnreportedHours(START, END, 20, 20)),
        ({ago(25): (20, 20)}, None),
        ({END: (20, 20)}, None),  # not old enough
        (dict.fromkeys(map(ago, range(1, 25)), (1, 1)), UnreportedHours(ago(20), END, 20, 20)),
    ],
)
def test_half_of_the_newest_twenty_without_a_report_is_an_alarm(hours, found):
    assert assess_submissions(hours, start=START, end=END) == found


# --- in the portal


def handed_in(account, count: int, prefix: str, at: str = "2026-11-20T10:30:00Z", **fields) -> None:
    items = [submission(f"{prefix}{n}", **fields) | {"submitted_at": at} for n in range(count)]
    hand_in(account, *items, received_at=NOW)


def test_account_without_reports_is_told_and_over_when_they_come(account, feed, tenant):
    handed_in(account, 20, "a", partner_id="nr-fi")
    handed_in(account, 5, "b")
    apply_waiting(now=NOW)
    assert run_checks(now=NOW, names=CHECK) == {
        "submissions": [
            "link-main: no delivery report for 25 of the 25 submitted messages from 2026-11-20 10:00 to"
            " 2026-11-20 11:00 UTC"
        ]
    }
    assert (StandingCheck.objects.get().problems, StandingCheck.objects.get().since) == (1, NOW)

    put(feed, *(dlr(f"a{n}", 1000) for n in range(13)), received_at=NOW)
    apply_waiting(now=NOW)
    assert run_checks(now=NOW, names=CHECK) == {"submissions": []}


def test_partner_id_without_reports_is_told_where_the_account_has_them(account, feed, tenant, other_tenant):
    handed_in(account, 100, "good", partner_id="baltic-ee")
    handed_in(account, 30, "silent", partner_id="nr-fi")
    handed_in(account, 20, "none")
    put(feed, *(dlr(f"good{n}") for n in range(100)), received_at=NOW)
    apply_waiting(now=NOW)

    assert run_checks(now=NOW, names=CHECK) == {
        "submissions": [
            "link-main, without a partner ID: no delivery report for 20 of the 20 submitted messages from"
            " 2026-11-20 10:00 to 2026-11-20 11:00 UTC",
            "link-main, partner ID nr-fi: no delivery report for 30 of the 30 submitted messages from"
            " 2026-11-20 10:00 to 2026-11-20 11:00 UTC",
        ]
    }


def test_finding_about_a_partner_id_holds_no_phone_number(account, feed, tenant):
    handed_in(account, 100, "good", partner_id="nr-fi")
    handed_in(account, 30, "silent", partner_id="shop +358401234567")
    put(feed, *(dlr(f"good{n}") for n in range(100)), received_at=NOW)
    apply_waiting(now=NOW)

    (found,) = run_checks(now=NOW, names=CHECK)["submissions"]

    assert found.startswith(
        "link-main, partner ID shop +358 •••••••67: no delivery report for 30 of the 30 submitted messages"
    )


def test_submissions_become_old_at_the_set_age_to_the_second(account, tenant, settings):
    handed_in(account, 20, "a", at="2026-11-20T10:59:59Z")
    handed_in(account, 20, "b", at="2026-11-20T11:00:00Z")
    apply_waiting(now=NOW)

    def messages(now: datetime) -> list[int]:
        within = timedelta(minutes=settings.SUBMISSION_REPORT_MINUTES)
        return [silent.found.messages for silent in unreported_sources(until=now, within=within)]

    assert settings.SUBMISSION_REPORT_MINUTES == 60
    assert [messages(NOW - timedelta(seconds=1)), messages(NOW), messages(NOW + HOUR)] == [[], [20], [20]]
    settings.SUBMISSION_REPORT_MINUTES = 15
    assert messages(NOW - timedelta(minutes=44)) == [20]


def test_reports_that_wait_to_be_applied_are_no_silence(account, feed, tenant):
    handed_in(account, 20, "a")
    apply_waiting(now=NOW)
    put(feed, *(dlr(f"a{n}") for n in range(20)), received_at=NOW - timedelta(minutes=1))

    assert run_checks(now=NOW, names=CHECK) == {"submissions": []}
    apply_waiting(now=NOW)
    assert run_checks(now=NOW, names=CHECK) == {"submissions": []}


@pytest.mark.parametrize("number", [1, 3])
def test_silent_partner_ids_are_found_by_one_query(account, tenant, django_assert_num_queries, number):
    for n in range(number):
        handed_in(account, 20, f"{n}-", partner_id=f"p{n}")
    SubmissionCount.objects.create(
        tenant=tenant, account=account, partner_id="good", hour=NOW - 2 * HOUR, messages=1000, unanswered=0
    )
    apply_waiting(now=NOW)

    with django_assert_num_queries(1):
        found = unreported_sources(until=NOW, within=HOUR)
    window = UnreportedHours(NOW - 2 * HOUR, NOW - HOUR, 20, 20)
    assert found == [UnreportedSource("link-main", f"p{n}", window) for n in range(number)]


def test_a_days_submissions_are_read_by_an_index(account, tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO submission_count (tenant_id, account_id, partner_id, hour, messages, unanswered)"
            " SELECT %s, %s, 'p' || p, %s::timestamptz - h * interval '1 hour', 5, 1"
            " FROM generate_series(1, 100) AS p, generate_series(1, 800) AS h",
            [tenant.id, account.id, NOW],
        )
        cursor.execute("ANALYZE submission_count")
        cursor.execute("EXPLAIN (FORMAT JSON) " + HOURS, [START, END])
        (plan,) = cursor.fetchone()[0]

    kinds = {node["Node Type"] for node in nodes(plan["Plan"]) if node.get("Relation Name") == "submission_count"}
    assert len(kinds & {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}) == len(kinds) == 1


def nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)
