"""Price lists by the REST API: strict, checked, and behind the wall."""

import pytest

from portal.accounts.models import AuditEntry
from reports.billing.prices import changing
from reports.billing.prices.reading import content_of
from reports.billing.prices.rows import PriceRow
from reports.models import PriceList
from tests.api.conftest import call
from tests.conftest import NOW
from tests.price_lists.conftest import JANUARY, fill

__all__ = ["call"]

pytestmark = pytest.mark.django_db
PATH = "price-lists/"
NO_ROWS = {"prices": [], "groups": [], "fees": []}


@pytest.fixture
def group(call, family):
    return call(family.parent, "billing")


@pytest.fixture
def child(call, family):
    return call(family.child, "billing")


def put(caller, path: str, body: object):
    return caller.client.put(f"/api/v1/{path}", body, content_type="application/json", headers=caller.headers)


def delete(caller, path: str):
    return caller.client.delete(f"/api/v1/{path}", headers=caller.headers)


def problem(answer) -> tuple:
    body = answer.json()
    return answer.status_code, body["type"].rpartition("/")[2].rpartition("#")[2], body["detail"]


def names(answer) -> set[str]:
    return {one["name"] for one in answer.json()["data"]}


def test_keys_see_the_lists_that_they_issue_and_that_charge_them(group, child, family):
    assert names(group.get(PATH)) == {"Gateway's cost", "Default", "Child's prices", "Sibling's prices"}
    assert names(child.get(PATH)) == {"Default", "Child's prices"}
    assert names(group.get(PATH, kind="cost")) == {"Gateway's cost"}
    assert names(group.get(PATH, issuer="child")) == set()
    assert [child.get(f"{PATH}{one.pk}/").status_code for one in (family.cost, family.to_sibling)] == [404, 404]
    assert child.get(f"{PATH}{family.default.pk}/").status_code == 200


def test_child_changes_no_list_that_charges_it(child, family):
    body = {"revision": 2} | NO_ROWS

    assert put(child, f"{PATH}{family.to_child.pk}/rows/", body).status_code == 404
    assert delete(child, f"{PATH}{family.default.pk}/").status_code == 404


@pytest.mark.parametrize("scopes", [("read",), ("read", "numbers", "submit", "partner_ids", "convert", "gates")])
def test_scope_is_needed_for_every_operation(call, family, scopes):
    caller = call(family.parent, *scopes)
    answers = [
        caller.get(PATH), caller.post(PATH, {}), caller.get(f"{PATH}{family.cost.pk}/"),
        delete(caller, f"{PATH}{family.cost.pk}/"), put(caller, f"{PATH}{family.cost.pk}/rows/", {}),
        patch(caller, f"{PATH}{family.cost.pk}/", {}),
    ]  # fmt: skip

    assert {one.status_code for one in answers} == {403}
    assert answers[0].json()["detail"] == "This key does not have the scope “billing”."


def test_key_of_an_account_has_no_price_lists(call, family):
    whole = call(family.account.pool, "billing", account=family.account)

    assert [whole.get(PATH).status_code, whole.get(f"{PATH}{family.cost.pk}/").status_code] == [403, 403]


def test_list_is_read_with_all_its_rows_and_put_back_unchanged(group, family, full):
    fill(family.to_child, full)

    body = group.get(f"{PATH}{family.to_child.pk}/").json()
    rows = {name: body[name] for name in ("prices", "groups", "fees")}
    answer = put(group, f"{PATH}{family.to_child.pk}/rows/", {"revision": body["revision"]} | rows)

    assert body["prices"][0] == {
        "country": "FI", "operator": "", "sender_type": "", "price": "0.0412", "first_day": "2026-01-01",
        "last_day": "2026-06-30",
    }  # fmt: skip
    assert body["groups"][0] == {
        "name": "Baltics", "countries": ["EE", "LV"], "mode": "packages", "tiers": [], "size": 1000, "price": "30",
        "first_day": "2026-01-01", "last_day": None,
    }  # fmt: skip
    assert body["fees"][0] == {
        "name": "Discount", "kind": "one_off", "amount": "-100", "first_day": "2026-12-05", "last_day": None,
    }  # fmt: skip
    assert answer.json() == {
        "revision": body["revision"], "is_applied": False, "errors": [], "differences": [],
        "warnings": [
            "Finland, fi.elisa, text as sender, from 1 Jan 2026: No message of the last 90 days was to the operator"
            " fi.elisa. Is the name as delivery reports have it?"
        ],
    }  # fmt: skip


def patch(caller, path: str, body: object):
    return caller.client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=caller.headers)


def test_terms_are_changed(group, child, family):
    path = f"{PATH}{family.to_child.pk}/"
    before = group.get(path).json()

    after = patch(group, path, {"name": " Prices of 2027 ", "basis": "delivered"}).json()
    same = {name: value for name, value in before.items() if name not in ("prices", "groups", "fees", "updated_at")}
    assert after == same | {"name": "Prices of 2027", "basis": "delivered", "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]
    assert patch(group, path, {"per": before["per"]}).json() == after
    (entry,) = AuditEntry.objects.filter(action="price_list.changed")
    assert entry.actor == str(group.key)

    for body, pointer in (
        ({"name": "call +358401234567"}, "#/name"), ({"name": " "}, "#/name"), ({"basis": "guessed"}, "#/basis"),
        ({"currency": "EUR"}, "#/currency"),
    ):  # fmt: skip
        refused = patch(group, path, body)
        assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])
    assert patch(child, path, {"name": "x"}).status_code == 404
    delete(group, path)
    assert problem(patch(group, path, {"name": "x"}))[:2] == (409, "conflict")


def test_dry_run_tells_differences_and_errors_and_changes_nothing(group, family):
    row = {"country": "FI", "price": "0.05", "first_day": "2026-01-01"}
    again = row | {"first_day": "2026-02-01", "last_day": "2026-03-31"}
    path, body = f"{PATH}{family.to_child.pk}/rows/", {"revision": 2, "dry_run": True}

    good = put(group, path, body | {"prices": [row]}).json()
    bad = put(group, path, body | {"prices": [row | {"last_day": "2026-12-31"}, again]}).json()

    assert good == {
        "revision": 2, "is_applied": False, "errors": [], "warnings": [],
        "differences": [
            {"change": "changed", "row": "Finland", "before": "0.047\N{NO-BREAK SPACE}EUR, from 1 Jan 2026",
             "after": "0.05\N{NO-BREAK SPACE}EUR, from 1 Jan 2026"}
        ],
    }  # fmt: skip
    assert bad["errors"] == [
        "Finland, 1 Feb 2026 – 31 Mar 2026: Another row with the same key is valid on 1 Feb 2026, too."
    ]
    assert content_of(family.to_child).prices == (PriceRow(47_000, JANUARY, None, "FI"),)


def test_rows_are_replaced_in_one_step(group, family):
    row = {"country": "FI", "price": "0.05", "first_day": "2026-01-01"}
    path = f"{PATH}{family.to_child.pk}/rows/"

    done = put(group, path, {"revision": 2, "prices": [row]})
    late = put(group, path, {"revision": 2, "prices": []})

    assert (done.status_code, done.json()["revision"], done.json()["is_applied"]) == (200, 3, True)
    assert problem(late)[:2] == (409, "conflict")
    assert content_of(family.to_child).prices == (PriceRow(50_000, JANUARY, None, "FI"),)
    assert family.to_child.changes.order_by("-revision").first().cause == "api"


ROW = {"country": "FI", "price": "0.05", "first_day": "2026-01-01"}
GROUP = {"name": "x", "countries": ["SE"], "mode": "volume", "first_day": "2026-01-01"}
FEE = {"name": "x", "kind": "monthly", "amount": "1", "first_day": "2026-01-01"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"prices": [ROW | {"price": 0.05}]}, "#/prices/0/price"),
        ({"prices": [ROW | {"price": "0,05"}]}, "#/prices/0/price"),
        ({"prices": [ROW | {"price": "0.0000001"}]}, "#/prices/0/price"),
        ({"prices": [ROW | {"colour": "red"}]}, "#/prices/0/colour"),
        ({"prices": [ROW | {"first_day": "1.1.2026"}]}, "#/prices/0/first_day"),
        ({"prices": [ROW | {"sender_type": "pigeon"}]}, "#/prices/0/sender_type"),
        ({"prices": [], "groups": [GROUP]}, "#/groups/0/tiers"),
        ({"prices": [], "groups": [GROUP | {"mode": "packages"}]}, "#/groups/0"),
        ({"prices": [], "groups": [GROUP | {"tiers": [{"up_to": 0, "price": "1"}]}]}, "#/groups/0/tiers/0/up_to"),
        ({"prices": [], "fees": [FEE | {"amount": "1.001"}]}, "#/fees/0/amount"),
        ({"prices": [ROW, ROW]}, "#"),
        ({"prices": [], "revision": "2"}, "#/revision"),
        ({}, "#/prices"),
        ({"prices": [], "more": 1}, "#/more"),
    ],
)
def test_body_that_cannot_be_is_refused_by_its_field(group, family, body, pointer):
    answer = put(group, f"{PATH}{family.to_child.pk}/rows/", {"revision": 2} | body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert content_of(family.to_child).prices == (PriceRow(47_000, JANUARY, None, "FI"),)


def test_list_is_created_for_a_customer_and_archived(group, family, other_tenant):
    delete(group, f"{PATH}{family.to_child.pk}/")

    made = group.post(PATH, {"name": "New", "currency": "EUR", "customer": "child"})
    twice = group.post(PATH, {"name": "New", "currency": "EUR", "customer": "child"})
    path = made.headers["Location"].partition("/api/v1/")[2]
    archived = [delete(group, path) for _ in range(2)]

    assert (made.status_code, made.json()["revision"], made.json()["basis"]) == (201, 1, "sent")
    assert problem(twice)[:2] == (409, "conflict")
    assert [one.status_code for one in archived] == [200, 200]
    assert archived[0].json()["archived_at"] == archived[1].json()["archived_at"]
    assert names(group.get(PATH, archived="yes")) == {"New", "Child's prices"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"currency": "EUR"}, "#/name"),
        ({"name": "x", "currency": "euro"}, "#/currency"),
        ({"name": "x", "currency": "eur"}, "#/currency"),
        ({"name": "of 0401234567", "currency": "EUR", "issuer": "child"}, "#/name"),
        ({"name": "x", "currency": "EUR", "customer": "baltic-parcel"}, "#/customer"),
        ({"name": "x", "currency": "EUR", "customer": "group"}, "#/customer"),
        ({"name": "x", "currency": "EUR", "issuer": "baltic-parcel"}, "#/issuer"),
        ({"name": "x", "currency": "EUR", "account": "link-main"}, "#/account"),
        ({"name": "x", "currency": "EUR", "basis": "guessed"}, "#/basis"),
        ({"name": "x", "currency": "EUR", "colour": "red"}, "#/colour"),
    ],
)
def test_list_that_cannot_be_is_refused_by_its_field(group, family, other_tenant, body, pointer):
    answer = group.post(PATH, body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert PriceList.objects.count() == 4


def test_unknown_parameters_and_lists_are_refused(group, family):
    assert problem(group.get(PATH, colour="red"))[:2] == (400, "bad-parameter")
    assert problem(group.get(PATH, kind="gift"))[:2] == (400, "bad-parameter")
    assert [group.get(f"{PATH}{number}/").status_code for number in (0, 2**63, 10**30)] == [404] * 3


def test_pages_of_lists_are_walked_by_cursor(group, family):
    changing.archive(family.cost, actor="t", now=NOW)
    first = group.get(PATH, size=2).json()
    second = group.get(PATH, size=2, cursor=first["next_cursor"]).json()

    assert [len(first["data"]), len(second["data"]), second["next_cursor"]] == [2, 1, None]


def test_revisions_are_listed_read_and_downloaded(group, child, family):
    path = f"{PATH}{family.to_child.pk}/revisions/"
    before = family.to_child.revision
    rows = [{"country": "FI", "price": "0.05", "first_day": "2026-01-01"}]
    put(group, f"{PATH}{family.to_child.pk}/rows/", {"revision": before} | NO_ROWS | {"prices": rows})
    listed = group.get(path).json()["data"]
    newest = group.get(f"{path}{before + 1}/").json()
    file = group.get(f"{path}{before}/files/csv/")

    assert [one["revision"] for one in listed] == list(range(before + 1, 0, -1))
    assert {name: listed[0][name] for name in ("cause", "made_by", "is_newest", "url")} == {
        "cause": "api", "made_by": str(group.key), "is_newest": True, "url": f"/api/v1/{path}{before + 1}/",
    }  # fmt: skip
    assert [(row["country"], row["price"], row["first_day"]) for row in newest["prices"]] == [
        ("FI", "0.05", "2026-01-01")
    ]
    assert len(newest["differences"]) == listed[0]["rows_changed"] > 0
    assert file.headers["Content-Disposition"].endswith(f'-revision-{before}.csv"')
    assert file.content.decode("utf-8-sig").startswith('"kind";"name"')
    assert group.get(path, to="2020-01-01").json()["data"] == []
    assert [group.get(f"{path}{name}").status_code for name in ("99/", "1/files/pdf/")] == [404, 400]
    for other in ("", "1/", "1/files/csv/"):
        assert child.get(f"{path}{other}").status_code == 404
