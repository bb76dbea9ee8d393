"""Searches that the counts narrow: every message is found once, at any page, whatever the filters leave."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import QuerySet

from campaigns.latency import bucket_of
from campaigns.models import Campaign, RefIdScheme
from deliveries.counts.rollups import roll_up
from deliveries.models import Message
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from deliveries.search.count_index import SearchArea, area_from_counts
from deliveries.search.find import MessageQuery, Page, search
from deliveries.search.query import tenants_with_campaigns
from deliveries.search.variant_index import days_of_variant
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from portal.tenants.scope import web_scope
from tests.deliveries.helpers import apply, dlr
from tests.search.test_find import explained

pytestmark = pytest.mark.django_db

START = datetime(2026, 8, 1, tzinfo=UTC)
NUMBERS = {0: "+358401234567", 1: "+46701234567", 2: "+3725123456"}


@pytest.fixture
def messages(feed, tenant, other_tenant):
    """Two tenants' messages of a hundred days, in zones a day apart: most are alike, some are rare."""
    Tenant.objects.filter(id=other_tenant.id).update(timezone="Pacific/Auckland")
    for one in (tenant, other_tenant):
        RefIdScheme.objects.create(tenant=one, delimiter="|", fields=["campaign", "variant"])
        for key in ("store", "tier"):
            choose(tenant=one, key=key, actor="manager@example.com", now=START)
    run_segment_keys()
    reports = []
    for n in range(300):
        at = START + timedelta(hours=8 * n)
        reports.append(
            dlr(
                f"m{n:03}",
                {0: 1006, 1: 1002, 2: 1000}.get(n % 23, 1001),
                sentTimestamp=at.isoformat(),
                timestamp=(at + timedelta(seconds=1 if n % 53 == 9 else 5)).isoformat(),
                refId=f"order-{n}|U" if n % 7 == 0 else f"sale|{'AB'[n % 2] if n > 40 else 'C'}" if n % 5 else "news",
                operator="rare" if n % 41 == 5 else "usual",
                gateCustomParameters={"platformPartnerId": "baltic-ee" if n % 3 == 0 else "nr-fi"},
                customParameters={
                    "destination": NUMBERS[1 if n % 29 == 3 else 2 if n == 200 else 0],
                    "store": str(n % 4),
                    "tier": "gold" if n % 2 else "silver",
                },
            )
        )
    apply(feed, *reports)


FILTERS = [
    {"operator": "rare"},
    {"country": "SE"},
    {"country": "EE"},
    {"country": "LV"},
    {"country": "SE", "operator": "rare"},
    {"country": "SE", "statuses": ("delivered", "failed")},
    {"statuses": ("failed",)},
    {"statuses": ("failed", "expired", "sent"), "country": "FI"},
    {"statuses": ("sent",), "operator": "rare"},
    {"result_code": 1002},
    {"result_code": 1001, "operator": "rare"},
    {"operator": "rare", "first": date(2026, 8, 20), "last": date(2026, 10, 3)},
    {"statuses": ("rejected",)},
    {"operator": "usual"},
    {"ref_id": "sale|A"},
    {"ref_id_prefix": "sale"},
    {"ref_id_prefix": "sale", "last": date(2026, 9, 20), "statuses": ("failed", "expired")},
    {"ref_id_prefix": "sale|C"},
    {"ref_id_prefix": "order-"},
    {"ref_id_prefix": "order-1", "country": "SE"},
    {"ref_id_prefix": "order-1", "statuses": ("delivered",), "first": date(2026, 8, 20)},
    {"ref_id_prefix": "nobody's"},
    {"ref_id_prefix": "sale", "statuses": ("failed",), "operator": "rare"},
    {"ref_id_prefix": "n", "parameters": {"store": "3"}},
    {"ref_id": "news", "statuses": ("failed", "sent")},
    {"ref_id": "news", "parameters": {"tier": "gold", "store": "1"}},
    {"campaign": "sale"},
    {"campaign": "sale", "statuses": ("expired",)},
    {"campaign": "sale", "statuses": ("rejected",)},
    {"campaign": "sale", "statuses": ("failed", "expired", "sent"), "first": date(2026, 8, 20)},
    {"campaign": "sale", "statuses": ("failed",), "ref_id_prefix": "sale|B"},
    {"campaign": "sale", "country": "SE"},
    {"campaign": "sale", "country": "EE"},
    {"campaign": "sale", "country": "LV"},
    {"campaign": "sale", "variant": "C"},
    {"campaign": "sale", "variant": "C", "operator": "rare", "last": date(2026, 8, 9)},
    {"campaign": "sale", "variant": "A", "partner_id": "nr-fi"},
    {"campaign": "sale", "result_code": 1002},
    {"campaign": "order-7", "statuses": ("failed", "delivered")},
    {"campaign": "nobody's"},
    {"campaign": "sale", "parameters": {"store": "2"}},
    {"campaign": "sale", "parameters": {"store": "3", "tier": "gold"}, "statuses": ("failed",)},
    {"variant": "A"},
    {"variant": "C"},
    {"variant": "D"},
    {"variant": "U"},
    {"variant": "U", "operator": "rare"},
    {"variant": "C", "country": "SE", "first": date(2026, 8, 2)},
    {"variant": "C", "statuses": ("failed",)},
    {"partner_id": "nr-fi"},
    {"partner_id": "nobody's"},
    {"partner_id": "nr-fi", "operator": "rare"},
    {"parameters": {"store": "1"}},
    {"parameters": {"store": "1", "tier": "gold"}},
    {"parameters": {"store": "1", "tier": "silver"}},
    {"parameters": {"store": "1", "tier": "gold"}, "country": "SE"},
    {"parameters": {"tier": "gold"}, "statuses": ("sent", "expired")},
    {"parameters": {"tier": "gold"}, "operator": "rare"},
    {"country": "FI", "statuses": ("failed", "expired"), "last": date(2026, 10, 3)},
    {"delivered_within": 2},
    {"delivered_within": 5, "campaign": "sale", "statuses": ("delivered",)},
    {"delivered_within": 2, "operator": "usual", "first": date(2026, 8, 20)},
    {"hour": 13},
    {"hour": 19, "campaign": "sale", "statuses": ("delivered",)},
    {"hour": 11, "statuses": ("failed", "expired")},
]


def wanted(filters: dict) -> QuerySet:
    """Return the messages that match by their own columns."""
    lookups = {"statuses": "status__in", "first": "day__gte", "last": "day__lte"}
    found = Message.objects.order_by("-sent_at", "-message_id")
    for name, value in filters.items():
        if name == "campaign":
            found = found.filter(campaign_id__in=list(Campaign.objects.filter(name=value).values_list("id", flat=True)))
        elif name == "ref_id_prefix":
            found = found.filter(ref_id__startswith=value)
        elif name == "delivered_within":
            found = found.filter(latency_bucket__lte=bucket_of(value))
        elif name == "hour":
            zones = {one.id: ZoneInfo(one.timezone) for one in Tenant.objects.all()}
            ids = [one.message_id for one in found if one.sent_at.astimezone(zones[one.tenant_id]).hour == value]
            found = found.filter(message_id__in=ids)
        elif name == "parameters":
            found = found.filter(custom_parameters__contains=value)
        else:
            found = found.filter(**{lookups.get(name, name): value})
    return found


def test_filters_leave_many_few_and_none(messages):
    found = [wanted(filters).count() for filters in FILTERS]
    assert (len(found), sum(n == 0 for n in found), sum(n > 50 for n in found)) == (65, 13, 12)


@pytest.mark.parametrize("size", [1, 2, 50])
def test_all_that_match_are_found_once_and_in_order_both_ways(messages, tenant, other_tenant, size):
    ids = frozenset([tenant.id, other_tenant.id])
    expected = [list(wanted(filters).values_list("message_id", flat=True)) for filters in FILTERS]
    cases = [(one, found) for one, found in zip(FILTERS, expected, strict=True) if len(found) <= 30 * size]
    for filters, found in cases:
        query = MessageQuery(tenant_ids=ids, **filters)
        pages = [search(query, size=size)]
        while pages[-1].next_cursor:
            pages.append(search(query, cursor=pages[-1].next_cursor, size=size))
        back = [pages[-1]]
        while back[-1].previous_cursor:
            back.append(search(query, cursor=back[-1].previous_cursor, size=size))
        assert (filters, ids_of(pages), ids_of(reversed(back))) == (filters, found, found)
    assert len(cases) == {1: 49, 2: 56, 50: 65}[size]


def ids_of(pages: Iterable[Page]) -> list[str]:
    return [message.folded.message_id for page in pages for message in page.messages]


def test_filter_without_any_message_looks_nowhere(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), country="LV")
    assert area_from_counts(query, tenants_with_campaigns(query), at=None, backwards=False, size=50) == SearchArea(
        windows=[]
    )


def test_rare_operator_is_looked_for_in_its_quarters_of_an_hour_alone(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="rare")
    found = area_from_counts(query, tenants_with_campaigns(query), at=None, backwards=False, size=50)

    lengths = {(window.end - window.begin) for window in found.windows}
    assert (len(found.windows), lengths, found.statuses) == (6, {timedelta(minutes=15)}, ("delivered", "failed"))


def test_result_code_is_looked_for_by_the_status_that_it_means(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), result_code=1002)
    assert area_from_counts(query, tenants_with_campaigns(query), at=None, backwards=False, size=50).statuses == (
        "expired",
    )


def test_usual_filter_is_looked_for_in_one_stretch_that_ends_where_the_page_does(messages, tenant):
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="usual")
    (window,) = area_from_counts(query, tenants_with_campaigns(query), at=None, backwards=False, size=1).windows

    assert (window.first, window.last) == (date(2026, 11, 6), date(2026, 11, 8))


def test_sealed_days_are_not_where_messages_are(messages, tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_mark (tenant_id, messages_before, hours_before) VALUES (%s, %s, %s)",
            [tenant.id, "2026-10-20", "2026-10-19 21:00+00"],
        )
        cursor.execute("DELETE FROM message WHERE tenant_id = %s AND day < '2026-10-20'", [tenant.id])
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="rare")
    edge = datetime(2026, 8, 1, tzinfo=UTC)
    with web_scope([tenant.id]):
        newer = area_from_counts(query, tenants_with_campaigns(query), at=edge, backwards=True, size=50)

    assert [window.first for window in newer.windows] == [date(2026, 10, 23), date(2026, 11, 6)]


def test_sealed_quarters_of_one_tenant_hide_no_message_of_another(feed, tenant, other_tenant):
    reports = [rare(f"mine-{day}", day, 6, "nr-fi") for day in range(1, 11)]
    reports += [rare(f"theirs-{day}-{hour}", day, hour, "baltic-ee") for day in range(1, 11) for hour in range(7, 19)]
    apply(feed, *reports)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_mark (tenant_id, messages_before, hours_before) VALUES (%s, %s, %s)",
            [other_tenant.id, "2026-11-01", "2026-10-31 22:00+00"],
        )
        cursor.execute("DELETE FROM message WHERE tenant_id = %s", [other_tenant.id])

    query = MessageQuery(tenant_ids=frozenset([tenant.id, other_tenant.id]), operator="rare")
    found = area_from_counts(query, tenants_with_campaigns(query), at=None, backwards=False, size=6)

    assert [window.begin for window in found.windows] == [
        datetime(2026, 10, day, 6, 15, tzinfo=UTC) for day in range(2, 11)
    ]
    assert ids_of([search(query, size=6)]) == [f"mine-{day}" for day in range(10, 4, -1)]


def rare(id_: str, day: int, hour: int, partner: str) -> dict:
    at = datetime(2026, 10, day, hour, 20, tzinfo=UTC)
    return dlr(
        id_,
        operator="rare",
        sentTimestamp=at.isoformat(),
        timestamp=at.isoformat(),
        gateCustomParameters={"platformPartnerId": partner},
    )


def test_operator_of_one_account_is_looked_for_in_the_account_s_quarters(messages, feed, tenant):
    """Another account's messages of the same days do not widen where to look."""
    pool = Tenant.objects.create(slug="pool-second", name="Pool of second", kind="pool")
    second = GatewayAccount.objects.create(name="second", platform_id="TWO", pool=pool)
    PartnerId.objects.create(account=second, value="nr-fi", tenant=tenant, declared_at=START)
    other_feed = Feed.objects.create(account=second, name="main", dialect="link")
    days = (START + timedelta(hours=8 * n) for n in range(300) if n % 41 == 5)
    apply(other_feed, *(rare_at(f"s{n}", at + timedelta(hours=2)) for n, at in enumerate(days)))

    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="rare", account_id=feed.account_id)
    found = area_from_counts(query, tenants_with_campaigns(query), at=None, backwards=False, size=50)

    assert (len(found.windows), {w.end - w.begin for w in found.windows}) == (6, {timedelta(minutes=15)})
    assert len(ids_of([search(query, size=50)])) == 6


def rare_at(id_: str, at: datetime) -> dict:
    return rare(id_, 1, 1, "nr-fi") | {"sentTimestamp": at.isoformat(), "timestamp": at.isoformat()}


def test_quarters_are_read_by_the_key_of_the_counts(messages, feed, tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hour_count (tenant_id, quarter, account_id, country, operator, status, messages, parts)"
            " SELECT t.id, timestamptz '2026-01-01Z' + n * interval '15 minutes', %s, 'FI', 'many', 'delivered', 1, 1"
            " FROM generate_series(1, 20000) n, tenants_tenant t ON CONFLICT DO NOTHING",
            [feed.account_id],
        )
        cursor.execute("ANALYZE hour_count")
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), operator="rare", account_id=feed.account_id)
    with web_scope([tenant.id]):
        plans = explained(
            lambda: area_from_counts(query, tenants_with_campaigns(query), at=None, backwards=False, size=50),
            of="FROM hour_count",
        )

    condition = next(line for line in plans.splitlines() if "Index Cond" in line and "quarter" in line)
    assert [part in condition for part in ("tenant_id = ", "quarter >= ", "quarter < ", "account_id = ")] == [True] * 4
    assert "hour_count_pkey" in plans and "Seq Scan on hour_count" not in plans


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2026, 8, 20), date(2026, 8, 20), 3),
        (date.min, date(2026, 8, 1), 3),
        (date(2026, 11, 8), date.max, 3),
        (date.min, date.max, 300),
    ],
)
def test_period_is_of_each_tenant_s_own_days_however_long(messages, tenant, other_tenant, first, last, found):
    ids = frozenset([tenant.id, other_tenant.id])
    page = search(MessageQuery(tenant_ids=ids, first=first, last=last), size=500)
    expected = list(wanted({"first": first, "last": last}).values_list("message_id", flat=True))

    assert [message.folded.message_id for message in page.messages] == expected
    assert len(page.messages) == found


@pytest.mark.parametrize("variant", ["A", "C", "D", "U"])
@pytest.mark.parametrize("size", [2, 50])
def test_variant_is_found_where_days_and_months_are_summed_up_and_where_not(
    messages, tenant, other_tenant, variant, size
):
    roll_up(now=datetime(2026, 10, 20, tzinfo=UTC))  # until 17 October; what is later is read from the counts
    ids = frozenset([tenant.id, other_tenant.id])
    expected = list(wanted({"variant": variant}).values_list("message_id", flat=True))

    pages = [search(MessageQuery(tenant_ids=ids, variant=variant), size=size)]
    while pages[-1].next_cursor:
        pages.append(search(MessageQuery(tenant_ids=ids, variant=variant), cursor=pages[-1].next_cursor, size=size))

    assert [message.folded.message_id for page in pages for message in page.messages] == expected


def test_variant_is_told_by_months_days_and_counts(messages, tenant, other_tenant):
    roll_up(now=datetime(2026, 10, 20, tzinfo=UTC))
    sale = Campaign.objects.get(tenant=tenant, name="sale").id
    found = days_of_variant("B", tenant_ids=[tenant.id], first=date(2026, 9, 28), last=None)
    of_tenant = wanted({"variant": "B", "first": date(2026, 10, 1)}).filter(tenant_id=tenant.id)
    days = sorted(set(of_tenant.values_list("day", flat=True)))

    assert {place.campaign_id for place in found} == {sale}
    assert sorted((place.first, place.last) for place in found) == [
        (date(2026, 9, 1), date(2026, 9, 30)),
        *((day, day) for day in days),
    ]
