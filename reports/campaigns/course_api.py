"""Hours of sending, speed, and numbers of recipients of one campaign, as its page has them."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from deliveries.messages.slices import no_writes_before
from portal.api.operations import Operation
from portal.api.parameters import MAX_NUMBER, Parameter
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from reports.campaigns.api import CAMPAIGN_PATH, campaigns_of
from reports.campaigns.course_examples import HOURS, RECIPIENT_COUNTS, SPEED
from reports.campaigns.course_serializers import HoursAnswer, RecipientCountsAnswer, SpeedAnswer
from reports.campaigns.hours import hours_of
from reports.campaigns.life import life_of
from reports.campaigns.recipients import recipients_of
from reports.campaigns.speed import TIMES, reached, speed_rows
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import total

_MERGED = " A merged campaign has none of its own: ask for `merged_into`."


class CourseView(ApiView):
    """Base of reads of one campaign, with those that are merged into it."""

    def campaign(self, campaign_id: int) -> Campaign:
        """Return a campaign that the key sees. Raises Http404."""
        found = campaigns_of(self.access).filter(id=min(campaign_id, MAX_NUMBER)).first()
        if found is None:
            raise Http404
        return found

    @property
    def account_id(self) -> int | None:
        """The account of an account's key."""
        return self.access.account.id if self.access.account else None

    def query(self, campaign: Campaign) -> StatisticsQuery | None:
        """Return the query of all the campaign's days; None where it has no messages, or is merged."""
        life = None if campaign.merged_into_id else life_of(campaign, account_id=self.account_id)
        if life is None:
            return None
        return StatisticsQuery(
            tenant_ids=[campaign.tenant_id],
            first=life.first_shown,
            last=life.last,
            filters={"campaign": [campaign.name]},
            account_id=self.account_id,
        )

    def counted(self, campaign: Campaign) -> dict[str, Any]:
        """Return what every answer says; call it before the figures are read."""
        return {
            "campaign": self.access.masking.text(campaign.name),
            "data_as_of": no_writes_before(),
            "timezone": campaign.tenant.timezone,
        }


class HoursView(CourseView):
    """Hours of the day at which a campaign was sent."""

    operations = {
        "GET": Operation(
            id="list_campaign_hours",
            tag="Campaigns",
            summary="Hours of sending of a campaign",
            text=(
                "Messages by the hour of the clock at which they were sent, in the tenant's time zone, of all days"
                " together. Hours without messages are left out. Deleted messages are missing." + _MERGED
            ),
            path=CAMPAIGN_PATH,
            answer=HoursAnswer,
            answer_text="The hours.",
            answer_example=HOURS,
        )
    }

    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = self.campaign(campaign_id)
        answered, query, rows, kpis = self.counted(campaign), self.query(campaign), [], None
        if query is not None:
            kpis = total(query)
            rows = hours_of(
                tenant_id=campaign.tenant_id,
                campaign_ids=ids_shown_as(campaign),
                first=query.first,
                last=query.last,
                timezone=campaign.tenant.timezone,
                account_id=self.account_id,
            )
        shown = [
            {
                "hour": row.hour,
                "messages": row.messages,
                "delivered": row.delivered,
                "delivery_rate": row.delivery_rate,
                "median": row.median,
            }
            for row in rows
        ]
        return self.answer(answered | {"maturity": kpis.maturity if kpis else None, "data": shown})


class SpeedView(CourseView):
    """Speed of a campaign's deliveries."""

    operations = {
        "GET": Operation(
            id="get_campaign_speed",
            tag="Campaigns",
            summary="Speed of a campaign",
            text=(
                "Share of all sent messages that had arrived after so many seconds: the speed curve of the campaign's"
                f" page, at {len(TIMES)} times. `compare` adds that of another campaign." + _MERGED
            ),
            path=CAMPAIGN_PATH,
            parameters=(
                Parameter(
                    name="compare",
                    text="The `id` of another campaign of the same tenant, beside this one.",
                    kind="number",
                    example=6,
                ),
            ),
            answer=SpeedAnswer,
            answer_text="The curve.",
            answer_example=SPEED,
        )
    }

    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = self.campaign(campaign_id)
        answered, kpis = self.counted(campaign), self._kpis(campaign)
        other, compared = self._compared(campaign), None
        if other is not None:
            compared = self._kpis(other)
        rows = speed_rows(kpis, compared)
        first = reached(kpis) if kpis.volume.messages else None
        return self.answer(
            answered
            | {
                "compared_with": None if other is None else other.id,
                "messages": kpis.volume.messages,
                "maturity": kpis.maturity,
                "reached": None if first is None else {"share": first.share, "seconds": first.seconds},
                "data": [{"seconds": row.seconds, "share": row.share, "compared": row.compared} for row in rows],
            }
        )

    def _kpis(self, campaign: Campaign) -> Kpis:
        query = self.query(campaign)
        return Kpis(latency={}) if query is None else total(query)

    def _compared(self, campaign: Campaign) -> Campaign | None:
        wanted = self.given.number("compare")
        if wanted is None:
            return None
        others = campaigns_of(self.access).filter(tenant_id=campaign.tenant_id, merged_into=None)
        found = others.exclude(id=campaign.id).filter(id=wanted).first()
        if found is None:
            raise BadParameter("compare", "the `id` of another campaign of the same tenant that is not merged")
        return found


class RecipientCountsView(CourseView):
    """Numbers of a campaign's recipients by what became of them."""

    operations = {
        "GET": Operation(
            id="get_campaign_recipient_counts",
            tag="Campaigns",
            summary="Numbers of recipients of a campaign",
            text=(
                "How many different recipients the campaign had, by the best that is known of each, as"
                " `list_campaign_recipients` lists them. Each stored message is read." + _MERGED
            ),
            path=CAMPAIGN_PATH,
            answer=RecipientCountsAnswer,
            answer_text="The numbers.",
            answer_example=RECIPIENT_COUNTS,
        )
    }

    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = self.campaign(campaign_id)
        answered = self.counted(campaign)
        found = recipients_of(
            tenant_id=campaign.tenant_id,
            campaign_ids=[] if campaign.merged_into_id else ids_shown_as(campaign),
            account_id=self.account_id,
        )
        return self.answer(
            answered
            | {
                "recipients": found.total,
                "delivered": found.delivered,
                "pending": found.pending,
                "unknown": found.unknown,
                "failed": found.failed,
                "messages_without_number": found.messages_without_number,
                "maturity": 1 - found.pending / found.total if found.total else None,
            }
        )
