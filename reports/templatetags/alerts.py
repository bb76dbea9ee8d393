"""Number of open alerts in the header of pages."""

from django import template

from portal.accounts.access import Access
from reports.figures.alerts_open import open_number
from reports.pricing.rights import may_see_costs

register = template.Library()


@register.simple_tag
def open_alerts(access: Access) -> int:
    """Return the number of open alerts of the page's tenant and those below it, by the cache alone.

    Alerts of budgets are counted for people who may see costs.
    """
    return open_number(access.tenant_ids, with_budgets=may_see_costs(access))
