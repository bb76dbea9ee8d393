"""Sentences about a key's values, in the request's language."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.statistics import MIN_MESSAGES
from portal.common.templatetags.figures import count, decimal, percent
from reports.segments.comparison import Difference
from reports.segments.figures import SegmentFigures, ValueRow
from reports.segments.small_groups import LEAST_RECIPIENTS

NAMED = 3  # values of a sentence


def label_of(value: str) -> str:
    """Return a value for people; the special ones are in the request's language."""
    special = {"(none)": _("(none)"), "(other)": _("(other)"), "(small)": _("(small)")}
    return special.get(value, value)


def overall_sentence(found: SegmentFigures) -> str:
    """Return the one sentence on which groups react differently."""
    compared = [(row, row.standout) for row in found.rows if row.standout]
    if len(compared) < 2:
        return _("Not enough yet: a comparison needs %(least)d messages of each of two values.") % {
            "least": MIN_MESSAGES
        }
    sure = [(row, one.difference) for row, one in compared if one.is_sure]
    n = len(compared)
    if not sure:
        return ngettext(
            "%(n)s group was compared, and it is not reached surely better or worse than the others.",
            "%(n)s groups were compared, and none is reached surely better or worse than the others.",
            n,
        ) % {"n": count(n)}
    worst = sorted(((row, difference) for row, difference in sure if difference < 0), key=_difference)
    best = sorted(((row, difference) for row, difference in sure if difference > 0), key=_difference, reverse=True)
    sentences = []
    if worst:
        text = _("Reached less often than the other groups, and that is no accident: %(names)s.")
        sentences.append(text % {"names": _names(worst)})
    if best:
        text = _("Reached more often than the other groups, and that is no accident: %(names)s.")
        sentences.append(text % {"names": _names(best)})
    return " ".join(sentences)


def pair_sentence(first: ValueRow, second: ValueRow, found: Difference | None) -> str:
    """Return the one sentence on the difference of two values."""
    if found is None:
        fewest = min(first, second, key=lambda row: row.kpis.volume.messages)
        return _("Not enough yet: %(name)s has %(n)s messages, and a comparison needs %(least)d.") % {
            "name": label_of(fewest.value),
            "n": count(fewest.kpis.volume.messages),
            "least": MIN_MESSAGES,
        }
    better, other, low, high = first, second, found.low, found.high
    if found.difference < 0:
        better, other, low, high = second, first, -found.high, -found.low
    words = {
        "better": label_of(better.value),
        "other": label_of(other.value),
        "rate": percent(better.kpis.delivery_rate, 1),
        "other_rate": percent(other.kpis.delivery_rate, 1),
        "n": count(first.kpis.volume.messages + second.kpis.volume.messages),
        "low": decimal(low * 100, 1),
        "high": decimal(high * 100, 1),
        "less": decimal(max(-low, 0.0) * 100, 1),
        "more": decimal(max(high, 0.0) * 100, 1),
    }
    if found.is_sure:
        return (
            _(
                "%(better)s reached %(rate)s of its recipients, %(low)s to %(high)s points more than %(other)s; with"
                " %(n)s messages that is no accident."
            )
            % words
        )
    return (
        _(
            "No sure difference: %(better)s reached %(rate)s of its recipients and %(other)s %(other_rate)s, which may"
            " be chance with %(n)s messages. The true difference is between %(less)s points less and %(more)s points"
            " more."
        )
        % words
    )


def small_note(row: ValueRow) -> str:
    """Return what the row of small groups stands for."""
    n = len(row.values)
    return ngettext(
        "“(small)” is %(n)s value, shown without its name because fewer than %(least)d recipients have it.",
        "“(small)” is %(n)s values together: groups of fewer than %(least)d recipients are not shown one by one.",
        n,
    ) % {"n": count(n), "least": LEAST_RECIPIENTS}


def _difference(of: tuple[ValueRow, float]) -> float:
    return of[1]


def _names(rows: list[tuple[ValueRow, float]]) -> str:
    shown = [
        f"{label_of(row.value)} ({percent(row.kpis.delivery_rate, 1)}, {_signed(difference)})"
        for row, difference in rows[:NAMED]
    ]
    rest = len(rows) - len(shown)
    if rest:
        shown.append(ngettext("%(n)s other", "%(n)s others", rest) % {"n": count(rest)})
    return ", ".join(shown)


def _signed(difference: float) -> str:
    sign = "+" if difference > 0 else "−"
    points = decimal(abs(difference) * 100, 1)
    return _("%(points)s points") % {"points": f"{sign}{points}"}
