"""Recipients of a campaign: each number once, by the best that is known, also after an erasure."""

import random
from collections import defaultdict

import pytest

from campaigns.models import Campaign
from deliveries.erasure.erase import erase_number
from deliveries.models import Message
from reports.campaigns.recipients import Recipients, recipients_of
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

CODES = {1001: "delivered", 1006: "failed", 1002: "failed", 1000: "pending", 1010: "unknown"}
BEST = ("delivered", "pending", "unknown", "failed")


def message(id_: str, number: str | None, code: int, ref_id: str = "autumn") -> dict:
    return dlr(
        id_,
        code,
        refId=ref_id,
        timestamp="2026-11-19T08:00:05Z",
        sentTimestamp="2026-11-19T08:00:00Z",
        gateCustomParameters={"platformPartnerId": "nr-fi"},
        customParameters={"destination": number} if number else {},
    )


def of(tenant, *names: str) -> Recipients:
    ids = Campaign.objects.filter(tenant=tenant, name__in=names).values_list("id", flat=True)
    return recipients_of(tenant_id=tenant.id, campaign_ids=list(ids))


def test_each_number_counts_once_by_the_best_that_is_known(feed, tenant):
    chance = random.Random(14)
    numbers = [f"+35840{n:07}" for n in range(40)]
    sent, known = [], defaultdict(set)
    for n in range(200):
        number, code = chance.choice(numbers), chance.choice(list(CODES))
        sent.append(message(f"m{n}", number, code))
        known[number].add(CODES[code])
    sent += [
        message("none", None, 1001),
        message("short", "NO-2333", 1006),
        message("else", numbers[0], 1001, "spring"),
    ]
    apply(feed, *sent)

    best = [next(one for one in BEST if one in kinds) for kinds in known.values()]
    expected = Recipients(*(best.count(kind) for kind in BEST), messages_without_number=2)
    assert of(tenant, "autumn") == expected
    assert expected.total == len(known)
    assert of(tenant, "spring") == Recipients(1, 0, 0, 0, 0)


def test_two_campaigns_together_count_a_number_once(feed, tenant):
    apply(feed, message("a", "+358401111111", 1006), message("b", "+358401111111", 1001, "spring"))
    assert of(tenant, "autumn", "spring") == Recipients(1, 0, 0, 0, 0)
    assert of(tenant, "autumn") == Recipients(0, 0, 0, 1, 0)


def test_erasing_a_number_changes_no_figure(feed, tenant):
    apply(feed, message("a", "+358401111111", 1001), message("b", "+358402222222", 1006))
    before = of(tenant, "autumn")
    erase_number(number="+358401111111", tenant=tenant, actor="test")
    assert Message.objects.get(message_id="a").destination.startswith("#")
    apply(feed, message("c", "+358401111111", 1001))
    assert of(tenant, "autumn") == before == Recipients(1, 0, 0, 1, 0)


def test_no_message_is_no_recipient(tenant):
    assert recipients_of(tenant_id=tenant.id, campaign_ids=[]) == Recipients(0, 0, 0, 0, 0)
