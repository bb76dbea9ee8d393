"""Part of `billing`: an issuer closes its month, with drafts, numbers and lines of all its customers."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.figure import Figure
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.closing import run_closings
from reports.models import BillingProfile, BillingTerms, ClosingRun, Statement, StatementLine

PROMISED = 60  # seconds
_PARTY = {
    "legal_name": "Benchmark Oy",
    "business_id": "1234567-1",
    "vat_id": "FI12345671",
    "street": "Katu 1",
    "postcode": "00100",
    "city": "Helsinki",
    "country": "FI",
    "endpoint": "003712345671",
    "iban": "FI2112345600000785",
    "bic": "NDEAFIHH",
}


def close(issuer: Tenant, customers: Sequence[Tenant], month: Month) -> Figure:
    """Close the month with all statements issued at once; what an earlier run left is deleted first."""
    StatementLine.objects.filter(statement__issuer=issuer).delete()
    Statement.objects.filter(issuer=issuer).delete()
    ClosingRun.objects.filter(issuer=issuer).delete()
    BillingProfile.objects.bulk_create(
        (BillingProfile(tenant=one, **_PARTY) for one in (issuer, *customers)), ignore_conflicts=True
    )
    BillingTerms.objects.get_or_create(
        issuer=issuer, valid_from=datetime(2020, 1, 1, tzinfo=UTC).date(), vat_category="S", vat_rate=2550
    )
    run = ClosingRun.objects.create(issuer=issuer, month=month.first_day, is_issuing=True, requested_by="benchmark")
    began = time.perf_counter()
    run_closings(run_id=run.pk)
    seconds = time.perf_counter() - began
    run.refresh_from_db()
    if run.state != ClosingRun.State.DONE or run.result.get("issued") != len(customers):
        raise RuntimeError(f"the closing ended as {run.state} with {run.result}: {run.error}")
    lines = StatementLine.objects.filter(statement__issuer=issuer).count()
    note = f"{len(customers)} statements issued, {lines:,} lines"
    return Figure("billing_month_closed", seconds, "s", note=note, is_missed=seconds >= PROMISED)
