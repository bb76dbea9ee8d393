"""Recipients of an A/B test's variants, with their conversion events, by country and operator.

A recipient counts once in a variant, by its key; a message without a readable number is its own recipient. By place, it
counts in that of its messages that is last by name, so a known operator goes before an unknown one. All is counted from
the stored messages: those of the campaign by its index alone, unless places are wanted.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.conversions.models import ConversionEvent
from campaigns.latency import GAMMA, bucket_of
from campaigns.statistics import Sums
from deliveries.attributing.due import data_as_of
from deliveries.attributing.windows import longest_window
from deliveries.messages.store import same_message
from portal.common.bulk import EACH
from reports.campaigns.ab_figures import Place, Recipients, Variant

LATEST = 90 * 86_400  # seconds to a delivery; a later one, by a wrong clock, does not keep a test open
# The end of the latency's bucket (campaigns/latency.py) stands for the time of delivery, which the index has not. Most
# are below a minute and count as one: the power would cost a tenth of the statement.
_LATE = (
    f"CASE WHEN latency > {bucket_of(60)} THEN make_interval(secs => least(power({GAMMA!r}, latency - 1), {LATEST}))"
    " ELSE interval '1 minute' END"
)
# The recipients of a large campaign are counted without a join; those with an event are few, and read once more.
_RECIPIENTS = """
WITH event AS MATERIALIZED (
    SELECT value, currency, occurred_at, attributed_account_id AS account_id, attributed_message_id AS message_id,
           attributed_message_day AS day
    FROM conversion_event WHERE tenant_id = %(tenant)s AND attributed_campaign_id = ANY (%(campaigns)s)
     AND attributed_message_id IS NOT NULL
), found AS MATERIALIZED (
    SELECT e.value, e.currency, e.message_id, m.*, e.occurred_at - m.sent_at <= %(window)s AS is_in_window
    FROM event e CROSS JOIN LATERAL (
        SELECT {variant} AS variant, m.recipient_key, m.country, m.operator, m.sent_at FROM message m
        WHERE m.tenant_id = %(tenant)s AND m.day = e.day AND {same_message} AND {chosen} {each}
    ) m
), one_currency AS (
    SELECT min(currency) AS currency FROM found WHERE value IS NOT NULL HAVING count(DISTINCT currency) = 1
), converted AS MATERIALIZED (
    SELECT f.variant, f.recipient_key, {event_place} AS country, {event_operator} AS operator, max(f.sent_at) AS last,
           bool_or(f.is_in_window) AS is_in_window,
           coalesce(sum(f.value) FILTER (WHERE f.currency = o.currency), 0) AS value,
           coalesce(sum(f.value) FILTER (WHERE f.currency = o.currency AND f.is_in_window), 0) AS value_in_window
    FROM found f LEFT JOIN one_currency o ON true
    GROUP BY f.variant, f.recipient_key, CASE WHEN f.recipient_key IS NULL THEN f.message_id END
), addressed AS (
    SELECT {variant} AS variant, m.recipient_key, {place} AS country, {operator} AS operator, count(*) AS messages,
           count(*) FILTER (WHERE m.sent_at <= %(edge)s) AS aged, max(m.sent_at) AS last,
           max(m.latency_bucket) AS latency
    FROM message m WHERE m.tenant_id = %(tenant)s AND {chosen} GROUP BY 1, 2{own_place}
), counted AS (
    SELECT variant, country, operator, max(last + {late}) AS until,
           sum(CASE WHEN recipient_key IS NULL THEN messages ELSE 1 END) AS addressed,
           sum(CASE WHEN recipient_key IS NULL THEN aged WHEN last <= %(edge)s THEN 1 ELSE 0 END) AS aged
    FROM addressed GROUP BY 1, 2, 3
), recipient AS (
    SELECT c.variant, m.country, m.operator, m.last <= %(edge)s AS is_aged, c.is_in_window, c.value, c.value_in_window
    FROM converted c JOIN (
        SELECT {variant} AS variant, m.recipient_key, {place} AS country, {operator} AS operator, max(m.sent_at) AS last
        FROM message m WHERE m.tenant_id = %(tenant)s AND {chosen}
        AND m.recipient_key IN (SELECT recipient_key FROM converted) GROUP BY 1, 2
    ) m USING (variant, recipient_key)
    UNION ALL
    SELECT variant, country, operator, last <= %(edge)s, is_in_window, value, value_in_window
    FROM converted WHERE recipient_key IS NULL
), bought AS (
    SELECT variant, country, operator, count(*) AS converted,
           count(*) FILTER (WHERE is_aged AND is_in_window) AS in_window, sum(value) AS value,
           sum(value * value) AS squares, sum(value_in_window) FILTER (WHERE is_aged) AS aged_value,
           sum(value_in_window * value_in_window) FILTER (WHERE is_aged) AS aged_squares
    FROM recipient GROUP BY 1, 2, 3
)
SELECT variant, country, operator, until, addressed, converted, aged, in_window, value, squares, aged_value,
       aged_squares, (SELECT currency FROM one_currency)
FROM counted LEFT JOIN bought USING (variant, country, operator)
"""
_FIXED = {"same_message": same_message("m", "e"), "each": EACH, "late": _LATE}
_BY_PLACE = {
    "place": "max(m.country)",
    "operator": "max(m.operator)",
    "own_place": ", CASE WHEN m.recipient_key IS NULL THEN m.country END"
    ", CASE WHEN m.recipient_key IS NULL THEN m.operator END",
}
_TOGETHER = {"place": "''", "operator": "''", "own_place": ""}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Messages whose recipients are compared: of a tenant, by variant of these campaigns or by chosen refIds.

    `ref_ids` are refIds with the variant that each is in; the campaigns are then those of their messages.
    """

    tenant_id: int
    campaign_ids: Collection[int]
    ref_ids: Mapping[str, str]

    def has_events(self) -> bool:
        """Return whether an event is attributed to a message of the campaigns."""
        return ConversionEvent.objects.filter(
            tenant_id=self.tenant_id,
            attributed_campaign_id__in=self.campaign_ids,
            attributed_message_id__isnull=False,
        ).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRecipients:
    """Recipients by variant and place, with the currency of their revenue (empty: none or several).

    `ends` is when the last event of each variant may happen, `as_of` until when events are attributed, and `window` the
    longest window of events in seconds.
    """

    by_variant: Mapping[str, Mapping[Place, Recipients]]
    ends: Mapping[str, datetime]
    as_of: datetime
    window: int
    currency: str

    def given_to(self, variant: Variant) -> Variant:
        """Return the variant with its recipients."""
        end = self.ends.get(variant.name)
        return replace(
            variant,
            recipients=self.by_variant.get(variant.name, {}),
            is_over=variant.is_mature and (end is None or self.as_of >= end),
        )


def recipients_of_variants(chosen: Chosen, *, by_place: bool, now: datetime) -> VariantRecipients:
    """Return the recipients of the chosen messages; without `by_place` all of a variant are in one place."""
    window = timedelta(minutes=longest_window(chosen.tenant_id, chosen.campaign_ids))
    as_of = data_as_of([chosen.tenant_id], now=now)
    sql, given = _statement(chosen, by_place)
    given |= {"window": window, "edge": as_of - window}
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows = cursor.fetchall()
    by_variant: dict[str, dict[Place, Recipients]] = defaultdict(dict)
    ends: dict[str, datetime] = {}
    for variant, country, operator, end, *figures, _currency in rows:
        by_variant[variant][country, operator] = _recipients(figures)
        if end is not None:
            ends[variant] = max(end + window, ends.get(variant, end + window))
    return VariantRecipients(
        by_variant=by_variant,
        ends=ends,
        as_of=as_of,
        window=int(window.total_seconds()),
        currency=(rows[0][-1] if rows else None) or "",
    )


def _statement(chosen: Chosen, by_place: bool) -> tuple[str, dict[str, Any]]:
    """Return the statement with the parameters that choose the messages."""
    given: dict[str, Any] = {"tenant": chosen.tenant_id, "campaigns": sorted(chosen.campaign_ids)}
    of = {"variant": "m.variant", "chosen": "m.campaign_id = ANY (%(campaigns)s) AND m.variant <> ''"}
    if chosen.ref_ids:
        given |= {"ref_ids": list(chosen.ref_ids), "names": list(chosen.ref_ids.values())}
        of = {
            "variant": "(%(names)s::text[])[array_position(%(ref_ids)s::text[], m.ref_id)]",
            "chosen": "m.ref_id = ANY (%(ref_ids)s)",
        }
    places = _BY_PLACE if by_place else _TOGETHER
    of_events = {f"event_{name}": places[name].replace("m.", "f.") for name in ("place", "operator")}
    return _RECIPIENTS.format(**_FIXED, **places, **of_events, **of), given


def _recipients(figures: Sequence[Any]) -> Recipients:
    addressed, converted, aged, in_window, value, squares, aged_value, aged_squares = (int(one or 0) for one in figures)
    return Recipients(
        addressed=addressed,
        converted=converted,
        aged=aged,
        in_window=in_window,
        revenue=Sums(addressed, value, squares),
        aged_revenue=Sums(aged, aged_value, aged_squares),
    )
