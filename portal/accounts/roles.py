"""Rights of each role (docs/operations.md): the one table that views, API and tests read."""

from collections.abc import Iterable

from portal.accounts.models import Role

LADDER = (Role.VIEWER, Role.ANALYST, Role.MANAGER, Role.OWNER)  # each with the rights of those before it
OF_ACCOUNTANTS = frozenset({"see_figures", "see_costs", "manage_budgets", "billing"})  # no message, no number

# the least role of the ladder for each right
RIGHTS = {
    "see_figures": Role.VIEWER,
    "see_messages": Role.VIEWER,
    "make_reports": Role.ANALYST,
    "see_costs": Role.ANALYST,  # prices and costs that the customer is charged
    "see_conversions": Role.ANALYST,
    "see_gates": Role.ANALYST,  # with numbers masked unless the role sees them
    "manage_alerts": Role.ANALYST,  # rules; acknowledge alerts
    "save_searches": Role.ANALYST,  # as files, with numbers masked unless the role sees them
    "reveal_numbers": Role.ANALYST,  # one message's, for a reason that is logged
    "see_numbers": Role.MANAGER,
    "declare_partner_ids": Role.MANAGER,
    "see_account_reports": Role.MANAGER,  # of an account that the tenant owns
    "change_settings": Role.MANAGER,
    "manage_campaigns": Role.MANAGER,
    "manage_budgets": Role.MANAGER,
    "upload_conversions": Role.MANAGER,  # and undo uploads
    "manage_api_keys": Role.MANAGER,
    "manage_gates": Role.MANAGER,
    "manage_exports": Role.MANAGER,  # see, cancel and delete those of others
    "manage_reports": Role.MANAGER,  # change, run, stop and archive report definitions of others
    "manage_views": Role.MANAGER,  # rename and delete saved views that others share
    "share_pages": Role.MANAGER,  # with people who have no account
    "change_retention": Role.OWNER,
    "change_security": Role.OWNER,
    "change_brand": Role.OWNER,
    "manage_members": Role.OWNER,
    "see_audit_log": Role.OWNER,
    "billing": Role.OWNER,  # price lists, statements and invoice proofs
}


def may(held: Iterable[str], right: str) -> bool:
    """Return whether a person with these roles has `right`. Raises KeyError for an unknown right."""
    least = LADDER.index(RIGHTS[right])
    roles = [Role(role) for role in held]
    return any(right in OF_ACCOUNTANTS if role == Role.ACCOUNTANT else LADDER.index(role) >= least for role in roles)


def greatest(roles: Iterable[str]) -> Role | None:
    """Return the role that reaches furthest, None where there is none; an accountant's is the least."""
    return max((Role(role) for role in roles), key=(Role.ACCOUNTANT, *LADDER).index, default=None)
