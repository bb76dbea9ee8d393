"""Health checks on the admin's first page. They read small tables only.

A check is a function in CHECKS that yields `Check`s. Each has a result, details and a link to the list concerned.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timesince
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deliveries.applying import stops
from deliveries.checks.feeds import FeedRate, feed_rates
from deliveries.checks.refusals import Refusals, refusals
from deliveries.checks.selectors import standing_checks
from deliveries.checks.silent_feeds import FeedState
from deliveries.counts.feed_counts import hour_of
from deliveries.stop_reasons import Cause
from portal.accounts import mail
from portal.accounts.models import AuditEntry
from portal.common.jobs import job_models, summary
from portal.tenants.waiting import Waiting, waiting

SLOW, STUCK = timedelta(seconds=60), timedelta(minutes=10)  # age of the oldest waiting row
RECONCILE_WITHIN = timedelta(days=7)
COUNTED = 10_000
SHOWN_STANDING = {
    "received",
    "submissions",
    "identities",
    "counts",
    "gates",
    "gates_at_link",
    "report_mails",
}  # the page checks the others itself

# At most COUNTED of the waiting rows are counted: the exact number of more does not matter.
_QUARANTINE = f"""
SELECT reason, count(*), min(quarantined_at)
FROM (SELECT reason, quarantined_at FROM quarantine WHERE state = 'waiting' LIMIT {COUNTED}) AS waiting
GROUP BY reason ORDER BY count(*) DESC, reason
"""  # noqa: S608  a limit of ours


class State(StrEnum):
    """Result of a check."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


MARKS: dict[State, tuple[Promise, str]] = {
    State.OK: (gettext_lazy("OK"), "success"),
    State.WARNING: (gettext_lazy("Warning"), "warning"),
    State.PROBLEM: (gettext_lazy("Problem"), "danger"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the page: the check's name, result, details, and link ('' for none)."""

    name: str
    state: State
    words: str
    link: str = ""

    @property
    def mark(self) -> tuple[Promise, str]:
        return MARKS[self.state]


@dataclass(frozen=True, slots=True)
class Situation:
    """Data shared by several checks, read once."""

    now: datetime
    waiting: Waiting
    feeds: list[FeedRate]
    refusals: Refusals


@dataclass(frozen=True, slots=True)
class Health:
    """Contents of the first page."""

    checks: list[Check]
    feeds: list[tuple[FeedRate, str]]  # each with when it last received something, in words
    quarantine: list[tuple[str, int, datetime]]
    refusals: Refusals


def health(*, now: datetime) -> Health:
    """Return the page's contents at `now`; reads in a staff scope."""
    in_line = waiting(now)
    feeds = feed_rates(now=now, counted_until=in_line.data_as_of)
    refused = refusals(now=now)
    situation = Situation(now, in_line, feeds, refused)
    quarantined = quarantine()
    checks = [check for look in CHECKS for check in look(situation)]
    checks[2:2] = [_quarantine_check(quarantined)]
    return Health(checks, [(feed, last_received(feed, now)) for feed in feeds], quarantined, refused)


def dashboard(request, context: dict) -> dict:
    """Add the health to the context of the admin's first page (UNFOLD's DASHBOARD_CALLBACK)."""
    from django.utils import timezone

    return context | {"health": health(now=timezone.now())}


def quarantine() -> list[tuple[str, int, datetime]]:
    """Return the reasons in quarantine with how many rows wait and since when, most first; at most COUNTED rows."""
    with connection.cursor() as cursor:
        cursor.execute(_QUARANTINE)
        return cursor.fetchall()


def _inbox(situation: Situation) -> Iterator[Check]:
    name, line = _("Delivery reports waiting"), situation.waiting
    link = reverse("admin:tenants_feed_changelist")
    if line.oldest is None:
        yield Check(name, State.OK, _("None."), link)
        return
    age = situation.now - line.oldest
    state = State.PROBLEM if age > STUCK else State.WARNING if age > SLOW else State.OK
    rows = ngettext("%(count)s delivery report waits", "%(count)s delivery reports wait", line.rows)
    count = f"{line.rows} +" if line.is_capped else line.rows
    since = _("the oldest for %(age)s.") % {"age": _age(line.oldest, situation.now)}
    yield Check(name, state, f"{rows % {'count': count}}, {since}", link)


def _applying(situation: Situation) -> Iterator[Check]:
    stop = stops.current_stop()
    if stop is None:
        return
    causes = {
        Cause.STATEMENT: _("the database rejects a statement"),
        Cause.PROGRAMME: _("a program error"),
        Cause.ROWS: _("several rows fail with the same error"),
    }
    words = _(
        "Stopped since %(since)s UTC: %(cause)s: %(error)s. No report is lost. Processing resumes when the"
        " error is fixed."
    ) % {
        "since": date_format(stop.since, "DATETIME_FORMAT"),
        "cause": causes[Cause(stop.cause)],
        "error": stop.error,
    }
    yield Check(_("Processing of delivery reports"), State.PROBLEM, words)


def _silent_feeds(situation: Situation) -> Iterator[Check]:
    silent = [feed for feed in situation.feeds if feed.silence.state is FeedState.SILENT]
    if not silent:
        words = ngettext(
            "%(count)s feed, none is silent.", "%(count)s feeds, none of them silent.", len(situation.feeds)
        )
        yield Check(
            _("Feeds"),
            State.OK,
            words % {"count": len(situation.feeds)},
            reverse("admin:tenants_feed_changelist"),
        )
    for feed in silent:
        words = _("No delivery reports since %(since)s UTC; about %(expected)s are usual in this time.") % {
            "since": date_format(feed.silence.since, "DATETIME_FORMAT"),
            "expected": round(feed.silence.expected),
        }
        link = reverse("admin:tenants_feed_change", args=[feed.feed_id])
        yield Check(_("Silent feed %(name)s") % {"name": feed.name}, State.PROBLEM, words, link)


def _unreadable_feeds(situation: Situation) -> Iterator[Check]:
    for feed in situation.feeds:
        name = _("Quarantine of feed %(name)s") % {"name": feed.name}
        rows = reverse("admin:deliveries_quarantinedrow_changelist")
        link = f"{rows}?state__exact=waiting&feed__id__exact={feed.feed_id}"
        if feed.jump is not None:
            words = _(
                "%(count)s of the %(received)s rows received since %(since)s UTC are in quarantine (%(share)s"
                " %%). The usual share is %(usual)s %%."
            ) % {
                "count": feed.jump.now.quarantined,
                "received": feed.jump.now.received,
                "since": date_format(feed.jump.start, "DATETIME_FORMAT"),
                "share": number_format(100 * feed.jump.now.share, 1),
                "usual": number_format(100 * feed.jump.usual_share, 1),
            }
            yield Check(name, State.PROBLEM, words, link)
        elif feed.is_mostly_unreadable:
            words = _("%(count)s of the %(received)s rows of the last 24 hours are in quarantine.")
            yield Check(name, State.WARNING, words % {"count": feed.quarantined, "received": feed.applied}, link)


def _refused_feeds(situation: Situation) -> Iterator[Check]:
    for feed in situation.refusals.feeds:
        words = _("Requests rejected since %(since)s UTC, most recently at %(last)s UTC: %(reasons)s.") % {
            "since": date_format(feed.since, "DATETIME_FORMAT"),
            "last": date_format(feed.last_at, "DATETIME_FORMAT"),
            "reasons": ", ".join(f"{reason} ({count})" for reason, count in sorted(feed.reasons.items())),
        }
        link = reverse("admin:tenants_feed_change", args=[feed.feed_id])
        yield Check(_("Rejected requests of feed %(name)s") % {"name": feed.feed}, State.PROBLEM, words, link)
    if situation.refusals.feeds:
        return
    total = sum(item.refusals for item in situation.refusals.day)
    if total:
        words = ngettext(
            "%(count)s request was rejected in the last 24 hours.",
            "%(count)s requests were rejected in the last 24 hours.",
            total,
        )
        yield Check(_("Rejected requests"), State.WARNING, words % {"count": total}, "#refusals")
    else:
        yield Check(_("Rejected requests"), State.OK, _("None in the last 24 hours."))


def _quarantine_check(reasons: list[tuple[str, int, datetime]]) -> Check:
    name, link = _("Quarantine"), reverse("admin:deliveries_quarantinedrow_changelist") + "?state__exact=waiting"
    if not reasons:
        return Check(name, State.OK, _("Empty."), link)
    total = sum(count for _reason, count, _oldest in reasons)
    words = ngettext(
        "%(count)s row waits for a decision, since %(since)s UTC.",
        "%(count)s rows wait for a decision, the oldest since %(since)s UTC.",
        total,
    )
    oldest = min(oldest for _reason, _count, oldest in reasons)
    values = {
        "count": f"{total} +" if total >= COUNTED else total,
        "since": date_format(oldest, "DATETIME_FORMAT"),
    }
    return Check(name, State.WARNING, words % values, link)


def _jobs(situation: Situation) -> Iterator[Check]:
    for model in job_models():
        name = capfirst(model._meta.verbose_name_plural)
        link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        counts = summary(model)
        if failed := counts["failed"]:
            words = ngettext(
                "%(count)s failed. The list shows why. Retry or cancel it there.",
                "%(count)s failed. The list shows why. Retry or cancel them there.",
                failed,
            )
            yield Check(name, State.PROBLEM, words % {"count": failed}, f"{link}?state__exact=failed")
        elif failing := counts["failing"]:
            words = ngettext(
                "%(count)s failed and is retried. The list shows why.",
                "%(count)s failed and are retried. The list shows why.",
                failing,
            )
            yield Check(name, State.WARNING, words % {"count": failing}, link)
        else:
            words = ngettext("None failed. %(count)s is open.", "None failed. %(count)s are open.", counts["open"])
            yield Check(name, State.OK, words % {"count": counts["open"]}, link)


def _reconciled(situation: Situation) -> Iterator[Check]:
    entry = AuditEntry.objects.filter(action="counts.reconciled").order_by("-id").first()
    name = _("Counts compared with messages")
    link = reverse("admin:accounts_auditentry_changelist") + "?q=counts.reconciled"
    if entry is None:
        yield Check(name, State.WARNING, _("Never compared. Run bin/portal reconcile."), link)
        return
    found, mended = entry.details.get("differences", 0), entry.details.get("mended", False)
    at = date_format(entry.at, "DATETIME_FORMAT")
    if found and not mended:
        words = ngettext(
            "%(count)s difference found on %(at)s UTC. Run bin/portal reconcile --repair.",
            "%(count)s differences found on %(at)s UTC. Run bin/portal reconcile --repair.",
            found,
        )
        yield Check(name, State.PROBLEM, words % {"count": found, "at": at}, link)
        return
    words = _("Differences repaired on %(at)s UTC.") if found else _("No differences on %(at)s UTC.")
    is_old = situation.now - entry.at > RECONCILE_WITHIN
    yield Check(name, State.WARNING if is_old else State.OK, words % {"at": at}, link)


def _standing(situation: Situation) -> Iterator[Check]:
    for state in standing_checks(now=situation.now):
        if state.name not in SHOWN_STANDING:
            continue
        if state.checked_at is None:
            yield Check(state.title, State.WARNING, _("Never run. Is the scheduler running?"))
            continue
        at = date_format(state.checked_at, "DATETIME_FORMAT")
        if state.problems:
            words = _("Since %(since)s UTC: %(first)s")
            since = date_format(state.since, "DATETIME_FORMAT")
            yield Check(state.title, State.PROBLEM, words % {"since": since, "first": state.details[0]})
        elif state.is_stale:
            yield Check(
                state.title,
                State.WARNING,
                _("Last run on %(at)s UTC, too long ago. Is the scheduler running?") % {"at": at},
            )
        else:
            yield Check(state.title, State.OK, _("No problem found on %(at)s UTC.") % {"at": at})


def _settings(situation: Situation) -> Iterator[Check]:
    if not mail.is_set():
        yield Check(_("E-mail"), State.WARNING, _("No mail server is set (EMAIL_URL). E-mails are not sent."))
    if not settings.PORTAL_STAFF_MFA:
        yield Check(_("Second factor of staff"), State.WARNING, _("Turned off (PORTAL_STAFF_MFA)."))
    if settings.DEBUG:
        yield Check(_("Debug pages"), State.PROBLEM, _("Turned on (DEBUG). They show secrets to everyone."))


def last_received(feed: FeedRate, now: datetime) -> str:
    """Return when the feed received its last reports, as exactly as counts by the hour say; '' for never."""
    last = feed.silence.since
    if last is None:
        return ""
    first = hour_of(last - timedelta.resolution)
    tens = max(1, -(-(now - first) // timedelta(minutes=10)))
    if tens <= 12:
        return _("in the last %(count)s minutes") % {"count": 10 * tens}
    values = {"day": date_format(first, "DATE_FORMAT"), "first": f"{first:%H:%M}", "last": f"{last:%H:%M}"}
    return _("%(day)s, %(first)s–%(last)s") % values


def _age(since: datetime, now: datetime) -> str:
    seconds = (now - since).total_seconds()
    return _("%(count)s s") % {"count": round(seconds)} if seconds < 120 else timesince.timesince(since, now, depth=1)


# In the order of the page.
CHECKS: tuple[Callable[[Situation], Iterator[Check]], ...] = (
    _inbox,
    _applying,
    _silent_feeds,
    _refused_feeds,
    _unreadable_feeds,
    _jobs,
    _reconciled,
    _standing,
    _settings,
)
