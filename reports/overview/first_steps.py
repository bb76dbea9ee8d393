"""First steps of a new customer: what is still to be done before the Overview has figures, and who may do it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import RefIdScheme
from portal.accounts.access import Access
from portal.accounts.right_texts import who_may
from portal.tenants.models import Tenant
from portal.tenants.partner_owners import held_by


@dataclass(frozen=True, slots=True)
class Step:
    """A step; `url` is '' for a person whose role may not take it, and `who` says then whose may."""

    title: str
    text: str
    is_done: bool
    url: str
    who: str


def first_steps(tenant: Tenant, access: Access, *, has_reports: bool) -> list[Step]:
    """Return the steps in their order, each done or not. `has_reports`: delivery reports are being counted."""

    def step(title: str, text: str, is_done: bool, page: str, right: str) -> Step:
        may = access.may(right)
        url = reverse(page, args=[tenant.slug]) if may else ""
        return Step(title, text, is_done, url, "" if may else who_may(right))

    partners = "deliveries:partner_ids"
    return [
        step(
            _("Partner IDs"),
            _("They say which messages of the gateway account are yours. Declare or request yours."),
            held_by([tenant.id]).exists(),
            partners,
            "declare_partner_ids",
        ),
        step(
            _("First delivery report"),
            _("The gateway sends delivery reports to the address that the people who run this portal give you."),
            has_reports,
            partners,
            "see_figures",
        ),
        step(
            _("People"),
            _("Invite those who work with the figures, each with a role."),
            tenant.memberships.count() > 1 or tenant.invitations.filter(revoked_at=None).exists(),
            "settings:members",
            "manage_members",
        ),
        step(
            _("Campaigns"),
            _("Say how a refId is read, so that campaigns and variants have figures of their own."),
            RefIdScheme.objects.filter(tenant=tenant).exists(),
            "settings:ref_ids",
            "change_settings",
        ),
        step(
            _("Colour"),
            _("Give the pages the colour of your company."),
            bool(tenant.accent),
            "settings:tenant",
            "change_settings",
        ),
    ]
