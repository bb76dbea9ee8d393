"""A month's costs: the Overview, campaigns, segments, API and files show the same amounts, to the minor unit."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pandas
import pytest

from deliveries.exports.making import run_exports
from deliveries.models import Export
from portal.accounts.models import Role
from tests.api.conftest import call
from tests.conftest import make_user
from tests.exports.conftest import files, path_of, person
from tests.pages.campaign_month import PERIOD, month
from tests.pages.test_overview import Page
from tests.pricing.stored import price_list

__all__ = ["call", "files", "month", "person"]

pytestmark = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

T = "/t/nordic-retail"
DAYS = dict(part.split("=") for part in PERIOD.split("&"))
PRICES = (
    {"country": "FI", "micro": 65_000, "valid_to": "2026-11-10"},
    {"country": "FI", "micro": 71_111, "valid_from": "2026-11-10"},
    {"country": "FI", "operator": "fi.telia", "micro": 41_233},
    {"micro": 12_345},
)


def tables(client, address: str) -> dict[str, list[list[str]]]:
    answer = client.get(f"{T}/{address}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return Page(answer.content.decode()).rows


def file(client, address: str, format_: str = "parquet") -> Export:
    assert client.post(f"{T}/exports/table/{address}", {"format": format_}).status_code == 302
    export = Export.objects.latest("id")
    run_exports(export_id=export.id)
    export.refresh_from_db()
    assert (export.state, export.error) == ("done", "")
    return export


def rows_of(export: Export) -> list[dict]:
    found = pandas.read_parquet(path_of(export))
    return found.astype(object).where(found.notna(), None).to_dict("records")


def amount(text: str) -> Decimal:
    return Decimal(text.removesuffix("EUR").strip().replace(",", ""))


@pytest.fixture
def billing(call, tenant):
    return call(tenant, "read", "numbers", "billing", "export")


@pytest.fixture
def prices(tenant):
    return price_list(*PRICES, basis="sent")


def test_month_by_country(client, person, billing, prices, month):
    client.force_login(person)
    api = billing.get("statistics/", group_by="country", **DAYS).json()
    page = tables(client, f"overview/?{PERIOD}")["costs"]

    [of_api] = api["total"]["costs"]["amounts"]
    total = page[-1]
    assert amount(total[2]) == Decimal(of_api["cost"]) > 0
    assert amount(total[4]) == Decimal(of_api["of_failed"]) > 0
    assert amount(total[6]) == Decimal(of_api["of_unknown"]) > 0
    assert total[3].split()[0] == str(round(Decimal(of_api["per_delivered"]), 4))
    groups = {group["key"]["country"]: group["costs"]["amounts"][0]["cost"] for group in api["groups"]}
    filed = {row["country"]: row["cost"] for row in rows_of(file(client, f"?table=costs&{PERIOD}"))}
    assert {code: Decimal(cost) for code, cost in groups.items()} == filed
    assert [amount(row[2]) for row in page[1:-1]] == sorted(filed.values(), reverse=True)

    text = billing.get("statistics/", format="csv", **DAYS).content.decode("utf-8-sig")
    [of_csv] = csv.DictReader(io.StringIO(text))
    assert (of_csv["cost_EUR"], of_csv["per_delivered_EUR"]) == (of_api["cost"], of_api["per_delivered"])
    assert (of_csv["unpriced_messages"], of_csv["unpriced_parts"]) == ("0", "0")


def test_finnish_file_has_decimal_commas(client, person, prices, month, tenant):
    tenant.language, tenant.country = "fi", "FI"
    tenant.save(update_fields=["language", "country"])
    client.force_login(person)
    export = file(client, f"?table=costs&{PERIOD}", "csv")
    with Path(path_of(export)).open(encoding="utf-8-sig") as opened:
        [row] = csv.DictReader(opened, delimiter=";")
    [of_api] = rows_of(file(client, f"?table=costs&{PERIOD}"))
    assert row["Kustannus"] == str(of_api["cost"].quantize(Decimal("0.01"))).replace(".", ",")


def test_campaign_and_its_variants(client, person, billing, prices, month):
    client.force_login(person)
    api = billing.get(f"campaigns/{month['id']}/").json()
    page = tables(client, f"campaigns/{month['id']}/")["costs"]
    ab = tables(client, f"campaigns/{month['id']}/ab/")["costs"]
    filed = rows_of(file(client, "?table=campaign_costs&campaign=sale"))

    assert page == ab
    [whole] = api["costs"]["amounts"]
    assert amount(page[-1][2]) == Decimal(whole["cost"])
    assert page[-1][7].split()[0] == str(round(Decimal(whole["per_conversion"]), 4))
    assert amount(page[-1][8]) == Decimal(whole["revenue"]) > 0
    assert page[-1][9].split()[0].replace(",", "") == f"{whole['return'] * 100:.1f}"
    assert whole["return"] == pytest.approx(float(Decimal(whole["revenue"]) / Decimal(whole["cost"])) - 1, rel=0.01)
    by_variant = {one["variant"]: one["costs"]["amounts"][0] for one in api["variants"]}
    names = {variant: variant or "(no variant)" for variant in by_variant}
    assert {row["variant"]: row["cost"] for row in filed} == {
        names[variant]: Decimal(one["cost"]) for variant, one in by_variant.items()
    }
    assert {row["variant"]: row["per_conversion"] for row in filed} == {
        names[variant]: one["per_conversion"] and Decimal(one["per_conversion"]) for variant, one in by_variant.items()
    }
    listed = tables(client, f"campaigns/?{PERIOD}&costs=yes")["campaigns"]
    assert amount(next(row for row in listed if row[0] == "sale")[-1]) == Decimal(whole["cost"])


def test_values_of_a_segment_add_up(client, person, billing, prices, month):
    client.force_login(person)
    api = billing.get("statistics/", **DAYS).json()["total"]["costs"]["amounts"][0]
    page = tables(client, f"segments/?{PERIOD}&key=shop&costs=yes")["values"]
    costs = [amount(row[-2]) for row in page[1:]]
    assert costs[-1] == Decimal(api["cost"])
    assert abs(sum(costs[:-1]) - costs[-1]) <= Decimal("0.02")


def test_key_of_one_account_sees_no_costs(call, account, tenant, prices, month):
    whole = call(account.pool, "read", "billing", account=account)
    assert whole.get("statistics/", **DAYS).json()["total"]["costs"] is None


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.VIEWER, False), (Role.ACCOUNTANT, True), (Role.ANALYST, True), (Role.OWNER, True)],
)
def test_roles_that_see_costs(client, tenant, prices, month, role, sees):
    client.force_login(make_user("somebody@example.com", tenant, role))
    overview = client.get(f"{T}/overview/?{PERIOD}").content.decode()
    assert ("kpi-cost" in overview, 'id="costs"' in overview) == (sees, sees)
    assert ('id="costs"' in client.get(f"{T}/campaigns/{month['id']}/").content.decode()) == sees
    listed = client.get(f"{T}/campaigns/?{PERIOD}&costs=yes").content.decode()
    assert ("EUR" in listed) == sees
    offered = client.get(f"{T}/campaigns/?{PERIOD}").content.decode()
    assert ("costs=yes" in offered) == sees
    if role == Role.VIEWER:
        # the revenue of conversions is not hidden
        assert 'data-label="Cost"' not in client.get(f"{T}/segments/?{PERIOD}&key=shop").content.decode()


def test_keys_without_the_scope_see_no_costs(call, tenant, prices, month):
    reader = call(tenant, "read", "numbers", "export")
    answer = reader.get("statistics/", group_by="country", **DAYS).json()
    assert [answer["total"]["costs"], *(group["costs"] for group in answer["groups"])] == [None] * 2
    assert reader.get(f"campaigns/{month['id']}/").json()["costs"] is None
    refused = reader.post("exports/tables/?table=costs", {"format": "csv"})
    assert (refused.status_code, [one["parameter"] for one in refused.json()["errors"]]) == (400, ["table"])
