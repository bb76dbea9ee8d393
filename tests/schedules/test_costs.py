"""Costs in saved reports: on request, for readers who may see them, equal to the API's."""

import io
import json
from decimal import Decimal

import openpyxl
import pytest

from portal.accounts.models import Membership, Role
from portal.tenants.models import Tenant
from reports.models import DefinitionFile, PriceList, ReportRun
from reports.schedules.attachments import files_for
from reports.schedules.checking import WrongDefinition, check_definition
from reports.schedules.files import edition_of, open_file
from reports.schedules.recipients import Addressee, add_member, addressee
from reports.schedules.recipients import add_address as add_recipient_address
from tests.api.conftest import call
from tests.conftest import make_user
from tests.pages.campaign_month import PERIOD, month
from tests.pricing.stored import price_list
from tests.schedules.conftest import IN_FULL, MASKED, made, saved

__all__ = ["call", "month"]

pytestmark = pytest.mark.django_db

QUERY = dict(part.split("=") for part in PERIOD.split("&")) | {"to": "2026-11-20"}
PRICES = (
    {"country": "FI", "micro": 65_000, "valid_to": "2026-11-10"},
    {"country": "FI", "micro": 71_111, "valid_from": "2026-11-10"},
    {"country": "FI", "operator": "fi.telia", "micro": 41_233},
    {"micro": 12_345},
)
FIELDS = {
    "Currency": "currency",
    "Cost": "cost",
    "Cost of a delivered message": "per_delivered",
    "Cost of failed messages": "of_failed",
    "Cost of billed, not delivered": "of_billed_undelivered",
    "Cost of an unknown outcome": "of_unknown",
}
COSTS = {"costs": True}


@pytest.fixture
def prices(tenant) -> PriceList:
    return price_list(*PRICES, basis="sent")


@pytest.fixture
def billing(call, tenant):
    return call(tenant, "read", "numbers", "billing")


def read(run, format="json", masking=IN_FULL, *, sees_costs=True):
    with open_file(edition_of(run, format, masking, sees_costs=sees_costs)) as file:
        return json.loads(file.read()) if format == "json" else openpyxl.load_workbook(io.BytesIO(file.read()))


def cells(row: dict) -> dict:
    return {field: row[name] for name, field in FIELDS.items()}


def of_api(costs: dict) -> list[dict]:
    return [{field: amounts[field] for field in FIELDS.values()} for amounts in costs["amounts"]]


@pytest.mark.parametrize(
    ("table", "by", "names"),
    [
        ("Costs by country", "country", ["Country code"]),
        ("Costs by partner ID", "partner_id", ["Partner ID"]),
        ("Costs by campaign", "campaign", ["Campaign"]),
        ("Costs by operator", "country,operator", ["Country code", "Operator"]),
        ("Costs by day", "day", ["Day"]),
    ],
)
def test_cells_equal_the_api(person, tenant, billing, prices, month, table, by, names):
    found = read(made(saved(person, tenant, "volumes", parameters=COSTS)))

    answer = billing.get("statistics/", **QUERY, group_by=by).json()
    words = {"": "(no campaign)"} if by == "campaign" else {}
    expected = {
        tuple(words.get(group["key"][name] or "", group["key"][name]) for name in by.split(",")): of_api(group["costs"])
        for group in answer["groups"]
    }
    rows: dict = {}
    for row in found["tables"][table]:
        rows.setdefault(tuple(row[name] for name in names), []).append(cells(row))
    assert rows == {key: amounts for key, amounts in expected.items() if amounts}
    assert [cells(found["totals"][table])] == of_api(answer["total"]["costs"])
    assert Decimal(found["totals"][table]["Cost"]) > 0


def test_chosen_groups_and_two_currencies(person, tenant, billing, month):
    price_list({"country": "FI", "operator": "fi.telia", "micro": 450_000}, customer=tenant, currency="SEK")
    price_list({"country": "FI", "operator": "fi.elisa", "micro": 65_000})
    found = read(made(saved(person, tenant, "volumes", parameters={"group_by": ["country", "status"], **COSTS})))

    answer = billing.get("statistics/", **QUERY, group_by="country,status").json()
    rows: dict = {}
    for row in found["tables"]["Costs"]:
        rows.setdefault((row["Country code"], row["Status"]), []).append(cells(row))
    assert rows == {(g["key"]["country"], g["key"]["status"]): of_api(g["costs"]) for g in answer["groups"]}
    assert "Costs" not in found["totals"]
    assert [cells(row) for row in found["subtotals"]["Costs"]] == of_api(answer["total"]["costs"])
    assert [row["Currency"] for row in found["subtotals"]["Costs"]] == ["EUR", "SEK"]


def test_messages_without_a_price_are_counted_once(person, tenant, billing, month):
    price_list({"country": "FI", "operator": "fi.telia", "micro": 450_000})
    found = read(made(saved(person, tenant, "operators", parameters=COSTS)))

    unpriced = billing.get("statistics/", **QUERY).json()["total"]["costs"]["unpriced"]["messages"]
    for table in ("Costs by country", "Costs by operator"):
        assert sum(row["Messages without a price"] for row in found["tables"][table]) == unpriced > 0
        assert found["totals"][table]["Messages without a price"] == unpriced


def test_campaign_test_and_segment(person, tenant, billing, prices, month):
    of_campaign = billing.get(f"campaigns/{month['id']}/").json()
    expected = {
        one["variant"] or "(no variant)": [{f: a[f] for f in FIELDS.values()} for a in one["costs"]["amounts"]]
        for one in of_campaign["variants"]
    }
    for kind in ("campaign", "ab_test"):
        found = read(made(saved(person, tenant, kind, parameters={"campaign": month["id"], **COSTS})))
        table = found["tables"]["Costs by variant"]
        assert {row["Variant"]: [cells(row)] for row in table} == expected
        assert found["totals"]["Costs by variant"]["Cost"] == of_campaign["costs"]["amounts"][0]["cost"]

    found = read(made(saved(person, tenant, "segment", parameters={"key": "shop", **COSTS})))
    whole = billing.get("statistics/", **QUERY).json()["total"]["costs"]["amounts"][0]
    assert found["totals"]["Costs by value"]["Cost"] == whole["cost"]
    assert len(found["tables"]["Costs by value"]) >= 2


def test_month_with_costs_makes_no_revision(person, tenant, billing, prices, month):
    given = {"formats": ["xlsx", "json"], "period": "custom", "first": "2026-11-01", "last": "2026-11-30"}
    definition = saved(person, tenant, "monthly", parameters=COSTS, **given)
    definition.refresh_from_db()
    run = made(definition)
    book = read(run, "xlsx")
    answer = billing.get("statistics/", **{"from": "2026-11-01", "to": "2026-11-30"}).json()
    [amounts] = answer["total"]["costs"]["amounts"]
    sheet = book["Costs by country"]
    head = [cell.value for cell in sheet[1]]
    total = dict(zip(head, [cell.value for cell in sheet[sheet.max_row]], strict=True))
    assert Decimal(str(total["Cost"])) == Decimal(amounts["cost"])
    assert book["Definitions"].max_row > 1

    PriceList.objects.get().prices.update(micro=1_000_000)
    again = made(definition)
    assert read(again)["totals"]["Costs by country"]["Cost"] != amounts["cost"]
    assert again.content_hash != run.content_hash
    revisions = ReportRun.objects.filter(state="done", same_as=None)
    assert [one.revision for one in revisions] == [1]
    stored = ReportRun.objects.get(id=run.report_run_id)
    assert "Costs by country" not in read_month(stored).sheetnames


def read_month(run: ReportRun):
    from reports.runs.editions import open_edition

    with open_edition(run, IN_FULL) as file:
        return openpyxl.load_workbook(io.BytesIO(file.read()))


def test_reports_are_without_costs_unless_they_are_wanted(person, tenant, prices, month):
    run = made(saved(person, tenant, "volumes"))
    assert not [name for name in read(run)["tables"] if name.startswith("Costs")]
    assert sorted(run.files.values_list("edition", flat=True)) == ["full", "masked"]


def test_each_reader_gets_the_edition_of_the_role(person, tenant, prices, month, client):
    definition = saved(person, tenant, "volumes", parameters=COSTS)
    run = made(definition)
    assert sorted(run.files.values_list("edition", flat=True)) == ["costs", "full", "masked"]
    for role, edition in (
        (Role.OWNER, "full"),
        (Role.MANAGER, "full"),
        (Role.ANALYST, "costs"),
        (Role.ACCOUNTANT, "costs"),
        (Role.VIEWER, "masked"),
    ):
        reader = make_user(f"{role}@example.com", tenant, role)
        client.force_login(reader)
        answer = client.get(f"/t/nordic-retail/reports/runs/{run.id}/json/")
        tables = json.loads(b"".join(answer.streaming_content))["tables"]
        assert ("Costs by country" in tables) == (edition != "masked"), role

        recipient = add_member(definition=definition, user=reader, actor=person, now=run.created_at)
        to = addressee(recipient, run)
        assert isinstance(to, Addressee)
        [file] = files_for(run, to.masking, sees_costs=to.sees_costs)
        assert file.edition == edition, role
    outside = add_recipient_address(
        definition=definition, email="out@example.org", language="en", actor=person, now=run.created_at
    )
    outside.address.confirmed_at = run.created_at
    outside.address.save(update_fields=["confirmed_at"])
    to = addressee(outside, run)
    assert isinstance(to, Addressee)
    assert [file.edition for file in files_for(run, to.masking, sees_costs=to.sees_costs)] == ["masked"]
    assert edition_of(run, "json", IN_FULL, sees_costs=False).edition == DefinitionFile.Edition.MASKED


def test_owner_of_lesser_rights_makes_lesser_editions(tenant, prices, month):
    analyst = make_user("anna@example.com", tenant, Role.ANALYST)
    run = made(saved(analyst, tenant, "volumes", parameters=COSTS))
    assert sorted(run.files.values_list("edition", flat=True)) == ["costs", "masked"]
    assert edition_of(run, "json", IN_FULL, sees_costs=True).edition == "costs"


def test_child_sees_no_cost_of_its_parents_list(tenant, prices, month):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)
    manager = make_user("child@example.com", child, Role.MANAGER)
    run = made(saved(manager, child, "volumes", parameters=COSTS))
    assert sorted(run.files.values_list("edition", flat=True)) == ["full", "masked"]
    assert not [name for name in read(run)["tables"] if name.startswith("Costs")]


def test_wrong_choices_are_named(person, tenant, prices):
    def check(kind: str, role: str = Role.MANAGER, **parameters) -> str:
        from portal.accounts.access import access_of

        Membership.objects.filter(user=person).update(role=role)
        definition = saved(person, tenant, kind, name=f"{kind} {parameters}", parameters=parameters)
        try:
            check_definition(definition, access_of(person, slug=tenant.slug))
        except WrongDefinition as wrong:
            return f"{wrong.field}: {wrong.code}"
        return ""

    assert check("volumes", costs=True) == ""
    assert check("volumes", costs="yes") == "costs: unknown"
    assert check("volumes", costs=True, group_by=["hour"]) == "costs: combination"
    assert check("errors", costs=True) == "parameters: unknown"


def test_builder_offers_costs_and_previews_them(client, person, tenant, prices, month):
    client.force_login(person)
    page = client.get("/t/nordic-retail/reports/definitions/new/?kind=volumes").content.decode()
    assert 'name="costs"' in page
    form = {
        "kind": "volumes", "name": "Costly", "period": "custom", "first": "2026-11-01", "last": "2026-11-20",
        "formats": ["json"], "costs": "on", "preview": "yes",
    }  # fmt: skip
    answer = client.post("/t/nordic-retail/reports/definitions/new/", form).content.decode()
    assert "Costs by country" in answer
    assert MASKED != IN_FULL
