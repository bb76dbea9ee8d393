"""The verdict on an A/B test as one sentence, in the request's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from campaigns.statistics import MIN_MESSAGES
from portal.common.templatetags.figures import count, decimal, duration
from reports.campaigns.ab_figures import Metric, Outcome, Pair, Rate, Verdict
from reports.campaigns.ab_texts import points_text, rate_text

Kind = tuple[Metric, bool]  # the metric, and whether late reports or events are expected

_MONEY_PLACES = 4  # a recipient brings little

_WINNER: dict[Kind, Promise] = {
    (Metric.DELIVERED, False): ngettext_lazy(
        "{best} reached {rate} of its recipients, {low} to {high} points more than {other}; with {n} message that is"
        " no accident.",
        "{best} reached {rate} of its recipients, {low} to {high} points more than {other}; with {n} messages that is"
        " no accident.",
        "count",
    ),
    (Metric.WITHIN, False): ngettext_lazy(
        "{best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with {n}"
        " message that is no accident.",
        "{best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with {n}"
        " messages that is no accident.",
        "count",
    ),
    (Metric.WITHIN, True): ngettext_lazy(
        "So far {best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other};"
        " with {n} message that is no accident, however often you look.",
        "So far {best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other};"
        " with {n} messages that is no accident, however often you look.",
        "count",
    ),
    (Metric.CONVERTED, False): ngettext_lazy(
        "{best} converted {rate} of the recipients that it addressed, {low} to {high} points more than {other}; with"
        " {n} recipient that is no accident.",
        "{best} converted {rate} of the recipients that it addressed, {low} to {high} points more than {other}; with"
        " {n} recipients that is no accident.",
        "count",
    ),
    (Metric.CONVERTED, True): ngettext_lazy(
        "So far {best} converted {rate} of its recipients within {window}, {low} to {high} points more than {other};"
        " with {n} recipient that is no accident, however often you look.",
        "So far {best} converted {rate} of its recipients within {window}, {low} to {high} points more than {other};"
        " with {n} recipients that is no accident, however often you look.",
        "count",
    ),
    (Metric.REVENUE, False): ngettext_lazy(
        "{best} brought {rate} for each recipient addressed, {low} to {high} more than {other}; with {n} recipient"
        " that is no accident.",
        "{best} brought {rate} for each recipient addressed, {low} to {high} more than {other}; with {n} recipients"
        " that is no accident.",
        "count",
    ),
    (Metric.REVENUE, True): ngettext_lazy(
        "So far {best} brought {rate} for each recipient within {window}, {low} to {high} more than {other}; with {n}"
        " recipient that is no accident, however often you look.",
        "So far {best} brought {rate} for each recipient within {window}, {low} to {high} more than {other}; with {n}"
        " recipients that is no accident, however often you look.",
        "count",
    ),
}
_OPEN: dict[Kind, Promise] = {
    (Metric.DELIVERED, False): ngettext_lazy(
        "No sure difference: {best} reached {rate} of its recipients and {other} {other_rate}, which may be chance"
        " with {n} message. The true difference is between {less} points less and {more} points more.",
        "No sure difference: {best} reached {rate} of its recipients and {other} {other_rate}, which may be chance"
        " with {n} messages. The true difference is between {less} points less and {more} points more.",
        "count",
    ),
    (Metric.WITHIN, False): ngettext_lazy(
        "No sure difference: within {within} {best} reached {rate} of its recipients and {other} {other_rate}, which"
        " may be chance with {n} message. The true difference is between {less} points less and {more} points more.",
        "No sure difference: within {within} {best} reached {rate} of its recipients and {other} {other_rate}, which"
        " may be chance with {n} messages. The true difference is between {less} points less and {more} points more.",
        "count",
    ),
    (Metric.WITHIN, True): ngettext_lazy(
        "No sure difference yet: within {within} {best} reached {rate} of its recipients and {other} {other_rate}. With"
        " {n} message so far, the true difference is between {less} points less and {more} points more.",
        "No sure difference yet: within {within} {best} reached {rate} of its recipients and {other} {other_rate}. With"
        " {n} messages so far, the true difference is between {less} points less and {more} points more.",
        "count",
    ),
    (Metric.CONVERTED, False): ngettext_lazy(
        "No sure difference in conversions: {best} converted {rate} of the recipients that it addressed and {other}"
        " {other_rate}, which may be chance with {n} recipient. The true difference is between {less} points less and"
        " {more} points more.",
        "No sure difference in conversions: {best} converted {rate} of the recipients that it addressed and {other}"
        " {other_rate}, which may be chance with {n} recipients. The true difference is between {less} points less and"
        " {more} points more.",
        "count",
    ),
    (Metric.CONVERTED, True): ngettext_lazy(
        "No sure difference in conversions yet: within {window} {best} converted {rate} of its recipients and {other}"
        " {other_rate}. With {n} recipient so far, the true difference is between {less} points less and {more} points"
        " more.",
        "No sure difference in conversions yet: within {window} {best} converted {rate} of its recipients and {other}"
        " {other_rate}. With {n} recipients so far, the true difference is between {less} points less and {more} points"
        " more.",
        "count",
    ),
    (Metric.REVENUE, False): ngettext_lazy(
        "No sure difference in revenue: {best} brought {rate} for each recipient addressed and {other} {other_rate},"
        " which may be chance with {n} recipient. The true difference is between {less} less and {more} more.",
        "No sure difference in revenue: {best} brought {rate} for each recipient addressed and {other} {other_rate},"
        " which may be chance with {n} recipients. The true difference is between {less} less and {more} more.",
        "count",
    ),
    (Metric.REVENUE, True): ngettext_lazy(
        "No sure difference in revenue yet: within {window} {best} brought {rate} for each recipient and {other}"
        " {other_rate}. With {n} recipient so far, the true difference is between {less} less and {more} more.",
        "No sure difference in revenue yet: within {window} {best} brought {rate} for each recipient and {other}"
        " {other_rate}. With {n} recipients so far, the true difference is between {less} less and {more} more.",
        "count",
    ),
}
_REVERSED: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "{best} reached more of its recipients than {other}, but only because they went to different countries or"
        " operators: among the same ones {best} reached {high} to {low} points less."
    ),
    Metric.CONVERTED: gettext_lazy(
        "{best} converted more of its recipients than {other}, but only because they went to different countries or"
        " operators: among the same ones {best} converted {high} to {low} points less."
    ),
    Metric.REVENUE: gettext_lazy(
        "{best} brought more for each recipient than {other}, but only because they went to different countries or"
        " operators: among the same ones {best} brought {high} to {low} less."
    ),
}
_MIXED: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "{best} reached more of its recipients than {other}, but they went to different countries or operators, which"
        " may be why: among the same ones the difference is between {low} points less and {high} points more."
    ),
    Metric.CONVERTED: gettext_lazy(
        "{best} converted more of its recipients than {other}, but they went to different countries or operators,"
        " which may be why: among the same ones the difference is between {low} points less and {high} points more."
    ),
    Metric.REVENUE: gettext_lazy(
        "{best} brought more for each recipient than {other}, but they went to different countries or operators, which"
        " may be why: among the same ones the difference is between {low} less and {high} more."
    ),
}
_BEHIND: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "{best} reached the most of its recipients, {rate}. Surely less: {behind}. The difference from {near} may be"
        " chance."
    ),
    Metric.CONVERTED: gettext_lazy(
        "{best} converted the most of its recipients, {rate}. Surely less: {behind}. The difference from {near} may be"
        " chance."
    ),
    Metric.REVENUE: gettext_lazy(
        "{best} brought the most for each recipient, {rate}. Surely less: {behind}. The difference from {near} may be"
        " chance."
    ),
}


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
            return _few(found)
        case Outcome.NO_EVENTS:
            if found.metric is Metric.CONVERTED:
                return _("No recipient that counts has a conversion event, so there is nothing to compare.")
            return _("Revenue cannot be compared: no event that counts has a value, or there are several currencies.")
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
            return _filled(_OPEN[_kind(found)], found, found.of_best[0])
        case Outcome.WINNER:
            sentence = _filled(_WINNER[_kind(found)], found, found.of_best[0])
            if len(found.of_best) == 1:
                return sentence
            return f"{sentence} " + _("It is above every other variant, too.")
    raise AssertionError(found.outcome)


def _kind(found: Verdict) -> Kind:
    """Return the kind of sentence; while it runs, delivery is always that within the time."""
    metric = Metric.WITHIN if found.is_running and not found.metric.is_of_recipients else found.metric
    return metric, found.is_running


def _of(found: Verdict) -> Metric:
    """Return the metric whose words hold for the verdict's."""
    return found.metric if found.metric.is_of_recipients else Metric.DELIVERED


def _filled(text: Promise, found: Verdict, pair: Pair) -> str:
    rates = {one.name: one for one in found.rates}
    low, high = _range(found, pair.low, pair.high)
    return str(text % {"count": pair.messages}).format(
        best=pair.better,
        other=pair.other,
        rate=_figure(found, rates[pair.better]),
        other_rate=_figure(found, rates[pair.other]),
        low=low,
        high=high,
        less=low if pair.low < 0 else _range(found, 0.0, 0.0)[0],
        more=high,
        n=count(pair.messages),
        within=duration(found.within),
        window=duration(found.window),
    )


def _mixed(found: Verdict) -> str:
    pair = next(pair for pair in found.of_best if pair.is_of_the_mix)
    within = pair.stratified
    assert within is not None  # that makes it mixed
    if within.high < 0:
        high, low = _range(found, within.high, within.low)
        text = _REVERSED[_of(found)]
    else:
        low, high = _range(found, within.low, within.high)
        text = _MIXED[_of(found)]
    return str(text).format(best=pair.better, other=pair.other, low=low, high=high)


def _behind(found: Verdict) -> str:
    near = [pair.other for pair in found.of_best if not pair.is_sure]
    behind = [pair.other for pair in found.of_best if pair.is_sure]
    best = next(one for one in found.rates if one.name == found.best)
    return str(_BEHIND[_of(found)]).format(
        best=best.name, rate=_figure(found, best), behind=", ".join(behind), near=", ".join(near)
    )


def _few(found: Verdict) -> str:
    counts = ", ".join(f"{one.name} {count(one.n)}" for one in found.rates)
    if not found.metric.is_of_recipients:
        return _(
            "Not enough yet: a comparison needs {least} messages of each of two variants. So far: {counts}."
        ).format(least=MIN_MESSAGES, counts=counts)
    if not found.is_running:
        return _(
            "Not enough yet: a comparison needs {least} recipients of each of two variants. So far: {counts}."
        ).format(least=MIN_MESSAGES, counts=counts)
    return _(
        "Not enough yet: a comparison needs {least} recipients of each of two variants whose messages are at least"
        " {window} old. So far: {counts}."
    ).format(least=MIN_MESSAGES, counts=counts, window=duration(found.window))


def _figure(found: Verdict, one: Rate) -> str:
    """Return the rate, or the revenue of a recipient."""
    return f"{decimal(one.mean, _MONEY_PLACES)} {found.currency}" if found.currency else rate_text(one)


def _range(found: Verdict, low: float, high: float) -> tuple[str, str]:
    """Return the ends of a difference without their signs: points, or amounts of which the second has the currency."""
    if not found.currency:
        first, second = points_text(low, high)
        return first, second
    first, second = (decimal(abs(amount), _MONEY_PLACES) for amount in (low, high))
    return first, f"{second} {found.currency}"
