"""Hours, speed and numbers of recipients of one campaign: those of its page, of the key's tenant and account alone."""

from dataclasses import asdict

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.models import Message
from portal.accounts.models import Role
from portal.tenants.models import GatewayAccount, Tenant
from tests.api.conftest import CANARY
from tests.conftest import make_user
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

READS = ("hours/", "speed/", "recipients/counts/")


def message(id_: str, code: int, seconds: int, hour: int = 10, ref_id: str = "autumn", number: int = 1) -> dict:
    minute, second = divmod(seconds, 60)
    return dlr(
        id_,
        code,
        refId=ref_id,
        sentTimestamp=f"2026-11-02T{hour:02}:00:00Z",
        timestamp=f"2026-11-02T{hour:02}:{minute:02}:{second:02}Z",
        gateCustomParameters={"platformPartnerId": "nr-fi"},
        customParameters={"destination": f"+3584011111{number:02}"},
    )


@pytest.fixture
def autumn(feed, tenant, messages) -> Campaign:
    """Six messages at noon and two at three in Helsinki, one of them on its way; another campaign of one message."""
    apply(
        feed,
        *[message(f"m{n}", 1001, 5 * n + 1, number=n) for n in range(5)],
        message("m5", 1006, 3, number=0),
        message("m6", 1001, 200, hour=13, number=6),
        message("m7", 1000, 1, hour=13, number=7),
        message("s", 1001, 2, ref_id="spring", number=8),
    )
    return Campaign.objects.get(name="autumn")


@pytest.fixture
def page(client, tenant, autumn):
    """Return a reader of what a part of the campaign's page shows."""
    client.force_login(make_user("viewer@example.com", tenant, Role.VIEWER))
    return lambda part="", **query: client.get(f"/t/{tenant.slug}/campaigns/{autumn.id}/{part}", query).context


def test_hours_are_those_of_the_page(mine, autumn, page):
    answer = mine.get(f"campaigns/{autumn.id}/hours/").json()

    assert answer["data"] == [asdict(row) | {"delivery_rate": row.delivery_rate} for row in page("hours/")["rows"]]
    assert [(row["hour"], row["messages"], row["delivered"]) for row in answer["data"]] == [(12, 6, 5), (15, 2, 1)]
    assert (answer["campaign"], answer["timezone"], answer["maturity"]) == ("autumn", "Europe/Helsinki", 7 / 8)


def test_speed_is_that_of_the_page(mine, autumn, page):
    spring = Campaign.objects.get(name="spring")
    shown, alone = page(compare=spring.id), page(compare="none")

    answer = mine.get(f"campaigns/{autumn.id}/speed/", compare=spring.id).json()

    assert answer["data"] == [asdict(row) for row in shown["speed"]]
    assert (answer["compared_with"], answer["messages"], answer["reached"]) == (spring.id, 8, asdict(shown["reached"]))
    assert answer["reached"]["share"] == 0.75
    assert {row["seconds"]: (row["share"], row["compared"]) for row in answer["data"]}[30] == (5 / 8, 1.0)
    by_itself = mine.get(f"campaigns/{autumn.id}/speed/").json()
    assert by_itself["data"] == [asdict(row) for row in alone["speed"]]
    assert (by_itself["compared_with"], {row["compared"] for row in by_itself["data"]}) == (None, {None})


def test_numbers_of_recipients_are_those_of_the_page_and_of_their_lists(mine, autumn, page):
    found = page("recipients/")["recipients"]

    answer = mine.get(f"campaigns/{autumn.id}/recipients/counts/").json()

    kinds = ("delivered", "pending", "unknown", "failed")
    assert {name: answer[name] for name in kinds} == {name: getattr(found, name) for name in kinds}
    assert (answer["recipients"], answer["delivered"], answer["pending"]) == (7, 6, 1)
    for kind in kinds:
        listed = mine.get(f"campaigns/{autumn.id}/recipients/", group=kind).json()["data"]
        assert len(listed) == answer[kind], kind


def test_merged_campaign_counts_where_it_is_shown(mine, autumn):
    spring = Campaign.objects.get(name="spring")
    merge(campaign=spring, into=autumn, actor="test")

    hours, speed, counts = (mine.get(f"campaigns/{autumn.id}/{read}").json() for read in READS)
    assert (sum(row["messages"] for row in hours["data"]), speed["messages"], counts["recipients"]) == (9, 9, 8)
    hours, speed, counts = (mine.get(f"campaigns/{spring.id}/{read}").json() for read in READS)
    assert (hours["data"], speed["messages"], speed["reached"], counts["recipients"]) == ([], 0, None, 0)
    assert {row["share"] for row in speed["data"]} == {None}
    assert [hours["maturity"], speed["maturity"], counts["maturity"]] == [None, None, None]


def test_accounts_key_counts_at_its_account_alone(call, account, autumn, whole_account):
    pool = Tenant.objects.create(slug="pool-third", name="Pool of third", kind="pool")
    other = GatewayAccount.objects.create(name="third", platform_id="THREE", pool=pool)
    Message.objects.filter(message_id__in=("m6", "m7")).update(account=other)

    hours, _speed, counts = (whole_account.get(f"campaigns/{autumn.id}/{read}").json() for read in READS)

    assert [(row["hour"], row["messages"]) for row in hours["data"]] == [(12, 6)]
    assert counts["recipients"] == 5
    assert [call(pool, account=other).get(f"campaigns/{autumn.id}/{read}").status_code for read in READS] == [404] * 3


def test_others_campaigns_are_not_found(mine, theirs, autumn):
    foreign = Campaign.objects.get(name=CANARY)

    assert {theirs.get(f"campaigns/{autumn.id}/{read}").status_code for read in READS} == {404}
    for wrong in (foreign.id, autumn.id, 0, "x"):
        answer = mine.get(f"campaigns/{autumn.id}/speed/", compare=wrong)
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "compare"), wrong


def test_name_with_a_number_is_masked(call, tenant, autumn):
    Campaign.objects.filter(id=autumn.id).update(name="to +358401234567")

    for caller, is_shown in ((call(tenant, "read"), False), (call(tenant, "read", "numbers"), True)):
        answers = [caller.get(f"campaigns/{autumn.id}/{read}").json()["campaign"] for read in READS]
        assert {"+358401234567" in name for name in answers} == {is_shown}


def test_number_of_queries_does_not_depend_on_the_messages(mine, feed, autumn):
    def asked() -> list[int]:
        counts = []
        for read in READS:
            with CaptureQueriesContext(connection) as queries:
                mine.get(f"campaigns/{autumn.id}/{read}")
            counts.append(len(queries))
        return counts

    asked()  # what a process reads once
    few = asked()
    apply(feed, *[message(f"more{n}", 1001, n, hour=n % 20, number=n) for n in range(40)])

    assert asked() == few
