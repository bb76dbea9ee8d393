"""Standing checks: run by the scheduler, stored as rows, mailed to operators when a problem begins or ends."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from deliveries.applying import accounting, stops
from deliveries.applying.apply import oldest_waiting
from deliveries.checks import counts, gates, identities
from deliveries.checks.feeds import feed_rates
from deliveries.checks.refusals import refusals
from deliveries.checks.report_mails import wrong_mails
from deliveries.checks.selectors import TITLES
from deliveries.checks.silent_feeds import FeedState
from deliveries.checks.submissions import UnreportedSource, unreported_sources
from deliveries.counts import segment_fold
from deliveries.models import StandingCheck
from deliveries.stop_reasons import CAUSES, Cause
from portal.accounts import mail, standing
from portal.common.jobs import job_models, unresolved
from portal.common.kept_text import KeptText, shown
from portal.common.masking import Masking
from portal.tenants.waiting import waiting

logger = logging.getLogger(__name__)

KEPT_DETAILS = 20
WAITS_TOO_LONG = timedelta(minutes=5)

# Each problem of these begins with the feed, account or job that it is about, and ": ".
NAMED = {"feeds", "refused", "quarantined", "submissions", "jobs", "gates_at_link", "alerts", "budgets"} | {
    "account_delivery"
}

Check = Callable[[datetime], list[str]]


def _received(now: datetime) -> list[str]:
    return accounting.find_losses(now=now)


def _identities(now: datetime) -> list[str]:
    text = _("account %(account)s, message %(message)s is stored in more than one row")
    return [KeptText(text, account=account, message=message) for account, message in identities.find_duplicates()]


def _waiting(now: datetime) -> list[str]:
    oldest = oldest_waiting()
    if oldest is None or now - oldest < WAITS_TOO_LONG:
        return []
    text = _("delivery reports wait since %(since)s UTC. No applier runs, or it cannot keep up")
    return [KeptText(text, since=_minute(oldest))]


def _applying(now: datetime) -> list[str]:
    stop = stops.current_stop()
    if stop is None:
        return []
    text = _(
        "processing has stopped since %(since)s UTC: %(cause)s: %(error)s. No report is lost. Processing resumes when"
        " the error is fixed"
    )
    cause = KeptText(CAUSES[Cause(stop.cause)])
    return [KeptText(text, since=_minute(stop.since), cause=cause, error=stop.error)]


def _feeds(now: datetime) -> list[str]:
    text = _(
        "%(feed)s: no delivery reports since %(since)s UTC; about %(expected)s are usual in this time. The gateway"
        " gives up a report after %(hours)s hours"
    )
    return [
        KeptText(
            text,
            feed=feed.name,
            since=_minute(feed.silence.since),
            expected=f"{feed.silence.expected:.0f}",
            hours=feed.patience // timedelta(hours=1),
        )
        for feed in feed_rates(now=now, counted_until=waiting(now).data_as_of)
        if feed.silence.state is FeedState.SILENT and feed.silence.since is not None
    ]


def _refused(now: datetime) -> list[str]:
    text = _(
        "%(feed)s: requests rejected since %(since)s UTC, most recently at %(last)s: %(reasons)s. The gateway gives"
        " up the first of them at about %(lost)s UTC"
    )
    return [
        KeptText(
            text,
            feed=feed.feed,
            since=_minute(feed.since),
            last=f"{feed.last_at:%H:%M}",
            reasons=", ".join(f"{reason} ({count})" for reason, count in sorted(feed.reasons.items())),
            lost=_minute(feed.since + feed.patience),
        )
        for feed in refusals(now=now).feeds
    ]


def _quarantined(now: datetime) -> list[str]:
    text = _(
        "%(feed)s: %(quarantined)s of the %(received)s rows received since %(since)s UTC are in quarantine (%(share)s),"
        " usually %(usual)s"
    )
    return [
        KeptText(
            text,
            feed=feed.name,
            quarantined=feed.jump.now.quarantined,
            received=feed.jump.now.received,
            since=_minute(feed.jump.start),
            share=f"{feed.jump.now.share:.1%}",
            usual=f"{feed.jump.usual_share:.1%}",
        )
        for feed in feed_rates(now=now, counted_until=waiting(now).data_as_of)
        if feed.jump is not None
    ]


def _submissions(now: datetime) -> list[str]:
    within = timedelta(minutes=settings.SUBMISSION_REPORT_MINUTES)
    return [_no_reports(silent) for silent in unreported_sources(until=waiting(now).data_as_of, within=within)]


def _no_reports(silent: UnreportedSource) -> KeptText:
    where: str = silent.account
    if silent.partner_id is not None:
        masked = Masking(in_full=False).text(silent.partner_id)  # a finding is mailed, and kept
        text = _("%(account)s, partner ID %(partner_id)s") if masked else _("%(account)s, without a partner ID")
        where = KeptText(text, account=silent.account, partner_id=masked)
    found = silent.found
    return KeptText(
        _(
            "%(where)s: no delivery report for %(without)s of the %(messages)s submitted messages from %(start)s to"
            " %(end)s UTC"
        ),
        where=where,
        without=found.without_report,
        messages=found.messages,
        start=_minute(found.start),
        end=_minute(found.end),
    )


def _jobs(now: datetime) -> list[str]:
    text = _("%(kind)s %(job)s: failed after %(attempts)s attempts. %(error)s")
    failed = [
        KeptText(text, kind=model.KIND, job=job.pk, attempts=job.attempts, error=job.error)
        for model in job_models()
        for job in unresolved(model).order_by("id")
    ]
    return failed + _late_fold(now)


def _late_fold(now: datetime) -> list[str]:
    oldest = segment_fold.oldest_change()
    if oldest is None or now - oldest < WAITS_TOO_LONG:
        return []
    text = _("counts by segment: changes wait since %(since)s UTC. Figures are right, and pages of segments slow")
    return [KeptText(text, since=_minute(oldest))]


def _gates(now: datetime) -> list[str]:
    problems: list[str] = []
    if since := gates.not_sent_since(now=now):
        text = _("deliveries of gates wait since %(since)s UTC, and none was tried. No dispatcher runs, or it hangs")
        problems.append(KeptText(text, since=_minute(since)))
    if orphaned := gates.count_orphaned(now=now):
        text = _("%(number)s deliveries wait for gates that do not exist. Retention does not delete them")
        problems.append(KeptText(text, number=orphaned))
    return problems


def _gates_at_link(now: datetime) -> list[str]:
    text = _(
        "%(account)s: of the gates at LINK %(missing)s are missing, %(differing)s differ and %(failed)s could not be"
        " looked at, as of %(at)s UTC"
    )
    return [
        KeptText(
            text,
            account=found.account,
            missing=found.missing,
            differing=found.differing,
            failed=found.failed,
            at=_minute(found.checked_at),
        )
        for found in gates.wrong_at_link()
    ]


def _report_mails(now: datetime) -> list[str]:
    wrong, problems = wrong_mails(now=now), []
    if wrong.waiting:
        text = _("%(number)s e-mails of reports wait for over an hour. Is the mail server away?")
        problems.append(KeptText(text, number=wrong.waiting))
    if wrong.unknown:
        text = _("%(number)s e-mails of reports have an unknown outcome. They are not sent again by themselves")
        problems.append(KeptText(text, number=wrong.unknown))
    return list(problems)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _counts(now: datetime) -> list[str]:
    before = StandingCheck.objects.filter(name="counts").first()
    return counts.find_wrong_days(now=now, told=before.details if before else ())


# Descriptions of the checks: deliveries/checks/selectors.py. Their intervals: portal/settings/background.py.
# Two more are kept by reports/alerts/checking.py.
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
    "gates": _gates,
    "gates_at_link": _gates_at_link,
    "report_mails": _report_mails,
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
    for address, language in standing.staff_languages().items():
        with translation.override(language):
            subject, text = _mail(name, problems)
            mail.send_after_commit(to=address, subject=subject, text=text, action=gettext("Open the administration"))


def _mail(name: str, problems: list[str]) -> tuple[str, str]:
    """Return subject and text in the current language."""
    title = TITLES[name][0]
    if problems:
        subject = gettext("Alarm: %(check)s (%(number)s)") % {"check": name, "number": len(problems)}
        broken = gettext("This no longer holds: “%(title)s”.") % {"title": title}
        rest = len(problems) - KEPT_DETAILS
        lines = [str(shown(problem)) for problem in problems[:KEPT_DETAILS]]
        if rest > 0:
            lines.append(ngettext("… and %(number)s more", "… and %(number)s more", rest) % {"number": rest})
        text = "\n".join([broken, "", *lines, "", gettext("What to do: docs/operations.md, Alarms.")])
    else:
        subject = gettext("Resolved: %(check)s") % {"check": name}
        text = gettext("The check no longer finds a problem: “%(title)s”.") % {"title": title}
    return subject, f"{text}\n\n{settings.PUBLIC_URL}/admin/\n"
