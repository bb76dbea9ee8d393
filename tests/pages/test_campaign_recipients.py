"""Recipients on a campaign's page: loaded after the rest, as a page without scripts, merged campaigns together."""

import re

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign
from tests.campaigns.test_recipients import message
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def words(answer) -> str:
    text = re.sub(r"<[^>]+>", "", answer.content.decode())
    return " ".join(text.split())


def address(name: str, part: str = "recipients/") -> str:
    return f"/t/nordic-retail/campaigns/{Campaign.objects.get(name=name).id}/{part}"


@pytest.fixture
def sent(feed, tenant):
    apply(
        feed,
        message("a", "+358401111111", 1001),
        message("b", "+358401111111", 1006),
        message("c", "+358402222222", 1006),
        message("d", "+358403333333", 1000),
        message("e", None, 1001),
        message("f", "+358402222222", 1001, "spring"),
    )


def test_page_loads_its_recipients_afterwards(client, viewer, sent):
    client.force_login(viewer)
    page = client.get(address("autumn", "")).content.decode()
    assert f'hx-get="{address("autumn")}" hx-trigger="later"' in page
    assert f'<a href="{address("autumn")}">Count different recipients</a>' in page

    assert words(client.get(address("autumn"), headers=PART)) == (
        "It went to 3 different recipients; 1 of them received it (33.33 %)."
        " 1 got no message: all to this number failed (33.33 %)"
        " 1 not yet known: a message is on its way (33.33 %)"
        " 1 message without a readable number is not counted here"
    )


def test_without_scripts_it_is_a_page(client, viewer, sent):
    client.force_login(viewer)
    page = client.get(address("autumn"))
    assert "<h1" in page.content.decode()
    assert "It went to 3 different recipients" in words(page)


def test_merged_campaigns_count_a_number_once(client, viewer, sent):
    client.force_login(viewer)
    merge(campaign=Campaign.objects.get(name="spring"), into=Campaign.objects.get(name="autumn"), actor="test")
    text = words(client.get(address("autumn"), headers=PART))
    assert text.startswith("It went to 3 different recipients; 2 of them received it (66.67 %).")
    assert client.get(address("spring")).url == address("autumn")


def test_campaign_of_masked_messages_alone_says_so(client, viewer, feed, tenant):
    apply(feed, message("a", None, 1001))
    client.force_login(viewer)
    assert words(client.get(address("autumn"), headers=PART)) == (
        "No message has a readable number, so recipients cannot be counted."
        " 1 message without a readable number is not counted here"
    )
