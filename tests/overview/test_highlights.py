"""Highlights: slow days, countries that became worse, variants that win, and what chance may not show."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Q

from campaigns.latency import bucket_of, value_of
from deliveries.counts.rollups import roll_up
from deliveries.models import DailyCount, LatencyCount
from portal.tenants.models import PartnerId
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import Group
from reports.overview.highlight_selectors import find_highlights
from reports.overview.highlights import SlowDay, Winner, WorseCountry, slow_days, winners, worse_countries
from reports.overview.selectors import overview
from tests.deliveries.helpers import apply, dlr

DAY = date(2026, 11, 2)
USUAL = {("SE", "se.tele2"): 4.0, ("FI", "fi.dna"): 20.0}
SLOW = 209.0  # seconds


@pytest.mark.parametrize(
    ("median", "shown"),
    [
        (("SE", "se.tele2", DAY, SLOW, 20), True),
        (("SE", "se.tele2", DAY, SLOW, 19), False),  # too few
        (("SE", "se.tele2", DAY, 23.0, 500), False),  # five times as much, but no half minute
        (("FI", "fi.dna", DAY, 34.0, 500), False),  # not five times 20
        (("FI", "fi.elisa", DAY, SLOW, 500), False),  # nobody knows what is usual
    ],
)
def test_slow_day_takes_messages_seconds_and_a_factor(median, shown):
    assert [(slow.operator, slow.delivered) for slow in slow_days([median], USUAL)] == [(median[1], median[4])] * shown


def test_slowest_days_come_first_and_three_are_shown():
    days = [("SE", "se.tele2", DAY + timedelta(n), SLOW + n % 4, 30) for n in range(6)]

    found = slow_days(days, USUAL)

    assert [slow.day.day for slow in found] == [5, 4, 3]
    assert found[0] == SlowDay("SE", "se.tele2", date(2026, 11, 5), 212.0, 4.0, 30)


def country_days(*failed: int, of: int = 50) -> list[tuple[date, int, int]]:
    return [(DAY + timedelta(n), of - bad, bad) for n, bad in enumerate(failed)]


def test_country_is_worse_from_the_day_that_parts_it_best():
    found = worse_countries({"PL": country_days(1, 2, 1, 2, 8, 9, 7), "FI": country_days(1, 2, 1, 2, 1, 2, 1)})

    assert found == [WorseCountry("PL", date(2026, 11, 6), 0.16, 0.03, 24, pytest.approx(0.0002849, abs=1e-6))]


@pytest.mark.parametrize(
    "failed",
    [
        (8, 9, 7, 1, 2, 1, 2),  # better
        (1, 2, 1, 2, 3, 3, 2),  # by chance
        (5,),  # no comparison
        (),
        (0, 0, 0, 0),
    ],
)
def test_country_that_is_not_surely_worse_is_not_shown(failed):
    assert worse_countries({"PL": country_days(*failed)}) == []


def test_country_of_few_messages_is_not_shown():
    assert worse_countries({"PL": country_days(0, 0, 10, 10, of=10)}) == []


def test_more_that_was_looked_at_takes_more_to_be_shown():
    quiet = {f"C{n}": country_days(1, 2, 1, 2, 1, 2, 1) for n in range(40)}

    assert worse_countries({"PL": country_days(1, 2, 1, 2, 8, 9, 7)} | quiet) == []


def test_winner_beats_every_other_variant():
    found = winners(
        {"sale": {"A": (920, 1000), "B": (965, 1000), "": (10, 100)}, "news": {"A": (95, 100), "B": (96, 100)}}
    )

    assert found == [
        Winner(
            "sale", "B", 0.965, (("A", 0.92),), pytest.approx(0.045),
            pytest.approx(0.02477, abs=1e-5), pytest.approx(0.06587, abs=1e-5),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    "variants",
    [
        {"A": (965, 1000), "B": (964, 1000), "C": (800, 1000)},  # two are as good
        {"A": (10, 29), "B": (29, 29)},  # too few
        {"B": (900, 1000)},
        {},
    ],
)
def test_variant_that_does_not_surely_win_is_not_shown(variants):
    assert winners({"sale": variants}) == []


def reports(start: datetime, prefix: str, number: int, *, seconds: int = 4, code: int = 1001, **more) -> list[dict]:
    """Return delivery reports of so many messages, a second apart."""
    found = []
    for n in range(number):
        sent = start + timedelta(seconds=n)
        status_at = sent + timedelta(seconds=seconds)
        times = {"sentTimestamp": f"{sent:%FT%TZ}", "timestamp": f"{status_at:%FT%TZ}"}
        gate = {"platformPartnerId": "nr-se"}
        own = {"destination": "+46701234567"}
        found.append(
            dlr(
                f"{prefix}{n}",
                code,
                gateCustomParameters=gate,
                customParameters=own,
                operator="se.tele2",
                **times,
                **more,
            )
        )
    return found


@pytest.mark.django_db
def test_counts_show_what_stands_out(feed, tenant):
    PartnerId.objects.create(account=feed.account, value="nr-se", tenant=tenant, declared_at=datetime.now(UTC))
    start = datetime(2026, 11, 2, 10, tzinfo=UTC)
    apply(
        feed,
        *(report for day in range(6) for report in reports(start + timedelta(days=day), f"u{day}-", 25)),
        *reports(start + timedelta(days=6), "slow", 25, seconds=600),
        *reports(start + timedelta(days=7), "bad", 30, code=1006, ref_id="x"),
    )
    page = overview(tenant_ids=[tenant.id], first=DAY, last=date(2026, 11, 20), now=datetime(2026, 12, 1, tzinfo=UTC))

    found = find_highlights(page.query, operators=page.operators, campaigns=[], final=page.final)

    assert [(slow.operator, slow.day, slow.delivered) for slow in found.slow_days] == [
        ("se.tele2", date(2026, 11, 8), 25)
    ]
    assert [(worse.country, worse.since, worse.failed) for worse in found.worse_countries] == [
        ("SE", date(2026, 11, 9), 30)
    ]
    assert found.winners == []

    roll_up(now=datetime(2026, 12, 1, tzinfo=UTC))
    assert find_highlights(page.query, operators=page.operators, campaigns=[], final=page.final) == found


@pytest.mark.django_db
def test_median_of_a_day_is_that_of_all_its_rows(account, tenant):
    """Several rows of a day count together, from the counts and from their sums."""
    fast, slow, slower = bucket_of(10), bucket_of(100), bucket_of(200)
    days = {  # messages by bucket of a text sender and of a number
        1: ({fast: 100}, {fast: 100}),
        2: ({fast: 100}, {slow: 50, slower: 30}),  # most are fast, though not of the number
        3: ({fast: 40}, {slow: 30, slower: 30}),
        4: ({fast: 10, slow: 10}, {fast: 10, slow: 10}),  # half are fast
        5: ({fast: 9, slower: 11}, {fast: 10, slow: 1, slower: 9}),
        6: ({slow: 10}, {slow: 9}),  # too few
    }
    place = {"tenant": tenant, "account": account, "country": "SE", "operator": "se.tele2", "campaign_id": 0}
    for n, counts in days.items():
        key = place | {"day": date(2026, 11, n)}
        DailyCount.objects.create(
            **{name: value for name, value in key.items() if name != "campaign_id"},
            sender_type="", partner_id="nr-se", status="delivered", result_code=1001, messages=1, parts=1,
        )  # fmt: skip
        LatencyCount.objects.bulk_create(
            LatencyCount(**key, variant=variant, sender_type=sender_type, bucket=bucket, messages=messages)
            for sender_type, of in zip(("text", "number"), counts, strict=True)
            for variant in ("", "A")[: 1 + n % 2]  # the same buckets twice
            for bucket, messages in of.items()
        )
    usual = Group({"country": "SE", "operator": "se.tele2"}, Kpis(latency={fast: 1}))
    query = StatisticsQuery(tenant_ids=[tenant.id], first=date(2026, 11, 1), last=date(2026, 11, 30))

    def found() -> list[tuple]:
        highlights = find_highlights(query, operators=[usual], campaigns=[], final=Q())
        return [(each.day.day, each.median, each.delivered) for each in highlights.slow_days]

    expected = [(3, value_of(slow), 200), (5, value_of(slow), 80)]
    assert found() == expected
    roll_up(now=datetime(2026, 12, 20, tzinfo=UTC))
    LatencyCount.objects.all().delete()
    assert found() == expected
