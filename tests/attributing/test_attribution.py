"""The rule of attribution, case by case."""

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.attributing.attribute import attribute_due
from deliveries.models import ConversionDue, ConversionWindow
from tests.attributing.sample import NUMBER, OTHER, apply, attributed, event, kind, message

pytestmark = pytest.mark.django_db
DAY = 24 * 60


def test_last_message_delivered_before_the_event_within_the_window(feed, tenant):
    apply(feed, message("a", 0), message("b", 10), message("c", 30), message("x", 15, OTHER))
    event(tenant, "after b", 20)
    event(tenant, "at b", 10)
    event(tenant, "before", -1)
    event(tenant, "last minute", 30 + DAY)
    event(tenant, "late", 31 + DAY)
    event(tenant, "nobody", 20, "+358409999999")
    assert attributed() == {
        "after b": "b",
        "at b": "b",
        "before": "(not_delivered)",
        "last minute": "c",
        "late": "(outside_window)",
        "nobody": "(no_message)",
    }


def test_events_wait_for_their_messages_and_reports(feed, tenant):
    event(tenant, "e", 20)
    assert attributed() == {"e": "(no_message)"}
    apply(feed, message("a", 0, code=1000))
    assert attributed() == {"e": "(not_delivered)"}
    apply(feed, message("b", 5))
    assert attributed() == {"e": "b"}
    apply(feed, message("a", 8, code=1001))
    assert attributed() == {"e": "a"}
    assert not ConversionDue.objects.exists()


def test_of_equal_times_the_later_sent_and_then_the_greater_id_is_taken(feed, tenant):
    later_sent = message("a", 10) | {"sentTimestamp": "2026-11-18T08:09:30Z"}
    apply(feed, later_sent, message("b", 10), message("x", 10, OTHER), message("y", 10, OTHER))
    event(tenant, "sent", 12)
    event(tenant, "id", 12, OTHER)
    assert attributed() == {"sent": "a", "id": "y"}


def test_event_with_a_campaign_takes_only_messages_of_that_campaign_as_it_is_shown(feed, tenant):
    apply(feed, message("a", 0, campaign="autumn"), message("b", 5, campaign="winter"), message("c", 6, campaign="x"))
    autumn, winter = (Campaign.objects.get(name=name) for name in ("autumn", "winter"))
    event(tenant, "of autumn", 20, campaign=autumn)
    event(tenant, "of nothing", 20, OTHER, campaign=autumn)
    event(tenant, "of none", 20, campaign=Campaign.objects.create(tenant=tenant, name="empty"))
    assert attributed() == {"of autumn": "a", "of nothing": "(no_message)", "of none": "(other_campaign)"}

    merge(campaign=winter, into=autumn, actor="test")
    assert attributed()["of autumn"] == "b"


def test_event_with_a_message_id_needs_a_message_of_the_tenant_and_no_window(feed, tenant, other_tenant):
    apply(feed, message("late", 0), message("failed", 0, code=1006), message("theirs", 0, partner="baltic-ee"))
    for id_ in ("late", "failed", "theirs", "missing"):
        event(tenant, id_, 3 * DAY, None, account_id=feed.account_id, message_id=id_)
    found = attributed()
    assert found == {"late": "late", "failed": "failed", "theirs": "(no_message)", "missing": "(no_message)"}


def test_windows_of_a_campaign_a_kind_and_a_tenant(feed, tenant):
    apply(feed, message("a", 0, campaign="autumn"), message("b", 0, OTHER, campaign="winter"))
    short = kind(tenant, "code confirmed", window_minutes=10)
    for id_, minute, number, of in (
        ("kind", 11, NUMBER, short), ("tenant", 25, NUMBER, None), ("campaign", 41, OTHER, None),
        ("campaign first", 39, OTHER, short),
    ):  # fmt: skip
        event(tenant, id_, minute, number, kind=of or kind(tenant))
    ConversionWindow.objects.create(tenant=tenant, minutes=20)
    ConversionWindow.objects.create(tenant=tenant, campaign=Campaign.objects.get(name="winter"), minutes=40)
    outside = "(outside_window)"
    assert attributed() == {"kind": outside, "tenant": outside, "campaign": outside, "campaign first": "b"}


def test_tenants_without_events_get_no_notes(feed, tenant, other_tenant, django_assert_num_queries):
    apply(feed, message("a", 0))
    assert not ConversionDue.objects.exists()
    event(tenant, "e", 5)
    assert attribute_due() == 1
    apply(feed, message("theirs", 0, partner="baltic-ee"), message("b", 4))
    assert [(due.tenant_id, due.message_id) for due in ConversionDue.objects.all()] == [(tenant.id, "b")]
