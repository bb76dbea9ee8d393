"""Limits of an A/B test's verdict as notes, in the request's language, and its figures as text."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.statistics import MIN_MESSAGES
from portal.common.periods import zone
from portal.common.templatetags.figures import count, decimal, duration, percent
from reports.campaigns.ab_figures import Outcome, Rate, Verdict


def notes(found: Verdict, *, planned: Sequence[float] | None, tz: str) -> list[str]:
    """Return what limits the verdict, a plain sentence or two each, the gravest first."""
    guards, result = found.guards, []
    if guards.is_split_wrong and planned is not None:
        result.append(_split(found, planned))
    if guards.is_mix_other:
        result.append(_mix(found))
    if guards.starts:
        starts = ", ".join(
            f"{name} {date_format(timezone.localtime(first, zone(tz)), 'SHORT_DATETIME_FORMAT')}"
            for name, first in guards.starts
        )
        result.append(
            _("The variants were not sent at the same time, so the hour may explain a difference: {starts}.").format(
                starts=starts
            )
        )
    if guards.few and found.outcome is not Outcome.FEW:
        text = (
            ngettext(
                "{names} is not compared: it has fewer than {least} recipients that count.",
                "{names} are not compared: they have fewer than {least} recipients each that count.",
                len(guards.few),
            )
            if found.metric.is_of_recipients
            else ngettext(
                "{names} is not compared: it has fewer than {least} messages.",
                "{names} are not compared: they have fewer than {least} messages each.",
                len(guards.few),
            )
        )
        result.append(text.format(names=", ".join(guards.few), least=MIN_MESSAGES))
    if found.is_running and found.metric.is_of_recipients:
        result.append(
            _(
                "More events may still come. Until then an event counts if it happened within {window} after its"
                " message was sent, and only recipients whose messages are all at least that old are counted."
            ).format(window=duration(found.window))
        )
    elif found.is_running:
        result.append(
            _(
                "Late reports may still change the rates. Until then a message counts as reached if it was delivered"
                " within {within}, and only messages at least that old are counted."
            ).format(within=duration(found.within))
        )
    if guards.pairs > 1:
        text = ngettext(
            "The p-values are adjusted for {n} comparison (Holm).",
            "The p-values are adjusted for {n} comparisons (Holm).",
            guards.pairs,
        )
        result.append(text.format(n=count(guards.pairs)))
    if len(found.rates) > 1 and guards.split_p is None:
        result.append(
            _("The split is not checked, because no planned one is given.")
            if planned is None
            else _("The split is not checked yet, because the variants were not sent at the same time.")
        )
    return result


def points_text(*shares: float) -> list[str]:
    """Return differences of shares as points without their sign, with as many places as the least one needs."""
    least = min((abs(share) for share in shares if share), default=1.0)
    places = next((n for n in (1, 2, 3) if least * 100 >= 10**-n), 4)
    return [decimal(abs(share) * 100, places) for share in shares]


def rate_text(found: Rate) -> str:
    """Return the rate, with a place more where nearly all were reached."""
    return percent(found.share, 1 if (found.share or 0) < 0.99 else 2)


def _split(found: Verdict, planned: Sequence[float]) -> str:
    shares = " : ".join(percent(weight / sum(planned), 1) for weight in planned)
    return _(
        "Planned were {planned}, but the messages are {counts}. A random split is hardly ever that far off, so"
        " something favours a variant: in sending, in the reports, or in the refIds."
    ).format(planned=shares, counts=", ".join(f"{one.name} {count(one.messages)}" for one in found.rates))


def _mix(found: Verdict) -> str:
    text = _("The variants went to countries or operators in different shares, which may explain a difference.")
    if found.is_running:
        return f"{text} " + _(
            "So no variant is called better while the test runs. When the rates are final, the difference is shown"
            " among the same ones, too, if enough of both went there."
        )
    apart = sum(pair.is_apart for pair in found.pairs)
    if apart == len(found.pairs):
        return f"{text} " + _("Too few of both went to the same ones to compare them there.") if apart else text
    if apart:
        return f"{text} " + _(
            "The table of differences shows it among the same ones, too, except for variants of which too few went"
            " there."
        )
    return f"{text} " + _("The table of differences shows it among the same ones, too.")
