"""Owners of messages, and the daily limits of new partner IDs and campaigns (docs/link.md section 5.9)."""

from datetime import date, timedelta

import pytest

from campaigns.models import Campaign, RefIdScheme
from deliveries.messages import fold
from deliveries.models import Message
from portal.tenants.models import PartnerId
from tests.deliveries.applied import NOW, apply, reports_of, rows, shop
from tests.deliveries.helpers import dlr

pytestmark = pytest.mark.django_db


def test_message_without_a_partner_is_in_the_pool(feed, tenant):
    apply(feed, dlr("m1", refId="sale"), shop("m2", partner="nobody", refId="sale"))

    pool = feed.account.pool_id
    assert set(Message.objects.values_list("message_id", "tenant_id", "partner_id", "campaign_id")) == {
        ("m1", pool, "", 0),
        ("m2", pool, "nobody", 0),
    }
    new = PartnerId.objects.get(value="nobody")
    assert (new.account_id, new.tenant_id, new.first_seen_at, new.declared_at) == (feed.account_id, pool, NOW, None)
    assert not Campaign.objects.exists()


def test_unmapped_partner_does_not_fall_through_to_the_next_source(feed, tenant):
    apply(
        feed,
        dlr("m1", gateCustomParameters={"platformPartnerId": "x"}, customParameters={"platformPartnerId": "nr-fi"}),
    )

    assert Message.objects.get().tenant_id == feed.account.pool_id


def test_feeds_own_partner_is_the_last_source(feed, tenant, other_tenant):
    feed.default_partner_id = "nr-fi"
    feed.save()
    apply(feed, dlr("m1"), shop("m2", partner="baltic-ee"))

    assert dict(Message.objects.values_list("message_id", "tenant_id")) == {"m1": tenant.id, "m2": other_tenant.id}


def test_partner_that_becomes_known_moves_the_message_to_its_tenant(feed, tenant):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    tenant.timezone = "America/Sao_Paulo"
    tenant.save()
    apply(feed, dlr("m1", 1000, refId="sale|A", sentTimestamp="2026-11-01T01:00:00Z"))
    pool = feed.account.pool_id
    assert reports_of("m1") == [(pool, date(2026, 11, 1), None, 1000)]
    assert rows("daily_count", "tenant_id", "day", "messages") == [(pool, date(2026, 11, 1), 1)]

    apply(feed, shop("m1", 1001))

    message = Message.objects.get()
    assert (message.tenant_id, message.day, message.variant) == (tenant.id, date(2026, 10, 31), "A")
    assert message.campaign_id == Campaign.objects.get(tenant=tenant, name="sale").id
    assert reports_of("m1") == [
        (tenant.id, date(2026, 10, 31), None, 1000),
        (tenant.id, date(2026, 10, 31), None, 1001),
    ]
    for table in ("daily_count", "campaign_count"):
        assert rows(table, "tenant_id", "day", "messages") == [(tenant.id, date(2026, 10, 31), 1)]
    assert rows("hour_count", "tenant_id", "messages") == [(tenant.id, 1)]


# --- limits of new names


def test_campaigns_over_the_daily_limit_are_counted_as_other(feed, tenant, settings):
    settings.NEW_CAMPAIGNS_PER_DAY = 2
    apply(feed, *(shop(f"m{n}", 1000, refId=f"c{n}") for n in range(4)))

    names = dict(Campaign.objects.values_list("name", "id"))
    assert sorted(names) == ["c0", "c1"]
    assert dict(Message.objects.values_list("message_id", "campaign_id")) == {
        "m0": names["c0"],
        "m1": names["c1"],
        "m2": -1,
        "m3": -1,
    }
    assert rows("campaign_count", "campaign_id", "messages") == [(-1, 2), (names["c0"], 1), (names["c1"], 1)]


def test_campaign_over_the_limit_is_one_on_the_next_day_for_new_messages_alone(feed, tenant, settings):
    settings.NEW_CAMPAIGNS_PER_DAY = 1
    apply(feed, shop("m0", 1000, refId="a"), shop("m1", 1000, refId="b"))
    apply(feed, shop("m1", 1000, refId="b"), shop("m1", 1001, refId="b"), now=NOW + timedelta(days=1))
    apply(feed, shop("m2", 1000, refId="b"), now=NOW + timedelta(days=1))

    ids = dict(Campaign.objects.values_list("name", "id"))
    assert dict(Message.objects.values_list("message_id", "campaign_id")) == {"m0": ids["a"], "m1": -1, "m2": ids["b"]}


def test_limit_of_one_tenant_is_not_anothers(feed, tenant, other_tenant, settings):
    settings.NEW_CAMPAIGNS_PER_DAY = 1
    apply(feed, shop("m0", refId="a"), shop("m1", refId="b"), shop("m2", partner="baltic-ee", refId="b"))

    assert set(Campaign.objects.values_list("tenant_id", "name")) == {(tenant.id, "a"), (other_tenant.id, "b")}


def test_known_campaigns_do_not_count_against_the_limit(feed, tenant, settings):
    settings.NEW_CAMPAIGNS_PER_DAY = 1
    Campaign.objects.create(tenant=tenant, name="known", created_at=NOW - timedelta(days=1))
    apply(feed, shop("m0", refId="known"), shop("m1", refId="new"))

    assert not Message.objects.filter(campaign_id=-1).exists()


def test_partners_over_the_daily_limit_are_counted_as_other(feed, tenant, settings):
    settings.NEW_PARTNER_IDS_PER_DAY = 1
    apply(feed, shop("m0", partner="p0"), shop("m1", partner="p1"), shop("m2", partner="p2"), shop("m3"))

    pool = feed.account.pool_id
    assert sorted(PartnerId.objects.values_list("value", flat=True)) == ["nr-fi", "p0"]
    assert set(Message.objects.values_list("message_id", "tenant_id", "partner_id", "flags")) == {
        ("m0", pool, "p0", 0),
        ("m1", pool, "p1", fold.PARTNER_OVER_LIMIT),
        ("m2", pool, "p2", fold.PARTNER_OVER_LIMIT),
        ("m3", tenant.id, "nr-fi", 0),
    }
    assert rows("daily_count", "tenant_id", "partner_id", "messages") == sorted(
        [(pool, "(other)", 2), (pool, "p0", 1), (tenant.id, "nr-fi", 1)]
    )


def test_partner_over_the_limit_is_counted_by_its_name_once_it_is_known(feed, tenant, settings):
    settings.NEW_PARTNER_IDS_PER_DAY = 0
    apply(feed, shop("m1", 1000, partner="p1"))
    assert rows("daily_count", "partner_id", "messages") == [("(other)", 1)]

    PartnerId.objects.create(account=feed.account, value="p1", tenant=tenant, declared_at=NOW)
    apply(feed, shop("m1", 1001, partner="p1"))

    assert rows("daily_count", "tenant_id", "partner_id", "messages") == [(tenant.id, "p1", 1)]
    assert Message.objects.get().flags == 0
