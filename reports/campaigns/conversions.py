"""Conversion figures of a campaign, by kind of event: of its attributed events and the messages that they belong to.

`Converted` holds the formulas, for other groups of recipients as well.

A recipient counts once, by its key, and is converted if one of its messages in the campaign has an event. Values are
summed by currency: as whole millionths of its unit, which sum exactly.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from campaigns.conversions.models import MICROS, ConversionEvent
from campaigns.merging import ids_shown_as
from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID, Campaign
from campaigns.statistics import Sums, rate, wilson
from deliveries.dialects.codes import COUNTS_AS
from deliveries.messages.store import same_message
from portal.common.bulk import EACH
from reports.campaigns.life import volume_of
from reports.figures.query import StatisticsQuery
from reports.figures.volume import Volume

MAX_AT_ONCE = 50_000  # messages whose recipients are counted while a page is made
# Messages with an event are looked up by their identity; those of sealed days may be deleted. All others are counted in
# one pass over the index of the campaign, which gives each recipient's row in a variant, and one in the whole
# (`is_whole`). Without a readable number a message is its own recipient.
_FIGURES = f"""
WITH event AS MATERIALIZED (
    SELECT kind_id, value, currency, occurred_at - delivered_at AS after, attributed_account_id AS account_id,
           attributed_message_id AS message_id, attributed_message_day AS day
    FROM conversion_event WHERE tenant_id = %(tenant)s AND attributed_campaign_id = ANY (%(campaigns)s)
     AND attributed_message_id IS NOT NULL
), found AS MATERIALIZED (
    SELECT e.*, m.* FROM event e LEFT JOIN LATERAL (
        SELECT m.variant, m.recipient_key, m.status = ANY (%(delivered)s) AS is_delivered,
               m.campaign_id = ANY (%(campaigns)s) AS is_of_campaign
        FROM message m WHERE m.tenant_id = %(tenant)s AND m.day = e.day AND {same_message("m", "e")} {EACH}
    ) m ON true
), kind AS (
    SELECT k.id, k.name, k.is_otp, f.events, f.messages, f.confirmed, f.recipients, f.median
    FROM conversion_kind k JOIN (
        SELECT kind_id, count(*) AS events, count(DISTINCT (account_id, message_id)) AS messages,
               count(DISTINCT (account_id, message_id)) FILTER (
                   WHERE coalesce(is_delivered AND is_of_campaign, true)) AS confirmed,
               count(DISTINCT recipient_key) FILTER (WHERE is_delivered AND is_of_campaign) AS recipients,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM after)) FILTER (
                   WHERE after >= '0' AND coalesce(is_delivered, true)) AS median
        FROM found GROUP BY kind_id
    ) f ON f.kind_id = k.id WHERE k.tenant_id = %(tenant)s
), worth AS (
    SELECT kind_id, currency, sum(value) AS micros FROM event WHERE value IS NOT NULL GROUP BY 1, 2
), one_currency AS (
    SELECT min(currency) AS currency FROM worth HAVING count(DISTINCT currency) = 1
), converted AS (
    SELECT variant, count(*) AS recipients, count(*) FILTER (WHERE recipient_key IS NULL) AS messages,
           sum(value) AS value, sum(value * value) AS squares
    FROM (
        SELECT variant, recipient_key,
               coalesce(sum(value) FILTER (WHERE currency = (SELECT currency FROM one_currency)), 0) AS value
        FROM found WHERE is_of_campaign
        GROUP BY variant, recipient_key, CASE WHEN recipient_key IS NULL THEN message_id END
    ) AS recipient GROUP BY 1
), addressed AS MATERIALIZED (
    SELECT variant, is_whole, sum(CASE WHEN recipient_key IS NULL THEN messages ELSE 1 END)::bigint AS recipients,
           coalesce(sum(messages) FILTER (WHERE recipient_key IS NULL), 0)::bigint AS messages,
           count(recipient_key) FILTER (WHERE is_reached) AS reached
    FROM (
        SELECT variant, recipient_key, grouping(variant) = 1 AS is_whole, count(*) AS messages,
               bool_or(status = ANY (%(delivered)s)) AS is_reached
        FROM message WHERE tenant_id = %(tenant)s AND campaign_id = ANY (%(campaigns)s)
        GROUP BY GROUPING SETS ((recipient_key, variant), (recipient_key))
    ) AS keys GROUP BY 1, 2
), by_variant AS (
    SELECT variant, a.recipients AS addressed, coalesce(c.recipients, 0) AS converted, coalesce(c.value, 0) AS value,
           coalesce(c.squares, 0) AS squares, a.messages AS addressed_messages,
           coalesce(c.messages, 0) AS converted_messages
    FROM addressed a LEFT JOIN converted c USING (variant) WHERE NOT a.is_whole
)
SELECT (SELECT coalesce(json_agg(kind ORDER BY name), '[]') FROM kind),
       (SELECT coalesce(json_agg(worth ORDER BY currency), '[]') FROM worth),
       (SELECT coalesce(json_agg(by_variant ORDER BY variant), '[]') FROM by_variant),
       (SELECT currency FROM one_currency),
       coalesce((SELECT reached FROM addressed WHERE is_whole), 0)
"""  # noqa: S608  constants of this module; values are parameters
_COUNTS = """
SELECT coalesce(c.merged_into_id, e.attributed_campaign_id, %(none)s), count(*) FROM conversion_event e
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

    `messages` have one, of these `confirmed_messages` are delivered, or deleted by retention. `median` is the time from
    the delivery to the event.
    """

    kind_id: int
    kind: str
    is_otp: bool
    events: int
    messages: int
    confirmed_messages: int
    delivered_messages: int
    median: timedelta | None

    @property
    def confirmed(self) -> float | None:
        """Share of the delivered messages with an event: of one-time passwords those that were confirmed."""
        return rate(min(self.confirmed_messages, self.delivered_messages), self.delivered_messages)


@dataclass(frozen=True, slots=True)
class VariantConversions:
    """Recipients that a variant addressed, how many have an event, and the revenue of each, for Welch's test.

    Delivery is an outcome of a variant, so its recipients are all that it addressed. A recipient of two variants counts
    in both, each with the events of its own messages.
    """

    variant: str
    addressed: int
    converted: int
    revenue: Sums  # of whole millionths
    addressed_without_number: int = 0  # of the addressed, messages that each count as a recipient
    converted_without_number: int = 0

    @property
    def rate(self) -> float | None:
        return rate(self.converted, self.addressed)

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.converted, self.addressed)

    @property
    def addressed_by_number(self) -> int:
        """The addressed that have a number: a list of recipients has as many rows."""
        return self.addressed - self.addressed_without_number

    @property
    def converted_by_number(self) -> int:
        return self.converted - self.converted_without_number

    @property
    def revenue_per_recipient(self) -> float:
        """Mean of the revenue, in units of the currency."""
        return self.revenue.mean / MICROS


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignConversions:
    """Conversions of a campaign by kind of event, and of each of its variants by any event.

    The variants' revenue is in `currency`, and nothing if that is empty: the events have none or several.
    """

    kinds: list[Conversions] = field(default_factory=list)
    variants: list[VariantConversions] = field(default_factory=list)
    currency: str = ""


def campaign_conversions(campaign: Campaign) -> CampaignConversions:
    """Return the conversions of a campaign with those merged into it; reads each of its messages if there is any."""
    campaign_ids = ids_shown_as(campaign)
    volume = volume_of(campaign) if attributed_events(campaign, campaign_ids).exists() else Volume()
    if not volume.messages:
        return CampaignConversions()
    return conversions_of(tenant_id=campaign.tenant_id, campaign_ids=campaign_ids, delivered_messages=volume.delivered)


def conversions_of(
    *, tenant_id: int, campaign_ids: Collection[int], delivered_messages: int = 0
) -> CampaignConversions:
    """Return the conversions of these campaigns, all their days together; reads each of their messages.

    The figures per delivered message are of `delivered_messages`.
    """
    delivered = [status for status, counts in COUNTS_AS.items() if counts == "delivered"]
    given: dict[str, Any] = {"tenant": tenant_id, "campaigns": sorted(campaign_ids), "delivered": delivered}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, given)
        kinds, worth, variants, currency, reached = cursor.fetchone()
    revenue: dict[int, list[Revenue]] = {}
    for row in worth:
        found = revenue_of(row["currency"], row["micros"], delivered_messages=delivered_messages, recipients=reached)
        revenue.setdefault(row["kind_id"], []).append(found)
    return CampaignConversions(
        kinds=[
            Conversions(
                kind_id=row["id"],
                kind=row["name"],
                is_otp=row["is_otp"],
                events=row["events"],
                messages=row["messages"],
                confirmed_messages=row["confirmed"],
                converted=min(row["recipients"], reached),  # a message may have left the campaign since
                recipients=reached,
                delivered_messages=delivered_messages,
                median=None if row["median"] is None else timedelta(seconds=row["median"]),
                revenue=revenue.get(row["id"], []),
            )
            for row in kinds
        ],
        variants=[
            VariantConversions(
                row["variant"],
                row["addressed"],
                row["converted"],
                Sums(row["addressed"], row["value"], row["squares"]),
                row["addressed_messages"],
                row["converted_messages"],
            )
            for row in variants
        ],
        currency=currency or "",
    )


def revenue_of(currency: str, micros: int, *, delivered_messages: int, recipients: int) -> Revenue:
    """Return the value of events, given in millionths, by what was delivered."""
    units = micros / MICROS
    return Revenue(currency, units, _share(units, delivered_messages), _share(units, recipients))


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


def _share(value: float, of: int) -> float | None:
    return value / of if of else None


def conversion_counts(query: StatisticsQuery) -> dict[int, int]:
    """Return campaign id → its attributed events of the query's days; merged campaigns count in the one shown.

    Events of messages without a campaign are those of NO_CAMPAIGN_ID.
    """
    given: dict[str, Any] = {"tenants": sorted(query.tenant_ids), "first": query.first, "last": query.last}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, given | {"none": NO_CAMPAIGN_ID})
        return dict(cursor.fetchall())


def conversions_of_rests(
    converted: Mapping[int, int], *, shown: Collection[int], archived: bool | None, found: Collection[int] | None
) -> dict[str, int]:
    """Return the events of the sums below a page of the list, by their names in CampaignPage.

    `converted` is of `conversion_counts`, `shown` the ids on the page; `archived` and `found` are those of the page.
    """
    sums = {"other_pages": 0, "hidden": 0, "over": 0, "none": 0}
    if not (others := converted.keys() - set(shown)):
        return sums
    are_archived = set(Campaign.objects.filter(id__in=others, archived_at__isnull=False).values_list("id", flat=True))
    for id_ in others:
        is_wanted = (archived is None or archived == (id_ in are_archived)) and (found is None or id_ in found)
        special = {NO_CAMPAIGN_ID: "none", OTHER_CAMPAIGNS_ID: "over"}.get(id_)
        sums[special or ("other_pages" if is_wanted else "hidden")] += converted[id_]
    return sums
