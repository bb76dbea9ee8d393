"""Messages moving to the tenant of their platformPartnerId."""

import pytest
from django.utils import timezone

from deliveries.checks.reconcile import find_differences
from deliveries.models import DailyCount, DeliveryReport, Message, PartnerMove
from deliveries.rederiving.moves import run_moves
from portal.tenants.models import PartnerId
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db


def late_report(id_: str, ref_id: str = "autumn|A") -> dict:
    # 22:30 UTC on 31 October is 1 November in Helsinki and in Tallinn, still October in UTC
    return dlr(
        id_,
        sentTimestamp="2026-10-31T22:30:00Z",
        timestamp="2026-10-31T22:30:05Z",
        refId=ref_id,
        gateCustomParameters={"platformPartnerId": "later"},
    )


def declare(account, tenant, value: str = "later") -> PartnerMove:
    PartnerId.objects.filter(account=account, value=value).update(tenant=tenant, declared_at=timezone.now())
    return PartnerMove.objects.create(tenant=tenant, partner=PartnerId.objects.get(account=account, value=value))


def test_declared_partner_id_brings_its_messages_with_all_that_is_derived(account, feed, tenant):
    tenant.timezone = "UTC"
    tenant.save()
    apply(feed, late_report("a"), late_report("b"), dlr("stays", timestamp="2026-10-31T22:30:05Z"))
    assert list(Message.objects.values_list("tenant_id", "day__month", "campaign_id").distinct().order_by("day")) == [
        (account.pool_id, 11, 0)
    ]
    move = declare(account, tenant)

    shown = []
    assert run_moves(progress=lambda move: shown.append((move.done, move.total))) == 1

    assert shown == [(0, 2), (2, 2), (2, 2)]
    move.refresh_from_db()
    assert (move.state, move.done, move.total) == ("done", 2, 2)
    campaign = tenant.campaigns.get()
    assert campaign.name == "autumn|A"  # the tenant has no scheme: the whole refId
    assert sorted(Message.objects.values_list("message_id", "tenant_id", "day__month", "campaign_id")) == [
        ("a", tenant.id, 10, campaign.id),
        ("b", tenant.id, 10, campaign.id),
        ("stays", account.pool_id, 11, 0),
    ]
    assert sorted(DeliveryReport.objects.values_list("message_id", "tenant_id", "day__month")) == [
        ("a", tenant.id, 10),
        ("b", tenant.id, 10),
        ("stays", account.pool_id, 11),
    ]
    assert sorted(DailyCount.objects.exclude(messages=0).values_list("tenant_id", "partner_id", "messages")) == [
        (account.pool_id, "", 1),
        (tenant.id, "later", 2),
    ]
    assert find_differences() == []


def test_partner_id_given_away_twice_ends_with_its_last_owner(account, feed, tenant, other_tenant):
    apply(feed, late_report("a"), late_report("b"))
    first = declare(account, tenant)
    second = declare(account, other_tenant)

    assert run_moves() == 2

    assert set(Message.objects.values_list("tenant_id", flat=True)) == {other_tenant.id}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.done, second.state, second.done) == ("done", 0, "done", 2)
    assert find_differences() == []


def test_report_after_the_declaration_goes_to_the_tenant_at_once(account, feed, tenant):
    apply(feed, late_report("a"))
    declare(account, tenant)
    apply(feed, late_report("c"), dlr("a", 1006, timestamp="2026-11-01T08:00:00Z"))

    assert dict(Message.objects.values_list("message_id", "tenant_id")) == {"a": tenant.id, "c": tenant.id}
    assert find_differences() == []


def test_move_left_by_a_killed_process_is_taken_up_when_its_lease_is_over(account, feed, tenant):
    apply(feed, late_report("a"))
    move = declare(account, tenant)
    PartnerMove.objects.filter(id=move.id).update(
        state="running", attempts=1, lease_until=timezone.now() + timezone.timedelta(seconds=60)
    )
    assert run_moves() == 0
    PartnerMove.objects.filter(id=move.id).update(lease_until=timezone.now())
    assert run_moves() == 1
    move.refresh_from_db()
    assert (move.state, move.attempts, move.done) == ("done", 2, 1)
