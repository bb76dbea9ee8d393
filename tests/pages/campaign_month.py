"""A month of a tenant with campaigns, variants, segments and conversion events, for tests of several pages."""

import pytest
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign, RefIdScheme
from deliveries.attributing.attribute import attribute_due
from deliveries.models import ConversionWindow
from tests.attributing.sample import event, kind
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.segments.sample import chosen, message, number_of

PERIOD = "from=2026-11-01&to=2026-11-20"
VALUE = {"value": 12_500_000, "currency": "EUR"}
CODES = (1001, 1001, 1001, 1006, 2103, 1000, 9999)


@pytest.fixture
def month(feed, tenant, monkeypatch) -> dict[str, int]:
    """A hundred messages of two variants and of other campaigns, two shops and tiers, with events."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    chosen(tenant, "shop", "tier")
    names = ("sale|A", "sale|A", "sale|A", "sale|B", "sale|B", "sale|B", "news", "old", "")
    apply(
        feed,
        *(
            message(
                f"m{n}",
                CODES[n % len(CODES)],
                number=number_of(n % 50) if n % 9 else None,
                day=f"2026-11-{4 + n % 13:02}",
                seconds=5 + n,
                ref_id=names[n % len(names)],
                operator=("fi.elisa", "fi.telia")[n % 2],
                shop=("north", "south", "")[n % 3],
                tier=("gold", "silver")[n % 2],
            )
            for n in range(108)
        ),
    )
    sale = Campaign.objects.get(name="sale")
    merge(campaign=Campaign.objects.get(name="old"), into=sale, actor="x")
    Campaign.objects.filter(name="news").update(archived_at=NOW)
    for n in range(12):
        event(tenant, f"e{n}", n * 60, number=number_of(n), kind=kind(tenant, ("purchase", "sign-up")[n % 2]), **VALUE)
    ConversionWindow.objects.create(tenant=tenant, minutes=30 * 24 * 60)
    attribute_due()
    return {"id": sale.id, "other": Campaign.objects.get(name="news").id, "kind": kind(tenant).id}
