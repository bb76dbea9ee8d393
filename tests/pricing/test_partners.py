"""Sale, cost and margin of a parent, and months under other prices."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import Role
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsQuery
from reports.pricing.partners import GROUPS, partner_rows
from tests.api.conftest import call
from tests.conftest import NOW, make_user
from tests.pages.test_overview import Page
from tests.pricing.stored import count, price_list

__all__ = ["call"]

pytestmark = pytest.mark.django_db

DAY = date(2026, 10, 5)
T = "/t/nordic-retail/billing"
FI, SE = {"country": "FI"}, {"country": "SE"}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def customers(tenant, account) -> dict[str, Tenant]:
    """Two customers of the tenant, one with a customer below it; the parent pays 5 cents, they pay 7 and 9."""
    found = {
        slug: Tenant.objects.create(slug=slug, name=slug.title(), parent=tenant, timezone="Europe/Helsinki")
        for slug in ("alfa", "beta")
    }
    found["below"] = Tenant.objects.create(slug="below", name="Below", parent=found["alfa"])
    price_list({"micro": 50_000})
    price_list(FI | {"micro": 70_000}, issuer=tenant, customer=found["alfa"])
    price_list(FI | {"micro": 90_000}, issuer=tenant)
    price_list(FI | {"micro": 999_000}, issuer=found["alfa"])
    count(found["alfa"], account, DAY, 100, partner_id="a-1")
    count(found["below"], account, DAY, 10, partner_id="a-2", operator="fi.telia")
    count(found["beta"], account, DAY, 1_000, partner_id="b-1")
    count(found["beta"], account, DAY, 5, partner_id="b-1", country="SE", operator="se.telia")
    count(tenant, account, DAY, 50_000)  # the parent's own
    return found


def query(tenant) -> StatisticsQuery:
    return StatisticsQuery(tenant_ids=[tenant.id], first=date(2026, 10, 1), last=date(2026, 10, 31))


def shown(rows) -> list[tuple]:
    return [
        (
            *(getattr(value, "slug", value) for value in row.key),
            [one.cost for one in row.sale_figures],
            [one.cost for one in row.cost_figures],
            row.margin and (row.margin.amount, row.margin.share),
            row.sale.unpriced.messages,
        )
        for row in rows
    ]


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("customer", [("beta", [90_00], [50_25], None, 5), ("alfa", [7_70], [5_50], (2_20, pytest.approx(2 / 7)), 0)]),
        (
            "country",
            [("FI", [97_70], [55_50], (42_20, pytest.approx(0.431934, abs=1e-6)), 0), ("SE", [], [25], None, 5)],
        ),
        (
            "operator",
            [
                ("FI", "fi.elisa", [97_00], [55_00], (42_00, pytest.approx(42 / 97)), 0),
                ("FI", "fi.telia", [70], [50], (20, pytest.approx(2 / 7)), 0),
                ("SE", "se.telia", [], [25], None, 5),
            ],
        ),
        (
            "partner_id",
            [
                ("b-1", [90_00], [50_25], None, 5),
                ("a-1", [7_00], [5_00], (2_00, pytest.approx(2 / 7)), 0),
                ("a-2", [70], [50], (20, pytest.approx(2 / 7)), 0),
            ],
        ),
    ],
)
def test_sale_cost_and_margin_of_customers(tenant, customers, by, rows):
    with web_scope([tenant.id, *(one.id for one in customers.values())]):
        found, whole = partner_rows(tenant, query(tenant), by)
    assert shown(found) == rows
    assert shown([whole]) == [([97_70], [55_75], None, 5)]


def test_as_many_queries_for_many_customers_as_for_few(tenant, account, customers):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            partner_rows(tenant, query(tenant), "customer")
        return len(found)

    before = queries()
    for number in range(10):
        more = Tenant.objects.create(slug=f"more-{number}", name="More", parent=tenant)
        price_list(FI | {"micro": 70_000}, issuer=tenant, customer=more)
        count(more, account, DAY, 5, partner_id=f"m-{number}")
    assert queries() == before


def test_page_of_partners(client, tenant, customers):
    client.force_login(make_user("owner@example.com", tenant, Role.OWNER))
    for by in GROUPS:
        answer = client.get(f"{T}/partners/?from=2026-10-01&to=2026-10-31&by={by}")
        assert answer.status_code == 200, by
    rows = Page(client.get(f"{T}/partners/?from=2026-10-01&to=2026-10-31").content.decode()).rows["partners"]
    assert [row[:5] for row in rows[1:]] == [
        ["Beta", "90.00 EUR", "50.25 EUR", "–", "–"],
        ["Alfa", "7.70 EUR", "5.50 EUR", "2.20 EUR", "28.6 %"],
        ["Total", "97.70 EUR", "55.75 EUR", "–", "–"],
    ]
    assert client.get(f"{T}/partners/?by=colour").status_code == 404


def test_margins_by_the_api_are_those_of_the_page(call, tenant, account, customers):
    mine = call(tenant, "billing")
    given = {"from": "2026-10-01", "to": "2026-10-31"}
    found = mine.get("billing/margins/", **given).json()
    by_country = mine.get("billing/margins/", **given, by="country", country="FI").json()

    def told(row: dict) -> tuple:
        sides = [[one["cost"] for one in row[side]["amounts"]] for side in ("sale", "cost")]
        return row.get("key"), *sides, row["margin"] and row["margin"]["amount"], row["sale"]["unpriced"]["messages"]

    assert [told(row) for row in found["groups"]] == [
        ({"customer": "beta"}, ["90.00"], ["50.25"], None, 5),
        ({"customer": "alfa"}, ["7.70"], ["5.50"], "2.20", 0),
    ]
    assert (told(found["total"]), found["more_groups"]) == ((None, ["97.70"], ["55.75"], None, 5), 0)
    assert [told(row) for row in by_country["groups"]] == [({"country": "FI"}, ["97.70"], ["55.50"], "42.20", 0)]
    assert call(customers["below"], "billing").get("billing/margins/", **given).json()["groups"] == []
    assert call(account.pool, "billing", account=account).get("billing/margins/").status_code == 403
    assert mine.get("billing/margins/", by="colour").status_code == 400


def test_partners_are_for_who_bills(client, tenant, customers):
    client.force_login(make_user("analyst@example.com", tenant, Role.ANALYST))
    assert [client.get(f"{T}/{page}/").status_code for page in ("partners", "what-if")] == [403, 403]


def what_if(client, status: int = 200, **given) -> list[list[str]]:
    answer = client.post(f"{T}/what-if/", {"percent": "0", "price_list": ""} | given)
    assert answer.status_code == status
    return Page(answer.content.decode()).rows.get("months", [])[1:]


def test_months_under_another_list_an_offer_and_changed_prices(client, tenant, customers):
    client.force_login(make_user("owner@example.com", tenant, Role.OWNER))
    alfa = f"customer-{customers['alfa'].pk}"
    default = str(tenant.issued_lists.get(customer=None).pk)

    assert what_if(client, of=alfa) == [
        ["2026-10", "EUR", "7.70 EUR", "7.70 EUR", "0.00 EUR", "0.0 %"],
        ["Total", "EUR", "7.70 EUR", "7.70 EUR", "0.00 EUR", "0.0 %"],
    ]
    assert what_if(client, of=alfa, price_list=default)[0][3:] == ["9.90 EUR", "2.20 EUR", "28.6 %"]
    assert what_if(client, of=alfa, percent="-10")[0][3:] == ["6.93 EUR", "-0.77 EUR", "-10.0 %"]
    assert what_if(client, of=alfa, price_list=default, percent="100")[0][3] == "19.80 EUR"
    assert what_if(client, of="own", percent="10")[0][2:4] == ["2,555.75 EUR", "2,811.33 EUR"]

    offer = (
        "Kind;Name;Country;Operator;Sender type;Price;First day;Last day\r\n"
        "price;;FI;;;0,08;1.1.2026;31.12.2026\r\n"
        "price;;FI;;;0,04;1.1.2027;\r\n"
    )
    file = SimpleUploadedFile("offer.csv", offer.encode(), "text/csv")
    assert what_if(client, of=alfa, file=file)[0][2:4] == ["7.70 EUR", "4.40 EUR"]


def test_months_by_the_api_are_those_of_the_page(call, tenant, account, customers):
    mine = call(tenant, "billing")
    default = tenant.issued_lists.get(customer=None).pk

    def compared(**given) -> list[tuple]:
        found = mine.get("billing/what-if/", **given).json()
        return [(row["month"], row["present"], row["other"], row["difference"]) for row in found["months"]]

    assert compared(customer="alfa") == [("2026-10", "7.70", "7.70", "0.00")]
    assert compared(customer="alfa", price_list=default) == [("2026-10", "7.70", "9.90", "2.20")]
    assert compared(customer="alfa", percent=-10) == [("2026-10", "7.70", "6.93", "-0.77")]
    assert compared(percent=10) == [("2026-10", "2555.75", "2811.33", "255.58")]
    whole = mine.get("billing/what-if/", customer="alfa", price_list=default, percent=100).json()
    assert [(row["currency"], row["other"]) for row in whole["totals"]] == [("EUR", "19.80")]
    assert whole["unpriced"] == whole["issued"] == []
    assert mine.get("billing/what-if/", customer="beta").json()["unpriced"] == [
        {"month": "2026-10", "present": 5, "other": 5}
    ]

    foreign = customers["alfa"].issued_lists.get().pk
    refused = ({"customer": "below"}, {"account": "link-main"}, {"price_list": foreign}, {"percent": 1001})
    for given in (*refused, {"customer": "alfa", "account": "link-main"}):
        assert mine.get("billing/what-if/", **given).status_code == 400, given


def test_offer_that_cannot_be_read_is_refused_with_its_reason(client, tenant, customers):
    client.force_login(make_user("owner@example.com", tenant, Role.OWNER))
    alfa = f"customer-{customers['alfa'].pk}"
    assert what_if(client, 422, of=alfa, file=SimpleUploadedFile("offer.csv", b"%PDF-1.7")) == []
    answer = client.post(
        f"{T}/what-if/",
        {
            "of": alfa,
            "price_list": "",
            "percent": "0",
            "file": SimpleUploadedFile("offer.csv", b"Kind;Price\r\nprice;x\r\n"),
        },
    )
    assert answer.status_code == 422
    assert client.post(f"{T}/what-if/", {"of": "nobody"}).status_code == 422
