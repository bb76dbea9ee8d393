"""A tenant's messages are recalculated after its rules changed."""

import pytest
from django.utils import timezone

from campaigns.models import RefIdScheme
from deliveries.checks.reconcile import find_differences
from deliveries.models import CampaignCount, DailyCount, Message, TenantRecount
from deliveries.rederiving.recount import request_recount, run_recounts
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db


def report(id_: str, partner: str = "nr-fi") -> dict:
    return dlr(
        id_,
        sentTimestamp="2026-10-31T22:30:00Z",  # 1 November in Helsinki and in Tallinn
        timestamp="2026-10-31T22:30:05Z",
        refId="autumn|A",
        gateCustomParameters={"platformPartnerId": partner},
    )


def test_changed_zone_and_scheme_are_applied_to_what_is_there(feed, tenant, other_tenant):
    apply(feed, report("a"), report("b"), report("other", "baltic-ee"))
    tenant.timezone = "America/New_York"
    tenant.save()
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    recount = request_recount(tenant=tenant, reason="time zone", now=timezone.now())

    shown = []
    assert run_recounts(progress=lambda recount: shown.append((recount.done, recount.total, recount.changed))) == 1

    assert shown == [(0, 2, 0), (2, 2, 2), (2, 2, 2)]
    recount.refresh_from_db()
    assert (recount.state, recount.attempts) == ("done", 1)
    campaign = tenant.campaigns.get(name="autumn")
    assert sorted(Message.objects.values_list("message_id", "day__month", "campaign_id", "variant")) == [
        ("a", 10, campaign.id, "A"),
        ("b", 10, campaign.id, "A"),
        ("other", 11, other_tenant.campaigns.get().id, ""),
    ]
    counted = CampaignCount.objects.exclude(messages=0).values_list("tenant_id", "day__month", "variant", "messages")
    assert sorted(counted) == [(tenant.id, 10, "A", 2), (other_tenant.id, 11, "", 1)]
    assert sorted(DailyCount.objects.exclude(messages=0).values_list("tenant_id", "day__month")) == [
        (tenant.id, 10),
        (other_tenant.id, 11),
    ]
    assert find_differences() == []


def test_recount_left_by_a_killed_process_goes_on_after_what_it_did(feed, tenant):
    apply(feed, report("a"), report("b"), report("c"))
    tenant.timezone = "UTC"
    tenant.save()
    recount = request_recount(tenant=tenant, reason="time zone", now=timezone.now())
    TenantRecount.objects.filter(id=recount.id).update(
        state="running", lease_until=timezone.now(), done=1, after_account_id=feed.account_id, after_message_id="a"
    )
    assert run_recounts() == 1
    recount.refresh_from_db()
    assert (recount.done, recount.changed) == (3, 2)


def test_newer_request_replaces_the_one_that_has_not_begun(tenant):
    request_recount(tenant=tenant, reason="time zone", now=timezone.now())
    second = request_recount(tenant=tenant, reason="refId scheme", now=timezone.now())
    assert list(TenantRecount.objects.all()) == [second]
