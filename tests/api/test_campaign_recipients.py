"""/api/v1/campaigns/<id>/recipients/: by group, page by page, masked; of the key's tenant and account alone."""

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.erasure.erase import erase_number
from deliveries.models import Message
from portal.tenants.models import GatewayAccount, Tenant
from tests.api.conftest import sent
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db


def to(id_: str, number: str | None, code: int, ref_id: str = "autumn", partner: str = "nr-fi") -> dict:
    return sent(id_, code, partner, refId=ref_id, customParameters={"destination": number} if number else {})


@pytest.fixture
def autumn(feed, tenant) -> str:
    apply(
        feed,
        to("a", "+358401111111", 1001),
        to("b", "+358401111111", 1006),
        to("c", "+358402222222", 1006),
        to("d", "+358403333333", 1000),
        to("e", None, 1001),
        to("f", "+358404444444", 1001, "spring"),
    )
    return f"campaigns/{Campaign.objects.get(name='autumn').id}/recipients/"


def listed(caller, path: str, **query) -> list[tuple]:
    found, cursor = [], None
    while True:
        answer = caller.get(path, size=1, **query | ({"cursor": cursor} if cursor else {})).json()
        found += [(one["message"]["id"], one["counts_as"], one["messages"]) for one in answer["data"]]
        cursor = answer["next_cursor"]
        if not cursor:
            return sorted(found)


def test_recipients_are_listed_by_group(mine, autumn):
    delivered, failed, pending = ("a", "delivered", 2), ("c", "failed", 1), ("d", "pending", 1)

    assert listed(mine, autumn) == [delivered, failed, pending]
    assert {group: listed(mine, autumn, group=group) for group in ("delivered", "failed", "pending", "unknown")} == {
        "delivered": [delivered],
        "failed": [failed],
        "pending": [pending],
        "unknown": [],
    }
    assert listed(mine, autumn, group="unreadable") == [("e", "delivered", 1)]


def test_numbers_are_masked_without_their_scope(mine, call, tenant, autumn):
    masked = call(tenant, "read")

    numbers = [
        {one["message"]["destination"] for one in caller.get(autumn).json()["data"]} for caller in (mine, masked)
    ]

    assert numbers == [
        {"+358401111111", "+358402222222", "+358403333333"},
        {"+358 •••••••11", "+358 •••••••22", "+358 •••••••33"},
    ]


def test_erased_number_keeps_its_row(mine, autumn, tenant):
    erase_number(number="+358401111111", tenant=tenant, actor="test")

    (one,) = mine.get(autumn, group="delivered").json()["data"]

    assert (one["is_erased"], one["messages"], one["message"]["destination"]) == (True, 2, None)


def test_merged_campaigns_are_one_list(mine, autumn):
    spring = Campaign.objects.get(name="spring")
    merge(campaign=spring, into=Campaign.objects.get(name="autumn"), actor="test")

    assert [id_ for id_, _kind, _n in listed(mine, autumn, group="delivered")] == ["a", "f"]
    assert listed(mine, f"campaigns/{spring.id}/recipients/") == []


def test_accounts_key_sees_the_recipients_at_its_account(call, account, autumn, tenant):
    pool = Tenant.objects.create(slug="pool-second", name="Pool of second", kind="pool")
    other = GatewayAccount.objects.create(name="second", platform_id="TWO", pool=pool)
    Message.objects.filter(message_id="c").update(account=other)

    assert [id_ for id_, _kind, _n in listed(call(account.pool, account=account), autumn)] == ["a", "d"]
    assert call(pool, account=other).get(autumn).status_code == 404


def test_another_tenants_campaign_is_not_found(theirs, autumn):
    assert theirs.get(autumn).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"), [({"group": "nobody"}, "group"), ({"cursor": "x"}, "cursor"), ({"size": "0"}, "size")]
)
def test_what_cannot_be_read_is_refused_by_its_name(mine, autumn, query, field):
    for group in ("all", "unreadable"):
        answer = mine.get(autumn, **{"group": group} | query)
        assert answer.status_code == 400
        assert [error["parameter"] for error in answer.json()["errors"]] == [field]
