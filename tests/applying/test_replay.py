"""Applying raw rows again changes nothing, and rebuilds what was lost."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from deliveries.applying.accounting import balances, find_losses
from deliveries.applying.apply import BatchResult, apply_waiting
from deliveries.applying.quarantine import discard
from deliveries.applying.replay import replay_inbox
from deliveries.checks.reconcile import find_differences
from deliveries.models import IngestCount, QuarantinedRow, WaitingRow
from deliveries.simulation.traffic import generate
from tests.deliveries.helpers import NOW, dlr, hand_in, put, submission

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
A_TIME = "a time such as 2026-11-20 or 2026-11-20T15:30 (UTC)"
ALL = {"start": NOW - timedelta(days=1), "end": NOW + timedelta(days=1), "actor": "tests"}

# Every count table with the campaigns' names, since another database gives them other numbers.
_COUNTS = """
SELECT 'daily', tenant_id::text, day::text, account_id, partner_id, country, operator, sender_type, status,
    result_code, messages, parts FROM daily_count WHERE messages <> 0
UNION ALL SELECT 'campaign', c.tenant_id::text, day::text, account_id, coalesce(g.name, campaign_id::text) || variant,
    country, operator, sender_type, status, result_code, messages, parts
    FROM campaign_count c LEFT JOIN campaigns_campaign g ON g.id = c.campaign_id WHERE messages <> 0
UNION ALL SELECT 'quarter', tenant_id::text, quarter::text, account_id, '', country, operator, '', status, 0,
    messages, parts FROM hour_count WHERE messages <> 0
UNION ALL SELECT 'latency', l.tenant_id::text, day::text, account_id, coalesce(g.name, campaign_id::text) || variant,
    country, operator, sender_type, '', bucket, messages, 0
    FROM latency_count l LEFT JOIN campaigns_campaign g ON g.id = l.campaign_id WHERE messages <> 0
UNION ALL SELECT 'submission', tenant_id::text, hour::text, account_id, partner_id, '', '', '', '', 0, messages,
    unanswered FROM submission_count WHERE messages <> 0
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_MESSAGES = """
SELECT m.tenant_id, m.day, m.message_id, m.partner_id, m.ref_id, c.name, m.variant, m.labels, m.custom_parameters,
    m.destination, m.country, m.operator, m.parts, m.status, m.result_code, m.final, m.part_states, m.flags, m.sent_at,
    m.delivered_at, m.latency_bucket, m.received_at
FROM message m LEFT JOIN campaigns_campaign c ON c.id = m.campaign_id ORDER BY m.account_id, m.message_id
"""


def query(sql: str, *parameters) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def outcome(feed_id: int) -> tuple[int, ...]:
    row = IngestCount.objects.get(feed_id=feed_id)
    return row.received, row.reports, row.duplicates, row.quarantined, row.replayed


def test_replay_of_what_is_known_changes_nothing_but_the_duplicates(feed, tenant):
    put(feed, dlr("a"), dlr("b"), dlr("a"), b"broken", received_at=NOW)
    apply_waiting(now=NOW)
    counts, messages = query(_COUNTS), query(_MESSAGES)

    assert replay_inbox(**ALL) == 3  # what is in quarantine stays there
    assert find_losses(now=NOW) == []
    assert apply_waiting(now=NOW) == BatchResult(claimed=3, duplicates=3)

    assert (query(_COUNTS), query(_MESSAGES)) == (counts, messages)
    assert outcome(feed.id) == (7, 2, 4, 1, 3)
    assert find_losses(now=NOW) == []


def test_replay_of_the_whole_inbox_into_an_empty_database_gives_the_same(feed, tenant, other_tenant):
    second = feed.account.feeds.create(name="second", default_partner_id="baltic-ee")
    bodies = list(generate(seed=7, messages=250, start=NOW - timedelta(days=9), end=NOW))
    put(feed, *bodies, *bodies[:40], b"broken", b"[]", received_at=NOW)
    put(second, *(dlr(f"s{n}", refId=f"autumn|{n % 3}") for n in range(20)), received_at=NOW + 2 * HOUR)
    handed_in = [submission(f"s{n}", partner_id="nr-fi", ref_id=f"winter|{n}") for n in range(10, 40)]
    hand_in(feed.account, *handed_in, *handed_in[:5], received_at=NOW)
    for _ in range(2):
        apply_waiting(now=NOW, limit=500)
    counts, messages, quarantine = query(_COUNTS), query(_MESSAGES), query("SELECT body, reason FROM quarantine")
    outcomes = outcome(feed.id), outcome(second.id)
    for table in ("message", "delivery_report", "daily_count", "campaign_count", "hour_count", "latency_count",
                  "submission_count",
                  "campaigns_campaign", "ingest_count", "quarantine"):  # fmt: skip
        query(f"DELETE FROM {table}")
    assert (query(_COUNTS), query(_MESSAGES)) == ([], [])

    rows = query("SELECT count(*) FROM inbox")[0][0]
    assert replay_inbox(**ALL) == rows
    assert apply_waiting(now=NOW, limit=300).claimed == rows

    assert query(_COUNTS) == counts
    assert query(_MESSAGES) == messages
    assert query("SELECT body, reason FROM quarantine") == quarantine
    assert (outcome(feed.id), outcome(second.id)) == outcomes
    assert (find_differences(), find_losses(now=NOW + 3 * HOUR, hours=30)) == ([], [])
    assert len(messages) > 250


def test_replay_brings_back_a_row_that_was_lost_from_the_to_do_list(feed, tenant):
    put(feed, dlr("a"), received_at=NOW)
    apply_waiting(now=NOW)
    put(feed, dlr("lost"), received_at=NOW)
    WaitingRow.objects.all().delete()
    assert len(find_losses(now=NOW)) == 1

    assert replay_inbox(**ALL) == 2
    apply_waiting(now=NOW)

    assert find_losses(now=NOW) == []
    assert outcome(feed.id) == (3, 2, 1, 0, 1)


def test_replay_takes_the_asked_times_and_feed_alone(feed, tenant):
    second = feed.account.feeds.create(name="second")
    put(feed, dlr("early"), received_at=NOW - HOUR)
    put(feed, dlr("on time"), received_at=NOW)
    put(second, dlr("other feed"), received_at=NOW)
    put(feed, dlr("late"), received_at=NOW + timedelta(minutes=30))
    apply_waiting(now=NOW)

    assert replay_inbox(start=NOW, end=NOW + timedelta(minutes=30), feed=feed, actor="tests") == 1
    assert query("SELECT convert_from(i.body, 'UTF8') FROM inbox_todo JOIN inbox i USING (id)") == [
        ('{"id":"on time","resultCode":1001}',)
    ]
    assert find_losses(now=NOW) == []


def test_rows_that_wait_already_are_passed_over(feed, tenant):
    put(feed, dlr("a"), received_at=NOW)
    assert replay_inbox(**ALL) == 0
    assert [(b.waiting, b.replayed) for b in balances(now=NOW)] == [(1, 0)]


def test_discarded_rows_are_not_brought_back(feed, tenant):
    put(feed, b"broken", received_at=NOW)
    apply_waiting(now=NOW)
    discard(reason="not JSON", reason_text="theirs", actor="a", now=NOW)
    assert replay_inbox(**ALL) == 0


def test_replay_goes_in_chunks(feed, tenant, monkeypatch):
    monkeypatch.setattr("deliveries.applying.replay.CHUNK", 7)
    put(feed, *(dlr(f"m{n}") for n in range(20)), received_at=NOW)
    apply_waiting(now=NOW)
    told = []

    assert replay_inbox(**ALL, progress=told.append) == 20
    assert told == [7, 7, 6]


def test_command_replays_and_tells(feed, tenant, capsys):
    put(feed, dlr("a"), received_at=NOW)
    apply_waiting(now=NOW)

    call_command("replay_inbox", "--from", "2026-11-20", "--to", "2026-11-20T12:00:01", "--feed", "main")

    assert capsys.readouterr().out == "1 rows are queued again for the applier\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "soon", "--to", "2026-11-20"), f"--from: {A_TIME}, not soon"),
        (("--from", "2026-11-20", "--to", "2026-02-30"), f"--to: {A_TIME}, not 2026-02-30"),
        (("--from", "2026-11-20", "--to", "2026-11-20"), "--to: a time after --from"),
        (
            ("--from", "2026-11-20", "--to", "2026-11-21", "--feed", "x"),
            "--feed: no feed is called x; there are: link-main/main",
        ),
    ],
)
def test_command_names_what_it_cannot_read(feed, words, told):
    with pytest.raises(CommandError) as refused:
        call_command("replay_inbox", *words)
    assert str(refused.value) == told


# --- the command for quarantine


def test_quarantine_is_listed_shown_replayed_and_discarded_by_command(feed, tenant, capsys):
    put(feed, b"broken\x1b[31m", b"broken too", b"[]", received_at=NOW)
    apply_waiting(now=NOW)
    first = QuarantinedRow.objects.order_by("id").values_list("id", flat=True)[0]

    def said(*words: str) -> list[str]:
        call_command("quarantine", *words)
        return capsys.readouterr().out.splitlines()

    assert said() == [
        f"       2  not JSON             since 2026-11-20 12:00 UTC, first id {first}",
        f"       1  empty array          since 2026-11-20 12:00 UTC, first id {first + 2}",
    ]
    assert said("--reason", "empty array") == [
        f"{first + 2:>8}  link-main/main  2026-11-20 12:00:00 UTC  an array holds at least one delivery report"
    ]
    assert said("--show", str(first)) == [
        "not JSON: unexpected character, expected a JSON value: line 1 column 1 (char 0)",
        "feed link-main/main, received 2026-11-20 12:00:00 UTC, waiting, by POST",
        r"broken\x1b[31m",
    ]
    assert said("--replay", "--id", str(first)) == ["1 rows are queued for replay"]
    assert said("--discard", "a test of theirs", "--reason", "not JSON") == ["1 rows are discarded"]
    assert list(QuarantinedRow.objects.order_by("id").values_list("state", "resolution")) == [
        ("replayed", ""),
        ("discarded", "a test of theirs"),
        ("waiting", ""),
    ]
    assert said("--reason", "not JSON") == ["no row in quarantine has this reason"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--discard", "why"), "--discard: select rows by --id or --reason"),
        (("--discard", " ", "--reason", "not JSON"), "--discard: Enter a reason for discarding the rows."),
        (("--discard", "why", "--replay"), "use --replay or --discard, not both"),
        (("--show", "17"), "--show: there is no row 17"),
    ],
)
def test_quarantine_command_refuses(feed, words, told):
    with pytest.raises(CommandError) as refused:
        call_command("quarantine", *words)
    assert str(refused.value) == told
