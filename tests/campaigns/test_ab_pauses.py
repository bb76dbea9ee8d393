"""Pauses of an A/B test that was sent in batches: by the stored messages, and what the verdict then rests on."""

import pytest

from campaigns.models import Campaign, RefIdScheme
from portal.common.masking import Masking
from portal.tenants.scope import web_scope
from reports.campaigns.ab_result import AbQuery, ab_result
from tests.attributing.sample import apply, at, message

pytestmark = pytest.mark.django_db

DAY = 24 * 60
BY_REF_ID = {"first": ["sale|A"], "second": ["sale|B"]}


@pytest.fixture
def send(feed, tenant):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])

    def send(*minutes: int, variants: str = "AB") -> None:
        """Apply a delivered message of each variant at each minute."""
        apply(
            feed,
            *(
                message(f"{variant}{minute}", minute, f"+3584000{abs(minute):05}", campaign=f"sale|{variant}")
                for minute in minutes
                for variant in variants
            ),
        )

    return send


def is_resumed(tenant, minute: int, **chosen) -> bool:
    with web_scope([tenant.id]):
        query = AbQuery(chosen=chosen)
        campaign = Campaign.objects.get(name="sale")
        found = ab_result(campaign, query, masking=Masking(in_full=True), now=at(minute))
    return found.verdict.is_resumed


@pytest.mark.parametrize("chosen", [{}, BY_REF_ID], ids=["by the scheme", "by refIds"])
def test_test_is_resumed_after_a_day_without_messages(send, tenant, chosen):
    send(-30 * DAY, -30 * DAY + 10, -29 * DAY + 10, -28 * DAY + 9)  # no pause is longer than a day
    assert not is_resumed(tenant, -20 * DAY, **chosen)
    send(0, 5)  # in another month
    assert not is_resumed(tenant, 10, **chosen)  # it runs
    assert is_resumed(tenant, 9 * DAY, **chosen)


def test_pause_of_one_variant_is_none_while_the_other_is_sent(send, tenant):
    send(0, 2 * DAY)
    send(DAY - 1, 2 * DAY - 2, variants="B")
    assert not is_resumed(tenant, 9 * DAY)
    assert is_resumed(tenant, 9 * DAY, first=["sale|A"], second=["sale|C"])


def test_messages_without_a_variant_do_not_fill_a_pause(send, feed, tenant):
    send(0, 2 * DAY)
    apply(feed, message("plain", DAY, "+358400099999", campaign="sale"))
    assert Campaign.objects.filter(name="sale").count() == 1
    assert is_resumed(tenant, 9 * DAY)
