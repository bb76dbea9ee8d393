"""Policies of price lists and what is on them (portal/tenants/wall.py).

An issuer reads and writes its own lists; None as issuer is the operator, whose lists staff alone write. A customer
reads the sale lists that are made for it, and its issuer's default. A cost list is read by its issuer alone.
"""

from portal.tenants.wall_tables import WEB

_IDS = "(nullif(current_setting('portal.tenant_ids', true), '')::int[])"
_ISSUED = f"issuer_id = ANY {_IDS}"
_CUSTOMERS = f"""kind = 'sale' AND (customer_id = ANY {_IDS} OR (customer_id IS NULL AND EXISTS (
    SELECT 1 FROM tenants_tenant t WHERE t.id = ANY {_IDS} AND t.kind = 'customer'
    AND t.parent_id IS NOT DISTINCT FROM {{table}}.issuer_id)))"""  # noqa: S608  a policy's terms, constants alone
# Of an account that belongs to the issuer, for customers that it reaches.
_WRITTEN = f"""{_ISSUED} AND (customer_id IS NULL OR customer_id = ANY {_IDS}) AND (account_id IS NULL OR EXISTS (
    SELECT 1 FROM tenants_gatewayaccount a WHERE a.id = {{table}}.account_id
    AND a.owner_id = {{table}}.issuer_id))"""  # noqa: S608  a policy's terms, constants alone
_SEEN_LIST = "price_list_id IN (SELECT l.id FROM price_list l)"  # as the policies of lists let it see them
_OWN_LIST = f"price_list_id IN (SELECT l.id FROM price_list l WHERE l.{_ISSUED})"  # noqa: S608  of constants alone


def _policies(reads: str, writes: str) -> dict[str, str]:
    return {
        "wall_web_read": f"FOR SELECT TO {WEB} USING ({reads})",
        "wall_web_add": f"FOR INSERT TO {WEB} WITH CHECK ({writes})",
        "wall_web_change": f"FOR UPDATE TO {WEB} USING ({writes}) WITH CHECK ({writes})",
        "wall_web_delete": f"FOR DELETE TO {WEB} USING ({writes})",
    }


PRICE_POLICIES: dict[str, dict[str, str]] = {
    "price_list": _policies(f"{_ISSUED} OR ({_CUSTOMERS})", _WRITTEN),
    **dict.fromkeys(("price", "tier_group", "fee"), _policies(_SEEN_LIST, _OWN_LIST)),
    "price_change": _policies(_OWN_LIST, _OWN_LIST),
    "exchange_rate": _policies(_ISSUED, _ISSUED),
}
