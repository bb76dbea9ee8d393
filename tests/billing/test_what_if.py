"""“What if” under the present lists equals the issued statements, to the cent."""

from datetime import UTC, date, datetime

import pytest

from deliveries.counts.causes import close_month
from portal.common.periods import Month
from portal.tenants.scope import web_scope
from reports.billing.drafts import make_drafts
from reports.billing.issuing import issue
from reports.models import Fee, Price, PriceList, Statement, TierGroup
from reports.pricing.lists import read_tariffs
from reports.pricing.whatif import statements_under
from tests.billing.conftest import make_list
from tests.pricing.stored import count

pytestmark = pytest.mark.django_db

MONTHS = [Month(2026, number) for number in (8, 9, 10)]
CLOSED = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def listed(issuer, customer, account, prices) -> PriceList:
    """Three months of messages: of a list with a price that changed, a group of countries and fees, and the default."""
    own = make_list(issuer, {}, customer=customer)
    changed = date(2026, 9, 20)
    Price.objects.create(price_list=own, country="FI", micro=65_432, valid_from=date(2026, 1, 1), valid_to=changed)
    Price.objects.create(price_list=own, country="FI", micro=71_111, valid_from=changed)
    tiers = [{"up_to": 100, "micro": 33_333, "flat_micro": 0}, {"up_to": None, "micro": 22_222, "flat_micro": 0}]
    TierGroup.objects.create(
        price_list=own,
        name="Baltics",
        countries=["EE", "LV"],
        mode="graduated",
        tiers=tiers,
        valid_from=date(2026, 1, 1),
    )
    Fee.objects.create(price_list=own, kind="monthly", name="Account", minor=25_00, valid_from=date(2026, 9, 1))
    Fee.objects.create(price_list=own, kind="minimum", name="Minimum", minor=40_00, valid_from=date(2026, 1, 1))
    for month in MONTHS:
        for number, (country, ppid) in enumerate(
            (country, ppid) for country in ("FI", "SE", "EE", "LV") for ppid in ("shop-1", "shop-2")
        ):
            for day in (3, 21):
                at = date(month.year, month.month, day)
                count(
                    customer, account, at, 37 + 7 * number + day, country=country, partner_id=ppid, operator=f"x {ppid}"
                )
    return own


def test_under_the_present_list_months_equal_their_statements(issuer, customer, listed, profiles):
    issued = {}
    for month in MONTHS:
        close_month(month)
        (draft,) = make_drafts(issuer=issuer, customer=customer, month=month, now=CLOSED).drafts
        statement = issue(draft.pk, actor="owner@example.com", now=CLOSED)
        issued[month] = {statement.currency: statement.net}
    assert Statement.objects.exclude(sequence=None).count() == 3

    with web_scope([issuer.pk, customer.pk]):
        [present] = read_tariffs(PriceList.objects.filter(pk=listed.pk)).values()
        for other in (None, present):
            found = statements_under(customer, MONTHS, other)
            assert {one.month: one.present.totals() for one in found} == issued
            assert {one.month: one.other.totals() for one in found} == issued
    assert all(totals["EUR"] > 0 for totals in issued.values())
