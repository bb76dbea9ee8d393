"""Price lists in provisioning files: created, changed, checked, and never half of a file."""

import pytest

from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from reports.billing.prices.reading import content_of
from reports.models import PriceList
from tests.provisioning.provisioning_helpers import refused, run

pytestmark = pytest.mark.django_db

LIST = """
price_lists:
  - name: Nordic
    currency: EUR
    customer: nordic-retail
    rows:
      - {{kind: price, country: FI, price: {price}, first_day: 2026-01-01}}
      - {{kind: monthly fee, name: Service, price: 49.50, first_day: 2026-01-01}}
"""


def test_list_is_created_changed_and_left_alone(tenant):
    outcomes = [run(LIST.format(price=price)).changes for price in ("0.0412", "0.0412", "0.05")]

    made = PriceList.objects.get()
    assert outcomes == [["price list Nordic: created"], [], ["price list Nordic: changed rows"]]
    assert (made.issuer, made.customer, made.kind, made.basis, made.per) == (None, tenant, "sale", "sent", "part")
    assert [row.micro for row in content_of(made).prices] == [50_000]
    assert [row.minor for row in content_of(made).fees] == [4_950]
    assert list(made.changes.order_by("revision").values_list("cause", flat=True)) == [
        "created", "provisioned", "provisioned",
    ]  # fmt: skip
    assert AuditEntry.objects.filter(action="price_list.prices", actor="command provision").count() == 2


def test_terms_change_and_rows_stay_without_them(tenant):
    run(LIST.format(price="0.0412"))

    changed = run("price_lists: [{name: Nordic, currency: EUR, customer: nordic-retail, per: message}]").changes

    assert changed == ["price list Nordic: changed terms"]
    assert len(content_of(PriceList.objects.get()).rows) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("price_lists: [{name: x, currency: EUR, customer: nordic-retial}]",
         "unknown tenant 'nordic-retial' (did you mean nordic-retail?)"),
        ("price_lists: [{name: x, currency: EUR, account: link}]", "unknown account 'link'"),
        ("price_lists: [{name: x, currency: QQQ}]", "'QQQ' is not an ISO 4217 currency"),
        ("price_lists: [{name: x, currency: EUR, basis: all}]", "unknown basis 'all'"),
        ("price_lists: [{name: x, currency: EUR, colour: red}]", "unknown key"),
        ("price_lists: [{name: of 0401234567, currency: EUR}]", "Leave phone numbers"),
        ("price_lists: [{name: x, currency: EUR, issuer: nordic-retail, account: link-main}]",
         "A cost list is for a gateway account of the issuer."),
        ("price_lists: [{name: x, currency: EUR, rows: [{kind: price, price: a, first_day: 2026-01-01}]}]",
         "price: “a” is no amount"),
        ("price_lists: [{name: x, currency: EUR, rows: [{kind: price, price: 1, first_day: 2026-02-30}]}]",
         "first_day: “2026-02-30” is no day"),
        ("price_lists: [{name: x, currency: EUR, rows: [{kind: price, price: [1], first_day: 2026-01-01}]}]",
         "must be text, is a list"),
        ("price_lists: [{name: x, currency: EUR, rows: [{kind: price, price: 1, first_day: 2026-01-01},"
         " {kind: price, price: 2, first_day: 2026-01-01}]}]", "Another row with the same key"),
    ],
)  # fmt: skip
def test_problem_is_told_with_its_line_and_nothing_is_written(tenant, text, problem):
    problems = refused(text)

    assert {one.partition(":1:")[0] for one in problems} == {"f.yaml"}
    assert [one for one in problems if problem in one] == problems[-1:]
    assert PriceList.objects.count() == 0


def test_currency_of_a_list_cannot_be_changed(tenant):
    run(LIST.format(price="1"))

    problems = refused("price_lists: [{name: Nordic, currency: SEK, customer: nordic-retail}]")

    assert [problem.partition(": ")[2] for problem in problems] == [
        "price_lists[0].currency: this list is in EUR, which cannot be changed; archive it first"
    ]


def test_list_may_be_about_a_tenant_of_the_same_file():
    run(
        "tenants: [{slug: new, name: New, timezone: UTC}]\n"
        "price_lists: [{name: x, currency: EUR, customer: new}]"
    )  # fmt: skip

    assert PriceList.objects.get().customer == Tenant.objects.get(slug="new")
