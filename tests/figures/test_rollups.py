"""Days and months that are summed up: the same figures from fewer rows, and never older than a change."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Count

from deliveries.checks.reconcile import find_differences, repair
from deliveries.counts import rollups
from deliveries.counts.rollups import roll_up
from deliveries.messages import slices
from deliveries.models import (
    CampaignCount,
    CondensedCampaign,
    CondensedCampaignCount,
    CondensedCampaignLatency,
    CondensedCampaignPlace,
    CondensedDailyCount,
    CondensedDay,
    CondensedLatency,
    CondensedPlace,
    CondensedSpan,
    DailyCount,
    LatencyCount,
)
from portal.common.database import connection_string
from portal.tenants.models import GatewayAccount
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import ready_spans, sources, spans_read_once
from reports.figures.statistics import statistics
from reports.figures.top_campaigns import campaigns
from reports.figures.volume import Volume
from reports.overview.highlight_selectors import find_highlights
from reports.overview.selectors import overview
from tests.deliveries.helpers import apply
from tests.figures.test_statistics import sent

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FIRST, LAST = date(2026, 9, 29), date(2026, 11, 19)  # October is whole; 18 and 19 November are not quiet yet


@pytest.fixture
def messages(feed, tenant, other_tenant):
    """Messages of two tenants in three months, the newest of them two days ago."""
    days = ("09-29", "10-01", "10-17", "10-31", "11-01", "11-16", "11-18")
    reports = [
        sent(f"{partner}{day}{n}", code, f"2026-{day}T1{n}:00:00", 5 + 7 * n, partner=partner, refId=ref_id)
        for partner in ("nr-fi", "baltic-ee")
        for day in days
        for n, (code, ref_id) in enumerate([(1001, "sale"), (1001, "news"), (1006, "sale"), (1000, None)])
    ]
    apply(feed, *reports)


def figures(tenant_ids: list[int]) -> list:
    """Return what pages show of the whole time, of a shorter one and of one campaign."""
    query = StatisticsQuery(tenant_ids=tenant_ids, first=FIRST, last=LAST)
    found = []
    for first, last in (
        (FIRST, LAST),
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 10, 17), date(2026, 11, 18)),
    ):
        page = overview(tenant_ids=tenant_ids, first=first, last=last, now=NOW, compare=(FIRST, first))
        found += [page, find_highlights(page.query, operators=page.operators, campaigns=["sale"], final=page.final)]
    for names in (
        ("campaign",),
        ("campaign", "variant"),
        ("day", "country"),
        ("week",),
        ("month", "campaign"),
        ("month",),
        ("campaign", "status", "result_code"),
        ("sender_type",),
        ("partner_id", "operator"),
        ("campaign", "variant", "country", "operator"),
        ("month", "variant", "sender_type"),
        ("month", "country", "status", "result_code"),
    ):
        found.append(statistics(replace(query, group_by=names)))
    account = GatewayAccount.objects.get(name="link-main")
    found.append(statistics(replace(query, group_by=("campaign",), account_id=account.id)))
    for names in (["news"], ["(other)"], ["no such"]):
        found.append(statistics(replace(query, filters={"campaign": names})))
        found.append(overview(tenant_ids=tenant_ids, first=FIRST, last=LAST, now=NOW, filters={"campaign": names}))
    return found


def test_figures_are_the_same_when_days_and_months_are_summed_up(messages, tenant, other_tenant):
    for ids in ([tenant.id], [tenant.id, other_tenant.id]):
        CondensedSpan.objects.all().delete()
        before = figures(ids)
        # 7 days but the last, September and October, and their ten days with the first ones of November, of two tenants
        assert roll_up(now=NOW) == 2 * (6 + 2 + 5)
        with spans_read_once():
            assert figures(ids) == before
        assert [roll_up(now=NOW), roll_up(now=NOW)] == [2, 0]  # the 18th, which nothing changed since
        assert figures(ids) == before


def test_page_reads_the_spans_of_a_period_once(messages, tenant, django_assert_num_queries):
    roll_up(now=NOW)
    asked = ([tenant.id], FIRST, LAST)
    apart = [ready_spans(*asked), ready_spans(*asked, by_day=True)]
    assert apart[0].months == {date(2026, 10, 1)}
    with spans_read_once(), django_assert_num_queries(1):
        assert [ready_spans(*asked), ready_spans(*asked, by_day=True)] == apart
    CondensedSpan.objects.all().delete()
    assert ready_spans(*asked).is_none


def test_one_of_the_last_days_waits_until_nothing_changes_it_between_two_runs(messages, feed, tenant):
    last = CondensedSpan.objects.filter(tenant=tenant, span="day", day=date(2026, 11, 18), is_ready=True)
    runs = []
    for reports in ([sent("x", 1001, "2026-11-18T20:00:00")], [sent("y", 1001, "2026-11-18T20:00:00")], []):
        roll_up(now=NOW)
        runs.append(last.exists())
        apply(feed, *reports)
    roll_up(now=NOW)

    assert (runs, last.exists()) == ([False, False, False], True)
    (group,) = statistics(StatisticsQuery(tenant_ids=[tenant.id], first=date(2026, 11, 18), last=date(2026, 11, 18)))
    assert group.totals.messages == 6


@pytest.mark.parametrize("broken", [CampaignCount, DailyCount, LatencyCount])
def test_broken_counts_give_the_same_figures_when_they_are_summed_up(messages, tenant, broken):
    broken.objects.filter(tenant=tenant, day=date(2026, 10, 17)).delete()
    query = StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)
    latency = statistics(query)[0].latency
    before = (campaigns(query, latency=latency), statistics(replace(query, group_by=("campaign",))))
    roll_up(now=NOW)

    assert (campaigns(query, latency=latency), statistics(replace(query, group_by=("campaign",)))) == before


def test_what_is_summed_up_is_read_from_there(messages, tenant):
    roll_up(now=NOW)
    for model in (LatencyCount, CampaignCount, DailyCount):
        model.objects.filter(day__lt=date(2026, 11, 17)).delete()

    with web_scope([tenant.id]):
        query = StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)
        (group,) = statistics(query)
        rows, others = campaigns(query, latency=group.latency)

    assert sum(group.latency.values()) == 14
    assert [(row.name, row.kpis.volume, sum(row.kpis.latency.values())) for row in rows] == [
        ("sale", Volume(14, 14, 7, 7, 0, 0, None, None), 7),
        ("news", Volume(7, 7, 7, 0, 0, 0, None, None), 7),
    ]
    assert (others.campaigns, others.without.volume) == (0, Volume(7, 7, 0, 0, 7, 0, None, None))


@pytest.mark.parametrize(
    ("counted", "columns", "by_day", "model", "spans"),
    [
        (CampaignCount, ["campaign_id"], False, CondensedCampaign, {"day": 6, "ten_days": 3, "month": 3}),
        (
            CampaignCount,
            ["campaign_id", "status"],
            False,
            CondensedCampaignCount,
            {"day": 8, "ten_days": 4, "month": 4},
        ),
        (CampaignCount, ["campaign_id", "country"], False, CondensedCampaignPlace, {"month": 4}),
        (CampaignCount, ["campaign_id", "country"], True, None, {}),
        (LatencyCount, ["campaign_id"], True, CondensedCampaign, {"day": 18}),
        (LatencyCount, ["country"], False, CondensedLatency, {"day": 2, "ten_days": 1, "month": 1}),
        (LatencyCount, ["campaign_id", "variant", "country"], False, CondensedCampaignLatency, {"month": 2}),
        (LatencyCount, ["variant"], True, None, {}),
        (DailyCount, ["partner_id", "country", "status"], False, CondensedDailyCount, {"month": 3}),
        (DailyCount, ["partner_id"], True, None, {}),
        (DailyCount, ["status"], False, CondensedDay, {"day": 6, "ten_days": 3, "month": 3}),
        (DailyCount, ["status", "result_code"], True, CondensedDay, {"day": 18}),
        (DailyCount, ["country", "sender_type"], True, CondensedPlace, {"day": 18}),
    ],
)
def test_narrowest_table_with_what_is_asked_for_is_read(messages, tenant, counted, columns, by_day, model, spans):
    roll_up(now=NOW)
    found = sources(counted, tenant_ids=[tenant.id], first=FIRST, last=LAST, columns=columns, by_day=by_day)

    assert [rows.model for rows in found] == [*([model] if model else []), counted]
    held = found[0].values_list("span").annotate(n=Count("*")) if model else []
    assert dict(held) == spans


def test_report_that_changes_a_day_is_in_its_figures_at_once(messages, feed, tenant):
    roll_up(now=NOW)
    query = StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST, group_by=("campaign",))
    before = {group.key["campaign"]: group.totals.messages for group in statistics(query)}

    apply(feed, sent("late", 1001, "2026-10-17T20:00:00", refId="sale"))
    after = {group.key["campaign"]: group.totals.messages for group in statistics(query)}
    gone = set(CondensedSpan.objects.filter(tenant=tenant, day__lt=date(2026, 11, 1)).values_list("span", "day"))

    assert (before, after) == ({"sale": 14, "news": 7, "": 7}, {"sale": 15, "news": 7, "": 7})
    of_that_day = {("day", date(2026, 10, 17)), ("ten_days", date(2026, 10, 11)), ("month", date(2026, 10, 1))}
    assert of_that_day & gone == set()
    assert roll_up(now=NOW) == 3 + 2  # and 18 November of both tenants
    assert {group.key["campaign"]: group.totals.messages for group in statistics(query)} == after


def test_day_that_changes_while_it_is_summed_up_is_not_ready(messages, feed, tenant):
    with connection.cursor() as cursor:
        cursor.execute(rollups._ANNOUNCE, {"last": date(2026, 11, 17)})
    apply(feed, sent("late", 1001, "2026-10-17T20:00:00", refId="sale"))

    done = [rollups._roll_up_span(tenant.id, rollups.Span.DAY, date(2026, 10, day)) for day in (17, 31)]

    assert done == [False, True]
    assert roll_up(now=NOW) == 2 * (6 + 2 + 5) - 1


def test_mended_count_is_in_the_figures(messages, tenant):
    LatencyCount.objects.filter(tenant=tenant, day=date(2026, 10, 17)).delete()
    roll_up(now=NOW)
    query = StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)
    broken = sum(statistics(query)[0].latency.values())

    repair(find_differences())

    assert (broken, sum(statistics(query)[0].latency.values())) == (12, 14)


@pytest.mark.django_db(transaction=True)
def test_batch_under_way_is_waited_for(messages, tenant):
    """A batch that began before the announcement holds its slice; nothing is summed up until it is committed."""
    with psycopg.connect(connection_string()) as outside:
        outside.execute("SELECT pg_advisory_xact_lock(%s, 7)", [slices._LOCK_CLASS])
        with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
            roll_up(now=NOW)

    assert not CondensedSpan.objects.filter(is_ready=True).exists()
    assert roll_up(now=NOW) == 2 * (6 + 2 + 5)


def test_tenant_sees_its_own_sums_alone(messages, tenant, other_tenant):
    roll_up(now=NOW)
    with web_scope([tenant.id]):
        assert set(CondensedSpan.objects.values_list("tenant_id", flat=True)) == {tenant.id}
        assert not statistics(StatisticsQuery(tenant_ids=[other_tenant.id], first=FIRST, last=LAST, group_by=("day",)))


def test_day_without_messages_is_ready_too(messages, tenant, account):
    roll_up(now=NOW)
    first = date(2026, 9, 29)
    days = CondensedSpan.objects.filter(tenant=account.pool, span="day", is_ready=True).count()

    assert days == (date(2026, 11, 17) - first + timedelta(days=1)).days


@pytest.mark.django_db(transaction=True)
def test_span_declared_ready_while_a_batch_waits_for_it_is_forgotten(messages, tenant):
    """The batch does not see the declaration that it waited for with the same statement."""
    with connection.cursor() as cursor:
        cursor.execute(rollups._ANNOUNCE, {"last": date(2026, 11, 17)})

    def batch() -> None:
        try:
            with transaction.atomic():
                rollups.invalidate_rollups([(tenant.id, date(2026, 10, 17))])
        finally:
            connection.close()

    with psycopg.connect(connection_string()) as outside, ThreadPoolExecutor(1) as pool:
        outside.execute("UPDATE condensed_span SET is_ready = true")
        forgetting = pool.submit(batch)
        with psycopg.connect(connection_string(), autocommit=True) as watch:
            while not watch.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall() and not forgetting.done():
                pass
        outside.commit()
        forgetting.result()

    days = [date(2026, 10, 1), date(2026, 10, 11), date(2026, 10, 17)]
    left = set(CondensedSpan.objects.filter(tenant=tenant, day__in=days).values_list("span", "day"))
    assert left == {("day", date(2026, 10, 1)), ("ten_days", date(2026, 10, 1)), ("day", date(2026, 10, 11))}
