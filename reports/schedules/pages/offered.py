"""Values that the builder offers: campaigns, gates, templates, statuses."""

from collections.abc import Collection

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from deliveries.dialects.codes import COUNTS_AS
from deliveries.models import Gate
from portal.accounts.access import Access
from portal.tenants.models import Tenant
from reports.models import WorkbookTemplate
from reports.monthly.texts import translate

_OFFERED_CAMPAIGNS = 100  # names, the newest; others can be typed


def campaign_names(access: Access) -> list[str]:
    """Return the names that are offered for the campaign."""
    campaigns = Campaign.objects.filter(tenant_id__in=access.tenant_ids, merged_into=None)
    names = campaigns.order_by("-id").values_list("name", flat=True)[:_OFFERED_CAMPAIGNS]
    return [name for name in names if name and not access.masking.hides(name)]


def campaign_id(name: str, *, tenant: Tenant, access: Access) -> int:
    """Return the campaign of the name, the page's own tenant's before those below it; 0 for none."""
    found = Campaign.objects.filter(tenant_id__in=access.tenant_ids, name=name)
    own = [one.id for one in found.order_by("id") if one.tenant_id == tenant.id]
    return next(iter([*own, *found.values_list("id", flat=True)[:1]]), 0)


def gate_choices(tenant: Tenant, *, chosen: Collection[int] = (), held: Collection[int] = ()) -> list[tuple[int, str]]:
    """Return the gates that a report can choose: those that send `report.ready`, and what is chosen already.

    `chosen` may have gates that do not send the event (any more). `held` are those of the report as it is saved: some
    of them may be deleted. They stay choices, because a report without any gate is told to all of them.
    """
    known = {gate.id: gate for gate in Gate.objects.filter(tenant=tenant).order_by("name", "id")}
    offered = [gate for gate in known.values() if Gate.Event.REPORT_READY in gate.events or gate.id in {*chosen, *held}]
    gone = [(id_, _("A gate that does not exist any more")) for id_ in sorted(held) if id_ not in known]
    return [(gate.id, gate_name(gate)) for gate in offered] + gone


def gate_name(gate: Gate) -> str:
    """Return a gate's name, and whether it does not send `report.ready`."""
    if Gate.Event.REPORT_READY in gate.events:
        return gate.name
    return _("%(name)s (does not send the event “Report finished”)") % {"name": gate.name}


def template_choices(tenant: Tenant) -> list[tuple[str, str]]:
    """Return the tenant's workbook templates after the month's own workbook."""
    templates = WorkbookTemplate.objects.filter(tenant=tenant).order_by("name", "id").values_list("id", "name")
    return [("", _("The month's own workbook")), *((str(id_), name) for id_, name in templates)]


def statuses() -> list[tuple[str, str]]:
    """Return the statuses of messages with their names."""
    language = get_language() or "en"
    return [(name, translate(name, language)) for name in sorted(COUNTS_AS)]
