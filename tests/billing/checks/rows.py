"""A done check of an account that a tenant owns, for tests that only look at it."""

from datetime import UTC, date, datetime

from portal.tenants.models import GatewayAccount, Tenant
from reports.models import InvoiceCheck


def make_done_check(tenant: Tenant, text: str = "october", name: str = "checked") -> InvoiceCheck:
    """Create a check with one row: a failed message was charged."""
    pool = Tenant.objects.create(slug=f"pool-{name}", name=f"Pool of {name}", kind="pool", timezone=tenant.timezone)
    account = GatewayAccount.objects.create(
        name=name, platform_id=name.upper(), timezone=tenant.timezone, pool=pool, owner=tenant,
        owner_since=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    part = ["failed", "failed_charged", 1, None]
    return InvoiceCheck.objects.create(
        tenant=tenant, account=account, made_by="owner@example.com", file_name=f"{text}.csv", month=date(2026, 10, 1),
        closed_at=datetime(2026, 10, 31, 22, tzinfo=UTC), currency="EUR", state="done",
        mapping={"country": "Country", "quantity": "Quantity"},
        totals={
            "rows": 1, "agreeing": 0, "unpriced": 1, "theirs": [2, 0], "ours": [1, 0], "kinds": {"failed": [1, 1, 0]},
        },
        result={
            "columns": [False, True, False], "decimals": 2, "without": [],
            "rows": [[["", "FI", ""], [2, None], [], [1, None], "explained", [part], []]],
        },
    )  # fmt: skip
