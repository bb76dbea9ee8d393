"""Attribution does not depend on the order in which things happen: a property against a naive recount."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.conversions.models import ConversionEvent
from campaigns.merging import merge, separate
from campaigns.models import Campaign, SegmentKey
from deliveries.attributing.attribute import attribute_due
from deliveries.attributing.windows import set_campaign_window, set_tenant_window
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.messages.recipients import recipient_keys
from deliveries.models import ConversionWindow, Message, PartnerMove
from deliveries.rederiving.moves import run_moves
from deliveries.retention.retention import apply_retention
from portal.tenants.models import PartnerId, Tenant
from tests.attributing.sample import NUMBER, OTHER, apply, at, event, kind, message
from tests.hypothesis_profile import examples

pytestmark = pytest.mark.django_db

DAY = 24 * 60
minutes = st.integers(0, 40)
ids = st.sampled_from("abcdef")
numbers = st.sampled_from([NUMBER, OTHER])
values = st.sampled_from(["x", "y", "z"])
kinds = st.sampled_from(["purchase", "visit", "sign-up"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("report"), ids, minutes, st.sampled_from([1000, 1001, 1001, 1006])),
        st.tuples(st.just("event"), numbers, minutes, st.sampled_from(["", "autumn", "winter"]), kinds),
        st.tuples(st.just("event by"), st.sampled_from(["order", "order", "unknown"]), values, minutes, kinds),
        st.tuples(st.just("event of"), ids),
        st.tuples(st.just("window"), st.sampled_from(["", "autumn", "winter"]), st.sampled_from([None, 4, 20])),
        st.tuples(st.just("seal")),
        st.tuples(st.just("undo"), st.integers(0, 9)),
        st.tuples(st.just("attribute")),
        st.tuples(st.just("erase"), numbers),
        st.tuples(st.just("move")),
        st.tuples(st.just("merge")),
    ),
    min_size=4,
    max_size=18,
)
WINDOWS = {"purchase": 12, "visit": 2 * DAY, "sign-up": None}  # minutes of each kind; None: that of the tenant


class _Rolled(Exception):
    pass


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of an example are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


# Each of these has what a change of the rule may forget, whatever is drawn.
BY_WINDOW = [
    ("report", "a", 0, 1001),
    ("report", "c", 1, 1001),
    ("event", NUMBER, 6, "autumn", "purchase"),
    ("event", NUMBER, 6, "winter", "purchase"),
    ("event", NUMBER, 6, "autumn", "sign-up"),
    ("event", NUMBER, 30, "autumn", "visit"),
    ("event by", "order", "x", 6, "sign-up"),
    ("event by", "order", "y", 6, "sign-up"),
    ("event by", "unknown", "x", 6, "sign-up"),
    ("window", "", 4),
    ("window", "autumn", 20),
]
BY_DAY = [
    ("report", "e", 0, 1001),
    ("report", "f", 0, 1000),
    ("event", NUMBER, 5, "", "visit"),
    ("event by", "order", "x", 5, "visit"),
    ("seal",),
    ("event", NUMBER, 7, "", "visit"),
    ("report", "f", 1, 1001),
    ("report", "a", 6, 1001),
    ("event by", "order", "x", 8, "visit"),
    ("merge",),
]


@given(steps=STEPS)
@example(steps=BY_WINDOW)
@example(steps=[*BY_WINDOW, ("merge",), ("window", "autumn", None), ("window", "winter", 20)])
@example(steps=BY_DAY)
@examples(30, long=600)
def test_result_is_that_of_a_naive_recount(feed, tenant, other_tenant, steps):
    with pytest.raises(_Rolled), transaction.atomic():
        run(steps, feed, tenant, other_tenant)
        raise _Rolled


def run(steps, feed, tenant, other_tenant) -> None:
    for name in ("autumn", "winter"):
        Campaign.objects.create(tenant=tenant, name=name)
    PartnerId.objects.create(account=feed.account, value="movable", tenant=tenant, declared_at=at(0))
    SegmentKey.objects.create(tenant=tenant, key="order", state="done")
    has_moved = False
    frozen: dict[str, tuple] = {}
    for number, (what, *of) in enumerate(steps):
        if what == "report":
            apply(feed, report_of(*of))
        elif what == "event":
            to, minute, name, kind_ = of
            campaign = Campaign.objects.get(tenant=tenant, name=name) if name else None
            event(tenant, f"e{number}", minute, to, campaign=campaign, kind=made(tenant, kind_))
        elif what == "event by":
            key, value, minute, kind_ = of
            by = {"parameter_key": key, "parameter_value": value, "kind": made(tenant, kind_)}
            event(tenant, f"e{number}", minute, None, **by)
        elif what == "event of":
            by = {"account_id": feed.account_id, "message_id": of[0], "kind": made(tenant, "purchase")}
            event(tenant, f"e{number}", 5, None, **by)
        elif what == "undo":
            ConversionEvent.objects.filter(event_id=f"e{of[0]}").delete()
        elif what == "attribute":
            attribute_due()
        elif what == "window":
            name, window = of
            if name:
                set_campaign_window(Campaign.objects.get(tenant=tenant, name=name), window, actor="test")
            elif window:
                set_tenant_window(tenant, window, actor="test")
        elif what == "seal":
            attribute_due()
            check(tenant, frozen)
            Tenant.objects.filter(id=tenant.id).update(message_days=30, number_days=30)
            apply_retention(now=at(0) + timedelta(days=30))
            frozen = {one.event_id: outcome(one) for one in ConversionEvent.objects.filter(is_frozen=True)}
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
    check(tenant, frozen)


def report_of(id_: str, minute: int, code: int) -> dict:
    """Return a report of a message; those of e and f were sent a day earlier, and can be sealed."""
    to, campaign = (NUMBER, OTHER)[id_ in "bd"], ("autumn", "winter")[id_ in "cd"]
    earlier = DAY if id_ in "ef" else 0
    sent = {"sentTimestamp": f"{at(ord(id_) % 3 - 1 - earlier):%Y-%m-%dT%H:%M:%SZ}"}
    partner = "movable" if id_ in "ab" else "nr-fi"
    more = {"campaign": campaign, "partner": partner, "order": "xy"[id_ in "bcf"]}
    return message(id_, minute - earlier, to, code=code, **more) | sent


def made(tenant, name: str):
    return kind(tenant, name, window_minutes=WINDOWS[name])


def outcome(found: ConversionEvent) -> tuple:
    return found.attributed_message_id, found.reason, found.attributed_message_day, found.attributed_campaign_id


def check(tenant, frozen: dict[str, tuple]) -> None:
    """Compare each event with the naive recount, and frozen ones with what they were when they were frozen."""
    for found in ConversionEvent.objects.select_related("kind", "campaign"):
        if found.event_id in frozen:
            assert outcome(found) == frozen[found.event_id]
            continue
        message_id, reason = expected(found, tenant)
        assert found.attributed_message_id == message_id, (found.event_id, reason)
        # That it was another customer's message is known of an event that was attributed to it alone.
        assert found.reason in ({reason, "moved"} if reason else {""})
        if message_id:
            stored = Message.objects.get(message_id=message_id)
            copied = (found.attributed_message_day, found.attributed_campaign_id, found.attributed_variant)
            assert copied == (stored.day, stored.campaign_id, stored.variant)


def expected(found: ConversionEvent, tenant) -> tuple[str | None, str]:
    """Return the message id or None, and the reason, by looking at every message."""
    messages = list(Message.objects.filter(tenant=tenant))
    if found.message_id:
        own = [one for one in messages if one.message_id == found.message_id]
        return (own[0].message_id, "") if own else (None, "no_message")
    if found.parameter_key == "unknown":
        return None, "not_indexed"
    if found.parameter_key:
        messages = [one for one in messages if one.custom_parameters.get("order") == found.parameter_value]
    else:
        messages = [one for one in messages if bytes(one.recipient_key or b"") == bytes(found.recipient_key)]
    if not messages:
        return None, "no_message"
    known = {one.id: one for one in Campaign.objects.filter(tenant=tenant)}
    if found.campaign_id:
        shown = found.campaign.merged_into_id or found.campaign_id
        group = {one.id for one in known.values() if (one.merged_into_id or one.id) == shown}
        messages = [one for one in messages if one.campaign_id in group]
    if not messages:
        return None, "other_campaign"
    messages = [one for one in messages if one.status == "delivered" and one.delivered_at <= found.occurred_at]
    if not messages:
        return None, "not_delivered"
    windows = dict(ConversionWindow.objects.filter(tenant=tenant).values_list("campaign_id", "minutes"))
    others = found.kind.window_minutes or windows.get(None, DAY)
    in_time = []
    for one in messages:
        window = windows.get(known[one.campaign_id].merged_into_id or one.campaign_id, others)
        if found.occurred_at - one.delivered_at <= timedelta(minutes=window):
            in_time.append(one)
    if not in_time:
        return None, "outside_window"
    return max(in_time, key=lambda one: (one.delivered_at, one.sent_at, one.message_id)).message_id, ""


def test_keys_of_the_recount_are_those_of_events(tenant):
    made = event(tenant, "e", 0)
    assert made.recipient_key == recipient_keys().of_number(NUMBER[1:], tenant_id=tenant.id)
