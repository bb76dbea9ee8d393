"""Times to delivery summed from arrays: equal to sums of the rows, whatever they come from."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime

import pytest
from django.db.models import Sum

from deliveries.counts.rollups import roll_up
from deliveries.models import LatencyCount
from reports.figures import bucket_arrays
from reports.figures.bucket_arrays import by_bucket
from reports.figures.rollups import sources
from tests.deliveries.helpers import apply
from tests.figures.test_statistics import sent

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 10, 1), date(2026, 11, 19)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def counted(feed, tenant):
    """Delivered and failed messages of two campaigns on days of a month, of ten days, and not rolled up."""
    days = ("10-02", "10-17", "11-03", "11-16", "11-18", "11-19")
    apply(
        feed,
        *(
            sent(f"{day}{n}", code, f"2026-{day}T1{n}:00:00", 3 + 11 * n, partner="nr-fi", refId=ref_id)
            for day in days
            for n, (code, ref_id) in enumerate([(1001, "sale"), (1001, "sale"), (1001, "news"), (1006, "news")])
        ),
    )
    roll_up(now=NOW)
    return sources(LatencyCount, tenant_ids=[tenant.id], first=FIRST, last=LAST, columns=["campaign_id"], by_day=False)


def expected(*columns: str) -> dict:
    found = defaultdict(Counter)
    for *values, bucket, n in LatencyCount.objects.values_list(*columns, "bucket").annotate(n=Sum("messages")):
        found[tuple(values)][bucket] += n
    return found


@pytest.mark.parametrize("dense", [None, 0])
def test_sums_of_roll_ups_and_counts_are_those_of_the_rows(counted, monkeypatch, dense):
    if dense is not None:  # as with thousands of groups
        monkeypatch.setattr(bucket_arrays, "_DENSE", dense)
    assert len({rows.model for rows in counted}) == 2
    assert by_bucket(counted, ("campaign_id",)) == expected("campaign_id")
    assert by_bucket(counted, ()) == expected()
    assert len(expected("campaign_id")) == 2


def test_groups_without_messages_are_left_out(counted):
    LatencyCount.objects.filter(bucket__gt=0).update(messages=0)
    assert by_bucket([LatencyCount.objects.all()], ("campaign_id",)) == {}
    assert by_bucket([LatencyCount.objects.none()], ()) == by_bucket([], ()) == {}
    assert by_bucket([LatencyCount.objects.filter(tenant_id=0)], ()) == {}
