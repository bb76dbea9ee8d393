"""Policies of statements and what belongs to them (portal/tenants/wall.py).

An issuer reads and writes its own statements to customers that it reaches; None as issuer is the operator, whose
statements staff alone write. A customer reads what is issued to it, and no draft. Lines can be changed on drafts alone.
"""

from portal.tenants.wall_tables import WEB

_IDS = "(nullif(current_setting('portal.tenant_ids', true), '')::int[])"
_ISSUED = f"issuer_id = ANY {_IDS}"
_TO_CUSTOMER = f"{_ISSUED} AND customer_id = ANY {_IDS}"
_TO_ANY = f"{_ISSUED} AND (customer_id IS NULL OR customer_id = ANY {_IDS})"
_SEEN = "statement_id IN (SELECT s.id FROM statement s)"  # as the policies of statements let it see them
_DRAFT = f"statement_id IN (SELECT s.id FROM statement s WHERE s.{_ISSUED} AND s.state = 'draft')"  # noqa: S608  of constants alone


def _policies(reads: str, writes: str, deletes: str = "") -> dict[str, str]:
    return {
        "wall_web_read": f"FOR SELECT TO {WEB} USING ({reads})",
        "wall_web_add": f"FOR INSERT TO {WEB} WITH CHECK ({writes})",
        "wall_web_change": f"FOR UPDATE TO {WEB} USING ({writes}) WITH CHECK ({writes})",
        "wall_web_delete": f"FOR DELETE TO {WEB} USING ({deletes or writes})",
    }


BILLING_POLICIES: dict[str, dict[str, str]] = {
    "billing_terms": _policies(_TO_ANY, _TO_ANY),
    "number_series": _policies(_ISSUED, _ISSUED),
    "statement": _policies(
        f"{_ISSUED} OR (customer_id = ANY {_IDS} AND state <> 'draft')",
        _TO_CUSTOMER,
        f"{_TO_CUSTOMER} AND state = 'draft'",
    ),
    "statement_line": _policies(_SEEN, _DRAFT),
    "closing_run": _policies(_ISSUED, _ISSUED),
}
