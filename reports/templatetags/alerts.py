"""Number of open alerts in the header of pages."""

from django import template

from portal.tenants.models import Tenant
from reports.figures.alerts_open import open_number

register = template.Library()


@register.simple_tag
def open_alerts(tenant: Tenant) -> int:
    """Return the number of the tenant's open alerts, by the cache alone."""
    return open_number(tenant.pk)
