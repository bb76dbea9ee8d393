"""Partner IDs handed over from a date: each message is its owner's at the time of sending, and earlier months stay."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import RefIdScheme
from deliveries.checks.reconcile import find_differences
from deliveries.models import DailyCount, Message, PartnerMove, RetentionMark
from deliveries.partner_ids.ownership import PartnerIdError, PartnerIdTaken, declare, reassign
from deliveries.partner_ids.permissions import operator
from deliveries.rederiving.moves import run_moves, to_be_moved
from deliveries.rederiving.partner_messages import Following
from deliveries.retention.retention import apply_retention
from portal.accounts.models import AuditEntry
from portal.tenants.models import EarlierOwner, GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership_periods import owner_at
from portal.tenants.partner_owners import periods_of
from tests.conftest import NOW
from tests.deliveries.applied import reports_of, shop
from tests.deliveries.helpers import apply
from tests.hypothesis_profile import examples

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 1)
DECEMBER = date(2026, 12, 1)
MIDNIGHT = datetime(2026, 10, 31, 22, tzinfo=UTC)  # of 1 November in Tallinn, and in Helsinki


def sent(id_: str, at: str, code: int = 1001, **fields) -> dict:
    return shop(id_, code, sentTimestamp=f"{at}Z", timestamp=f"{at}Z", refId="sale|A", **fields)


def over(tenant: Tenant | None, day: date | None = NOVEMBER):
    """Hand nr-fi over as an operator does."""
    partner = PartnerId.objects.get(value="nr-fi")
    permissions = operator("staff", may_take=True)
    return reassign(partner_id=partner.id, tenant=tenant, permissions=permissions, now=NOW, from_day=day)


def whose() -> dict[str, str]:
    return dict(Message.objects.values_list("message_id", "tenant__slug"))


def counted() -> list[tuple]:
    rows = DailyCount.objects.exclude(messages=0).order_by("tenant__slug", "day")
    return list(rows.values_list("tenant__slug", "day", "messages"))


def test_hand_over_on_the_first_leaves_the_month_before_as_it_was(feed, tenant, other_tenant):
    RefIdScheme.objects.create(tenant=other_tenant, delimiter="|", fields=["campaign", "variant"])
    apply(feed, sent("october", "2026-10-31T21:59:59"), sent("first", "2026-10-31T22:00:00"))
    apply(feed, sent("later", "2026-11-15T10:00:00", 1000))
    before = [row for row in counted() if row[1].month == 10]

    done = over(other_tenant)

    assert (done.following, done.from_at, done.move.total) == (Following(2), MIDNIGHT, 2)
    assert run_moves() == 1
    assert whose() == {"october": "nordic-retail", "first": "baltic-parcel", "later": "baltic-parcel"}
    assert [row for row in counted() if row[1].month == 10] == before
    assert reports_of("later")[0][0] == other_tenant.id
    assert Message.objects.get(message_id="first").variant == "A"
    assert (PartnerMove.objects.get().state, PartnerMove.objects.get().done) == ("done", 2)
    assert find_differences() == []


def test_reports_after_a_hand_over_go_by_the_time_of_sending(feed, tenant, other_tenant):
    apply(feed, sent("october", "2026-10-31T21:59:59", 1000))
    over(other_tenant)
    run_moves()

    late = sent("october", "2026-10-31T21:59:59") | {"timestamp": "2026-11-02T09:00:00Z"}
    apply(feed, late, sent("unknown", "2026-10-20T10:00:00"), sent("new", "2026-11-19T10:00:00"))

    assert whose() == {"october": "nordic-retail", "unknown": "nordic-retail", "new": "baltic-parcel"}
    assert Message.objects.get(message_id="october").status == "delivered"
    assert find_differences() == []


def test_message_goes_back_when_its_earlier_time_of_sending_becomes_known(feed, tenant, other_tenant):
    over(other_tenant)
    apply(feed, sent("a", "2026-11-01T08:00:00", 1000))
    before = whose()

    apply(feed, sent("a", "2026-10-30T08:00:00"))

    assert (before, whose()) == ({"a": "baltic-parcel"}, {"a": "nordic-retail"})
    assert find_differences() == []


def test_date_to_come_needs_no_job(feed, tenant, other_tenant):
    apply(feed, sent("now", "2026-11-19T10:00:00"))

    done = over(other_tenant, DECEMBER)

    assert (done.changed, done.following, done.move, PartnerMove.objects.count()) == (True, Following(), None, 0)
    apply(feed, sent("still", "2026-11-20T11:00:00"))
    then = datetime(2026, 12, 2, tzinfo=UTC)
    apply(feed, sent("then", "2026-12-01T10:00:00"), received_at=then)
    assert whose() == {"now": "nordic-retail", "still": "nordic-retail", "then": "baltic-parcel"}


def test_date_in_a_zone_of_its_own_is_the_new_tenants_midnight(feed, tenant, other_tenant):
    Tenant.objects.filter(id=other_tenant.id).update(timezone="America/New_York")
    other_tenant.refresh_from_db()
    apply(feed, sent("before", "2026-11-01T03:59:59"), sent("after", "2026-11-01T04:00:00"))
    assert counted() == [("nordic-retail", NOVEMBER, 2)]

    done = over(other_tenant)
    run_moves()

    assert (done.following, done.from_at) == (Following(1), datetime(2026, 11, 1, 4, tzinfo=UTC))
    assert whose() == {"before": "nordic-retail", "after": "baltic-parcel"}
    assert counted() == [("baltic-parcel", NOVEMBER, 1), ("nordic-retail", NOVEMBER, 1)]
    # The instant stays when the zone changes, and the same date changes nothing.
    Tenant.objects.filter(id=other_tenant.id).update(timezone="UTC")
    assert not over(Tenant.objects.get(id=other_tenant.id)).changed
    assert EarlierOwner.objects.values_list("until_at", "until_day").get() == (done.from_at, NOVEMBER)


def test_corrected_date_moves_messages_in_both_directions(feed, tenant, other_tenant):
    days = [f"2026-11-{day:02}" for day in (1, 5, 10)]
    apply(feed, sent("old", "2026-10-20T10:00:00"), *(sent(day, f"{day}T10:00:00") for day in days))
    over(other_tenant)
    run_moves()

    later = over(other_tenant, date(2026, 11, 8))
    run_moves()
    after_later = whose()
    earlier = over(other_tenant, date(2026, 11, 3))
    run_moves()

    assert (later.following, later.move.tenant, earlier.following) == (Following(2), tenant, Following(1))
    assert after_later == {
        "old": "nordic-retail",
        days[0]: "nordic-retail",
        days[1]: "nordic-retail",
        days[2]: "baltic-parcel",
    }
    assert whose() == after_later | {days[1]: "baltic-parcel"}
    assert find_differences() == []


def test_without_a_date_everything_goes_and_earlier_owners_have_none(feed, tenant, other_tenant):
    apply(feed, sent("old", "2026-10-20T10:00:00"), sent("new", "2026-11-10T10:00:00"))
    over(other_tenant)
    run_moves()

    done = over(other_tenant, None)
    run_moves()

    assert (done.following, EarlierOwner.objects.count()) == (Following(1), 0)
    assert set(whose().values()) == {"baltic-parcel"}
    assert not over(other_tenant, None).changed
    assert find_differences() == []


def test_taken_back_from_a_date_earlier_messages_stay(feed, tenant):
    apply(feed, sent("old", "2026-10-20T10:00:00"), sent("new", "2026-11-10T10:00:00"))

    done = over(None)
    run_moves()

    assert (done.holder, done.following) == (tenant, Following(1))
    assert whose() == {"old": "nordic-retail", "new": "pool-link-main"}
    actions = AuditEntry.objects.order_by("id").values_list("action", "tenant__slug", "details")
    assert list(actions) == [
        ("partner_id.lost", "nordic-retail", {"messages": 1, "from": "2026-11-01"}),
        ("partner_id.returned", "pool-link-main", {"messages": 1, "from": "2026-11-01"}),
        ("partner_id.moved", "pool-link-main", {"messages": 1}),
    ]
    assert PartnerId.objects.values_list("tenant__slug", "declared_at").get() == ("pool-link-main", None)


def test_declared_from_a_date_earlier_messages_stay_in_the_pool(feed, tenant):
    report = {"gateCustomParameters": {"platformPartnerId": "later"}}
    apply(feed, sent("old", "2026-10-20T10:00:00") | report, sent("new", "2026-11-10T10:00:00") | report)

    for value in ("later", "unheard"):
        declare(account=feed.account, value=value, tenant=tenant, permissions=operator("x"), now=NOW, from_day=NOVEMBER)
    run_moves()
    unheard = {"gateCustomParameters": {"platformPartnerId": "unheard"}}
    apply(feed, sent("u1", "2026-10-20T10:00:00") | unheard, sent("u2", "2026-11-10T10:00:00") | unheard)

    assert whose() == {
        "old": "pool-link-main",
        "new": "nordic-retail",
        "u1": "pool-link-main",
        "u2": "nordic-retail",
    }
    assert find_differences() == []


def test_messages_of_sealed_days_stay_and_are_told(feed, tenant, other_tenant):
    Tenant.objects.update(message_days=31, number_days=31)
    for tenant_ in (tenant, other_tenant):
        tenant_.refresh_from_db()
    apply(feed, sent("sealed", "2026-10-10T10:00:00"), sent("open", "2026-11-10T10:00:00"))
    apply_retention(now=NOW)
    assert RetentionMark.objects.get(tenant=tenant).messages_before == date(2026, 10, 20)

    done = over(other_tenant, date(2026, 10, 1))
    run_moves()

    assert (done.following, done.move.sealed) == (Following(1, sealed=1), 1)
    assert done.following.more == (
        "1 message is from days past retention. It is deleted and stays in the counts where it is."
    )
    assert counted() == [("baltic-parcel", date(2026, 11, 10), 1), ("nordic-retail", date(2026, 10, 10), 1)]
    entry = AuditEntry.objects.get(action="partner_id.declared")
    assert entry.details == {"messages": 1, "from": "2026-10-01", "sealed": 1}


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(1999, 12, 31), "from: Choose a day from 2000-01-01 to 2027-11-21."),
        (date(2027, 11, 22), "from: Choose a day from 2000-01-01 to 2027-11-21."),
        (date(9999, 12, 31), "from: Choose a day from 2000-01-01 to 2027-11-21."),
    ],
)
def test_absurd_dates_are_refused(feed, tenant, other_tenant, day, text):
    with pytest.raises(PartnerIdError) as caught:
        over(other_tenant, day)

    assert (str(caught.value), EarlierOwner.objects.count()) == (text, 0)


def test_only_owner_is_given_no_date(feed, tenant):
    with pytest.raises(PartnerIdError) as caught:
        over(tenant)

    assert str(caught.value).startswith("from: This customer has owned the partner ID from the beginning.")


def test_operator_declares_from_a_date_what_another_has_only_when_asked(feed, tenant, other_tenant):
    wanted = {"account": feed.account, "value": "nr-fi", "tenant": other_tenant, "now": NOW, "from_day": NOVEMBER}
    with pytest.raises(PartnerIdTaken) as caught:
        declare(**wanted, permissions=operator("staff"))

    assert caught.value.holder == tenant
    assert declare(**wanted, permissions=operator("staff", may_take=True)).changed
    assert not declare(**wanted, permissions=operator("staff")).changed  # it is so already
    assert not declare(**wanted | {"from_day": None}, permissions=operator("staff")).changed
    assert [p.tenant_id for p in periods_of(PartnerId.objects.filter(value="nr-fi")).popitem()[1]] == [
        tenant.id,
        other_tenant.id,
    ]


def test_move_reads_no_month_before_the_date(feed, tenant, other_tenant):
    apply(feed, sent("old", "2026-08-20T10:00:00"), sent("new", "2026-11-10T10:00:00"))
    over(other_tenant, date(2026, 11, 5))
    with connection.cursor() as cursor:
        sql, parameters = to_be_moved(PartnerMove.objects.get()).query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert ("message_2026_11" in plan, "message_2026_08" in plan) == (True, False)


SENT = [datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=12 * n) for n in range(-4, 8)]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("apply"), st.integers(0, 5), st.sampled_from(SENT)),
        st.tuples(st.just("give"), st.integers(0, 3), st.none() | st.integers(-1, 3)),
        st.tuples(st.just("move"), st.none(), st.none()),
    ),
    max_size=14,
)


@given(steps=steps)
@examples(25, long=500)
def test_any_order_of_hand_overs_and_messages_ends_with_the_owner_of_each_time(feed, tenant, other_tenant, steps):
    Message.objects.all().delete()
    zones = {"third": "America/New_York", "pool-link-main": "Europe/Helsinki"}
    third, _new = Tenant.objects.get_or_create(slug="third", defaults={"name": "T", "timezone": zones["third"]})
    targets = [tenant, other_tenant, third, None]
    _start_again(feed.account, tenant)
    for step, number, value in steps:
        if step == "apply":
            apply(feed, sent(f"m{number}", f"{value:%Y-%m-%dT%H:%M:%S}"))
        elif step == "move":
            run_moves()
        else:
            day = None if value is None else NOVEMBER + timedelta(days=value)
            try:
                if PartnerId.objects.get(value="nr-fi").tenant_id == feed.account.pool_id:
                    permissions = operator("x", may_take=True)
                    declare(
                        account=feed.account,
                        value="nr-fi",
                        tenant=targets[number] or third,
                        permissions=permissions,
                        now=NOW,
                        from_day=day,
                    )
                else:
                    over(targets[number], day)
            except PartnerIdError as error:
                assert error.field == "from"
    run_moves()

    (periods,) = periods_of(PartnerId.objects.filter(value="nr-fi")).values()
    messages = list(Message.objects.values_list("message_id", "tenant_id", "sent_at"))
    assert [(id_, owner) for id_, owner, _at in messages] == [(id_, owner_at(periods, at)) for id_, _o, at in messages]
    assert len(messages) == len({number for step, number, _at in steps if step == "apply"})
    assert find_differences() == []
    assert not PartnerMove.objects.exclude(state="done").exists()


def _start_again(account: GatewayAccount, tenant: Tenant) -> None:
    """Leave the partner ID as it was before the last example."""
    with connection.cursor() as cursor:
        for table in ("delivery_report", "message", "daily_count", "campaign_count", "hour_count", "latency_count"):
            cursor.execute(f"DELETE FROM {table}")
    EarlierOwner.objects.all().delete()
    PartnerMove.objects.all().delete()
    PartnerId.objects.filter(value="nr-fi").update(tenant=tenant, declared_at=NOW)
