"""/api/v1/partner-ids/: listed, declared, moved, taken back."""

import pytest

from deliveries.models import PartnerMove
from portal.accounts.models import AuditEntry
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from tests.conftest import NOW
from tests.provisioning.provisioning_helpers import from_pool

pytestmark = pytest.mark.django_db


def holders() -> dict[str, str]:
    return dict(PartnerId.objects.values_list("value", "tenant__slug"))


def pointers(answer) -> tuple[int, list[str]]:
    return answer.status_code, [error["pointer"] for error in answer.json()["errors"]]


def test_account_s_key_declares_for_a_tenant_of_the_account(whole_account, feed, tenant):
    from_pool(feed, "later", messages=2)

    first = whole_account.post("partner-ids/", {"value": "later", "tenant": "nordic-retail"})
    second = whole_account.post("partner-ids/", {"account": "link-main", "value": "later", "tenant": "nordic-retail"})

    partner = PartnerId.objects.get(value="later")
    url = f"/api/v1/partner-ids/{partner.id}/"
    assert (first.status_code, first.headers["Location"], second.status_code) == (201, url, 200)
    assert first.json() == {
        "id": partner.id,
        "value": "later",
        "account": "link-main",
        "tenant": "nordic-retail",
        "declared_at": first.json()["declared_at"],
        "first_seen_at": first.json()["first_seen_at"],
        "periods": [{"tenant": "nordic-retail", "from": None, "until": None}],
        "move": {"state": "queued", "total": 2, "moved": 0, "sealed": 0},
        "url": url,
    }
    assert whole_account.get(f"partner-ids/{partner.id}/").json() == second.json() == first.json()
    assert [row["value"] for row in whole_account.get("partner-ids/").json()["data"]] == ["later", "nr-fi"]
    assert AuditEntry.objects.filter(action="partner_id.declared").values_list("actor", "tenant__slug").get() == (
        str(whole_account.key),
        "nordic-retail",
    )


def test_account_s_key_moves_and_takes_back(whole_account, tenant, other_tenant):
    path = f"partner-ids/{PartnerId.objects.get(value='nr-fi').id}/move/"

    moved = whole_account.post(path, {"tenant": "baltic-parcel"})
    returned = whole_account.post(path, {"tenant": None})

    assert [(answer.status_code, answer.json()["tenant"]) for answer in (moved, returned)] == [
        (200, "baltic-parcel"),
        (200, "pool-link-main"),
    ]
    assert returned.json()["declared_at"] is None
    assert holders() == {"nr-fi": "pool-link-main", "baltic-ee": "baltic-parcel"}


def test_owning_tenant_s_key_declares_for_its_tree(call, feed, tenant):
    Tenant.objects.create(slug="child", name="Child", parent=tenant)
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW)
    from_pool(feed, "later", messages=1)
    mine = call(tenant)

    own = mine.post("partner-ids/", {"account": "link-main", "value": "new"})
    child = mine.post("partner-ids/", {"account": "link-main", "value": "later", "tenant": "child"})
    back = mine.post(f"partner-ids/{child.json()['id']}/move/", {"tenant": None})

    assert [answer.status_code for answer in (own, child, back)] == [201, 201, 200]
    assert back.json()["move"] == {"state": "queued", "total": 0, "moved": 0, "sealed": 0}
    assert holders() == {"nr-fi": "nordic-retail", "new": "nordic-retail", "later": "pool-link-main"}
    assert PartnerMove.objects.count() == 2


def test_tenant_s_key_takes_nothing_from_a_shared_account(mine, feed, tenant, other_tenant):
    """Waiting, foreign and unknown values are rejected in the same words."""
    from_pool(feed, "waiting", messages=1)

    answers = [
        mine.post("partner-ids/", {"account": "link-main", "value": value})
        for value in ("waiting", "baltic-ee", "nothing")
    ]

    assert [pointers(answer) for answer in answers] == [(422, ["#/account"])] * 3
    assert len({answer.json()["detail"] for answer in answers}) == 1
    theirs = PartnerId.objects.get(value="baltic-ee").id
    assert mine.post(f"partner-ids/{theirs}/move/", {"tenant": "nordic-retail"}).status_code == 404
    assert mine.get(f"partner-ids/{theirs}/").status_code == 404
    assert holders() == {"nr-fi": "nordic-retail", "baltic-ee": "baltic-parcel", "waiting": "pool-link-main"}


def test_parent_s_key_moves_between_its_children(mine, account, tenant):
    for slug in ("one", "two"):
        Tenant.objects.create(slug=slug, name=slug, parent=tenant)
    partner = PartnerId.objects.create(
        account=account, value="ones", tenant=Tenant.objects.get(slug="one"), declared_at=NOW
    )

    moved = mine.post(f"partner-ids/{partner.id}/move/", {"tenant": "two"})
    returned = mine.post(f"partner-ids/{partner.id}/move/", {"tenant": None})

    assert (moved.status_code, moved.json()["tenant"], pointers(returned)) == (200, "two", (422, ["#/tenant"]))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tenant": "nordic-retail"}, "value"),
        ({"value": "", "tenant": "nordic-retail"}, "value"),
        ({"value": " ", "tenant": "nordic-retail"}, "value"),
        ({"value": 12, "tenant": "nordic-retail"}, "value"),
        ({"value": "x" * 257, "tenant": "nordic-retail"}, "value"),
        ({"value": "a\0b", "tenant": "nordic-retail"}, "value"),
        ({"value": "a\nb", "tenant": "nordic-retail"}, "value"),
        ({"value": "baltic-ee", "tenant": "nordic-retail"}, "value"),
        ({"value": "x"}, "tenant"),
        ({"value": "x", "tenant": "pool-link-main"}, "tenant"),
        ({"value": "x", "tenant": "unrelated"}, "tenant"),
        ({"value": "x", "tenant": None}, "tenant"),
        ({"value": "x", "tenant": "nordic-retail", "account": "second"}, "account"),
        ({"value": "x", "tenant": "nordic-retail", "ppid": "x"}, "ppid"),
    ],
)
def test_what_cannot_be_declared_is_refused_by_field(whole_account, tenant, other_tenant, body, field):
    Tenant.objects.create(slug="unrelated", name="Unrelated")

    assert pointers(whole_account.post("partner-ids/", body)) == (422, [f"#/{field}"])
    assert holders() == {"nr-fi": "nordic-retail", "baltic-ee": "baltic-parcel"}


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "tenant"), ({"tenant": 1}, "tenant"), ({"tenant": "nobody"}, "tenant"), ({"tenant": None, "to": "x"}, "to")],
)
def test_what_cannot_be_moved_is_refused_by_field(whole_account, tenant, body, field):
    path = f"partner-ids/{PartnerId.objects.get().id}/move/"

    assert pointers(whole_account.post(path, body)) == (422, [f"#/{field}"])


def test_scope_is_needed(call, account, tenant):
    partner = PartnerId.objects.get()
    reader = call(account.pool, "read", "submit", account=account)

    answers = [
        reader.post("partner-ids/", {"value": "x", "tenant": "nordic-retail"}),
        reader.post(f"partner-ids/{partner.id}/move/", {"tenant": None}),
    ]

    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
        (403, "This key does not have the scope “partner_ids”.")
    ] * 2
    assert reader.get(f"partner-ids/{partner.id}/").status_code == 200
    assert reader.get(f"partner-ids/{partner.id}/move/").status_code == 405


def test_key_of_one_account_touches_no_other(whole_account, tenant):
    pool = Tenant.objects.create(slug="pool-second", name="Pool", kind="pool")
    second = GatewayAccount.objects.create(name="second", platform_id="TWO", pool=pool)
    partner = PartnerId.objects.create(account=second, value="nr-second", tenant=tenant, declared_at=NOW)

    assert whole_account.get(f"partner-ids/{partner.id}/").status_code == 404
    assert whole_account.post(f"partner-ids/{partner.id}/move/", {"tenant": None}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_depend_on_the_rows(mine, account, tenant, django_assert_num_queries, count):
    for number in range(count - 1):
        PartnerId.objects.create(account=account, value=f"more-{number}", tenant=tenant, declared_at=NOW)

    with django_assert_num_queries(15):
        answer = mine.get("partner-ids/")

    assert len(answer.json()["data"]) == count
