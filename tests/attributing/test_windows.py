"""Windows that people set on pages: events are attributed again by them, wrong ones are refused with the limit."""

import pytest

from campaigns.conversions.models import MAX_WINDOW, ConversionKind
from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.models import ConversionDue, ConversionWindow
from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry
from tests.attributing.sample import apply, attributed, event, kind, message

pytestmark = pytest.mark.django_db

SETTINGS = "/t/nordic-retail/settings/conversions/"
OUTSIDE = "(outside_window)"


@pytest.fixture
def bought(client, feed, tenant, manager) -> Campaign:
    """An event half an hour after the delivery of its message, with the manager signed in."""
    apply(feed, message("a", 0))
    event(tenant, "e", 30)
    assert attributed() == {"e": "a"}
    client.force_login(manager)
    return Campaign.objects.get(name="autumn")


def said() -> list[str]:
    return [sentence(entry) for entry in AuditEntry.objects.order_by("id")]


def test_window_of_the_customer(client, bought):
    assert 'value="1440"' in client.get(SETTINGS).text
    for minutes, expected in ((29, OUTSIDE), (30, "a")):
        assert client.post(f"{SETTINGS}window/", {"minutes": minutes}).status_code == 302
        assert attributed() == {"e": expected}
    assert said() == [
        "manager@example.com set the conversion window to 29 min (before: 1,440 min).",
        "manager@example.com set the conversion window to 30 min (before: 29 min).",
    ]
    assert "Nothing was changed." in client.post(f"{SETTINGS}window/", {"minutes": "30"}, follow=True).text
    assert not ConversionDue.objects.exists()


def test_window_of_a_kind(client, bought, tenant):
    address = f"{SETTINGS}{kind(tenant).id}/"
    assert client.post(address, {"name": "order", "window_minutes": "29", "is_otp": "on"}).status_code == 302
    assert attributed() == {"e": OUTSIDE}
    changed = ConversionKind.objects.get()
    assert (changed.name, changed.window_minutes, changed.is_otp) == ("order", 29, True)
    client.post(address, {"name": "order", "window_minutes": "", "is_otp": "on"})
    assert attributed() == {"e": "a"}
    client.post(address, {"name": "order", "window_minutes": ""})
    assert not ConversionDue.objects.exists()  # the attribution does not depend on it
    kind_changed = "manager@example.com changed the kind of conversion event"
    assert said() == [
        f"{kind_changed} purchase. Fields: Name, Window in minutes, One-time password; Name: order",
        f"{kind_changed} order. Fields: Window in minutes",
        f"{kind_changed} order. Fields: One-time password",
    ]


def test_window_of_a_campaign(client, bought):
    address = f"/t/nordic-retail/campaigns/{bought.id}/details/"
    for minutes, expected in (("29", OUTSIDE), ("", "a")):
        assert client.post(address, {"conversion_window": minutes}).status_code == 302
        assert attributed() == {"e": expected}
    assert said() == [
        "manager@example.com set the conversion window of the campaign autumn to 29 min.",
        "manager@example.com removed the conversion window of the campaign autumn.",
    ]


def test_campaign_has_the_field_where_a_window_has_an_effect(client, bought, tenant):
    ConversionWindow.objects.create(tenant=tenant, campaign=bought, minutes=40)
    address = f"/t/nordic-retail/campaigns/{bought.id}/details/"
    assert client.get(address).context["form"].initial["conversion_window"] == 40
    merge(campaign=bought, into=Campaign.objects.create(tenant=tenant, name="winter"), actor="test")
    assert "conversion_window" not in client.get(address).context["form"].fields
    client.post(address, {"title": "Autumn"})
    assert ConversionWindow.objects.get().minutes == 40  # holds again once the campaign is separated


@pytest.mark.parametrize(("minutes", "limit"), [("0", "equal to 1."), (MAX_WINDOW + 1, f"equal to {MAX_WINDOW}.")])
def test_wrong_windows_are_refused_with_the_limit(client, bought, tenant, minutes, limit):
    details = f"/t/nordic-retail/campaigns/{bought.id}/details/"
    for address, values in (
        (f"{SETTINGS}window/", {"minutes": minutes}),
        (f"{SETTINGS}{kind(tenant).id}/", {"name": "order", "window_minutes": minutes}),
        (details, {"conversion_window": minutes}),
    ):
        answer = client.post(address, values)
        assert (answer.status_code, limit in answer.text) == (422, True)
    assert client.post(f"{SETTINGS}window/", {"minutes": ""}).status_code == 422
    assert client.post(f"{SETTINGS}{kind(tenant).id + 1}/", {"name": "order"}).status_code == 404
    assert (said(), ConversionWindow.objects.count(), kind(tenant).name) == ([], 0, "purchase")
