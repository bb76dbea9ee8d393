"""Standing checks: run by the scheduler, stored as rows, mailed to operators when a problem begins or ends."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from deliveries.applying import accounting, stops
from deliveries.applying.apply import oldest_waiting
from deliveries.checks import counts, identities
from deliveries.checks.feeds import feed_rates
from deliveries.checks.refusals import refusals
from deliveries.checks.silent_feeds import FeedState
from deliveries.checks.submissions import UnreportedSource, unreported_sources
from deliveries.models import StandingCheck
from deliveries.stop_reasons import CAUSES, Cause
from portal.accounts import mail, standing
from portal.common.jobs import job_models, unresolved
from portal.common.masking import Masking
from portal.tenants.waiting import waiting

logger = logging.getLogger(__name__)

KEPT_DETAILS = 20
WAITS_TOO_LONG = timedelta(minutes=5)

# Each problem of these begins with the feed, account or job that it is about, and ": ".
NAMED = {"feeds", "refused", "quarantined", "submissions", "jobs"}

Check = Callable[[datetime], list[str]]


def _received(now: datetime) -> list[str]:
    return accounting.find_losses(now=now)


def _identities(now: datetime) -> list[str]:
    return [
        f"account {account_id}, message {message_id} is stored in more than one row"
        for account_id, message_id in identities.find_duplicates()
    ]


def _waiting(now: datetime) -> list[str]:
    oldest = oldest_waiting()
    if oldest is None or now - oldest < WAITS_TOO_LONG:
        return []
    return [f"delivery reports wait since {oldest:%Y-%m-%d %H:%M} UTC. No applier runs, or it cannot keep up"]


def _applying(now: datetime) -> list[str]:
    stop = stops.current_stop()
    if stop is None:
        return []
    return [
        f"processing has stopped since {stop.since:%Y-%m-%d %H:%M} UTC: {CAUSES[Cause(stop.cause)]}: {stop.error}."
        " No report is lost. Processing resumes when the error is fixed"
    ]


def _feeds(now: datetime) -> list[str]:
    return [
        f"{feed.name}: no delivery reports since {feed.silence.since:%Y-%m-%d %H:%M} UTC;"
        f" about {feed.silence.expected:.0f} are usual in this time"
        for feed in feed_rates(now=now, counted_until=waiting(now).data_as_of)
        if feed.silence.state is FeedState.SILENT
    ]


def _refused(now: datetime) -> list[str]:
    return [
        f"{feed.feed}: requests rejected since {feed.since:%Y-%m-%d %H:%M} UTC, most recently at"
        f" {feed.last_at:%H:%M}: " + ", ".join(f"{reason} ({count})" for reason, count in sorted(feed.reasons.items()))
        for feed in refusals(now=now).feeds
    ]


def _quarantined(now: datetime) -> list[str]:
    return [
        f"{feed.name}: {feed.jump.now.quarantined} of the {feed.jump.now.received} rows received since"
        f" {feed.jump.start:%Y-%m-%d %H:%M} UTC are in quarantine ({feed.jump.now.share:.1%}), usually"
        f" {feed.jump.usual_share:.1%}"
        for feed in feed_rates(now=now, counted_until=waiting(now).data_as_of)
        if feed.jump is not None
    ]


def _submissions(now: datetime) -> list[str]:
    within = timedelta(minutes=settings.SUBMISSION_REPORT_MINUTES)
    return [_no_reports(silent) for silent in unreported_sources(until=waiting(now).data_as_of, within=within)]


def _no_reports(silent: UnreportedSource) -> str:
    where = silent.account
    if silent.partner_id is not None:
        shown = Masking(in_full=False).text(silent.partner_id)  # a finding is mailed, and kept
        where += f", partner ID {shown}" if shown else ", without a partner ID"
    found = silent.found
    return (
        f"{where}: no delivery report for {found.without_report} of the {found.messages} submitted messages"
        f" from {found.start:%Y-%m-%d %H:%M} to {found.end:%Y-%m-%d %H:%M} UTC"
    )


def _jobs(now: datetime) -> list[str]:
    return [
        f"{model.KIND} {job.pk}: failed after {job.attempts} attempts. {job.error}"
        for model in job_models()
        for job in unresolved(model).order_by("id")
    ]


def _counts(now: datetime) -> list[str]:
    before = StandingCheck.objects.filter(name="counts").first()
    return counts.find_wrong_days(now=now, told=before.details if before else ())


# Descriptions of the checks: deliveries/checks/selectors.py. Their intervals: portal/settings/background.py.
CHECKS: dict[str, Check] = {
    "received": _received,
    "waiting": _waiting,
    "applying": _applying,
    "feeds": _feeds,
    "refused": _refused,
    "quarantined": _quarantined,
    "submissions": _submissions,
    "identities": _identities,
    "counts": _counts,
    "jobs": _jobs,
}


def run_checks(*, now: datetime, names: list[str] | None = None) -> dict[str, list[str]]:
    """Run these checks (all of them by default), store and mail their findings, and return them by name."""
    found = {}
    for name in names or CHECKS:
        found[name] = CHECKS[name](now)
        keep(name, found[name], now=now)
    return found


def run_first_checks(*, now: datetime) -> dict[str, list[str]]:
    """Run the checks that were never run, so that a new portal's operators need not wait for those of every night."""
    run = set(StandingCheck.objects.values_list("name", flat=True))
    missing = [name for name in CHECKS if name not in run]
    return run_checks(now=now, names=missing) if missing else {}


def keep(name: str, problems: list[str], *, now: datetime) -> None:
    """Store what a check found, and mail the operators when that begins, when another subject joins, and at the end."""
    with transaction.atomic():
        before = StandingCheck.objects.select_for_update().filter(name=name).first()
        known = before.details if before else []
        since = (before.since if before and before.since else now) if problems else None
        StandingCheck.objects.update_or_create(
            name=name,
            defaults={
                "checked_at": now,
                "problems": len(problems),
                "details": problems[:KEPT_DETAILS],
                "since": since,
            },
        )
        for problem in problems[:KEPT_DETAILS]:
            logger.error("check %s: %s", name, problem)
        if bool(problems) != bool(known) or (name in NAMED and _subjects(problems) - _subjects(known)):
            _tell(name, problems)


def _subjects(problems: list[str]) -> set[str]:
    """Return the feeds, accounts or jobs that the problems are about, of as many problems as are kept."""
    return {problem.partition(": ")[0] for problem in problems[:KEPT_DETAILS]}


def _tell(name: str, problems: list[str]) -> None:
    if problems:
        subject = f"Alarm: {name} ({len(problems)})"
        rest = len(problems) - KEPT_DETAILS
        lines = problems[:KEPT_DETAILS] + ([f"… and {rest} more"] if rest > 0 else [])
        text = "\n".join([*lines, "", "What to do: docs/operations.md, Alarms."])
    else:
        subject, text = f"Resolved: {name}", "The check no longer finds a problem."
    text += f"\n\n{settings.PUBLIC_URL}/admin/\n"
    for address in standing.staff_addresses():
        mail.send_after_commit(to=address, subject=subject, text=text, action="Open the administration")
