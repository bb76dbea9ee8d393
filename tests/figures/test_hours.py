"""Hours of every time zone: which messages they hold, and that every answer's groups sum to its total."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import combinations
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from deliveries.models import HourCount, Message, RetentionMark
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.retention.retention import apply_retention
from portal.common.periods import offset_changes, start_of_day
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.scope import web_scope
from reports.figures.hours import HOUR_COLUMNS, hour_rows, local_hours
from reports.figures.query import GROUPS, CannotCombine, NotByHour, StatisticsQuery
from reports.figures.statistics import statistics, total
from tests.applying.test_apply_plans import leaves
from tests.deliveries.helpers import NOW, apply, dlr
from tests.hypothesis_profile import examples

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
ZONES = (
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Helsinki",
    "Pacific/Chatham",
    "UTC",
)
# Days of 2026 around which a clock of one of these zones changes, and one without.
DAYS = [date(2026, *day) for day in ((3, 8), (3, 29), (4, 5), (7, 1), (9, 27), (10, 4), (10, 25), (11, 1))]
COUNTRIES = {"+358401234567": "FI", "+919876543210": "IN"}
PARTNERS = ("nr-fi", "child", "nobody")


def sent(id_: str, at: datetime, code: int = 1001, partner: str = "nr-fi", to: str = "+358401234567", **more) -> dict:
    return dlr(
        id_,
        code,
        sentTimestamp=at.isoformat(),
        timestamp=(at + timedelta(seconds=5)).isoformat(),
        gateCustomParameters={"platformPartnerId": partner},
        customParameters={"destination": to},
        **more,
    )


def hours(groups) -> dict[str, int]:
    return {group.key["hour"].isoformat(): group.totals.messages for group in groups}


def by_hour(tenant_ids, first: date, last: date, zone: str, **more) -> StatisticsQuery:
    return StatisticsQuery(
        tenant_ids=tenant_ids, first=first, last=last, group_by=("hour",), timezone=zone, with_latency=False, **more
    )


def askable(group_by: tuple[str, ...], **more) -> StatisticsQuery | None:
    try:
        return StatisticsQuery(group_by=group_by, **more)
    except CannotCombine:
        return None


@given(
    zones=st.tuples(*[st.sampled_from(ZONES)] * 3),
    day=st.sampled_from(DAYS),
    around=st.tuples(st.integers(-1, 0), st.integers(0, 1)),
    messages=st.lists(
        st.tuples(
            st.integers(-36 * 60, 60 * 60),
            st.sampled_from(PARTNERS),
            st.sampled_from((1000, 1001, 1006)),
            st.sampled_from(sorted(COUNTRIES)),
            st.sampled_from(("sale|A", "news", "")),
        ),
        min_size=1,
        max_size=12,
    ),
    pair=st.sampled_from([*combinations(GROUPS, 1), *combinations(GROUPS, 2)]),
    of_account=st.booleans(),
)
@examples(30, long=400)
def test_groups_of_every_answer_sum_to_its_total(feed, tenant, zones, day, around, messages, pair, of_account):
    with transaction.atomic():
        child = Tenant.objects.create(slug="child", name="Child", parent=tenant, timezone=zones[1])
        PartnerId.objects.create(account=feed.account, value="child", tenant=child, declared_at=NOW)
        Tenant.objects.filter(id=tenant.id).update(timezone=zones[0])
        ids = [tenant.id, child.id, feed.account.pool_id]
        midnight = start_of_day(day, zones[0])
        reports = [
            sent(f"m{n}", midnight + minutes * MINUTE, code, partner, to, refId=ref_id)
            for n, (minutes, partner, code, to, ref_id) in enumerate(messages)
        ]
        apply(feed, *reports)
        first, last = (day + timedelta(days=n) for n in around)
        asked = {"tenant_ids": ids, "first": first, "last": last, "timezone": zones[2]}
        asked["account_id"] = feed.account_id if of_account else None
        wanted = [query for group_by in {*combinations(GROUPS, 1), pair} if (query := askable(group_by, **asked))]
        assert len(wanted) >= len(GROUPS)
        for query in wanted:
            groups = statistics(query)
            volumes = [group.totals for group in groups]
            whole = total(query).volume
            for name in ("messages", "parts", "delivered", "failed", "pending", "unknown"):
                assert (query.group_by, sum(getattr(v, name) for v in volumes)) == (
                    query.group_by,
                    getattr(whole, name),
                )

        local = ZoneInfo(zones[2])
        found = Message.objects.filter(tenant_id__in=ids, day__gte=first, day__lte=last).values_list(
            "sent_at", flat=True
        )
        clocks = [instant.astimezone(local) for instant in found]
        expected = Counter(
            clock.replace(minute=0, second=0, tzinfo=timezone(clock.utcoffset()), fold=0).isoformat()
            for clock in clocks
        )
        groups = statistics(by_hour(ids, first, last, zones[2]))
        assert hours(groups) == expected
        assert [g.key["hour"] for g in groups] == sorted(g.key["hour"] for g in groups)
        names = set(Tenant.objects.filter(id__in=ids).values_list("timezone", flat=True))
        assert expected.keys() <= {hour.isoformat() for hour in local_hours(first, last, names, shown_in=zones[2])}
        transaction.set_rollback(True)


def test_day_of_kolkata_begins_at_its_own_midnight(feed, tenant):
    """At 18:30 UTC: the day cannot be told by UTC hours."""
    Tenant.objects.filter(id=tenant.id).update(timezone="Asia/Kolkata")
    kolkata = ZoneInfo("Asia/Kolkata")
    apply(
        feed,
        sent("of the first", datetime(2026, 10, 1, 0, 10, tzinfo=kolkata)),
        sent("of the second", datetime(2026, 10, 2, 0, 10, tzinfo=kolkata)),
    )

    query = by_hour([tenant.id], date(2026, 10, 1), date(2026, 10, 1), "Asia/Kolkata")

    assert hours(statistics(query)) == {"2026-10-01T00:00:00+05:30": 1}
    assert total(query).volume.messages == 1


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Helsinki", date(2026, 3, 29), ["00+02:00 2", "01+02:00 2", "02+02:00 2", "04+03:00 2", "05+03:00 2"]),
        ("Europe/Helsinki", date(2026, 10, 25), ["00+03:00 2", "01+03:00 2", "02+03:00 2", "03+03:00 2", "03+02:00 2"]),
        ("Australia/Lord_Howe", date(2026, 4, 5), ["00+11:00 2", "01+11:00 2", "01+10:30 1", "02+10:30 2"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), ["00+10:30 2", "01+10:30 2", "02+11:00 1", "03+11:00 2"]),
    ],
)
def test_hours_of_a_day_on_which_clocks_change_are_told_apart(feed, tenant, zone, day, begins):
    """A message each half hour; Lord Howe's clocks change by half an hour."""
    Tenant.objects.filter(id=tenant.id).update(timezone=zone)
    instant, end = start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
    reports = []
    while instant < end:
        reports.append(sent(f"m{len(reports)}", instant))
        instant += 30 * MINUTE
    apply(feed, *reports)

    groups = statistics(by_hour([tenant.id], day, day, zone))

    shown = [
        f"{group.key['hour'].isoformat()[11:13]}{group.key['hour'].isoformat()[19:]} {group.totals.messages}"
        for group in groups
    ]
    assert shown[: len(begins)] == begins
    assert sum(group.totals.messages for group in groups) == len(reports)


def test_zones_change_their_clocks_at_quarters_of_an_hour():
    """The basis of the counts; Antarctica/Casey changed a minute after midnight, within one day."""
    begin, end = datetime(2012, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    quarter = timedelta(minutes=15)
    odd = {
        name
        for name in available_timezones() - {"Antarctica/Casey", "localtime", "Factory", "posixrules"}
        for instant, offset in offset_changes(begin, end, name)
        if offset % quarter or instant.timestamp() % 900
    }
    assert odd == set()


def test_change_of_the_time_zone_touches_no_count_by_quarter(feed, tenant):
    apply(feed, *(sent(f"{h}", datetime(2026, 10, 1, h, 40, tzinfo=UTC)) for h in (18, 21)))
    before = counted()

    Tenant.objects.filter(id=tenant.id).update(timezone="Asia/Kolkata")
    request_recount(tenant=tenant, reason="time zone", now=NOW)
    assert run_recounts() == 1

    assert counted() == before
    query = by_hour([tenant.id], date(2026, 10, 2), date(2026, 10, 2), "Asia/Kolkata")
    assert hours(statistics(query)) == {"2026-10-02T00:00:00+05:30": 1, "2026-10-02T03:00:00+05:30": 1}
    assert total(query).volume.messages == 2


def counted() -> list[tuple]:
    """Return the counts by quarter with where each lies, which every update changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text, * FROM hour_count ORDER BY ctid")
        return cursor.fetchall()


def test_hours_of_a_parent_are_shown_in_its_own_zone(feed, tenant):
    """The day is each tenant's own, so that the hours sum to it."""
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant, timezone="Asia/Kolkata")
    PartnerId.objects.create(account=feed.account, value="child", tenant=child, declared_at=NOW)
    at = datetime(2026, 10, 1, 18, 40, tzinfo=UTC)
    apply(feed, sent("a", at), sent("b", at, partner="child"))

    query = by_hour([tenant.id, child.id], date(2026, 10, 2), date(2026, 10, 2), "Europe/Helsinki")

    assert hours(statistics(query)) == {"2026-10-01T21:00:00+03:00": 1}
    assert total(query).volume.messages == 1


@pytest.mark.parametrize("by_account", [False, True])
def test_hours_of_a_day_are_read_by_the_key_of_the_counts(feed, tenant, other_tenant, by_account):
    """The numbers of other days and tenants, and the tenants' zones, do not matter."""
    Tenant.objects.filter(id=other_tenant.id).update(timezone="Asia/Kolkata")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hour_count (tenant_id, quarter, account_id, country, operator, status, messages, parts)"
            " SELECT t.id, timestamptz '2026-01-01Z' + n * interval '15 minutes', %s, 'FI', 'x', 'delivered', 1, 1"
            " FROM generate_series(0, 19999) n, tenants_tenant t",
            [feed.account_id],
        )
        cursor.execute("ANALYZE hour_count")
    account_id = feed.account_id if by_account else None
    query = by_hour([tenant.id, other_tenant.id], date(2026, 6, 1), date(2026, 6, 1), "UTC", account_id=account_id)
    with web_scope([tenant.id, other_tenant.id]):
        assert sum(hours(statistics(query)).values()) == 2 * 96
        sql, parameters = hour_rows(query).values(*HOUR_COLUMNS).annotate(n=Sum("messages")).query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
            ((plan,),) = cursor.fetchall()
    read = leaves(plan[0]["Plan"])
    found = [(node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in read]
    assert sum(found) == 2 * 96
    assert {node.get("Index Name") for node in read} == {"hour_count_pkey"}


@pytest.fixture
def sealed(feed, tenant):
    """Messages of sealed days and of an open one, the sealed counted by UTC hours as by an earlier version."""
    apply(feed, *(sent(f"{day}", datetime(2026, 10, day, 12, 40, tzinfo=UTC)) for day in (1, 2, 3)))
    Tenant.objects.filter(id=tenant.id).update(message_days=31, number_days=31)
    apply_retention(now=datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert sorted(Message.objects.values_list("message_id", flat=True)) == ["3"]
    mark = RetentionMark.objects.get(tenant=tenant)
    assert (mark.messages_before, mark.sealed_in) == (date(2026, 10, 3), "Europe/Helsinki")
    HourCount.objects.filter(quarter__lt=mark.hours_before).update(account=0)
    for row in HourCount.objects.filter(account=0):
        HourCount.objects.filter(pk=row.pk).update(quarter=row.quarter.replace(minute=0))
    RetentionMark.objects.filter(tenant=tenant).update(quarters_from=mark.hours_before)
    return mark


def test_sealed_hours_answer_for_zones_of_whole_hours_alone(sealed, feed, tenant):
    asked = ([tenant.id], date(2026, 10, 1), date(2026, 10, 3))

    query = by_hour(*asked, "Europe/Helsinki")
    assert hours(statistics(query)) == {f"2026-10-0{day}T15:00:00+03:00": 1 for day in (1, 2, 3)}
    assert total(query).volume.messages == 3
    for refused in (by_hour(*asked, "Asia/Kolkata"), by_hour(*asked, "UTC", account_id=feed.account_id)):
        with pytest.raises(NotByHour, match="from 2026-10-03 on"):
            statistics(refused)
    since = ([tenant.id], date(2026, 10, 3), date(2026, 10, 3))
    assert hours(statistics(by_hour(*since, "Asia/Kolkata"))) == {"2026-10-03T18:00:00+05:30": 1}
    assert hours(statistics(by_hour(*since, "UTC", account_id=feed.account_id))) == {"2026-10-03T12:00:00+00:00": 1}


def test_days_sealed_by_quarters_answer_for_every_zone(sealed, feed, tenant):
    RetentionMark.objects.filter(tenant=tenant).update(quarters_from=None)
    HourCount.objects.filter(account=0).delete()

    query = by_hour([tenant.id], date(2026, 10, 1), date(2026, 10, 3), "Asia/Kolkata", account_id=feed.account_id)

    assert hours(statistics(query)) == {"2026-10-03T18:00:00+05:30": 1}


@pytest.mark.parametrize("was_seen", [False, True])
@pytest.mark.parametrize(
    ("zone", "possible"), [("Europe/London", date(2026, 10, 3)), ("Asia/Tokyo", date(2026, 10, 4))]
)
def test_days_that_were_sealed_in_another_zone_are_refused(sealed, tenant, zone, possible, was_seen):
    """Their counts are those of the old zone's days, which the hours of the new one do not sum to."""
    RetentionMark.objects.filter(tenant=tenant).update(quarters_from=None)
    Tenant.objects.filter(id=tenant.id).update(timezone=zone)
    request_recount(tenant=tenant, reason="time zone", now=NOW)
    run_recounts()
    if was_seen:  # by retention, which seals further days by the new zone
        apply_retention(now=datetime(2026, 11, 3, 12, tzinfo=UTC))

    with pytest.raises(NotByHour) as refused:
        statistics(by_hour([tenant.id], date(2026, 10, 2), date(2026, 10, 5), zone))

    assert refused.value.first == possible
    query = by_hour([tenant.id], possible, date(2026, 10, 5), zone)
    assert sum(hours(statistics(query)).values()) == total(query).volume.messages
