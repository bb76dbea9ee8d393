"""Recipients of an A/B test as rows, and the sentences on conversions beside a comparison of messages."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.campaigns.ab_figures import Outcome, Rate, Recipients
from reports.campaigns.ab_headlines import headline
from reports.campaigns.ab_result import AbResult, Conversions

_COMPARED = (Outcome.WINNER, Outcome.BEHIND, Outcome.OPEN, Outcome.MIXED)


@dataclass(frozen=True, slots=True)
class RecipientsRow:
    """A variant's recipients: all addressed, all with an event, and what is compared; `revenue` if there is any."""

    label: str
    people: Recipients
    rate: Rate
    revenue: Rate | None


def recipients_rows(result: AbResult) -> list[RecipientsRow]:
    """Return a row for each variant of a test whose recipients were counted, in their order."""
    found = result.conversions
    rates = found.converted.rates if found else result.verdict.rates
    revenue = {one.name: one for one in found.revenue.rates} if found and found.revenue else {}
    return [
        RecipientsRow(one.label, one.figures.variant.people, rate, revenue.get(one.label))
        for one, rate in zip(result.variants, rates, strict=True)
    ]


def sentences(found: Conversions) -> list[str]:
    """Return what the comparison of conversions shows, and that of revenue if it was compared."""
    if found.converted.outcome is Outcome.SPLIT:
        return [_("Nothing can be concluded on conversions either, because the messages are not split as planned.")]
    said = [headline(found.converted)]
    if found.revenue is not None and (found.revenue.outcome in _COMPARED or _is_of_few_events(found)):
        said.append(headline(found.revenue))
    return said


def _is_of_few_events(found: Conversions) -> bool:
    """Return whether conversions can be compared, but revenue has too few recipients with an event."""
    is_few = found.revenue is not None and found.revenue.outcome is Outcome.FEW
    return is_few and found.converted.outcome in _COMPARED
