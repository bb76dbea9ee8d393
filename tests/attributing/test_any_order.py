"""Attribution does not depend on the order in which things happen: a property against a naive recount."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from campaigns.conversions.models import ConversionEvent
from campaigns.merging import merge, separate
from campaigns.models import Campaign
from deliveries.attributing.attribute import attribute_due
from deliveries.erasure.erase import erase_number
from deliveries.messages.recipients import recipient_keys
from deliveries.models import Message, PartnerMove
from deliveries.rederiving.moves import run_moves
from portal.tenants.models import PartnerId
from tests.attributing.sample import NUMBER, OTHER, apply, at, event, kind, message
from tests.hypothesis_profile import examples

pytestmark = pytest.mark.django_db

minutes = st.integers(0, 40)
ids = st.sampled_from("abcdef")
numbers = st.sampled_from([NUMBER, OTHER])
campaigns = st.sampled_from(["autumn", "winter"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("report"), ids, minutes, st.sampled_from([1000, 1001, 1001, 1006])),
        st.tuples(st.just("event"), numbers, minutes, st.sampled_from(["", "autumn", "winter"])),
        st.tuples(st.just("event of"), ids),
        st.tuples(st.just("undo"), st.integers(0, 9)),
        st.tuples(st.just("attribute")),
        st.tuples(st.just("erase"), numbers),
        st.tuples(st.just("move")),
        st.tuples(st.just("merge")),
    ),
    min_size=4,
    max_size=18,
)
WINDOW = timedelta(minutes=12)


class _Rolled(Exception):
    pass


@given(steps=STEPS)
@examples(40, long=600)
def test_result_is_that_of_a_naive_recount(feed, tenant, other_tenant, steps):
    with pytest.raises(_Rolled), transaction.atomic():
        run(steps, feed, tenant, other_tenant)
        raise _Rolled


def run(steps, feed, tenant, other_tenant) -> None:
    for name in ("autumn", "winter"):
        Campaign.objects.create(tenant=tenant, name=name)
    PartnerId.objects.create(account=feed.account, value="movable", tenant=tenant, declared_at=at(0))
    kind_window = int(WINDOW.total_seconds() // 60)
    has_moved = False
    for number, (what, *of) in enumerate(steps):
        if what == "report":
            id_, minute, code = of
            to, campaign = (NUMBER, OTHER)[id_ in "bd"], ("autumn", "winter")[id_ in "cd"]
            partner = "movable" if id_ in "ab" else "nr-fi"
            sent = {"sentTimestamp": f"{at(ord(id_) % 3 - 1):%Y-%m-%dT%H:%M:%SZ}"}
            apply(feed, message(id_, minute, to, code=code, campaign=campaign, partner=partner) | sent)
        elif what == "event":
            to, minute, name = of
            campaign = Campaign.objects.get(tenant=tenant, name=name) if name else None
            event(tenant, f"e{number}", minute, to, campaign=campaign, kind=of_window(tenant, kind_window))
        elif what == "event of":
            by = {"account_id": feed.account_id, "message_id": of[0], "kind": of_window(tenant, kind_window)}
            event(tenant, f"e{number}", 5, None, **by)
        elif what == "undo":
            ConversionEvent.objects.filter(event_id=f"e{of[0]}").delete()
        elif what == "attribute":
            attribute_due()
        elif what == "erase":
            erase_number(number=of[0], tenant=tenant, actor="test")
        elif what == "move":
            to, has_moved = tenant if has_moved else other_tenant, not has_moved
            PartnerId.objects.filter(value="movable").update(tenant=to)
            PartnerMove.objects.create(partner=PartnerId.objects.get(value="movable"), tenant=to)
            run_moves()
        elif what == "merge":
            winter = Campaign.objects.get(tenant=tenant, name="winter")
            if not separate(campaign=winter, actor="test"):
                merge(campaign=winter, into=Campaign.objects.get(tenant=tenant, name="autumn"), actor="test")
    attribute_due()
    for found in ConversionEvent.objects.all():
        message_id, reason = expected(found, tenant)
        assert found.attributed_message_id == message_id, (found.event_id, reason)
        # That it was another customer's message is known of an event that was attributed to it alone.
        assert found.reason in ({reason, "moved"} if reason else {""})
        if message_id:
            stored = Message.objects.get(message_id=message_id)
            copied = (found.attributed_message_day, found.attributed_campaign_id, found.attributed_variant)
            assert copied == (stored.day, stored.campaign_id, stored.variant)


def of_window(tenant, minutes: int):
    return kind(tenant, window_minutes=minutes)


def expected(found: ConversionEvent, tenant) -> tuple[str | None, str]:
    """Return the message id or None, and the reason, by looking at every message."""
    messages = list(Message.objects.filter(tenant=tenant))
    if found.message_id:
        own = [one for one in messages if one.message_id == found.message_id]
        return (own[0].message_id, "") if own else (None, "no_message")
    messages = [one for one in messages if bytes(one.recipient_key or b"") == bytes(found.recipient_key)]
    if not messages:
        return None, "no_message"
    if found.campaign_id:
        group = {found.campaign_id}
        shown = found.campaign.merged_into_id or found.campaign_id
        group |= {c.id for c in Campaign.objects.filter(tenant=tenant) if (c.merged_into_id or c.id) == shown}
        messages = [one for one in messages if one.campaign_id in group]
    if not messages:
        return None, "other_campaign"
    messages = [one for one in messages if one.status == "delivered" and one.delivered_at <= found.occurred_at]
    if not messages:
        return None, "not_delivered"
    messages = [one for one in messages if found.occurred_at - one.delivered_at <= WINDOW]
    if not messages:
        return None, "outside_window"
    return max(messages, key=lambda one: (one.delivered_at, one.sent_at, one.message_id)).message_id, ""


def test_keys_of_the_recount_are_those_of_events(tenant):
    made = event(tenant, "e", 0)
    assert made.recipient_key == recipient_keys().of_number(NUMBER[1:], tenant_id=tenant.id)
