"""Pages that the palette leads to, each with the right that opens it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.access import PageRequest
from portal.tenants.models import Tenant

# url name, text, right
OF_TENANT: tuple[tuple[str, Promise, str], ...] = (
    ("reports:overview", _("Overview"), "see_figures"),
    ("campaigns:list", _("Campaigns"), "see_figures"),
    ("segments:segments", _("Segments"), "see_figures"),
    ("conversions:index", _("Conversions"), "see_conversions"),
    ("messages:list", _("Messages"), "see_messages"),
    ("messages:numbers", _("List of numbers"), "see_numbers"),
    ("reports:months", _("Reports"), "see_figures"),
    ("billing:index", _("Billing"), "see_costs"),
    ("leaks:page", _("Money leaks"), "see_figures"),
    ("deliveries:partner_ids", _("Partner IDs"), "see_figures"),
    ("gates:list", _("Gates"), "see_gates"),
    ("gates:new", _("Create a gate"), "manage_gates"),
    ("settings:tenant", _("Settings"), "change_settings"),
    ("settings:ref_ids", _("RefIds"), "change_settings"),
    ("settings:segments", _("Keys of segments"), "change_settings"),
    ("settings:members", _("Members"), "manage_members"),
    ("settings:api_keys", _("API keys"), "manage_api_keys"),
    ("settings:shares", _("Shared links"), "share_pages"),
    ("settings:audit", _("Audit log"), "see_audit_log"),
)
OF_MEMBER: tuple[tuple[str, Promise], ...] = (("reports:views", _("Saved views")),)
OF_ANYBODY: tuple[tuple[str, Promise], ...] = (("profile", _("Your account")), ("api:docs", _("REST API")))
OF_NO_TENANT: tuple[tuple[str, Promise], ...] = (("home", _("Start page")),)
OF_STAFF: tuple[tuple[str, Promise], ...] = (("admin:index", _("Administration")),)


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its address; `hint` is the tenant's name for a page of its own."""

    text: str
    url: str
    hint: str = ""


def pages_of(request: PageRequest, tenant: Tenant | None) -> list[Page]:
    """Return the pages that the person may open, in the order of the navigation; without a tenant those of none."""
    access, found = request.access, []
    if tenant:
        own = [(name, text) for name, text, right in OF_TENANT if access.may(right)]
        own += OF_MEMBER if access.is_members else ()
        found = [Page(str(text), reverse(name, args=[tenant.slug]), tenant.name) for name, text in own]
    others = (() if tenant else OF_NO_TENANT) + OF_ANYBODY + (OF_STAFF if access.is_staff else ())
    return found + [Page(str(text), reverse(name)) for name, text in others]
