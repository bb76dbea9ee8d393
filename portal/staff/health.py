"""What an operator should know at a glance: the checks of the admin's first page, from small tables alone.

A check is a function in CHECKS that yields `Check`s; each says its state in words and leads to the list concerned.
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
from deliveries.checks.feeds import FeedRate, rates
from deliveries.checks.refusals import Refusals, refusals
from deliveries.checks.selectors import standing_checks
from deliveries.checks.silent_feeds import Sound
from deliveries.stop_reasons import Cause
from portal.accounts import mail
from portal.accounts.models import AuditEntry
from portal.common.jobs import job_models, summary
from portal.tenants.waiting import Waiting, waiting

SLOW, STUCK = timedelta(seconds=60), timedelta(minutes=10)  # the age of the oldest waiting row
RECONCILE_WITHIN = timedelta(days=7)
COUNTED = 10_000
SHOWN_STANDING = {"received", "submissions", "identities", "counts"}  # the others are looked at by the page itself

# At most COUNTED of the rows that wait: whoever has more than that has seen enough.
_QUARANTINE = f"""
SELECT reason, count(*), min(quarantined_at)
FROM (SELECT reason, quarantined_at FROM quarantine WHERE state = 'waiting' LIMIT {COUNTED}) AS waiting
GROUP BY reason ORDER BY count(*) DESC, reason
"""  # noqa: S608  a limit of ours


class State(StrEnum):
    """How a check stands; the words of the page's marks."""

    FINE = "fine"
    LOOK = "look"
    BAD = "bad"


MARKS: dict[State, tuple[Promise, str]] = {
    State.FINE: (gettext_lazy("fine"), "success"),
    State.LOOK: (gettext_lazy("look"), "warning"),
    State.BAD: (gettext_lazy("act"), "danger"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the page: what was looked at, how it stands, in words, and where to go ('' for nowhere)."""

    name: str
    state: State
    words: str
    link: str = ""

    @property
    def mark(self) -> tuple[Promise, str]:
        return MARKS[self.state]


@dataclass(frozen=True, slots=True)
class Situation:
    """What several checks need, read once."""

    now: datetime
    waiting: Waiting
    feeds: list[FeedRate]
    refusals: Refusals


@dataclass(frozen=True, slots=True)
class Health:
    """All that the first page shows."""

    checks: list[Check]
    feeds: list[FeedRate]
    quarantine: list[tuple[str, int, datetime]]
    refusals: Refusals


def health(*, now: datetime) -> Health:
    """Return the page's contents at `now`; reads in a staff scope."""
    in_line = waiting(now)
    feeds = rates(now=now, counted_until=in_line.data_as_of)
    refused = refusals(now=now)
    situation = Situation(now, in_line, feeds, refused)
    quarantined = quarantine()
    checks = [check for look in CHECKS for check in look(situation)]
    checks[2:2] = [_quarantine_check(quarantined)]
    return Health(checks, feeds, quarantined, refused)


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
    name, line = _("Waiting to be applied"), situation.waiting
    link = reverse("admin:tenants_feed_changelist")
    if line.oldest is None:
        yield Check(name, State.FINE, _("Nothing waits."), link)
        return
    age = situation.now - line.oldest
    state = State.BAD if age > STUCK else State.LOOK if age > SLOW else State.FINE
    rows = ngettext("%(count)s delivery report waits", "%(count)s delivery reports wait", line.rows)
    count = f"{line.rows} +" if line.is_capped else line.rows
    since = _("the oldest for %(age)s.") % {"age": _age(line.oldest, situation.now)}
    yield Check(name, state, f"{rows % {'count': count}}, {since}", link)


def _applying(situation: Situation) -> Iterator[Check]:
    stop = stops.current()
    if stop is None:
        return
    causes = {
        Cause.STATEMENT: _("the database refuses a statement"),
        Cause.PROGRAMME: _("an error in the programme"),
        Cause.ROWS: _("several rows fail with the same error"),
    }
    words = _(
        "Nothing is applied since %(since)s UTC, %(cause)s: %(error)s. All of it waits, and goes on by itself when"
        " this is corrected."
    ) % {
        "since": date_format(stop.since, "DATETIME_FORMAT"),
        "cause": causes[Cause(stop.cause)],
        "error": stop.error,
    }
    yield Check(_("Applying"), State.BAD, words)


def _silent_feeds(situation: Situation) -> Iterator[Check]:
    silent = [feed for feed in situation.feeds if feed.silence.sound is Sound.SILENT]
    if not silent:
        words = ngettext(
            "%(count)s feed, none is silent.", "%(count)s feeds, none of them silent.", len(situation.feeds)
        )
        yield Check(
            _("Feeds"),
            State.FINE,
            words % {"count": len(situation.feeds)},
            reverse("admin:tenants_feed_changelist"),
        )
    for feed in silent:
        words = _("Nothing since %(since)s UTC; usually %(expected)s delivery reports come in such a time.") % {
            "since": date_format(feed.silence.since, "DATETIME_FORMAT"),
            "expected": round(feed.silence.expected),
        }
        link = reverse("admin:tenants_feed_change", args=[feed.feed_id])
        yield Check(_("Silent feed %(name)s") % {"name": feed.name}, State.BAD, words, link)


def _unreadable_feeds(situation: Situation) -> Iterator[Check]:
    for feed in situation.feeds:
        name = _("Quarantine of feed %(name)s") % {"name": feed.name}
        rows = reverse("admin:deliveries_quarantinedrow_changelist")
        link = f"{rows}?state__exact=waiting&feed__id__exact={feed.feed_id}"
        if feed.jump is not None:
            words = _(
                "%(count)s of the %(received)s rows received since %(since)s UTC are in quarantine (%(share)s %%),"
                " usually %(usual)s %%."
            ) % {
                "count": feed.jump.now.quarantined,
                "received": feed.jump.now.received,
                "since": date_format(feed.jump.start, "DATETIME_FORMAT"),
                "share": number_format(100 * feed.jump.now.share, 1),
                "usual": number_format(100 * feed.jump.usual_share, 1),
            }
            yield Check(name, State.BAD, words, link)
        elif feed.is_mostly_unreadable:
            words = _("%(count)s of the %(received)s rows of the last 24 hours are in quarantine.")
            yield Check(name, State.LOOK, words % {"count": feed.quarantined, "received": feed.applied}, link)


def _refused_feeds(situation: Situation) -> Iterator[Check]:
    for feed in situation.refusals.feeds:
        words = _("Refused since %(since)s UTC, the last time at %(last)s UTC: %(reasons)s.") % {
            "since": date_format(feed.since, "DATETIME_FORMAT"),
            "last": date_format(feed.last_at, "DATETIME_FORMAT"),
            "reasons": ", ".join(f"{reason} ({count})" for reason, count in sorted(feed.reasons.items())),
        }
        link = reverse("admin:tenants_feed_change", args=[feed.feed_id])
        yield Check(_("Refused feed %(name)s") % {"name": feed.feed}, State.BAD, words, link)
    if situation.refusals.feeds:
        return
    total = sum(item.refusals for item in situation.refusals.day)
    if total:
        words = ngettext(
            "%(count)s request was refused in the last 24 hours.",
            "%(count)s requests were refused in the last 24 hours.",
            total,
        )
        yield Check(_("Refused at the door"), State.LOOK, words % {"count": total}, "#refusals")
    else:
        yield Check(_("Refused at the door"), State.FINE, _("Nothing in the last 24 hours."))


def _quarantine_check(reasons: list[tuple[str, int, datetime]]) -> Check:
    name, link = _("Quarantine"), reverse("admin:deliveries_quarantinedrow_changelist") + "?state__exact=waiting"
    if not reasons:
        return Check(name, State.FINE, _("Empty."), link)
    total = sum(count for _reason, count, _oldest in reasons)
    words = ngettext(
        "%(count)s row waits for somebody, since %(since)s UTC.",
        "%(count)s rows wait for somebody, since %(since)s UTC.",
        total,
    )
    oldest = min(oldest for _reason, _count, oldest in reasons)
    values = {
        "count": f"{total} +" if total >= COUNTED else total,
        "since": date_format(oldest, "DATETIME_FORMAT"),
    }
    return Check(name, State.LOOK, words % values, link)


def _jobs(situation: Situation) -> Iterator[Check]:
    for model in job_models():
        name = capfirst(model._meta.verbose_name_plural)
        link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        counts = summary(model)
        if failed := counts["failed"]:
            words = ngettext(
                "%(count)s failed; the list shows why. Retry or cancel it there.",
                "%(count)s failed; the list shows why. Retry or cancel them there.",
                failed,
            )
            yield Check(name, State.BAD, words % {"count": failed}, f"{link}?state__exact=failed")
        elif failing := counts["failing"]:
            words = ngettext(
                "%(count)s failed and is tried again; the list shows why.",
                "%(count)s failed and are tried again; the list shows why.",
                failing,
            )
            yield Check(name, State.LOOK, words % {"count": failing}, link)
        else:
            words = ngettext("None failed, %(count)s is open.", "None failed, %(count)s are open.", counts["open"])
            yield Check(name, State.FINE, words % {"count": counts["open"]}, link)


def _reconciled(situation: Situation) -> Iterator[Check]:
    entry = AuditEntry.objects.filter(action="counts.reconciled").order_by("-id").first()
    name = _("Counts against messages")
    link = reverse("admin:accounts_auditentry_changelist") + "?q=counts.reconciled"
    if entry is None:
        yield Check(name, State.LOOK, _("Never compared: run bin/portal reconcile."), link)
        return
    found, mended = entry.details.get("differences", 0), entry.details.get("mended", False)
    at = date_format(entry.at, "DATETIME_FORMAT")
    if found and not mended:
        words = ngettext(
            "%(count)s difference, %(at)s UTC: run bin/portal reconcile --repair.",
            "%(count)s differences, %(at)s UTC: run bin/portal reconcile --repair.",
            found,
        )
        yield Check(name, State.BAD, words % {"count": found, "at": at}, link)
        return
    words = _("Mended, %(at)s UTC.") if found else _("They agreed, %(at)s UTC.")
    is_old = situation.now - entry.at > RECONCILE_WITHIN
    yield Check(name, State.LOOK if is_old else State.FINE, words % {"at": at}, link)


def _standing(situation: Situation) -> Iterator[Check]:
    for state in standing_checks(now=situation.now):
        if state.name not in SHOWN_STANDING:
            continue
        if state.checked_at is None:
            yield Check(state.title, State.LOOK, _("Never looked at: does the clock run?"))
            continue
        at = date_format(state.checked_at, "DATETIME_FORMAT")
        if state.problems:
            words = _("Not so since %(since)s UTC: %(first)s")
            since = date_format(state.since, "DATETIME_FORMAT")
            yield Check(state.title, State.BAD, words % {"since": since, "first": state.details[0]})
        elif state.is_stale:
            yield Check(state.title, State.LOOK, _("Not looked at since %(at)s UTC.") % {"at": at})
        else:
            yield Check(state.title, State.FINE, _("So it was, %(at)s UTC.") % {"at": at})


def _settings(situation: Situation) -> Iterator[Check]:
    if not mail.is_set():
        yield Check(_("Mail"), State.LOOK, _("No mail server is set (EMAIL_URL): nobody gets mail."))
    if not settings.PORTAL_STAFF_MFA:
        yield Check(_("Second factor of staff"), State.LOOK, _("Switched off (PORTAL_STAFF_MFA)."))
    if settings.DEBUG:
        yield Check(_("Debug pages"), State.BAD, _("Switched on (DEBUG): they show secrets to everybody."))


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
