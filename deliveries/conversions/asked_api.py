"""Conversion events that a request of the API asks for: of a customer's key, narrowed by its parameters."""

from collections.abc import Collection

from django.db.models import QuerySet
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from campaigns.models import ConversionEvent, ConversionKind
from deliveries.conversions.selectors import events_of, narrowed, of_campaign_named
from deliveries.search.number_searches_api import count_searches
from portal.accounts.access import Access
from portal.api.parameters import SINCE, TENANT, UNTIL, Parameter, Parameters
from portal.api.problems import BadParameter
from portal.tenants.models import Tenant

# The parameters that choose among events (`asked_events`).
EVENTS_OF = (
    TENANT,
    Parameter(name="kind", text="Only events of this kind, by name.", example="purchase"),
    SINCE,
    UNTIL,
    Parameter(
        name="campaign",
        text="Only events of messages of this campaign, by its name, and of those that are merged into it.",
        example="October sale",
    ),
    Parameter(
        name="attributed",
        text="Only events with a message (`yes`) or without one (`no`).",
        kind="choice",
        choices=("yes", "no"),
        example="yes",
    ),
    Parameter(
        name="reason",
        text="Only events without a message for this reason.",
        kind="choice",
        choices=tuple(ConversionEvent.Reason.values),
        example="outside_window",
    ),
)


def asked_events(
    request: Request, given: Parameters, access: Access
) -> tuple[QuerySet[ConversionEvent], Collection[int]]:
    """Return the events that EVENTS_OF choose, and the ids of the tenants that are asked for."""
    customer_of(access)
    tenants = given.tenants(access)
    tenant_ids = access.tenant_ids if tenants is None else tenants.values()
    kind, span = given.text("kind"), given.span(access)
    kinds = ConversionKind.objects.filter(tenant_id__in=tenant_ids, name=kind)
    if "kind" in given and not kinds.exists():
        raise BadParameter("kind", "no kind of this name")
    events = narrowed(
        events_of(tenant_ids, span.first, span.last, since=span.since, until=span.until),
        kind=kind,
        reason=given.choice("reason") or "",
        attributed=given.choice("attributed") or "",
    )
    if campaign := given.text("campaign"):
        count_searches(request, [("campaign", campaign)])
        events = of_campaign_named(events, campaign, tenant_ids)
    return events, tenant_ids


def customer_of(access: Access) -> Tenant:
    """Return the customer of the key. Raises PermissionDenied for the key of a whole account."""
    if access.account is not None or access.tenant is None:
        raise PermissionDenied("Conversions belong to a customer: use a key of the customer, not of an account.")
    return access.tenant
