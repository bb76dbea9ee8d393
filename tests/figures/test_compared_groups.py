"""Groups beside those of another period, in an order, cut."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.period_picker import Period
from reports.figures.compare import ORDERS, ComparedGroup, Rest, arrange, beside, cut
from reports.figures.kpis import Kpis
from reports.figures.volume import Volume

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def kpis(delivered: int = 0, failed: int = 0) -> Kpis:
    return Kpis(Volume(delivered + failed, delivered + failed, delivered, failed), delivered + failed)


def key(**values) -> tuple:
    return tuple(values.items())


def shown(groups: list[ComparedGroup]) -> list[tuple]:
    return [(*group.key.values(), group.kpis.volume.messages, group.before.volume.messages) for group in groups]


def test_groups_of_either_period_stand_beside_each_other():
    now = {key(country="FI"): kpis(5), key(country="SE"): kpis(2)}
    before = {key(country="FI"): kpis(4), key(country="NO"): kpis(1)}

    found = beside(now, before, period=NOVEMBER, earlier=OCTOBER)

    assert shown(found) == [("FI", 5, 4), ("SE", 2, 0), ("NO", 0, 1)]


def test_without_another_period_nothing_stands_beside():
    assert beside({key(country="FI"): kpis(5)}, None, period=NOVEMBER, earlier=None) == [
        ComparedGroup({"country": "FI"}, kpis(5), None)
    ]


@pytest.mark.parametrize(
    ("name", "then", "now"),
    [
        ("day", date(2026, 10, 2), date(2026, 11, 2)),
        ("hour", datetime(2026, 10, 2, 9, tzinfo=UTC), datetime(2026, 11, 2, 9, tzinfo=UTC)),
        ("week", "2026-W40", "2026-W44"),
        ("week", "2026-W41", "2026-W45"),
        ("month", "2026-10", "2026-11"),
        ("month", "2026-12", "2027-01"),
    ],
)
def test_times_are_the_same_by_their_place(name, then, now):
    found = beside({key(**{name: now}): kpis(1)}, {key(**{name: then}): kpis(2)}, period=NOVEMBER, earlier=OCTOBER)

    assert shown(found) == [(now, 1, 2)]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ([("2026-10-24T03:00:00+03:00", 2)], [("2026-10-25T03:00:00+03:00", 2)]),  # the first of two
        ([("2025-10-26T03:00:00+02:00", 2)], [("2026-10-25T03:00:00+02:00", 2)]),  # the second, beside the second
        (
            [("2026-03-28T03:00:00+02:00", 2), ("2026-03-28T04:00:00+02:00", 3)],
            [("2026-03-29T04:00:00+03:00", 5)],  # clocks skip the one before
        ),
        ([("2026-10-24T03:00:00+03:00", 2)], [("2026-11-01T03:00:00+02:00", 2)]),
    ],
)
def test_hours_are_the_same_by_their_local_time(then, now):
    day = datetime.fromisoformat(now[0][0]).date()
    before = datetime.fromisoformat(then[0][0]).date()

    found = beside(
        {},
        {key(hour=datetime.fromisoformat(hour)): kpis(n) for hour, n in then},
        period=Period(day, day),
        earlier=Period(before, before),
        timezone="Europe/Helsinki",
    )

    assert [(group.key["hour"].isoformat(), group.before.volume.messages) for group in found] == now


def test_order_by_time_then_size_where_none_is_asked_for():
    groups = [
        ComparedGroup({"country": "SE", "day": date(2026, 11, 2)}, kpis(9)),
        ComparedGroup({"country": "SE", "day": date(2026, 11, 1)}, kpis(1)),
        ComparedGroup({"country": "FI", "day": date(2026, 11, 1)}, kpis(2)),
    ]

    assert [group.kpis.volume.messages for group in arrange(groups, order=None, times=("day",))] == [2, 1, 9]


@pytest.mark.parametrize(
    ("order", "wanted"),
    [("-failed", ["b", "a", "empty"]), ("failed", ["empty", "a", "b"]), ("delivery_rate", ["b", "a", "empty"])],
)
def test_order_by_a_figure_has_what_lacks_it_last(order, wanted):
    groups = [
        ComparedGroup({"variant": "empty"}, kpis()),
        ComparedGroup({"variant": "a"}, kpis(9, 1)),
        ComparedGroup({"variant": "b"}, kpis(1, 2)),
    ]

    assert [group.key["variant"] for group in arrange(groups, order=order, times=())] == wanted


@pytest.mark.parametrize(("limit", "rest"), [(None, None), (3, None), (1, Rest(2, kpis(3), kpis(30)))])
def test_what_is_cut_off_is_summed(limit, rest):
    groups = [ComparedGroup({"n": n}, kpis(n), kpis(10 * n)) for n in (3, 2, 1)]

    assert cut(groups, limit) == (groups[:limit], rest)


counts = st.dictionaries(
    st.sampled_from("abcdef").map(lambda name: key(country=name)), st.builds(kpis, st.integers(0, 9), st.integers(0, 9))
)


@given(now=counts, before=counts, order=st.sampled_from([None, *ORDERS]), limit=st.integers(1, 7))
def test_all_of_it_sums_up_whatever_is_asked_for(now, before, order, limit):
    kept, rest = cut(arrange(beside(now, before, period=NOVEMBER, earlier=OCTOBER), order=order, times=()), limit)

    everything = [*kept, *([rest] if rest else [])]
    assert Volume.total(group.kpis.volume for group in everything) == Volume.total(k.volume for k in now.values())
    assert Volume.total(group.before.volume for group in everything) == Volume.total(k.volume for k in before.values())
    assert len(kept) <= limit
