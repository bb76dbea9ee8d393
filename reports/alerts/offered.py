"""Names that the form of a rule offers for "Which one": those that the customer's messages have."""

from django.db import connection

from campaigns.models import Campaign
from portal.common.masking import Masking
from portal.common.templatetags.figures import country
from portal.tenants.models import PartnerId, Tenant
from reports.models import AlertRule

MOST = 100
Scope = AlertRule.Scope

_OF_QUARTERS = {
    Scope.COUNTRY: "SELECT country FROM alert_quarter WHERE tenant_id = %s AND country <> '' GROUP BY 1"
    " ORDER BY sum(messages) DESC, 1 LIMIT %s",
    Scope.OPERATOR: "SELECT operator FROM alert_quarter WHERE tenant_id = %s AND operator <> '' GROUP BY 1"
    " ORDER BY sum(messages) DESC, 1 LIMIT %s",
}
_SENDERS = (
    "SELECT source FROM (SELECT source FROM message WHERE tenant_id = %s ORDER BY sent_at DESC LIMIT 5000) m"
    " WHERE source <> '' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %s"
)


def names_of(tenant: Tenant, scope: str) -> list[str]:
    """Return the names of a scope, the most frequent or newest first; none with a phone number, which no rule takes."""
    if scope in _OF_QUARTERS:
        found = _read(_OF_QUARTERS[Scope(scope)], tenant)
        found = [country(code) for code in found] if scope == Scope.COUNTRY else found
    elif scope == Scope.SENDER:
        found = _read(_SENDERS, tenant)
    elif scope == Scope.CAMPAIGN:
        campaigns = Campaign.objects.filter(tenant=tenant, merged_into=None).exclude(name="")
        found = list(campaigns.order_by("-id").values_list("name", flat=True)[:MOST])
    elif scope == Scope.PARTNER_ID:
        found = list(PartnerId.objects.filter(tenant=tenant).order_by("value").values_list("value", flat=True)[:MOST])
    else:
        return []
    masking = Masking(in_full=False)
    return [name for name in found if not masking.hides(name)]


def _read(sql: str, tenant: Tenant) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [tenant.pk, MOST])
        return [name for (name,) in cursor.fetchall()]
