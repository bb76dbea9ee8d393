"""The verdict on an A/B test as one sentence, in the request's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns.statistics import MIN_MESSAGES
from portal.common.templatetags.figures import count, decimal, duration
from reports.campaigns.ab_figures import LEAST_EVENTS, Metric, Outcome, Pair, Rate, Verdict
from reports.campaigns.ab_sentences import APART, BEHIND, MIXED, MIXED_SO_FAR, OPEN, REVERSED, WINNER, Kind
from reports.campaigns.ab_texts import points_text, rate_text
from reports.templatetags.ab import p_value

_MONEY_PLACES = 4  # a recipient brings little


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
            return _open(found)
        case Outcome.WINNER:
            sentence = _filled(WINNER[_kind(found)], found, found.of_best[0])
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
        ends=_ends(found, pair),
        n=count(pair.messages),
        within=duration(found.within),
        window=duration(found.window),
    )


def _open(found: Verdict) -> str:
    pair = found.of_best[0]
    sentence = _filled(OPEN[_kind(found)], found, pair)
    if pair.low <= 0 or pair.is_few:
        return sentence
    return f"{sentence} " + _("By its p-value of {p}, that is not sure.").format(p=p_value(pair.p_value))


def _ends(found: Verdict, pair: Pair) -> str:
    """Return the interval of the difference in words that follow "between"."""
    low, high = _range(found, pair.low, pair.high)
    if found.currency:
        text = _("{low} less and {high} more") if pair.low < 0 else _("{low} and {high} more")
    else:
        text = _("{low} points less and {high} points more") if pair.low < 0 else _("{low} and {high} points more")
    return text.format(low=low, high=high)


def _mixed(found: Verdict) -> str:
    pair = next(pair for pair in found.of_best if pair.is_of_the_mix)
    within = pair.stratified
    low = high = ""
    if found.is_running:
        text = MIXED_SO_FAR[_of(found)]
    elif within is None:
        text = APART[_of(found)]
    elif within.high < 0:
        high, low = _range(found, within.high, within.low)
        text = REVERSED[_of(found)]
    else:
        low, high = _range(found, within.low, within.high)
        text = MIXED[_of(found)]
    return str(text).format(
        best=pair.better,
        other=pair.other,
        low=low,
        high=high,
        within=duration(found.within),
        window=duration(found.window),
    )


def _behind(found: Verdict) -> str:
    near = [pair.other for pair in found.of_best if not pair.is_sure]
    behind = [pair.other for pair in found.of_best if pair.is_sure]
    best = next(one for one in found.rates if one.name == found.best)
    return str(BEHIND[_of(found)]).format(
        best=best.name, rate=_figure(found, best), behind=", ".join(behind), near=", ".join(near)
    )


def _few(found: Verdict) -> str:
    if found.pairs:  # enough recipients, so too few of them have an event
        counts = ", ".join(f"{one.name} {count(one.d)}" for one in found.rates)
        return _(
            "Not enough yet: revenue is compared when two variants have {least} recipients with an event together. So"
            " far: {counts}."
        ).format(least=LEAST_EVENTS, counts=counts)
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
