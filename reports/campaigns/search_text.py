"""The text of a search for campaigns, as a page was asked for it."""

from django.utils.translation import gettext as _

from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from portal.accounts.access import PageRequest
from portal.tenants.models import Tenant
from reports.overview.asked import MAX_FILTER


def searched(request: PageRequest, tenant: Tenant, name: str = "q") -> tuple[str, str, int]:
    """Return the text of a parameter, what is wrong with it ('' for nothing), and the status of the answer."""
    text = " ".join(request.GET.get(name, "").split())
    if len(text) > MAX_FILTER or "\0" in text:
        return (
            "",
            _("The search text may have at most %(most)d characters, and not U+0000.") % {"most": MAX_FILTER},
            422,
        )
    try:
        count_number_searches(request, [("campaign", text)], tenant=tenant)
    except TooManyNumberSearches as error:
        return "", error.text, 429
    return text, "", 200
