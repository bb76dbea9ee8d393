"""Key figures at the top of the Overview as texts: value, change and note."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from portal.common.sparkline import Sparkline
from portal.common.templatetags.figures import NOTHING, count, decimal, direction, duration, growth, percent, points
from reports.figures.kpis import Changes, Kpis
from reports.overview.costs import OverviewCosts
from reports.overview.links import Links
from reports.pricing.figures import growth as growth_of_cost
from reports.templatetags.money import money, unit_price

# name of a status: what the page calls it
CLASSES: dict[str, Promise] = {
    "delivered": pgettext_lazy("messages", "Delivered"),
    "pending": pgettext_lazy("messages", "Pending"),
    "failed": pgettext_lazy("messages", "Failed"),
    "unknown": pgettext_lazy("messages", "Unknown"),
}
# what kind of figure: the words for more and for less than before
_MORE: dict[str, tuple[Promise, Promise]] = {
    "amount": (pgettext_lazy("money", "more"), pgettext_lazy("money", "less")),
    "amount so far": (pgettext_lazy("money", "more so far"), pgettext_lazy("money", "less so far")),
    "count": (pgettext_lazy("messages", "more"), pgettext_lazy("messages", "fewer")),
    "count so far": (pgettext_lazy("messages", "more so far"), pgettext_lazy("messages", "fewer so far")),
    "rate": (pgettext_lazy("a rate", "higher"), pgettext_lazy("a rate", "lower")),
    "time": (pgettext_lazy("a time", "longer"), pgettext_lazy("a time", "shorter")),
}
_SAME = gettext_lazy("as before")
_SIGNS = {"up": "▲", "down": "▼", "same": "="}


@dataclass(frozen=True, slots=True)
class Change:
    """Change of a figure: a sign, an amount, a word; `mood` is good, bad or '' for neither."""

    sign: str
    text: str
    word: str
    mood: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure. `status` is the class of messages whose mark is next to its name, or ''.

    `line` is its course over the period, None where there is none.
    """

    key: str
    name: str | Promise
    value: str
    href: str
    change: Change | None
    notes: tuple[str, ...]
    status: str = ""
    line: Sparkline | None = None


def kpi_cards(
    kpis: Kpis,
    changes: Changes | None,
    *,
    days: int,
    is_running: bool,
    overdue: int,
    links: Links,
    lines: Mapping[str, Sparkline],
) -> list[Kpi]:
    """Return the cards of a period of `days` days; `overdue` pending messages are over the grace.

    If `is_running`, its last day is not over, and counts so far are compared with whole days. `lines` are by key.
    """
    volume = kpis.volume
    change = _changes(changes, is_running=is_running) if changes else {}
    cards = [
        Kpi(
            "messages", _("Messages"), count(volume.messages), links.messages(), change.get("messages"),
            (_("%(n)s per day") % {"n": decimal(volume.messages / days, 0 if volume.messages >= 10 * days else 1)},),
        )
    ]  # fmt: skip
    for name, title in CLASSES.items():
        messages = getattr(volume, name)
        notes = [ngettext("%(n)s message", "%(n)s messages", messages) % {"n": count(messages)}]
        if name == "delivered" and kpis.delivery_interval:
            low, high = (decimal(share * 100, 2) for share in kpis.delivery_interval)
            notes.append(_("Likely between %(low)s and %(high)s %%") % {"low": low, "high": high})
        if name == "pending" and overdue:
            notes.append(_("%(n)s without a report in time") % {"n": count(overdue)})
        rate = kpis.delivery_rate if name == "delivered" else getattr(kpis, f"{name}_rate")
        cards.append(
            Kpi(name, title, percent(rate), links.messages(counts_as=name), change.get(name), tuple(notes), name)
        )
    cards += [
        Kpi(
            "parts", _("SMS parts"), count(volume.parts), "", change.get("parts"),
            (
                _("%(n)s per message") % {"n": decimal(kpis.parts_per_message, 2)},
                pgettext("SMS parts", "%(n)s delivered") % {"n": count(volume.delivered_parts)},
                pgettext("SMS parts", "%(n)s billed") % {"n": count(volume.billed_parts)},
            ),
        ),
        Kpi(
            "median", _("Median time"), duration(kpis.median), "", change.get("median"),
            (_("95 of 100 within %(time)s") % {"time": duration(kpis.p95)},) if kpis.p95 is not None else (),
        ),
    ]  # fmt: skip
    return [replace(card, line=lines.get(card.key)) for card in cards]


def cost_cards(found: OverviewCosts, *, is_running: bool) -> list[Kpi]:
    """Return a card for each currency; without one, a card that only says what has no price."""
    notes = (_unpriced_note(found.whole.unpriced.messages),) if found.whole.unpriced.messages else ()
    if not found.totals:
        return [Kpi("cost", pgettext("figure", "Cost"), NOTHING, "#unpriced-title", None, notes)] if notes else []
    cards = []
    for one in found.totals:
        before = found.before.by_currency.get(one.currency) if found.before else None
        change = growth_of_cost(found.whole.by_currency[one.currency], before)
        texts = [
            _("%(price)s per delivered message") % {"price": unit_price(one.per_delivered, one.currency)},
            _("%(amount)s for failed messages") % {"amount": money(one.of_failed, one.currency)},
        ]
        if one.is_average:
            texts.append(_("≈ at average prices of the month"))
        cost = ("≈ " if one.is_average else "") + money(one.cost, one.currency)
        cards.append(
            Kpi(
                "cost", pgettext("figure", "Cost"), cost, "#costs-title",
                _change(change, "amount so far" if is_running else "amount", growth), (*texts, *notes),
            )
        )  # fmt: skip
    return cards


def _unpriced_note(messages: int) -> str:
    return ngettext("%(n)s message without a price", "%(n)s messages without a price", messages) % {
        "n": count(messages)
    }


def _changes(changes: Changes, *, is_running: bool) -> dict[str, Change | None]:
    counts = "count so far" if is_running else "count"
    return {
        "messages": _change(changes.messages, counts, growth),
        "delivered": _change(changes.delivery_rate, "rate", points, good="up"),
        "pending": _change(changes.pending_rate, "rate", points),
        "failed": _change(changes.failed_rate, "rate", points, good="down"),
        "unknown": _change(changes.unknown_rate, "rate", points, good="down"),
        "parts": _change(changes.parts, counts, growth),
        "median": _change(changes.median, "time", _whole_percent, good="down"),
    }


def _whole_percent(change: float) -> str:
    return growth(change, 0)  # times are known to the second and to 2%


def _change(change: float | None, kind: str, form, *, good: str = "") -> Change | None:
    way = direction(change)
    if not way:
        return None
    if way == "same":
        return Change(_SIGNS[way], "", str(_SAME), "")
    mood = "" if not good else "good" if way == good else "bad"
    return Change(_SIGNS[way], form(change), str(_MORE[kind][way == "down"]), mood)
