"""Partner IDs in the administration, masked where they hold a number that a message under them was sent to."""

from collections.abc import Collection

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from deliveries.models import PartnerMove
from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.common.masking import Masking
from portal.tenants.models import Tenant


def shown_values(values: Collection[str]) -> dict[str, str]:
    """Return what staff see of partner IDs; ids that are numbers without being anybody's stay as they are."""
    telling = telling_partner_ids(values, tenant_ids=Tenant.objects.values_list("id", flat=True))
    return {value: Masking(in_full=value not in telling).text(value) for value in values}


class MaskedValues:
    """An admin whose list and pages show `value_shown`, worked out once for a page of the list."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        shown = shown_values({_value(row) for row in changelist.result_list})
        for row in changelist.result_list:
            row.value_for_staff = shown[_value(row)]
        return changelist

    @admin.display(description=_("Partner ID"))
    def value_shown(self, row: Model) -> str:
        known = getattr(row, "value_for_staff", None)
        return known if known is not None else shown_values([_value(row)])[_value(row)]


def _value(row: Model) -> str:
    return row.partner.value if isinstance(row, PartnerMove) else row.value
