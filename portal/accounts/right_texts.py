"""Sentences for people about the rights of each role, made from portal/accounts/roles.py."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Role
from portal.accounts.roles import LADDER, RIGHTS, may

RIGHT_TEXTS: dict[str, Promise] = {
    "see_figures": _("See figures, reports and partner IDs"),
    "see_messages": _("Search messages; roles without the right to see numbers see them masked"),
    "make_reports": _("Create and remove monthly reports"),
    "see_conversions": _("See conversion events"),
    "see_gates": _("See gates, with their requests and answers"),
    "manage_alerts": _("Create and change the rules of alerts, and acknowledge alerts"),
    "see_costs": _("See prices and what messages cost"),
    "save_searches": _("Save whole searches as files"),
    "reveal_numbers": _("Reveal the phone number of one message; the reason is logged"),
    "see_numbers": _("See phone numbers on pages and in files, and search by a list of them"),
    "declare_partner_ids": _("Declare partner IDs and move them"),
    "see_account_reports": _("See the reports of a gateway account that the customer owns"),
    "change_settings": _("Change the settings, how refIds are read, and the segments"),
    "manage_campaigns": _("Give campaigns a title, tags and a plan; archive and merge them; save comparisons"),
    "manage_budgets": _("Create, change and retire budgets"),
    "manage_api_keys": _("Create and revoke API keys"),
    "manage_gates": _("Create, change, pause and test gates, which forward delivery reports to your systems"),
    "upload_conversions": _("Upload conversion events and undo uploads"),
    "manage_exports": _("See, cancel and delete the saved files of other members"),
    "manage_reports": _("Change, stop and archive the saved reports of other members"),
    "manage_views": _("Rename and delete saved views that other members share"),
    "share_pages": _("Share the Overview or a report by a link with people without an account"),
    "change_retention": _("Change how long data is kept"),
    "change_security": _("Require a second factor from all members"),
    "change_brand": _("Change the brand: logo, product name, sender of e-mails and host name"),
    "manage_members": _("Invite and remove members and change their roles"),
    "see_audit_log": _("Read the audit log"),
    "billing": _("Change price lists, close months and check invoices"),
}
ROLES = (*LADDER, Role.ACCOUNTANT)  # the ladder from the one with the fewest rights
# Who has a right, by its roles.
HOLDERS: dict[frozenset[Role], Promise] = {
    frozenset(ROLES): _("All members can do this."),
    frozenset(LADDER): _("Viewers, analysts, managers and owners can do this."),
    frozenset({Role.ANALYST, Role.MANAGER, Role.OWNER, Role.ACCOUNTANT}): _(
        "Analysts, managers, owners and accountants can do this."
    ),
    frozenset({Role.ANALYST, Role.MANAGER, Role.OWNER}): _("Analysts, managers and owners can do this."),
    frozenset({Role.MANAGER, Role.OWNER}): _("Managers and owners can do this."),
    frozenset({Role.MANAGER, Role.OWNER, Role.ACCOUNTANT}): _("Managers, owners and accountants can do this."),
    frozenset({Role.OWNER, Role.ACCOUNTANT}): _("Owners and accountants can do this."),
    frozenset({Role.OWNER}): _("Only owners can do this."),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """A role, and whether it has the right of the table's row."""

    role: Role
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class RightRow:
    """A row of the table of rights: what the right allows, and for each role whether it has it."""

    text: Promise
    roles: tuple[Allowed, ...]


def rights_table() -> list[RightRow]:
    """Return a row for each right, those of viewers first."""
    ordered = sorted(RIGHTS, key=lambda right: LADDER.index(RIGHTS[right]))
    return [
        RightRow(RIGHT_TEXTS[right], tuple(Allowed(role, may([role], right)) for role in ROLES)) for right in ordered
    ]


def who_may(right: str) -> str:
    """Return a sentence with the roles that have the right, in the current language."""
    return str(HOLDERS[frozenset(role for role in ROLES if may([role], right))])
