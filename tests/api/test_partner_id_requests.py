"""/api/v1/partner-ids/: many at once, found by value, retired, requested and decided."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deliveries.models import PartnerMove, PartnerRequest
from portal.accounts.models import AuditEntry
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from tests.api.test_partner_ids import holders, pointers
from tests.api.test_schema import check
from tests.conftest import NOW
from tests.provisioning.provisioning_helpers import from_pool

pytestmark = pytest.mark.django_db

BATCH, REQUESTS = "partner-ids/batch/", "partner-ids/requests/"


def results(answer) -> list[tuple[str, list[str]]]:
    return [(row["result"], [error["pointer"] for error in row["errors"]]) for row in answer.json()["data"]]


@pytest.fixture
def owned(account, tenant):
    """The account is the tenant's alone, with a child."""
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW)
    return Tenant.objects.create(slug="child", name="Child", parent=tenant)


def test_each_of_many_is_declared_or_refused_for_itself(mine, owned, feed):
    from_pool(feed, "waiting", messages=2)
    items = [
        {"account": "link-main", "value": "waiting", "tenant": "child"},
        {"account": "link-main", "value": "nr-fi"},
        {"account": "link-main", "value": "new", "tenant": "nobody"},
        {"account": "elsewhere", "value": "new"},
        {"account": "link-main", "value": "", "ppid": "x"},
        "new",
        {"account": "link-main", "value": "later", "from": "2099-01-01"},
        {"account": "link-main", "value": "waiting", "tenant": "child"},
    ]

    answer = mine.post(BATCH, {"items": items})

    check("/api/v1/partner-ids/batch/", "POST", answer)
    assert results(answer) == [
        ("declared", []),
        ("unchanged", []),
        ("refused", ["#/tenant"]),
        ("refused", ["#/account"]),
        ("refused", ["#/ppid", "#/value"]),
        ("refused", ["#"]),
        ("refused", ["#/from"]),
        ("unchanged", []),
    ]
    counts = {name: answer.json()[name] for name in ("declared", "unchanged", "requested", "refused")}
    assert counts == {"declared": 1, "unchanged": 2, "requested": 0, "refused": 5}
    moved = answer.json()["data"][0]["partner_id"]
    assert (moved["tenant"], moved["move"]["total"], moved["move"]["state"]) == ("child", 2, "queued")
    assert holders() == {"nr-fi": "nordic-retail", "waiting": "child"}
    assert AuditEntry.objects.filter(action="partner_id.declared").count() == 1


@pytest.mark.parametrize("items", [None, [], "x", [{"account": "link-main", "value": "x"}] * 201])
def test_number_of_items_is_limited(mine, items):
    assert pointers(mine.post(BATCH, {"items": items})) == (422, ["#/items"])


def test_unknown_field_beside_the_items_is_refused(mine):
    item = {"account": "link-main", "value": "x"}

    assert pointers(mine.post(BATCH, {"items": [item], "requests": True})) == (422, ["#/requests"])


def test_many_are_requested_on_a_shared_account(mine, tenant, other_tenant):
    items = [{"account": "link-main", "value": value} for value in ("baltic-ee", "unknown", "nr-fi")]

    refused = mine.post(BATCH, {"items": items})
    asked = mine.post(BATCH, {"items": items, "request": True})
    again = mine.post(BATCH, {"items": items, "request": True})

    assert [result for result, _errors in results(refused)] == ["refused"] * 3
    assert results(asked) == [("requested", []), ("requested", []), ("refused", ["#/value"])]
    assert [result for result, _errors in results(again)] == ["unchanged", "unchanged", "refused"]
    request = asked.json()["data"][0]["request"]
    assert (request["state"], request["value"], request["may_decide"]) == ("open", "baltic-ee", False)
    assert PartnerRequest.objects.count() == 2
    assert AuditEntry.objects.filter(action="partner_id.requested", actor=str(mine.key)).count() == 2


def test_statements_of_a_batch_grow_by_the_item_only(mine, owned):
    def asked(number: int) -> int:
        items = [{"account": "link-main", "value": f"v{number}-{i}", "tenant": "child"} for i in range(number)]
        with CaptureQueriesContext(connection) as found:
            assert mine.post(BATCH, {"items": items}).json()["declared"] == number
        return len(found)

    asked(2)  # the first use of a key is written down
    one, three, five = asked(1), asked(3), asked(5)
    assert three - one == five - three


def test_value_is_found_exactly(mine, theirs, tenant, other_tenant):
    found = [mine.get("partner-ids/", value=value).json()["data"] for value in ("nr-fi", "NR-FI", "baltic-ee")]

    assert [[row["value"] for row in rows] for rows in found] == [["nr-fi"], [], []]
    assert [row["value"] for row in theirs.get("partner-ids/", value="baltic-ee").json()["data"]] == ["baltic-ee"]


def test_values_that_are_numbers_are_limited_for_keys_that_see_none(call, tenant, settings):
    settings.NUMBER_SEARCHES_PER_HOUR = 1
    reader = call(tenant, "read")

    answers = [reader.get("partner-ids/", value=f"35840123456{digit}").status_code for digit in (1, 2)]

    assert answers == [200, 429]
    assert AuditEntry.objects.filter(action="message.number_searched").count() == 1


def test_partner_id_is_retired_to_the_pool(mine, client, owned, feed, tenant):
    partner = PartnerId.objects.get(value="nr-fi")
    path = f"/api/v1/partner-ids/{partner.id}/"

    retired = client.delete(path, headers=mine.headers)

    check("/api/v1/partner-ids/{partner_id}/", "DELETE", retired)
    assert (retired.status_code, retired.json()["tenant"], retired.json()["declared_at"]) == (
        200,
        "pool-link-main",
        None,
    )
    assert client.delete(path, headers=mine.headers).status_code == 404
    assert holders() == {"nr-fi": "pool-link-main"}
    assert AuditEntry.objects.filter(action="partner_id.lost", tenant=tenant).count() == 1


def test_retired_from_a_day_keeps_the_messages_before(mine, client, owned, tenant):
    path = f"/api/v1/partner-ids/{PartnerId.objects.get(value='nr-fi').id}/"

    wrong = client.delete(f"{path}?from=2099-01-01", headers=mine.headers)
    retired = client.delete(f"{path}?from=2026-11-01", headers=mine.headers)

    assert (retired.status_code, wrong.status_code) == (200, 400)
    assert retired.json()["periods"][0]["tenant"] == "nordic-retail"
    assert retired.json()["periods"][0]["until"] is not None


def test_partner_id_of_a_shared_account_is_not_retired(mine, theirs, client, tenant, other_tenant):
    path = f"/api/v1/partner-ids/{PartnerId.objects.get(value='nr-fi').id}/"

    answers = [client.delete(path, headers=caller.headers).status_code for caller in (mine, theirs)]

    assert answers == [409, 404]
    assert holders()["nr-fi"] == "nordic-retail"


def test_request_is_approved_by_the_accounts_key(call, mine, whole_account, feed, tenant):
    from_pool(feed, "waiting", messages=3)
    made = mine.post(REQUESTS, {"account": "link-main", "value": "waiting"})
    again = mine.post(REQUESTS, {"account": "link-main", "value": "waiting"})
    number = made.json()["id"]

    (listed,) = whole_account.get(REQUESTS, state="open").json()["data"]
    approved = whole_account.post(f"{REQUESTS}{number}/decision/", {"decision": "approve"})
    twice = whole_account.post(f"{REQUESTS}{number}/decision/", {"decision": "refuse"})

    check("/api/v1/partner-ids/requests/", "POST", made)
    check("/api/v1/partner-ids/requests/{request_id}/decision/", "POST", approved)
    assert (made.status_code, again.status_code, again.json()["id"]) == (201, 200, number)
    assert made.headers["Location"] == made.json()["url"] == f"/api/v1/{REQUESTS}{number}/"
    assert (made.json()["may_decide"], listed["may_decide"]) == (False, True)
    assert (approved.status_code, approved.json()["state"], approved.json()["decided_by"]) == (
        200,
        "approved",
        str(whole_account.key),
    )
    assert approved.json()["partner_id"]["move"] == {"state": "queued", "total": 3, "moved": 0, "sealed": 0}
    assert mine.get(f"{REQUESTS}{number}/").json()["partner_id"] == approved.json()["partner_id"]
    assert twice.status_code == 409
    assert holders()["waiting"] == "nordic-retail"
    assert PartnerMove.objects.filter(tenant=tenant).count() == 1


def test_owners_key_decides_for_its_children(mine, call, owned):
    child = call(owned)
    asked = [child.post(REQUESTS, {"account": "link-main", "value": value}).json()["id"] for value in ("one", "two")]

    decided = [
        mine.post(f"{REQUESTS}{number}/decision/", {"decision": decision})
        for number, decision in zip(asked, ("approve", "refuse"), strict=True)
    ]
    by_itself = child.post(f"{REQUESTS}{asked[0]}/decision/", {"decision": "approve"})

    assert [answer.json()["state"] for answer in decided] == ["approved", "refused"]
    assert pointers(by_itself) == (422, ["#/decision"])
    assert pointers(mine.post(REQUESTS, {"account": "link-main", "value": "x"})) == (422, ["#/account"])
    assert holders() == {"nr-fi": "nordic-retail", "one": "child"}


def test_request_is_withdrawn_by_its_tenant_alone(mine, theirs, whole_account, tenant, other_tenant):
    number = mine.post(REQUESTS, {"account": "link-main", "value": "x"}).json()["id"]
    path = f"{REQUESTS}{number}/decision/"

    answers = [caller.post(path, {"decision": "withdraw"}) for caller in (theirs, whole_account, mine)]

    assert [answer.status_code for answer in answers] == [404, 422, 200]
    assert (answers[2].json()["state"], answers[2].json()["partner_id"]) == ("withdrawn", None)
    assert AuditEntry.objects.filter(action="partner_id.request_withdrawn").get().actor == str(mine.key)


def test_requests_of_others_are_not_there(mine, theirs, tenant, other_tenant):
    number = theirs.post(REQUESTS, {"account": "link-main", "value": "x"}).json()["id"]

    assert mine.get(REQUESTS).json()["data"] == []
    assert mine.get(f"{REQUESTS}{number}/").status_code == 404
    assert [row["id"] for row in theirs.get(REQUESTS).json()["data"]] == [number]


def test_request_that_cannot_be_is_refused_by_field(mine, tenant):
    bodies = [
        ({"value": "x"}, "account"),
        ({"account": "nowhere", "value": "x"}, "account"),
        ({"account": "link-main", "value": "\n"}, "value"),
        ({"account": "link-main", "value": "nr-fi"}, "value"),
        ({"account": "link-main", "value": "x", "tenant": "baltic-parcel"}, "tenant"),
        ({"account": "link-main", "value": "x", "from": "1999-01-01"}, "from"),
    ]

    assert [pointers(mine.post(REQUESTS, body)) for body, _name in bodies] == [
        (422, [f"#/{name}"]) for _body, name in bodies
    ]
    assert PartnerRequest.objects.count() == 0


def test_scope_is_needed(call, tenant):
    reader = call(tenant, "read")

    asked = [reader.get(REQUESTS), reader.post(REQUESTS, {}), reader.post(BATCH, {})]

    assert [answer.status_code for answer in asked] == [403] * 3
