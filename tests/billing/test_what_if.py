"""“What if” under the present lists equals the issued statements, to the cent."""

from datetime import UTC, date, datetime

import pytest

from deliveries.counts.causes import close_month
from portal.accounts.models import Role
from portal.common.periods import Month
from portal.tenants.scope import web_scope
from reports.billing.analysis.issued import issued_months
from reports.billing.drafts import make_drafts
from reports.billing.issuing import credit, issue
from reports.models import Fee, Price, PriceList, Statement, TierGroup
from reports.pricing.lists import read_tariffs
from reports.pricing.whatif import statements_under
from tests.billing.conftest import OCTOBER, make_list, send
from tests.conftest import make_user
from tests.pages.test_overview import Page
from tests.pricing.stored import count

pytestmark = pytest.mark.django_db

NOVEMBER = Month(2026, 11)
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


def issued(issuer, customer, month=OCTOBER) -> Statement:
    close_month(month)
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=month, now=CLOSED).drafts
    return issue(draft.pk, actor="owner@example.com", now=CLOSED)


def beside(issuer, customer, *months) -> list[tuple]:
    """Return what the issued statements of the months say, as a page of the issuer reads it."""
    with web_scope([issuer.pk, customer.pk]):
        present = {one.month: one.present.totals() for one in statements_under(customer, months, None)}
        found = issued_months(customer, present)
    return [(one.statement.net, one.taken_out, one.counts, one.prices, one.present) for one in found]


def test_statement_stands_beside_its_month_with_its_differences(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    statement = issued(issuer, customer)
    assert statement.net == 39
    assert beside(issuer, customer, OCTOBER) == [(39, 0, 0, 0, 39)]

    send(feed, 2, first=3)  # late reports: 4 parts at 0.0650
    send(feed, 1, to="SE")  # of a country that the statement does not have: 2 parts at 0.0412
    assert beside(issuer, customer, OCTOBER) == [(39, 0, 26 + 8, 0, 73)]

    Price.objects.filter(price_list=prices, country="FI").update(micro=99_000)  # 10 parts at 0.099
    Fee.objects.create(price_list=prices, kind="monthly", name="Account", minor=1_00, valid_from=date(2026, 1, 1))
    assert beside(issuer, customer, OCTOBER) == [(39, 0, 34, 34 + 100, 99 + 8 + 100)]

    november = issued(issuer, customer, NOVEMBER)
    assert november.net == 34 + 100  # what was late, and the fee
    assert beside(issuer, customer, NOVEMBER, OCTOBER) == [
        (134, -34, 0, 0, 100),
        (39, 0, 34, 134, 207),
    ]


def test_statement_that_replaces_a_credited_one_needs_no_explanation(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    first = issued(issuer, customer)
    send(feed, 1, first=3)
    credit(first.pk, actor="owner@example.com", now=CLOSED)
    issued(issuer, customer)
    assert beside(issuer, customer, OCTOBER) == [(52, 0, 0, 0, 52)]


def test_page_has_the_statement_with_a_link_for_issuer_and_customer(client, feed, issuer, customer, prices, profiles):
    send(feed, 3)
    statement = issued(issuer, customer)
    send(feed, 2, first=3)
    for tenant, of in ((issuer, f"customer-{customer.pk}"), (customer, "own")):
        client.force_login(make_user(f"owner@{tenant.slug}.example.com", tenant, Role.OWNER))
        page = client.post(f"/t/{tenant.slug}/billing/what-if/", {"of": of, "percent": "10", "price_list": ""})
        rows = Page(page.content.decode()).rows["issued"]
        assert rows[1] == ["2026-10", statement.number, "0.39 EUR", "0.00 EUR", "0.26 EUR", "0.00 EUR", "0.65 EUR"]
        assert f"/t/{tenant.slug}/billing/statements/{statement.pk}/" in page.content.decode()
