"""/api/v1/campaigns/: a tenant's campaigns, the figures of one, and what people say about it."""

from dataclasses import asdict, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign
from deliveries.attributing.due import data_as_of
from deliveries.attributing.windows import campaign_windows
from deliveries.messages.slices import no_writes_before
from deliveries.models import CampaignCount
from deliveries.search.number_searches_api import count_searches
from portal.accounts.access import Access
from portal.api.bodies import checked
from portal.api.operations import CAMPAIGNS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, page_of
from portal.api.parameters import MAX_NUMBER, TENANT, Parameter
from portal.api.views import ApiView
from reports.campaigns.changed import change
from reports.campaigns.conversions import Conversions, Converted, campaign_conversions
from reports.campaigns.costs import PricedGroup, campaign_costs
from reports.campaigns.examples import CAMPAIGN, CAMPAIGN_FIGURES
from reports.campaigns.life import Life, life_of
from reports.campaigns.selectors import STATES, in_state, matching_ids
from reports.campaigns.serializers import (
    CampaignAnswer,
    CampaignsAnswer,
    CampaignWithFiguresAnswer,
    ChangeCampaignBody,
)
from reports.figures.as_json import figures
from reports.figures.finality import provisional_from
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import statistics, total
from reports.pricing.as_json import amounts_json, costs_json
from reports.pricing.money import micro_decimal
from reports.pricing.rights import seen_payer

CAMPAIGN_PATH = {
    "campaign_id": Parameter(name="campaign_id", text="The campaign's `id`.", kind="number", most=MAX_NUMBER, example=7)
}


class CampaignsView(ApiView):
    """The key's campaigns, newest first."""

    operations = {
        "GET": Operation(
            id="list_campaigns",
            tag="Campaigns",
            summary="List campaigns",
            text=(
                "The campaigns of the key's tenants, newest first, with what people say about them on the portal's"
                " pages. A campaign comes into being with its first message. An account's key sees the campaigns that"
                " have messages at its account. Possible phone numbers in names and texts are masked unless the key has"
                " the scope `numbers`."
            ),
            parameters=(
                TENANT,
                Parameter(
                    name="q",
                    text="A text anywhere in the name, the title or a tag; case does not matter.",
                    example="sale",
                ),
                Parameter(
                    name="state",
                    text="Archived campaigns, those that are not archived, or all.",
                    kind="choice",
                    choices=tuple(STATES),
                    default="all",
                    example="active",
                ),
                *LISTED,
            ),
            answer=CampaignsAnswer,
            answer_text="A page of campaigns.",
            answer_example=PAGE_EXAMPLE | {"data": [CAMPAIGN]},
        )
    }

    def get(self, request: Request) -> Response:
        tenants = self.given.tenants(self.access)
        rows = in_state(campaigns_of(self.access), self.given.choice("state") or "all")
        if tenants is not None:
            rows = rows.filter(tenant_id__in=tenants.values())
        if text := " ".join(self.given.text("q").split()):
            count_searches(request, [("campaign", text)])
            found = matching_ids(tenant_ids=self.access.tenant_ids, text=text, masking=self.access.masking)
            rows = rows.filter(Q(id__in=found) | Q(merged_into_id__in=found))
        return self.answer(page_of(rows, self.given, self.access, lambda page: shown(page, self.access)))


class CampaignView(ApiView):
    """One campaign with its figures, from its first day to its last; PATCH changes what people say about it."""

    http_method_names = ["get", "head", "patch"]
    operations = {
        "GET": Operation(
            id="get_campaign",
            tag="Campaigns",
            summary="One campaign and its figures",
            text=(
                "A campaign with the figures of all its days, in total and by variant; campaigns that are merged into"
                " it are included. The figures of a merged campaign are null: they count in `merged_into`. For parts"
                " of its days, countries and operators use the statistics with the filter `campaign`."
            ),
            path=CAMPAIGN_PATH,
            answer=CampaignWithFiguresAnswer,
            answer_text="The campaign.",
            answer_example=CAMPAIGN_FIGURES,
        ),
        "PATCH": Operation(
            id="change_campaign",
            tag="Campaigns",
            summary="Describe or archive a campaign",
            text=(
                "Change the fields that are given; others stay. `tags`, `planned_split` and `day_notes` are replaced as"
                " a whole. Texts hold no phone numbers. A key of a gateway account cannot change campaigns."
            ),
            scope=CAMPAIGNS,
            path=CAMPAIGN_PATH,
            body=ChangeCampaignBody,
            body_example={"title": "October sale", "tags": ["newsletter", "autumn"], "archived": True},
            answer=CampaignAnswer,
            answer_text="The campaign as it is now.",
            answer_example=CAMPAIGN | {"tags": ["newsletter", "autumn"], "archived_at": "2026-11-30T09:00:00Z"},
        ),
    }

    def patch(self, request: Request, campaign_id: int) -> Response:
        campaign = own_campaign(self.access, campaign_id)
        data = checked(ChangeCampaignBody, request.data, is_partial=True)
        change(campaign, data, actor=str(self.access.key), now=timezone.now())
        (answer,) = shown([own_campaign(self.access, campaign_id)], self.access)
        return self.answer(answer)

    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = _found(self.access, campaign_id)
        (answer,) = shown([campaign], self.access)
        account = self.access.account
        life = None if campaign.merged_into_id else life_of(campaign, account_id=account.id if account else None)
        answer |= {"timezone": campaign.tenant.timezone, "data_as_of": no_writes_before()}
        return self.answer(answer | (_figures(campaign, life, self.access) if life else _NO_FIGURES))


_NO_FIGURES: dict[str, Any] = {
    "first_day": None,
    "last_day": None,
    "provisional_from": None,
    "figures": None,
    "costs": None,
    "variants": [],
    "conversions": [],
    "conversions_as_of": None,
    "replies": None,
}


def _figures(campaign: Campaign, life: Life, access: Access) -> dict:
    query = StatisticsQuery(
        tenant_ids=[campaign.tenant_id],
        first=life.first,
        last=life.last,
        filters={"campaign": [campaign.name]},
        account_id=access.account.id if access.account else None,
    )
    by_variant = statistics(replace(query, group_by=("variant",)))
    unsettled = provisional_from(tenant_ids=[campaign.tenant_id], first=life.first, last=life.last, now=timezone.now())
    payer = seen_payer(access)
    priced = campaign_costs(campaign, query, payer, with_events=not access.account) if payer else None
    return {
        "first_day": life.first,
        "last_day": life.last,
        "provisional_from": unsettled,
        "figures": figures(total(query)),
        "costs": _costs(priced.whole if priced else None),
        "variants": [
            {
                "variant": access.masking.text(str(group.key["variant"])),
                "costs": _costs(priced.variants.get(str(group.key["variant"])) if priced else None),
            }
            | figures(group.kpis)
            for group in by_variant
        ],
        "replies": None,  # docs/decisions/0021-place-of-replies.md
        "conversions_as_of": data_as_of([campaign.tenant_id], now=timezone.now()),
        # A recipient who has messages at several accounts would count in each of them.
        "conversions": [] if access.account else [_conversions(one) for one in campaign_conversions(campaign).kinds],
    }


def _costs(found: PricedGroup | None) -> dict | None:
    if found is None:
        return None
    amounts = [
        amounts_json(row.figures)
        | {
            "per_conversion": None if row.per_conversion is None else micro_decimal(row.per_conversion),
            "revenue": None if row.revenue is None else micro_decimal(row.revenue),
            "return": row.gain,
        }
        for row in found.rows
    ]
    return costs_json(found.costs) | {"amounts": amounts}


def _conversions(found: Conversions) -> dict:
    return shown_converted(found) | {
        "kind": found.kind,
        "events": found.events,
        "messages": found.messages,
        "confirmed": found.confirmed if found.is_otp else None,
        "median_seconds": None if found.median is None else found.median.total_seconds(),
    }


def shown_converted(found: Converted) -> dict:
    """Return conversions of a group of recipients as ConvertedSerializer takes them."""
    return {
        "converted": found.converted,
        "recipients": found.recipients,
        "rate": found.rate,
        "interval": found.interval,
        "revenue": [asdict(revenue) for revenue in found.revenue],
    }


def shown(campaigns: list[Campaign], access: Access) -> list[dict]:
    """Return campaigns as CampaignAnswer takes them."""
    owners = get_user_model().objects.filter(id__in={one.owner_id for one in campaigns if one.owner_id})
    emails = dict(owners.values_list("id", "email"))
    windows = campaign_windows([one.id for one in campaigns])
    text = access.masking.text
    return [
        {
            "id": one.id,
            "tenant": one.tenant.slug,
            "name": text(one.name),
            "title": text(one.title),
            "note": text(one.note),
            "tags": [text(tag) for tag in one.tags],
            "owner": emails.get(one.owner_id or 0),
            "planned_start": one.planned_start,
            "planned_split": {text(variant): weight for variant, weight in one.planned_split.items()},
            "day_notes": {day: text(note) for day, note in sorted(one.day_notes.items())},
            "conversion_window": windows.get(one.id),
            "archived_at": one.archived_at,
            "merged_into": one.merged_into_id,
            "created_at": one.created_at,
            "url": reverse("api:campaign", args=[one.id]),
        }
        for one in campaigns
    ]


def campaigns_of(access: Access) -> QuerySet[Campaign]:
    """Return the campaigns that the key sees: of an account's key those with messages at the account."""
    rows = Campaign.objects.filter(tenant_id__in=access.tenant_ids).select_related("tenant")
    if access.account is None:
        return rows
    counted = CampaignCount.objects.filter(tenant_id__in=access.tenant_ids, account=access.account, messages__gt=0)
    return rows.filter(id__in=counted.values("campaign_id"))


def own_campaign(access: Access, campaign_id: int) -> Campaign:
    """Return a campaign that the key may change. Raises Http404, PermissionDenied for an account's key."""
    if access.account is not None:
        raise PermissionDenied("Campaigns belong to a customer: use a key of the customer, not of an account.")
    return _found(access, campaign_id)


def _found(access: Access, campaign_id: int) -> Campaign:
    campaign = campaigns_of(access).filter(id=min(campaign_id, MAX_NUMBER)).first()
    if campaign is None:
        raise Http404
    return campaign
