"""Figures by the values of a key from the counts: as reading the messages gives them, over days and months."""

import random
from datetime import date

import pytest

from campaigns.models import RefIdScheme
from deliveries.counts import segment_values
from deliveries.models import Message
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import total
from reports.segments import from_counts, from_messages
from reports.segments.figures import days_of, segment_figures
from tests.deliveries.helpers import apply
from tests.segments.sample import CODES, chosen, message, number_of

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 10, 31), date(2026, 11, 30)  # as many days as may be read from the messages
SHOPS = ("", "north", "south", "east", "west", "kiosk", "(none)", "(other)")


@pytest.fixture
def query(feed, tenant, other_tenant, monkeypatch) -> StatisticsQuery:
    """300 messages of a month; only the first four shops of a month are counted by themselves."""
    monkeypatch.setattr(segment_values, "MAX_VALUES", 4)
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "city"])
    chosen(tenant, "shop", "ref:city")
    chosen(other_tenant, "shop")
    chance = random.Random(14)
    sent = [
        message(
            f"m{n}",
            chance.choice(CODES),
            number=number_of(chance.randrange(60)),
            day=f"2026-11-{chance.randrange(1, 20):02}",
            seconds=chance.randrange(600),
            shop=chance.choice(SHOPS),
            ref_id=chance.choice(["sale|Turku", "sale|Oulu", "sale"]),
        )
        for n in range(300)
    ]
    apply(feed, *sent, message("theirs", shop="north", partner="baltic-ee"))
    return StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)


@pytest.mark.parametrize("key", ["shop", "ref:city"])
def test_counts_give_what_the_messages_give(query, key):
    counted, read = from_counts.groups_of(query, key), from_messages.groups_of(query, (f"segment:{key}",))
    assert counted.keys() == read.keys()
    for value, kpis in counted.items():
        volume = read[value].volume
        assert kpis.volume.billed_parts is not None  # not read from the messages
        for name in ("messages", "parts", "delivered", "failed", "pending", "unknown", "delivered_parts"):
            assert getattr(kpis.volume, name) == getattr(volume, name)
        assert (kpis.final, kpis.latency) == (read[value].final, read[value].latency)
    if key == "shop":
        assert len(counted) == 6  # four values, "(none)" and "(other)"
        assert counted[("(other)",)].volume.messages > 40


def test_values_sum_to_the_messages_of_the_period(query):
    found = segment_figures(query, "shop", merge_small=False)
    every = total(query)
    assert found.total.volume == every.volume
    assert (found.total.final, found.total.latency) == (every.final, every.latency)
    assert (
        found.recipients
        == Message.objects.filter(tenant_id__in=query.tenant_ids).values("recipient_key").distinct().count()
    )


@pytest.mark.parametrize("time", ["day", "month"])
def test_times_sum_to_the_values(query, time):
    by_time, whole = from_counts.groups_of(query, "shop", time=time), from_counts.groups_of(query, "shop")
    for value, kpis in whole.items():
        parts = [one for group, one in by_time.items() if group[:1] == value]
        assert sum(one.volume.messages for one in parts) == kpis.volume.messages
        assert sum(sum(one.latency.values()) for one in parts) == sum(kpis.latency.values())
    days = {date(2026, 11, day) for day in range(1, 20)}
    assert {group[1] for group in by_time} == ({"2026-11"} if time == "month" else days)


def test_days_are_those_of_each_row(query):
    found = segment_figures(query, "shop", merge_small=False)
    for row, days in zip(found.rows, days_of(query, "shop", found.rows), strict=True):
        assert sum(days.values()) == row.kpis.volume.messages
    read = from_messages.days_of(query, "shop")
    assert from_counts.days_of(query, "shop", list(read)) == read


def test_account_keeps_to_its_messages(query, account):
    own = StatisticsQuery(tenant_ids=query.tenant_ids, first=FIRST, last=LAST, account_id=account.id)
    assert from_counts.groups_of(own, "shop") == from_counts.groups_of(query, "shop")
    other = StatisticsQuery(tenant_ids=query.tenant_ids, first=FIRST, last=LAST, account_id=account.id + 1)
    assert from_counts.groups_of(other, "shop") == {}


def test_recipients_are_counted_until_they_are_enough(feed, tenant):
    chosen(tenant, "shop")
    apply(
        feed,
        *(message(f"a{n}", number=number_of(n % 9), shop="nine") for n in range(40)),
        *(message(f"b{n}", number=number_of(n), shop="ten", day="2026-11-02") for n in range(10)),
        *(message(f"c{n}", number=number_of(n)) for n in range(30)),
        message("d", number=number_of(1), shop="one"),
    )
    query = StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)
    messages = {value: kpis.volume.messages for (value,), kpis in from_counts.groups_of(query, "shop").items()}
    assert messages == {"nine": 40, "ten": 10, "(none)": 30, "one": 1}
    with web_scope([tenant.id]):
        found = from_counts.enough_recipients(query, "shop", messages)
    assert found == {"nine": 9, "ten": 10, "(none)": 10, "one": 0}


def test_large_value_is_read_until_its_recipients_are_enough(feed, tenant, django_assert_num_queries):
    chosen(tenant, "shop")
    apply(
        feed,
        *(message(f"a{n}", number=number_of(n), shop="many") for n in range(60)),
        *(message(f"b{n}", number=number_of(max(n - 80, 0)), shop="late", day="2026-11-02") for n in range(95)),
        *(message(f"c{n}", number=number_of(1), shop="one") for n in range(20)),
    )
    query = StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)
    messages = {value: kpis.volume.messages for (value,), kpis in from_counts.groups_of(query, "shop").items()}
    with web_scope([tenant.id]), django_assert_num_queries(3):  # the bounds, 12 messages of each, 100 of the last two
        found = from_counts.enough_recipients(query, "shop", messages)
    assert found == {"many": 10, "late": 10, "one": 1}


def test_long_periods_merge_the_small_groups_too(feed, tenant):
    chosen(tenant, "shop")
    apply(
        feed,
        *(message(f"a{n}", number=number_of(n % 3), shop="few") for n in range(40)),
        *(message(f"b{n}", number=number_of(n), shop="many") for n in range(50)),
        *(message(f"c{n}", number=number_of(n), shop="more") for n in range(60)),
    )
    query = StatisticsQuery(tenant_ids=[tenant.id], first=date(2026, 1, 1), last=LAST)
    found = segment_figures(query, "shop", merge_small=True)
    assert [(row.value, row.kpis.volume.messages, row.recipients) for row in found.rows] == [
        ("(small)", 90, None),  # the next smallest joins the one of three recipients
        ("more", 60, None),
    ]
    assert found.recipients is None
