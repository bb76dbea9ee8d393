"""Merged campaigns: shown as one everywhere, exact on every day, and separated as they were."""

from datetime import date

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from campaigns.merging import MergeError, ids_of_names, merge, separate
from campaigns.models import Campaign
from campaigns.selectors import campaign_names
from deliveries.counts.rollups import roll_up
from deliveries.models import CampaignCount, Message
from deliveries.rederiving.recount import request_recount
from deliveries.search.find import MessageQuery, search
from deliveries.search.totals import total as search_total
from deliveries.tasks import resume_recounts
from portal.accounts.models import AuditEntry
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import statistics, total
from reports.figures.top_campaigns import campaigns
from reports.monthly.selector import MonthScope, month_figures
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.test_overview import sent

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 20)
NAMES = ("autumn", "autumn-2", "spring")


def fill(feed) -> None:
    apply(
        feed,
        sent("a1", 1001, "2026-11-02T10:00:00", 5, refId="autumn"),
        sent("a2", 1006, "2026-11-03T10:00:00", refId="autumn"),
        sent("b1", 1001, "2026-11-03T11:00:00", 50, refId="autumn-2"),
        sent("b2", 1001, "2026-11-04T11:00:00", 7, refId="autumn-2"),
        sent("c1", 1006, "2026-11-04T12:00:00", refId="spring"),
        sent("n1", 1001, "2026-11-04T12:00:00", 3),
    )


def by_campaign(tenant_ids, *names: str) -> dict:
    query = StatisticsQuery(tenant_ids=tenant_ids, first=FIRST, last=LAST, group_by=("campaign", *names))
    return {tuple(group.key.values()): group.kpis for group in statistics(query)}


def named(tenant, name) -> Campaign:
    return Campaign.objects.get(tenant=tenant, name=name)


@pytest.fixture
def merged(feed, tenant) -> Tenant:
    fill(feed)
    merge(campaign=named(tenant, "autumn-2"), into=named(tenant, "autumn"), actor="manager@example.com")
    return tenant


def test_merged_campaign_counts_where_it_is_shown(merged):
    found = by_campaign([merged.id])

    assert {key[0]: kpis.volume.messages for key, kpis in found.items()} == {"autumn": 4, "spring": 1, "": 1}
    assert sum(found[("autumn",)].latency.values()) == 3
    query = StatisticsQuery(tenant_ids=[merged.id], first=FIRST, last=LAST)
    rows, others = campaigns(query, latency=total(query).latency)
    assert [(row.name, row.kpis.volume.messages, sum(row.kpis.latency.values())) for row in rows] == [
        ("autumn", 4, 3),
        ("spring", 1, 0),
    ]
    assert others.without.volume.messages == 1


@pytest.mark.parametrize("name", ["autumn", "autumn-2"])
def test_either_name_finds_the_messages_of_both(merged, name):
    query = MessageQuery(tenant_ids=frozenset([merged.id]), campaign=name)

    page = search(query)

    assert [message.folded.message_id for message in page.messages] == ["b2", "b1", "a2", "a1"]
    assert set(page.campaigns.values()) == {"autumn"}
    assert search_total(query) == 4
    figures = total(StatisticsQuery(tenant_ids=[merged.id], first=FIRST, last=LAST, filters={"campaign": [name]}))
    assert figures.volume.messages == 4


def test_workbook_has_one_row(merged):
    figures = month_figures(scope=MonthScope(merged), month=Month.parse("2026-11"), kind="provisional", revision=1)

    assert {key[0]: volume.messages for key, volume in figures.campaigns.items()} == {"autumn": 4, "spring": 1, "": 1}


def test_completion_offers_what_is_shown(merged):
    assert campaign_names(tenant_ids=frozenset([merged.id]), prefix="aut", masking=Masking(True)) == ["autumn"]
    assert campaign_names(tenant_ids=frozenset([merged.id]), masking=Masking(True)) == ["autumn", "spring"]


def test_same_name_of_another_customer_is_found_by_itself(merged, other_tenant, feed):
    apply(feed, sent("o1", 1001, "2026-11-04T12:00:00", refId="autumn-2", partner="baltic-ee"))

    found = ids_of_names([merged.id, other_tenant.id], ["autumn-2"])

    assert found == {(other_tenant.id, named(other_tenant, "autumn-2").id)}
    assert by_campaign([merged.id, other_tenant.id])[("autumn-2",)].volume.messages == 1


def test_merge_survives_a_recount_and_rolled_up_days(merged, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    before = by_campaign([merged.id], "day")
    counts = sorted(CampaignCount.objects.values_list("day", "campaign_id", "messages"))

    roll_up(now=NOW)
    assert by_campaign([merged.id], "day") == before
    request_recount(tenant=merged, reason="test", now=NOW)
    resume_recounts()

    assert by_campaign([merged.id], "day") == before
    assert sorted(CampaignCount.objects.filter(messages__gt=0).values_list("day", "campaign_id", "messages")) == counts
    assert Message.objects.filter(campaign_id=named(merged, "autumn-2").id).count() == 2


def test_merging_into_a_merged_one_leads_to_what_that_is_shown_as(merged):
    target = merge(campaign=named(merged, "spring"), into=named(merged, "autumn-2"), actor="x")

    assert target.name == "autumn"
    assert named(merged, "spring").merged_into == target


@pytest.mark.parametrize(
    ("campaign", "into", "reason"),
    [
        ("autumn", "autumn", "A campaign cannot be merged into itself."),
        ("autumn", "autumn-2", "A campaign cannot be merged into itself."),  # which would be a cycle
        ("autumn-2", "autumn", "The campaign is merged into that one already."),
        ("autumn", "spring", "Other campaigns are merged into this one. Separate them first."),
    ],
)
def test_chains_and_cycles_are_refused(merged, campaign, into, reason):
    with pytest.raises(MergeError) as error:
        merge(campaign=named(merged, campaign), into=named(merged, into), actor="x")

    assert str(error.value) == reason


def test_campaigns_of_two_customers_are_not_merged(merged, other_tenant):
    other = Campaign.objects.create(tenant=other_tenant, name="x")

    with pytest.raises(MergeError, match="Both campaigns must belong to the same customer"):
        merge(campaign=other, into=named(merged, "autumn"), actor="x")


def test_merging_and_separating_is_in_the_audit_log(merged):
    separate(campaign=named(merged, "autumn-2"), actor="manager@example.com")

    assert separate(campaign=named(merged, "autumn-2"), actor="manager@example.com") is False
    assert [(e.action, e.actor, e.subject, e.details) for e in AuditEntry.objects.order_by("id")] == [
        ("campaign.merged", "manager@example.com", "autumn-2", {"into": "autumn"}),
        ("campaign.separated", "manager@example.com", "autumn-2", {"into": "autumn"}),
    ]


class TestAnyMerges(HypothesisTestCase):
    def setUp(self) -> None:
        zone = "Europe/Helsinki"
        pool = Tenant.objects.create(slug="pool-link-main", name="Pool", kind="pool", timezone=zone)
        account = GatewayAccount.objects.create(name="link-main", platform_id="ACME", timezone=zone, pool=pool)
        self.tenant = Tenant.objects.create(slug="nordic-retail", name="Nordic Retail Oy", timezone=zone)
        PartnerId.objects.create(account=account, value="nr-fi", tenant=self.tenant, declared_at=NOW)
        fill(Feed.objects.create(account=account, name="main", dialect="link"))

    @given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=6))
    @settings(max_examples=40, deadline=None)
    @pytest.mark.any_python
    def test_sums_stay_and_undoing_restores_every_row(self, pairs):
        groupings = ((), ("day",), ("country", "operator"), ("variant",), ("status", "result_code"))
        before = [by_campaign([self.tenant.id], *names) for names in groupings]
        done = []
        for campaign, into in pairs:
            try:
                merge(campaign=named(self.tenant, campaign), into=named(self.tenant, into), actor="x")
            except MergeError:
                continue
            done.append(campaign)

        for names, rows in zip(groupings, before, strict=True):
            shown: dict[tuple, int] = {}
            for (name, *rest), kpis in rows.items():
                campaign = Campaign.objects.filter(tenant=self.tenant, name=name).first()
                key = (campaign.merged_into.name if campaign and campaign.merged_into else name, *rest)
                shown[key] = shown.get(key, 0) + kpis.volume.messages
            found = by_campaign([self.tenant.id], *names)
            assert {key: kpis.volume.messages for key, kpis in found.items()} == shown
        assert not Campaign.objects.filter(merged_into__merged_into__isnull=False).exists()
        for campaign in reversed(done):
            separate(campaign=named(self.tenant, campaign), actor="x")
        assert [by_campaign([self.tenant.id], *names) for names in groupings] == before
