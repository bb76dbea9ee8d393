"""Rights of each role (docs/operations.md): the one table that views, API and tests read."""

from portal.accounts.models import Role

RANK = {Role.VIEWER: 1, Role.ANALYST: 2, Role.MANAGER: 3, Role.OWNER: 4}

# the least role for each right
RIGHTS = {
    "see_figures": Role.VIEWER,
    "see_messages": Role.VIEWER,
    "make_reports": Role.ANALYST,
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
}


def may(role: str | None, right: str) -> bool:
    """Return whether `role` has `right`; no role has none. Raises KeyError for an unknown right."""
    least = RIGHTS[right]
    return role is not None and RANK[Role(role)] >= RANK[least]


def greatest(roles: list[str]) -> Role | None:
    """Return the role that reaches furthest, None where there is none."""
    return max((Role(role) for role in roles), key=RANK.__getitem__, default=None)
