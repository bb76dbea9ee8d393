"""Messages of a tenant that does not own their partner ID at the time of sending are found, named and moved."""

from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command

from deliveries.checks.reconcile import find_differences
from deliveries.models import Message, PartnerMove, RetentionMark
from deliveries.rederiving.moves import run_moves
from portal.tenants.models import EarlierOwner, PartnerId
from tests.deliveries.applied import shop
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 1)
MIDNIGHT = datetime(2026, 10, 31, 22, tzinfo=UTC)  # of 1 November in Tallinn, and in Helsinki


def sent(id_: str, at: str) -> dict:
    return shop(id_, 1001, sentTimestamp=f"{at}Z", timestamp=f"{at}Z")


@pytest.fixture
def messages(feed, tenant):
    """One message of nr-fi right before 1 November, one right at its beginning, one later."""
    apply(feed, sent("october", "2026-10-31T21:59:59"), sent("first", "2026-10-31T22:00:00"))
    apply(feed, sent("later", "2026-11-15T10:00:00"))


def hand_over_without_a_move(tenant, other_tenant) -> PartnerId:
    partner = PartnerId.objects.get(value="nr-fi")
    EarlierOwner.objects.create(partner=partner, tenant=tenant, until_at=MIDNIGHT, until_day=NOVEMBER)
    PartnerId.objects.filter(id=partner.id).update(tenant=other_tenant)
    return partner


def whose() -> dict[str, str]:
    return dict(Message.objects.values_list("message_id", "tenant__slug"))


def line(feed, tenant, owner, messages: int) -> str:
    place = f"account_id={feed.account_id} partner_id=nr-fi tenant_id={tenant.id}"
    return f"message: {place}: {messages} messages belong to tenant_id={owner.id}"


def test_owners_and_messages_that_agree_are_no_difference(messages, other_tenant):
    assert find_differences() == []


def test_messages_of_a_wrong_tenant_are_found_and_moved_by_the_time_of_sending(
    feed, messages, tenant, other_tenant, capsys
):
    hand_over_without_a_move(tenant, other_tenant)

    with pytest.raises(SystemExit):
        call_command("reconcile")
    assert capsys.readouterr().out.splitlines() == [line(feed, tenant, other_tenant, 2)]
    assert PartnerMove.objects.count() == 0

    with pytest.raises(SystemExit):
        call_command("reconcile", repair=True)
    assert capsys.readouterr().out.splitlines() == [
        line(feed, tenant, other_tenant, 2),
        "0 differences repaired",
        "1 left to moves, which are queued for the worker",
    ]
    assert PartnerMove.objects.values_list("tenant", "state", "total").get() == (other_tenant.id, "queued", 2)
    assert find_differences() == []  # the open move is to bring them over

    assert run_moves() == 1
    assert whose() == {"october": "nordic-retail", "first": "baltic-parcel", "later": "baltic-parcel"}
    assert find_differences() == []


def test_each_period_is_compared_with_its_own_owner(feed, messages, tenant, other_tenant):
    partner = hand_over_without_a_move(tenant, other_tenant)
    EarlierOwner.objects.filter(partner=partner).update(tenant=other_tenant)
    PartnerId.objects.filter(id=partner.id).update(tenant=tenant)  # the other one had it until November

    assert [str(difference) for difference in find_differences()] == [line(feed, tenant, other_tenant, 1)]


def test_sealed_days_are_left_out_on_either_side(feed, messages, tenant, other_tenant):
    PartnerId.objects.filter(value="nr-fi").update(tenant=other_tenant)
    assert [str(difference) for difference in find_differences()] == [line(feed, tenant, other_tenant, 3)]

    sealed = {"hours_before": MIDNIGHT, "messages_before": NOVEMBER}
    for owner in (tenant, other_tenant):
        mark = RetentionMark.objects.create(tenant=owner, **sealed)
        assert [str(difference) for difference in find_differences()] == [line(feed, tenant, other_tenant, 2)]
        mark.delete()


def test_open_move_of_the_partner_id_holds_the_comparison_back(messages, tenant, other_tenant):
    partner = hand_over_without_a_move(tenant, other_tenant)
    move = PartnerMove.objects.create(tenant=other_tenant, partner=partner, state="running")
    assert find_differences() == []

    PartnerMove.objects.filter(id=move.id).update(state="done")
    assert len(find_differences()) == 1
