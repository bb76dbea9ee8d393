"""Words for the contents of a shared link, and the Overview's request behind it."""

from collections.abc import Mapping
from datetime import date

from django.http import HttpRequest, QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from portal.accounts.access import Access
from portal.common.templatetags.figures import country
from portal.shares.models import ShareLink
from portal.tenants.models import Tenant
from reports.campaigns.ab_ref_ids import CHOSEN
from reports.overview.period import NAMES, PARAMETERS, page_period, range_text
from reports.overview.views import FILTERS

NARROWING = ("tenant", *FILTERS)
OVERVIEW_PARAMETERS = (*PARAMETERS, *NARROWING)


def asking(query: QueryDict) -> HttpRequest:
    """Return a request of the Overview with these parameters, to read its period."""
    request = HttpRequest()
    request.GET = query  # type: ignore[assignment] # the stubs ask for one that cannot be changed
    return request


def words_of(link: ShareLink, access: Access) -> list[str]:
    """Return what the link shows, a part each."""
    if link.month is not None:  # a report's
        return words_of_month(link.month)
    if link.kind == ShareLink.Kind.AB:
        return words_of_ab(link.query, access)
    panel = [link.get_panel_display()] if link.panel else []
    return panel + words_of_query(QueryDict(link.query), link.tenant)


def ab_campaign(query: str, access: Access) -> Campaign | None:
    """Return the campaign of a shared A/B test's parameters, None if it cannot be seen."""
    text = QueryDict(query).get("campaign", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    campaigns = Campaign.objects.select_related("tenant").filter(tenant_id__in=access.tenant_ids)
    return campaigns.filter(id=int(text)).first()


def words_of_ab(query: str, access: Access) -> list[str]:
    """Return the words for an A/B test with these parameters."""
    campaign, given = ab_campaign(query, access), QueryDict(query)
    name = access.masking.text(campaign.name) if campaign else "–"
    words = [_("A/B test of %(campaign)s") % {"campaign": name}]
    return words + [f"{letter.upper()}: {', '.join(given.getlist(letter))}" for letter in CHOSEN if given.get(letter)]


def words_of_month(month: date) -> list[str]:
    """Return the words for a month's report."""
    return [_("Report for %(month)s") % {"month": date_format(month, "YEAR_MONTH_FORMAT")}]


def words_of_query(query: QueryDict, tenant: Tenant) -> list[str]:
    """Return the words for the Overview with these parameters: its period, then its filters."""
    period = page_period(asking(query), tenant).period
    days = str(NAMES[period.name]) if period.name else range_text(period)
    return [_("Overview"), days, *(f"{name}: {value}" for name, value in filter_words(query).items())]


def filter_words(query: Mapping[str, str]) -> dict[str, str]:
    """Return the names and values of the parameters that narrow the Overview."""
    names = {"tenant": _("Customer"), "country": _("Country"), "operator": _("Operator"), "campaign": _("Campaign")}
    return {
        names[name]: country(query[name]) if name == "country" else query[name] for name in NARROWING if query.get(name)
    }
