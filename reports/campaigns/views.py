"""A campaign's page: what became of its messages, how fast, where and why not, beside another campaign."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.models import Campaign
from campaigns.statistics import rate
from portal.accounts.access import Access, PageRequest
from portal.accounts.guards import member_may
from portal.common.masking import Masking
from portal.common.period_picker import MAX_DAYS, Period
from portal.tenants.models import Tenant
from reports.campaigns.compared import MAX_CHOICES, choices, compared_with, matches
from reports.campaigns.costs import shown_costs
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.life import life_of
from reports.campaigns.live import followed
from reports.campaigns.search_text import searched
from reports.campaigns.speed import HEIGHT, WIDTH, curve, reached, speed_rows
from reports.figures.alerts_shown import alerts_between
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import spans_read_once
from reports.figures.statistics import total
from reports.overview import charts
from reports.overview.cards import CLASSES
from reports.overview.links import Links, NoLinks
from reports.overview.masked import masked_overview
from reports.overview.period import range_text
from reports.overview.selectors import Overview, overview
from reports.pricing.rights import may_see_costs

ROWS = 8


class CampaignLinks(Links):
    """Links of a campaign's figures: parts of them are shown by the Overview, narrowed to the campaign."""

    def narrowed(self, **found: object) -> str:
        """Return the address of the Overview for a part of the campaign."""
        return reverse("reports:overview", args=[self.slug]) + super().narrowed(**found)


class CampaignPageLinks(CampaignLinks):
    """Links of a campaign's figures for people who open no messages."""

    def messages(self, **_found: object) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A campaign as the page shows it. Its figures have no links where its name is masked."""

    campaign: Campaign
    name: str
    title: str
    tags: list[str]
    first: date
    last: date
    links: Links

    @property
    def is_masked(self) -> bool:
        return isinstance(self.links, NoLinks)

    @property
    def period(self) -> str:
        return range_text(Period(self.first, self.last))

    def query(self) -> StatisticsQuery:
        return StatisticsQuery(
            tenant_ids=[self.campaign.tenant_id],
            first=self.first,
            last=self.last,
            filters={"campaign": [self.campaign.name]},
        )


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Messages of one class, of the campaign and of the one it is compared with (None: none)."""

    name: str
    title: object
    messages: int
    share: float | None
    compared: int | None
    compared_share: float | None


@require_safe
@member_may("see_figures")
@spans_read_once()
def campaign_page(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Show a campaign, from its first day to its last; `compare` is the id of another one, `none` compares nothing.

    `find` searches for campaigns to compare with. A merged campaign is shown on the page of the one that it is merged
    into. 422 for a campaign to compare with that there is not, and for a search that cannot be followed.
    """
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:campaign", tenant.slug, campaign.merged_into_id)
    masking = request.access.masking
    wanted = request.GET.get("compare", "")
    other, is_wrong = compared_with(campaign, wanted)
    text, problem, status = searched(request, tenant, "find")
    access = request.access
    shown, beside = shown_of(campaign, tenant, access), shown_of(other, tenant, access) if other else None
    context = {
        "page": "campaigns",
        "campaign": campaign,
        "name": masking.text(campaign.name),
        "heading": masking.text(campaign.title or campaign.name),
        "note": masking.text(campaign.note),
        "tags": [masking.text(tag) for tag in campaign.tags],
        "notes": _notes(campaign, masking),
        "choices": choices(campaign, other, masking),
        "chosen": other.id if other else None,
        "find": text,
        "problem": problem,
        "matches": matches(campaign, text, masking) if text else None,
        "most_matches": MAX_CHOICES,
        "is_wrong": is_wrong,
        "most_days": MAX_DAYS,
    }
    if shown:
        figures = _figures(request, shown, beside)
        context |= figures | {"live": followed(campaign, shown.last, figures["kpis"], now=timezone.now())}
        context["days_address"] = reverse("campaigns:days", args=[tenant.slug, campaign.id])  # long: after the rest
    return render(request, "reports/campaigns/campaign.html", context, status=422 if is_wrong else status)


@spans_read_once()
def figures_context(request: PageRequest, tenant: Tenant, campaign: Campaign) -> dict | None:
    """Return what the part of the page with the figures shows, None for a campaign without messages."""
    masking = request.access.masking
    other, _is_wrong = compared_with(campaign, request.GET.get("compare", ""))
    access = request.access
    shown, beside = shown_of(campaign, tenant, access), shown_of(other, tenant, access) if other else None
    return (
        {"campaign": campaign, "notes": _notes(campaign, masking)} | _figures(request, shown, beside) if shown else None
    )


def _notes(campaign: Campaign, masking: Masking) -> list[tuple[date, str]]:
    return [(date.fromisoformat(day), masking.text(text)) for day, text in sorted(campaign.day_notes.items())]


def shown_of(campaign: Campaign, tenant: Tenant, access: Access) -> Shown | None:
    """Return a campaign as its page shows it, None for one without messages."""
    life = life_of(campaign)
    if life is None:
        return None
    first = life.first_shown
    period = Period(first, life.last)
    narrowing = {"campaign": campaign.name, "tenant": campaign.tenant.slug}
    masking = access.masking
    own = CampaignLinks if access.may("see_messages") else CampaignPageLinks
    links = NoLinks if masking.hides(campaign.name) else own
    return Shown(
        campaign=campaign,
        name=masking.text(campaign.name),
        title=masking.text(campaign.title or campaign.name),
        tags=[masking.text(tag) for tag in campaign.tags],
        first=first,
        last=life.last,
        links=links(tenant.slug, period, f"from={first}&to={life.last}", narrowing),
    )


def _figures(request: PageRequest, shown: Shown, beside: Shown | None) -> dict:
    found = overview(
        tenant_ids=[shown.campaign.tenant_id],
        first=shown.first,
        last=shown.last,
        filters={"campaign": [shown.campaign.name]},
        now=timezone.now(),
        language=request.LANGUAGE_CODE,
        timezone=shown.campaign.tenant.timezone,
    )
    found = masked_overview(found, request.access.masking)
    compared = total(beside.query(), final=found.final) if beside else None
    period = Period(shown.first, shown.last)
    alerts = alerts_between(
        shown.campaign.tenant,
        tenant_ids=[shown.campaign.tenant_id],
        first=shown.first,
        last=shown.last,
        now=timezone.now(),
        masking=request.access.masking,
        campaign_id=shown.campaign.pk,
        with_budgets=may_see_costs(request.access),
    )
    unit = charts.unit_of(period.days)
    columns = charts.chart_columns(found.days, unit=unit, provisional_from=found.provisional_from)
    return {
        "shown": shown,
        "beside": beside,
        "links": shown.links,
        "figures": found,
        "kpis": found.kpis,
        "compared": compared,
        "status_rows": _status_rows(found.kpis, compared),
        "speed": speed_rows(found.kpis, compared),
        "reached": reached(found.kpis),
        "curve": curve(found.kpis),
        "compared_curve": curve(compared) if compared else "",
        "curve_size": {"width": WIDTH, "height": HEIGHT},
        "unit": unit,
        "columns": columns,
        "days_chart": charts.days_chart(columns, None, unit=unit, links=shown.links, alerts=alerts),
        "costs": shown_costs(shown.campaign, shown.query(), request.access),
        "alerts_shown": alerts,
        "whole": [],
        **_tables(found, shown.links),
        "file": f"{shown.campaign.tenant.slug}_campaign_{shown.campaign.id}",
    }


def _tables(found: Overview, links: Links) -> dict:
    return {
        "countries": charts.listing(found.countries, limit=ROWS),
        "map_chart": charts.map_chart(found.countries, links=links),
        "operators": charts.listing(found.operators, limit=ROWS),
        "failure_rows": found.failures,
        "other_failures": [],
    }


def _status_rows(kpis: Kpis, compared: Kpis | None) -> list[StatusRow]:
    rows = []
    for name, title in CLASSES.items():
        messages = getattr(kpis.volume, name)
        before = getattr(compared.volume, name) if compared else None
        rows.append(
            StatusRow(
                name=name,
                title=title,
                messages=messages,
                share=rate(messages, kpis.volume.messages),
                compared=before,
                compared_share=rate(before, compared.volume.messages) if compared and before is not None else None,
            )
        )
    return rows
