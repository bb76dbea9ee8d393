"""Conversion figures of a campaign, by kind of event: of its attributed events and the messages that they belong to.

`Converted` holds the formulas, for other groups of recipients as well.

A recipient counts once, by its key, and is converted if one of its messages in the campaign has an event. Values are
summed by currency: as whole millionths of its unit, which sum exactly.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from campaigns.conversions.models import MICROS, ConversionEvent
from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from campaigns.statistics import Sums, rate, wilson
from deliveries.dialects.codes import COUNTS_AS
from deliveries.messages.store import same_message
from portal.common.bulk import EACH
from reports.campaigns.life import volume_of
from reports.campaigns.recipients import recipients_of
from reports.figures.query import StatisticsQuery
from reports.figures.volume import Volume

MAX_AT_ONCE = 50_000  # messages whose recipients are counted while a page is made
# Each event with its message; the message of a sealed day may be deleted, and then has no recipient any more.
_EVENTS = """
event AS MATERIALIZED (
    SELECT kind_id, value, currency, occurred_at - delivered_at AS after, attributed_account_id AS account_id,
           attributed_message_id AS message_id, attributed_message_day AS day
    FROM conversion_event WHERE tenant_id = %(tenant)s AND attributed_campaign_id = ANY (%(campaigns)s)
     AND attributed_message_id IS NOT NULL
)
"""
_BY_KIND = f"""
WITH {_EVENTS}, found AS (
    SELECT e.*, m.recipient_key FROM event e LEFT JOIN LATERAL (
        SELECT m.recipient_key FROM message m WHERE m.tenant_id = %(tenant)s AND m.day = e.day
         AND {same_message("m", "e")} AND m.status = ANY (%(delivered)s) {EACH}
    ) m ON true
)
SELECT k.id, k.name, k.is_otp, f.events, f.messages, f.recipients, f.median FROM conversion_kind k JOIN (
    SELECT kind_id, count(*) AS events, count(DISTINCT (account_id, message_id)) AS messages,
           count(DISTINCT recipient_key) AS recipients,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM after)) FILTER (WHERE after >= '0') AS median
    FROM found GROUP BY kind_id
) f ON f.kind_id = k.id WHERE k.tenant_id = %(tenant)s ORDER BY k.name
"""  # noqa: S608  constants of this module; values are parameters
_VALUES = f"""
WITH {_EVENTS}
SELECT kind_id, currency, sum(value) FROM event WHERE value IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  constants of this module; values are parameters
# Without a readable number a message is its own recipient. Only the messages with an event are read, the others are
# counted from the index of the campaign.
_BY_VARIANT = f"""
WITH {_EVENTS}, of_message AS (
    SELECT account_id, message_id, day, sum(value) FILTER (WHERE currency = %(currency)s) AS value FROM event
    WHERE %(kind)s::bigint IS NULL OR kind_id = %(kind)s GROUP BY 1, 2, 3
), recipient AS (
    SELECT m.variant, coalesce(sum(o.value), 0) AS value FROM of_message o CROSS JOIN LATERAL (
        SELECT m.variant, m.recipient_key, CASE WHEN m.recipient_key IS NULL THEN m.message_id END AS other
        FROM message m WHERE m.tenant_id = %(tenant)s AND m.day = o.day AND {same_message("m", "o")}
         AND m.campaign_id = ANY (%(campaigns)s) {EACH}
    ) m GROUP BY m.variant, m.recipient_key, m.other
), converted AS (
    SELECT variant, count(*) AS recipients, sum(value) AS value, sum(value * value) AS squares FROM recipient GROUP BY 1
), addressed AS (
    SELECT variant, sum(CASE WHEN recipient_key IS NULL THEN messages ELSE 1 END)::bigint AS recipients FROM (
        SELECT variant, recipient_key, count(*) AS messages FROM message
        WHERE tenant_id = %(tenant)s AND campaign_id = ANY (%(campaigns)s) GROUP BY 1, 2
    ) AS keys GROUP BY 1
)
SELECT variant, a.recipients, coalesce(c.recipients, 0), coalesce(c.value, 0), coalesce(c.squares, 0)
FROM addressed a LEFT JOIN converted c USING (variant) ORDER BY 1
"""  # noqa: S608  constants of this module; values are parameters
_COUNTS = """
SELECT coalesce(c.merged_into_id, e.attributed_campaign_id), count(*) FROM conversion_event e
LEFT JOIN campaigns_campaign c ON c.id = e.attributed_campaign_id AND c.tenant_id = e.tenant_id
WHERE e.tenant_id = ANY (%(tenants)s) AND e.attributed_message_id IS NOT NULL
AND e.attributed_message_day BETWEEN %(first)s AND %(last)s GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Revenue:
    """The value of events in a currency, in its units: all, and by message and recipient that was reached."""

    currency: str
    total: float
    per_message: float | None
    per_recipient: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Recipients that got a message, how many of them have an event, and the revenue."""

    converted: int
    recipients: int
    revenue: list[Revenue] = field(default_factory=list)

    @property
    def rate(self) -> float | None:
        """Share of the recipients that got a message."""
        return rate(self.converted, self.recipients)

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.converted, self.recipients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversions(Converted):
    """Events of one kind that belong to a campaign.

    `messages` have one. `median` is the time from the delivery to the event.
    """

    kind_id: int
    kind: str
    is_otp: bool
    events: int
    messages: int
    delivered_messages: int
    median: timedelta | None

    @property
    def confirmed(self) -> float | None:
        """Share of the delivered messages with an event: of one-time passwords those that were confirmed."""
        return rate(min(self.messages, self.delivered_messages), self.delivered_messages)


@dataclass(frozen=True, slots=True)
class VariantConversions:
    """Recipients that a variant addressed, how many have an event, and the revenue of each, for Welch's test."""

    variant: str
    addressed: int
    converted: int
    revenue: Sums  # of whole millionths

    @property
    def rate(self) -> float | None:
        return rate(self.converted, self.addressed)

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.converted, self.addressed)

    @property
    def revenue_per_recipient(self) -> float:
        """Mean of the revenue, in units of the currency."""
        return self.revenue.mean / MICROS


def conversions_of(
    *, tenant_id: int, campaign_ids: Collection[int], recipients: int, delivered_messages: int
) -> list[Conversions]:
    """Return the conversions of these campaigns by kind, all their days together.

    `recipients` that got a message (reports/campaigns/recipients.py) and `delivered_messages` are what is divided by.
    """
    delivered = [status for status, counts in COUNTS_AS.items() if counts == "delivered"]
    given: dict[str, Any] = {"tenant": tenant_id, "campaigns": sorted(campaign_ids), "delivered": delivered}
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, given)
        kinds = cursor.fetchall()
        if not kinds:
            return []
        cursor.execute(_VALUES, given)
        values: dict[int, list[Revenue]] = {}
        for kind_id, currency, micros in cursor.fetchall():
            revenue = revenue_of(currency, int(micros), delivered_messages=delivered_messages, recipients=recipients)
            values.setdefault(kind_id, []).append(revenue)
    return [
        Conversions(
            kind_id=kind_id,
            kind=name,
            is_otp=is_otp,
            events=events,
            messages=messages,
            converted=min(converted, recipients),  # read at two moments
            recipients=recipients,
            delivered_messages=delivered_messages,
            median=None if median is None else timedelta(seconds=median),
            revenue=values.get(kind_id, []),
        )
        for kind_id, name, is_otp, events, messages, converted, median in kinds
    ]


def revenue_of(currency: str, micros: int, *, delivered_messages: int, recipients: int) -> Revenue:
    """Return the value of events, given in millionths, by what was delivered."""
    units = micros / MICROS
    return Revenue(currency, units, _share(units, delivered_messages), _share(units, recipients))


def campaign_conversions(campaign: Campaign) -> list[Conversions]:
    """Return the conversions of a campaign with those merged into it; reads each of its messages if there is any."""
    tenant_id, campaign_ids = campaign.tenant_id, ids_shown_as(campaign)
    volume = volume_of(campaign) if attributed_events(campaign, campaign_ids).exists() else Volume()
    if not volume.messages:
        return []
    recipients = recipients_of(tenant_id=tenant_id, campaign_ids=campaign_ids).delivered
    return conversions_of(
        tenant_id=tenant_id, campaign_ids=campaign_ids, recipients=recipients, delivered_messages=volume.delivered
    )


def take_long(campaign: Campaign) -> bool:
    """Return whether the campaign's conversions are loaded after a page: its recipients are counted one by one."""
    return attributed_events(campaign).exists() and volume_of(campaign).messages > MAX_AT_ONCE


def attributed_events(campaign: Campaign, campaign_ids: Collection[int] | None = None) -> QuerySet[ConversionEvent]:
    """Return the events that belong to a campaign and to those merged into it, `campaign_ids` of `ids_shown_as`."""
    return ConversionEvent.objects.filter(
        tenant_id=campaign.tenant_id,
        attributed_campaign_id__in=ids_shown_as(campaign) if campaign_ids is None else campaign_ids,
        attributed_message_id__isnull=False,
    )


def conversions_by_variant(
    *, tenant_id: int, campaign_ids: Collection[int], kind_id: int | None = None, currency: str = ""
) -> list[VariantConversions]:
    """Return each variant's converted recipients, of those addressed, and their revenue in a currency.

    Delivery is an outcome of a variant, so its recipients are all that it addressed. A recipient of two variants counts
    in both, each with the events of its own messages.
    """
    given: dict[str, Any] = {
        "tenant": tenant_id, "campaigns": sorted(campaign_ids), "kind": kind_id, "currency": currency,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BY_VARIANT, given)
        return [
            VariantConversions(variant, n, converted, Sums(n, int(value), int(squares)))
            for variant, n, converted, value, squares in cursor.fetchall()
        ]


def currency_of(*, tenant_id: int, campaign_ids: Collection[int]) -> str:
    """Return the currency of the campaigns' events; '' for none or several, whose sum means nothing."""
    events = ConversionEvent.objects.filter(
        tenant_id=tenant_id, attributed_campaign_id__in=campaign_ids, attributed_message_id__isnull=False
    )
    found = set(events.exclude(value=None).values_list("currency", flat=True).distinct()[:2])
    return found.pop() or "" if len(found) == 1 else ""


def _share(value: float, of: int) -> float | None:
    return value / of if of else None


def conversion_counts(query: StatisticsQuery) -> dict[int, int]:
    """Return campaign id → its attributed events of the query's days; merged campaigns count in the one shown."""
    given: dict[str, Any] = {"tenants": sorted(query.tenant_ids), "first": query.first, "last": query.last}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, given)
        return dict(cursor.fetchall())
