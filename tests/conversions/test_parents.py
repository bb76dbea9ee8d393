"""Conversion events of a parent's customers: on its pages, in its API and in its files."""

import html
import re

import pytest
from django.utils import timezone

from campaigns.models import ConversionEvent
from tests.attributing.sample import event, kind
from tests.conftest import NOW, make_user
from tests.exports.test_same_figures import file
from tests.pages.conftest import family

__all__ = ["family"]

pytestmark = pytest.mark.django_db

URL = "/t/nordic-retail/conversions/"
DAYS = "from=2026-11-01&to=2026-11-30"


@pytest.fixture
def events(tenant, other_tenant, family, monkeypatch) -> dict[str, ConversionEvent]:
    """Two events of the parent, one of its customer, one of another customer."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return {
        "own-1": event(tenant, "own-1", 0),
        "own-2": event(tenant, "own-2", 1, kind=kind(tenant, "sign-up")),
        "child-1": event(family, "child-1", 2),
        "theirs-1": event(other_tenant, "theirs-1", 3),
    }


@pytest.fixture
def manager(client, tenant):
    client.force_login(make_user("mari@example.com", tenant, "manager"))
    return client


def test_parent_sees_the_events_of_its_customers_by_kind_and_customer(manager, events):
    shown = manager.get(f"{URL}?{DAYS}").context

    assert {row.name: row.events for row, _values in shown["kinds"]} == {"purchase": 2, "sign-up": 1}
    assert [(row.tenant.slug, row.events, row.unattributed) for row in shown["customers"]] == [
        ("nordic-retail", 2, 2),
        ("nr-norge", 1, 1),
    ]
    listed = manager.get(f"{URL}events/?{DAYS}").context["rows"]
    assert [row["event_id"] for row in listed] == ["child-1", "own-2", "own-1"]


def test_parent_can_keep_to_one_customer(manager, events):
    page = manager.get(f"{URL}?{DAYS}&tenant=nr-norge")
    assert {row.name: row.events for row, _values in page.context["kinds"]} == {"purchase": 1}
    assert (page.context["customers"], page.context["period_query"]) == ([], f"{DAYS}&tenant=nr-norge")
    listed = manager.get(f"{URL}events/?{DAYS}&tenant=nr-norge").context["rows"]
    assert [row["event_id"] for row in listed] == ["child-1"]
    for address in (URL, f"{URL}events/"):
        assert manager.get(f"{address}?tenant=baltic-parcel").status_code == 404


def test_each_number_of_events_opens_a_list_of_as_many(manager, events):
    page = manager.get(f"{URL}?{DAYS}").content.decode()
    links = re.findall(r'href="(/t/nordic-retail/conversions/events/\?[^"]*)">([0-9]+)</a>', page)

    assert len(links) == 2 * 3 + 1 + 2 * 3  # kinds, the reason, customers
    for href, number in links:
        listed = manager.get(html.unescape(href)).context["rows"]
        assert len(listed) == int(number), href


def test_customer_sees_its_own_events_alone(client, family, events):
    client.force_login(make_user("ola@example.com", family, "manager"))
    page = client.get(f"/t/nr-norge/conversions/?{DAYS}").context
    assert ({row.name: row.events for row, _values in page["kinds"]}, page["customers"]) == ({"purchase": 1}, [])


def test_api_lists_them_and_deletes_only_own_ones(call, tenant, family, events):
    parent, own = call(tenant, "read", "convert"), call(family, "read", "convert")

    def ids(caller, **query) -> list[tuple]:
        return [(one["tenant"], one["event_id"]) for one in caller.get("conversions/", **query).json()["data"]]

    assert ids(parent) == [("nr-norge", "child-1"), ("nordic-retail", "own-2"), ("nordic-retail", "own-1")]
    assert ids(parent, tenant="nr-norge", kind="purchase") == [("nr-norge", "child-1")]
    assert ids(own) == [("nr-norge", "child-1")]
    url = f"/api/v1/conversions/{events['child-1'].id}/"
    assert parent.client.get(url, headers=parent.headers).json()["event_id"] == "child-1"
    assert parent.client.delete(url, headers=parent.headers).status_code == 404
    assert own.client.delete(url, headers=own.headers).status_code == 200
    theirs = f"/api/v1/conversions/{events['theirs-1'].id}/"
    assert parent.client.get(theirs, headers=parent.headers).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_file_has_the_events_of_all_customers(manager, events, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    rows = file(manager, f"?table=conversion_events&{DAYS}")
    assert [(row["customer"], row["event_id"]) for row in rows] == [
        ("NR Norge", "child-1"),
        ("Nordic Retail Oy", "own-2"),
        ("Nordic Retail Oy", "own-1"),
    ]
    by_customer = file(manager, f"?table=conversion_customers&{DAYS}")
    assert [(row["customer"], row["events"]) for row in by_customer] == [("Nordic Retail Oy", 2), ("NR Norge", 1)]
