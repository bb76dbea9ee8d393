"""The verdict on a period as sentences of the request's language; each figure in them is a link."""

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from portal.common.period_picker import Period
from portal.common.templatetags.figures import count, country, duration, growth, percent, points
from reports.figures.failures import FailureRow
from reports.overview.highlights import SlowDay, WorseCountry
from reports.overview.links import Links
from reports.overview.verdict import Against, Overdue, Quiet, Verdict

_VOLUME: dict[Against, Promise] = {
    Against.UNKNOWN: ngettext_lazy("{messages} message was sent.", "{messages} messages were sent.", "n"),
    Against.SAME: ngettext_lazy(
        "{messages} message was sent, about as many as in the comparison period.",
        "{messages} messages were sent, about as many as in the comparison period.",
        "n",
    ),
    Against.MORE: ngettext_lazy(
        "{messages} message was sent, {growth} more than in the comparison period.",
        "{messages} messages were sent, {growth} more than in the comparison period.",
        "n",
    ),
    Against.LESS: ngettext_lazy(
        "{messages} message was sent, {growth} fewer than in the comparison period.",
        "{messages} messages were sent, {growth} fewer than in the comparison period.",
        "n",
    ),
    Against.LESS_SO_FAR: ngettext_lazy(
        "{messages} message was sent so far, {growth} fewer than in the comparison period.",
        "{messages} messages were sent so far, {growth} fewer than in the comparison period.",
        "n",
    ),
}
_DELIVERY: dict[Against, Promise] = {
    Against.UNKNOWN: gettext_lazy("{rate} were delivered."),
    Against.SAME: gettext_lazy("{rate} were delivered, as usual."),
    Against.MORE: gettext_lazy("{rate} were delivered, which is {points} more than in the comparison period."),
    Against.LESS: gettext_lazy("{rate} were delivered, which is {points} less than in the comparison period."),
}
_DELIVERY_OF_RESULTS: dict[Against, Promise] = {
    Against.UNKNOWN: gettext_lazy("Of those with a result so far, {rate} were delivered."),
    Against.SAME: gettext_lazy("Of those with a result so far, {rate} were delivered, as usual."),
    Against.MORE: gettext_lazy(
        "Of those with a result so far, {rate} were delivered, which is {points} more than in the comparison period."
    ),
    Against.LESS: gettext_lazy(
        "Of those with a result so far, {rate} were delivered, which is {points} less than in the comparison period."
    ),
}
_QUIET: dict[Quiet, Promise] = {
    Quiet.WELL: gettext_lazy("Nothing stands out."),
    Quiet.WELL_SO_FAR: gettext_lazy("Nothing stands out so far."),
    Quiet.FEW: gettext_lazy("These are too few messages to judge."),
}


def verdict_sentences(
    found: Verdict, *, links: Links, compared: Period | None, provisional_from: date | None
) -> list[SafeString]:
    """Return the sentences in their order; `compared` is the comparison period."""
    earlier = {"first": compared.first, "last": compared.last} if compared else {}
    sentences = [
        format_html(
            _VOLUME[found.volume] % {"n": found.messages},
            messages=_link(links.messages(), count(found.messages)),
            growth=_link(links.messages(**earlier), growth(found.growth)),
        ),
        _delivery(found, links, earlier),
    ]
    match found.look:
        case WorseCountry():
            sentences.append(_worse_country(found.look, links))
        case SlowDay():
            sentences.append(_slow_day(found.look, links))
        case FailureRow():
            sentences.append(_cause(found.look, links))
        case Overdue():
            sentences.append(_overdue(found.look, links, provisional_from))
        case Quiet():
            sentences.append(format_html("{}", _QUIET[found.look]))
    return sentences


def _delivery(found: Verdict, links: Links, earlier: dict[str, date]) -> SafeString:
    if found.delivery_rate is None:
        return format_html("{}", _("None of them has a result yet."))
    texts = _DELIVERY_OF_RESULTS if found.is_of_results else _DELIVERY
    return format_html(
        str(texts[found.delivery]),
        rate=_link(links.messages(counts_as="delivered"), percent(found.delivery_rate)),
        points=_link(links.messages(counts_as="delivered", **earlier), points(found.difference)),
    )


def _worse_country(worse: WorseCountry, links: Links) -> SafeString:
    failed = {"country": worse.country, "counts_as": "failed"}
    since = {"first": worse.since, "last": links.period.last}
    until = {"first": links.period.first, "last": worse.since - timedelta(days=1)}
    return format_html(
        _("Look at {country}: since {day}, {now} of its messages with a result failed; before that it was {before}."),
        country=_link(links.narrowed(country=worse.country, **since), country(worse.country)),
        day=date_format(worse.since, "WEEKDAY_FORMAT"),
        now=_link(links.messages(**failed, **since), percent(worse.now, 1)),
        before=_link(links.messages(**failed, **until), percent(worse.before, 1)),
    )


def _slow_day(slow: SlowDay, links: Links) -> SafeString:
    of = {"country": slow.country} if slow.is_masked or not slow.operator else {
        "country": slow.country, "operator": slow.operator
    }  # fmt: skip
    day = {"first": slow.day, "last": slow.day}
    return format_html(
        _("Look at {operator}: on {day}, half of its messages took {median} or more; usual is {usual}."),
        operator=_link(links.narrowed(**of, **day), slow.operator or _("(unknown)")),
        day=date_format(slow.day, "WEEKDAY_FORMAT"),
        median=_link(links.messages(**of, **day), duration(slow.median)),
        usual=_link(links.messages(**of), duration(slow.usual)),
    )


def _cause(row: FailureRow, links: Links) -> SafeString:
    href = links.messages(result_code=row.result_code, status=row.status)
    text = ngettext(
        "Look at the failures: the most frequent cause is “{cause}” ({messages} message).",
        "Look at the failures: the most frequent cause is “{cause}” ({messages} messages).",
        row.messages,
    )
    return format_html(text, cause=row.text, messages=_link(href, count(row.messages)))


def _overdue(found: Overdue, links: Links, provisional_from: date | None) -> SafeString:
    last = provisional_from - timedelta(days=1) if provisional_from else links.period.last
    href = links.messages(first=links.period.first, last=last, counts_as="pending")
    text = ngettext(
        "Look at the pending ones: {messages} message has no final report, although the waiting time is over.",
        "Look at the pending ones: {messages} messages have no final report, although the waiting time is over.",
        found.messages,
    )
    return format_html(text, messages=_link(href, count(found.messages)))


def _link(href: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', href, text)
