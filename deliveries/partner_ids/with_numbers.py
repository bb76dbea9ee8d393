"""Partner IDs that hold the phone number of a message sent under them, for lists of partner IDs alone."""

from collections.abc import Collection
from typing import Any

from django.db import connection

from deliveries.messages.number_hashes import search_forms
from deliveries.models import DailyCount
from portal.common.msisdn import numbers_in
from portal.tenants.models import Tenant

_FOUND = """
SELECT DISTINCT w.value FROM unnest(%(values)s::text[], %(forms)s::text[]) AS w (value, form)
CROSS JOIN unnest(%(tenants)s::int[]) AS t (id)
WHERE EXISTS (
    SELECT FROM message m WHERE m.tenant_id = t.id AND m.destination = w.form AND m.partner_id = w.value
)
"""


def telling_partner_ids(values: Collection[str], *, tenant_ids: Collection[int]) -> frozenset[str]:
    """Return those partner IDs that contain the phone number of one of the tenants' messages under them.

    Only these are masked in lists and figures: other partner IDs may be numeric without being a phone number.
    """
    numbers = {value: found for value in set(values) if (found := numbers_in(value))}
    if not numbers:
        return frozenset()
    tenant_ids = sorted(tenant_ids)
    everywhere = set(Tenant.objects.filter(id__in=tenant_ids).values_list("country", flat=True)) | {""}
    countries = {value: set(everywhere) for value in numbers}
    counted = DailyCount.objects.filter(tenant_id__in=tenant_ids, partner_id__in=numbers)
    for value, country in counted.values_list("partner_id", "country").distinct():
        countries[value].add(country if country != "ZZ" else "")
    pairs = {
        (value, form)
        for value, found in numbers.items()
        for number in found
        for country in countries[value]
        for form in search_forms(number, country=country, tenant_ids=set(tenant_ids))
    }
    parameters: dict[str, Any] = {
        "tenants": tenant_ids,
        "values": [p[0] for p in pairs],
        "forms": [p[1] for p in pairs],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, parameters)
        return frozenset(value for (value,) in cursor.fetchall())
