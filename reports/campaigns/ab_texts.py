"""The verdict on an A/B test as a sentence, and its limits as notes, in the request's language."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from campaigns.statistics import MIN_MESSAGES
from portal.common.periods import zone
from portal.common.templatetags.figures import count, decimal, duration, percent
from reports.campaigns.ab_figures import Metric, Outcome, Pair, Rate, Verdict

Kind = tuple[bool, Metric]  # (while late reports are expected, the metric)

_DELIVERED: Kind = (False, Metric.DELIVERED)
_WITHIN: Kind = (False, Metric.WITHIN)

_WINNER: dict[Kind, Promise] = {
    _DELIVERED: ngettext_lazy(
        "{best} reached {rate} of its recipients, {low} to {high} points more than {other}; with {n} message that is"
        " no accident.",
        "{best} reached {rate} of its recipients, {low} to {high} points more than {other}; with {n} messages that is"
        " no accident.",
        "count",
    ),
    _WITHIN: ngettext_lazy(
        "{best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with {n}"
        " message that is no accident.",
        "{best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with {n}"
        " messages that is no accident.",
        "count",
    ),
}
_WINNER_RUNNING = ngettext_lazy(
    "So far {best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with"
    " {n} message that is no accident, however often you look.",
    "So far {best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with"
    " {n} messages that is no accident, however often you look.",
    "count",
)
_OPEN: dict[Kind, Promise] = {
    _DELIVERED: ngettext_lazy(
        "No sure difference: {best} reached {rate} of its recipients and {other} {other_rate}, which may be chance"
        " with {n} message. The true difference is between {less} points less and {more} points more.",
        "No sure difference: {best} reached {rate} of its recipients and {other} {other_rate}, which may be chance"
        " with {n} messages. The true difference is between {less} points less and {more} points more.",
        "count",
    ),
    _WITHIN: ngettext_lazy(
        "No sure difference: within {within} {best} reached {rate} of its recipients and {other} {other_rate}, which"
        " may be chance with {n} message. The true difference is between {less} points less and {more} points more.",
        "No sure difference: within {within} {best} reached {rate} of its recipients and {other} {other_rate}, which"
        " may be chance with {n} messages. The true difference is between {less} points less and {more} points more.",
        "count",
    ),
}
_OPEN_RUNNING = ngettext_lazy(
    "No sure difference yet: within {within} {best} reached {rate} of its recipients and {other} {other_rate}. With"
    " {n} message so far, the true difference is between {less} points less and {more} points more.",
    "No sure difference yet: within {within} {best} reached {rate} of its recipients and {other} {other_rate}. With"
    " {n} messages so far, the true difference is between {less} points less and {more} points more.",
    "count",
)


def headline(found: Verdict) -> str:
    """Return the one sentence that says what the test shows."""
    match found.outcome:
        case Outcome.NONE:
            return _("No message of this campaign has a variant yet, so there is nothing to compare.")
        case Outcome.ONE:
            return _("{name} is the only variant, so there is nothing to compare it with.").format(
                name=found.rates[0].name
            )
        case Outcome.FEW:
            return _(
                "Not enough yet: a comparison needs {least} messages of each of two variants. So far: {counts}."
            ).format(least=MIN_MESSAGES, counts=", ".join(f"{one.name} {count(one.n)}" for one in found.rates))
        case Outcome.SPLIT:
            return _(
                "No conclusion is possible, because the messages are not split as planned. Find out why before you"
                " compare the rates."
            )
        case Outcome.MIXED:
            return _mixed(found)
        case Outcome.BEHIND:
            return _behind(found)
        case Outcome.OPEN:
            text = _OPEN_RUNNING if found.is_running else _OPEN[(False, found.metric)]
            return _filled(text, found, found.of_best[0])
        case Outcome.WINNER:
            text = _WINNER_RUNNING if found.is_running else _WINNER[(False, found.metric)]
            sentence = _filled(text, found, found.of_best[0])
            if len(found.of_best) == 1:
                return sentence
            return f"{sentence} " + _("It is above every other variant, too.")
    raise AssertionError(found.outcome)


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
        text = ngettext(
            "{names} is not compared: it has fewer than {least} messages.",
            "{names} are not compared: they have fewer than {least} messages each.",
            len(guards.few),
        )
        result.append(text.format(names=", ".join(guards.few), least=MIN_MESSAGES))
    if found.is_running:
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


def _filled(text: Promise, found: Verdict, pair: Pair) -> str:
    rates = {one.name: one for one in found.rates}
    low, high = points_text(pair.low, pair.high)
    return str(text % {"count": pair.messages}).format(
        best=pair.better,
        other=pair.other,
        rate=rate_text(rates[pair.better]),
        other_rate=rate_text(rates[pair.other]),
        low=low,
        high=high,
        less=low if pair.low < 0 else points_text(0.0)[0],
        more=high,
        n=count(pair.messages),
        within=duration(found.within),
    )


def _mixed(found: Verdict) -> str:
    pair = next(pair for pair in found.of_best if pair.is_of_the_mix)
    within = pair.stratified
    assert within is not None  # that makes it mixed
    low, high = points_text(within.low, within.high)
    if within.high < 0:
        return _(
            "{best} reached more of its recipients than {other}, but only because they went to different countries or"
            " operators: among the same ones {best} reached {high} to {low} points less."
        ).format(best=pair.better, other=pair.other, low=low, high=high)
    return _(
        "{best} reached more of its recipients than {other}, but they went to different countries or operators, which"
        " may be why: among the same ones the difference is between {low} points less and {high} points more."
    ).format(best=pair.better, other=pair.other, low=low, high=high)


def _behind(found: Verdict) -> str:
    near = [pair.other for pair in found.of_best if not pair.is_sure]
    behind = [pair.other for pair in found.of_best if pair.is_sure]
    best = next(one for one in found.rates if one.name == found.best)
    return _(
        "{best} reached the most of its recipients, {rate}. Surely less: {behind}. The difference from {near} may be"
        " chance."
    ).format(best=best.name, rate=rate_text(best), behind=", ".join(behind), near=", ".join(near))


def _split(found: Verdict, planned: Sequence[float]) -> str:
    shares = " : ".join(percent(weight / sum(planned), 1) for weight in planned)
    return _(
        "Planned were {planned}, but the messages are {counts}. A random split is hardly ever that far off, so"
        " something favours a variant: in sending, in the reports, or in the refIds."
    ).format(planned=shares, counts=", ".join(f"{one.name} {count(one.messages)}" for one in found.rates))


def _mix(found: Verdict) -> str:
    text = _("The variants went to countries or operators in different shares, which may explain a difference.")
    if found.is_running:
        return f"{text} " + _("When the rates are final, the difference among the same ones is shown, too.")
    return f"{text} " + _("The table of differences shows it among the same ones, too.")
