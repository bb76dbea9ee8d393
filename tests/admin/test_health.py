"""The admin's first page: each check in a state that is right and in one that is wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import SegmentKey
from deliveries.checks.feeds import FeedRate
from deliveries.checks.run import keep
from deliveries.checks.silent_feeds import FeedState, Silence
from deliveries.models import ApplierStop, IngestCount, PartnerMove, QuarantinedRow, RefusalCount, TenantRecount
from portal.accounts import mail
from portal.accounts.models import AuditEntry
from portal.staff.health import Check, State, health, last_received
from portal.tenants.models import PartnerId
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import dlr, put
from tests.pages.conftest import make_run

pytestmark = pytest.mark.django_db
FEEDS, QUARANTINE = "/admin/tenants/feed/", "/admin/deliveries/quarantinedrow/?state__exact=waiting"
RUNS, AUDIT = "/admin/reports/reportrun/", "/admin/accounts/auditentry/?q=counts.reconciled"
RECEIVED = "Every received report is processed, waiting or in quarantine"
IDENTITIES = "Each message is stored once"
SUBMISSIONS = "Submitted messages receive delivery reports"
COUNTS = "Counts match the messages on the days compared at night"
MOVES, RECOUNTS = "/admin/deliveries/partnermove/", "/admin/deliveries/tenantrecount/"
REFOLDS, KEYS = "/admin/deliveries/rulerefold/", "/admin/campaigns/segmentkey/"
DELETIONS, EXPORTS = "/admin/deliveries/erasedmonth/", "/admin/deliveries/export/"
SAVED = "/admin/reports/definitionrun/"
INVOICES, CLOSINGS = "/admin/reports/invoicecheck/", "/admin/reports/closingrun/"
UPLOADS, REPLAYS = "/admin/campaigns/conversionupload/", "/admin/deliveries/gatereplay/"
GATES, AT_LINK = "Deliveries of gates are sent", "The gates at LINK are as they should be"
MAILS = "E-mails of reports are sent"


@pytest.fixture(autouse=True)
def quiet_settings(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PORTAL_STAFF_MFA = True


def checks(now: datetime = NOW) -> list[Check]:
    return health(now=now).checks


def named(name: str, now: datetime = NOW) -> list[Check]:
    return [check for check in checks(now) if check.name == name]


def test_new_portal_has_nothing_but_the_counts_to_look_at():
    assert checks() == [
        Check("Delivery reports waiting", State.OK, "None.", FEEDS),
        Check("Feeds", State.OK, "0 feeds, none of them silent.", FEEDS),
        Check("Quarantine", State.OK, "Empty.", QUARANTINE),
        Check("Rejected requests", State.OK, "None in the last 24 hours."),
        Check("Closings of months", State.OK, "None failed. 0 are open.", CLOSINGS),
        Check("Uploads of conversion events", State.OK, "None failed. 0 are open.", UPLOADS),
        Check("Runs of saved reports", State.OK, "None failed. 0 are open.", SAVED),
        Check("Exports", State.OK, "None failed. 0 are open.", EXPORTS),
        Check("Replays of gates", State.OK, "None failed. 0 are open.", REPLAYS),
        Check("Invoice checks", State.OK, "None failed. 0 are open.", INVOICES),
        Check("Moves", State.OK, "None failed. 0 are open.", MOVES),
        Check("Recounts", State.OK, "None failed. 0 are open.", RECOUNTS),
        Check("Recalculations of message status", State.OK, "None failed. 0 are open.", REFOLDS),
        Check("Report runs", State.OK, "None failed. 0 are open.", RUNS),
        Check("Segment keys", State.OK, "None failed. 0 are open.", KEYS),
        Check("Deletions of older workbooks", State.OK, "None failed. 0 are open.", DELETIONS),
        Check("Counts compared with messages", State.WARNING, "Never compared. Run bin/portal reconcile.", AUDIT),
        Check(RECEIVED, State.WARNING, "Never run. Is the scheduler running?"),
        Check(SUBMISSIONS, State.WARNING, "Never run. Is the scheduler running?"),
        Check(IDENTITIES, State.WARNING, "Never run. Is the scheduler running?"),
        Check(GATES, State.WARNING, "Never run. Is the scheduler running?"),
        Check(AT_LINK, State.WARNING, "Never run. Is the scheduler running?"),
        Check(MAILS, State.WARNING, "Never run. Is the scheduler running?"),
        Check(COUNTS, State.WARNING, "Never run. Is the scheduler running?"),
    ]


def test_applier_that_has_stopped_is_to_be_acted_on():
    ApplierStop.objects.create(
        since=NOW, cause="programme", code="TypeError", error="TypeError: not a number", tried_at=NOW
    )
    assert named("Processing of delivery reports") == [
        Check(
            "Processing of delivery reports",
            State.PROBLEM,
            "Stopped since 20 November 2026, 12:00 UTC: a program error: TypeError: not a number."
            " No report is lost. Processing resumes when the error is fixed.",
        )
    ]


def test_standing_checks_are_told_with_what_they_found(feed):
    keep("received", ["one is missing", "two are missing"], now=NOW)
    keep("submissions", [], now=NOW)
    keep("identities", [], now=NOW)

    assert checks()[17:] == [
        Check(RECEIVED, State.PROBLEM, "Since 20 November 2026, 12:00 UTC: one is missing"),
        Check(GATES, State.WARNING, "Never run. Is the scheduler running?"),
        Check(AT_LINK, State.WARNING, "Never run. Is the scheduler running?"),
        Check(MAILS, State.WARNING, "Never run. Is the scheduler running?"),
        Check(COUNTS, State.WARNING, "Never run. Is the scheduler running?"),
        Check(SUBMISSIONS, State.OK, "No problem found on 20 November 2026, 12:00 UTC."),
        Check(IDENTITIES, State.OK, "No problem found on 20 November 2026, 12:00 UTC."),
    ]
    assert named(IDENTITIES, NOW + timedelta(days=1)) == [
        Check(
            IDENTITIES,
            State.WARNING,
            "Last run on 20 November 2026, 12:00 UTC, too long ago. Is the scheduler running?",
        )
    ]


@pytest.mark.parametrize(
    ("age", "state", "words"),
    [
        (timedelta(seconds=5), State.OK, "2 delivery reports wait, the oldest for 5 s."),
        (timedelta(seconds=90), State.WARNING, "2 delivery reports wait, the oldest for 90 s."),
        (timedelta(minutes=11), State.PROBLEM, "2 delivery reports wait, the oldest for 11\xa0minutes."),
    ],
)
def test_rows_that_wait_are_looked_at_by_the_age_of_the_oldest(feed, age, state, words):
    put(feed, dlr("m1"), dlr("m2"), received_at=NOW - age)

    assert named("Delivery reports waiting") == [Check("Delivery reports waiting", state, words, FEEDS)]


def test_silent_feed_is_named_and_led_to(feed):
    for weeks in range(1, 5):
        IngestCount.objects.create(
            feed=feed, hour=NOW - timedelta(weeks=weeks), received=30, reports=30, duplicates=0, quarantined=0,
            clock_oddities=0,
        )  # fmt: skip
    IngestCount.objects.create(
        feed=feed, hour=NOW - timedelta(hours=1), received=1, reports=1, duplicates=0, quarantined=0, clock_oddities=0
    )

    assert checks(NOW + timedelta(hours=1))[1] == Check(
        "Silent feed link-main/main",
        State.PROBLEM,
        "No delivery reports since 20 November 2026, 12:00 UTC; about 30 are usual in this time.",
        f"/admin/tenants/feed/{feed.id}/change/",
    )


def refuse(feed_id: int, reason: str, *, minutes: int, last: datetime = NOW, refusals: int = 5) -> None:
    first = last - timedelta(minutes=minutes)
    RefusalCount.objects.create(
        feed_id=feed_id, hour=first.replace(minute=0), reason=reason, refusals=refusals, first_at=first, last_at=last
    )


def test_refusals_are_told_by_feed_and_reason(client, settings, feed):
    refuse(0, "unknown token", minutes=1, refusals=3)
    refuse(feed.id, "wrong credentials", minutes=3)
    assert named("Rejected requests") == [
        Check("Rejected requests", State.WARNING, "8 requests were rejected in the last 24 hours.", "#refusals")
    ]

    refuse(feed.id, "network", minutes=10, refusals=1)
    assert checks()[3] == Check(
        "Rejected requests of feed link-main/main",
        State.PROBLEM,
        "Requests rejected since 20 November 2026, 11:50 UTC, most recently at 20 November 2026, 12:00 UTC:"
        " network (1), wrong credentials (5).",
        f"/admin/tenants/feed/{feed.id}/change/",
    )
    settings.PORTAL_STAFF_MFA = False
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    RefusalCount.objects.update(hour=datetime.now(UTC))
    page = client.get("/admin/").content.decode()
    assert [word in page for word in ("unknown feed", "unknown token", "wrong credentials")] == [True] * 3


def test_feed_whose_rows_go_to_quarantine_does_not_look_healthy(client, settings, feed):
    count = IngestCount(feed=feed, hour=NOW - timedelta(hours=1), received=10, reports=4, quarantined=6)
    count.save()
    link = f"/admin/deliveries/quarantinedrow/?state__exact=waiting&feed__id__exact={feed.id}"
    name = "Quarantine of feed link-main/main"

    assert named(name) == [Check(name, State.WARNING, "6 of the 10 rows of the last 24 hours are in quarantine.", link)]
    IngestCount.objects.update(received=40, quarantined=20, reports=20)
    assert named(name) == [
        Check(
            name, State.PROBLEM, "20 of the 40 rows received since 20 November 2026, 11:00 UTC are in quarantine"
            " (50.0 %). The usual share is 0.0 %.", link,
        )
    ]  # fmt: skip
    settings.PORTAL_STAFF_MFA = False
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    IngestCount.objects.update(hour=datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    page = client.get("/admin/").content.decode()
    assert ("unreadable" in page, "as usual" in page, "too new to judge" in page) == (True, False, False)
    assert client.get(link).status_code == 200


def test_quarantine_tells_how_many_wait_since_when_and_why(feed):
    for reason, state, hours in (
        ("not JSON", "waiting", 3), ("not JSON", "waiting", 1), ("no id", "waiting", 2), ("no id", "replayed", 9),
    ):  # fmt: skip
        QuarantinedRow.objects.create(
            inbox_id=1, feed=feed, received_at=NOW, body=b"x", reason=reason, detail="x", state=state,
            quarantined_at=NOW - timedelta(hours=hours),
        )  # fmt: skip

    assert health(now=NOW).quarantine == [
        ("not JSON", 2, NOW - timedelta(hours=3)), ("no id", 1, NOW - timedelta(hours=2)),
    ]  # fmt: skip
    assert named("Quarantine") == [
        Check(
            "Quarantine",
            State.WARNING,
            "3 rows wait for a decision, the oldest since 20 November 2026, 09:00 UTC.",
            QUARANTINE,
        )
    ]


def test_failed_jobs_are_a_problem_and_those_that_are_tried_again_a_warning(tenant):
    make_run(tenant, "2026-10", state="failed", error="broken")
    partner = PartnerId.objects.get(tenant=tenant)
    PartnerMove.objects.create(tenant=tenant, partner=partner, attempts=3, error="ValueError: x")
    TenantRecount.objects.create(tenant=tenant, reason="zone", state="failed", attempts=5, error="ValueError: x")
    TenantRecount.objects.create(tenant=tenant, reason="zone", state="running", attempts=1)
    SegmentKey.objects.create(tenant=tenant, key="store", state="failed", attempts=5, error="ValueError: x")

    failed = "1 failed. The list shows why. Retry or cancel it there."
    assert checks()[8:15] == [
        Check("Replays of gates", State.OK, "None failed. 0 are open.", REPLAYS),
        Check("Invoice checks", State.OK, "None failed. 0 are open.", INVOICES),
        Check("Moves", State.WARNING, "1 failed and is retried. The list shows why.", MOVES),
        Check("Recounts", State.OK, "None failed. 1 is open.", RECOUNTS),
        Check("Recalculations of message status", State.OK, "None failed. 0 are open.", REFOLDS),
        Check("Report runs", State.PROBLEM, failed, f"{RUNS}?state__exact=failed"),
        Check("Segment keys", State.PROBLEM, failed, f"{KEYS}?state__exact=failed"),
    ]


def test_failed_run_that_was_made_anew_is_over(tenant):
    make_run(tenant, "2026-10", state="failed", error="broken")
    make_run(tenant, "2026-10", revision=2)
    make_run(tenant, "2026-09")
    make_run(tenant, "2026-09", state="failed", error="broken", revision=2)
    first = make_run(tenant, "2026-08")
    make_run(tenant, "2026-08", state="failed", error="broken", revision=2)
    make_run(tenant, "2026-08", revision=None, same_as=first, file=first.file)

    failed = "1 failed. The list shows why. Retry or cancel it there."
    assert named("Report runs") == [Check("Report runs", State.PROBLEM, failed, f"{RUNS}?state__exact=failed")]


def test_reconcile_leaves_word_of_what_it_found(feed):
    call_command("reconcile")

    now = datetime.now(UTC)
    assert list(AuditEntry.objects.values_list("actor", "action", "details")) == [
        ("command reconcile", "counts.reconciled", {"differences": 0, "mended": False})
    ]
    (fine,) = named("Counts compared with messages", now)
    (old,) = named("Counts compared with messages", now + timedelta(days=8))
    assert (fine.state, old.state, fine.words[:14]) == (State.OK, State.WARNING, "No differences")


@pytest.mark.parametrize(
    ("options", "state", "begins"),
    [({}, State.PROBLEM, "1 difference found on"), ({"repair": True}, State.OK, "Differences repaired on")],
)
def test_difference_that_reconcile_found_is_told_until_it_is_mended(feed, tenant, options, state, begins):
    from deliveries.models import HourCount

    key = {"tenant": tenant, "quarter": NOW, "account": feed.account, "country": "FI", "operator": "x"}
    HourCount.objects.create(**key, status="sent", messages=1, parts=1)
    with pytest.raises((SystemExit, CommandError)):
        call_command("reconcile", **options)

    (check,) = named("Counts compared with messages", datetime.now(UTC))
    assert (check.state, check.words[: len(begins)]) == (state, begins)


def test_settings_that_hold_people_up_are_told(settings):
    settings.EMAIL_BACKEND = mail.KEPT
    settings.PORTAL_STAFF_MFA = False
    settings.DEBUG = True

    assert [(check.name, check.state) for check in checks()[24:]] == [
        ("E-mail", State.WARNING), ("Second factor of staff", State.WARNING), ("Debug pages", State.PROBLEM),
    ]  # fmt: skip


@pytest.mark.parametrize("number", (1, 3))
def test_first_page_needs_as_many_queries_for_one_feed_as_for_three(
    client, settings, account, number, django_assert_num_queries
):
    from portal.tenants.models import Feed

    settings.PORTAL_STAFF_MFA = False
    for n in range(number):
        feed = Feed.objects.create(account=account, name=f"feed-{n}")
        QuarantinedRow.objects.create(
            inbox_id=n, feed=feed, received_at=NOW, body=b"x", reason=f"reason {n}", detail="x", quarantined_at=NOW
        )
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))

    with django_assert_num_queries(28):
        page = client.get("/admin/").content.decode()

    assert [f"link-main/feed-{n}" in page and f"reason {n}" in page for n in range(number)] == [True] * number


def test_admin_allows_no_scripts_but_its_own_files(client, staff_user):
    client.force_login(staff_user)

    policy = client.get("/admin/").headers["Content-Security-Policy"].split("; ")

    assert policy[:3] == ["default-src 'none'", "script-src 'self' 'unsafe-eval'", "style-src 'self' 'unsafe-inline'"]


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (None, ""),
        (NOW, "in the last 60 minutes"),
        (NOW + timedelta(minutes=4), "in the last 10 minutes"),
        (NOW + timedelta(hours=-1), "in the last 120 minutes"),
        (NOW + timedelta(hours=-3), "20 November 2026, 08:00–09:00"),
    ],
)
def test_last_reports_of_a_feed_are_in_words(since, words):
    feed = FeedRate(1, "link-main/main", 0, 0, 0, None, Silence(FeedState.USUAL, since, None), timedelta(hours=48))
    now = NOW + timedelta(minutes=4) if since and since > NOW else NOW

    assert last_received(feed, now) == words
