"""Two appliers that register values of one key at once: a month gets as many values as it has places, and no more."""

from datetime import UTC, date, datetime

import pytest

from campaigns.models import SegmentValue
from campaigns.segments import MAX_VALUES, NO_SEGMENTS
from deliveries.applying.apply import apply_slices
from deliveries.checks.reconcile import find_differences
from deliveries.counts import segment_values
from deliveries.models import WaitingRow
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from tests.applying.test_appliers_together import together
from tests.deliveries.helpers import dlr, put

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def report(n: int, code: int) -> dict:
    return dlr(
        f"m{n}",
        code,
        sentTimestamp="2026-11-05T10:00:00Z",
        timestamp="2026-11-05T10:00:05Z",
        gateCustomParameters={"platformPartnerId": "nr-fi"},
        customParameters={"store": f"s{n % 90}"},
    )


def test_month_gets_no_more_values_than_it_has_places(feed, tenant):
    choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)
    run_segment_keys()
    SegmentValue.objects.create(
        tenant=tenant, key="store", month=date(2026, 11, 1), value="an earlier one", number=MAX_VALUES - 40
    )
    put(feed, *(report(n, code) for code in (1000, 1001) for n in range(360)), received_at=NOW)

    def applier(first: int) -> None:
        while WaitingRow.objects.filter(slice__gte=first, slice__lt=first + 32).exists():
            for slice_ in range(first, first + 32, 4):
                apply_slices(slices=range(slice_, slice_ + 4), now=NOW, limit=20)

    together(lambda: applier(0), lambda: applier(32))

    numbers = sorted(SegmentValue.objects.values_list("number", flat=True))
    assert numbers == list(range(MAX_VALUES - 40, MAX_VALUES + 1))
    assert list(map(str, find_differences())) == []
    registered = set(SegmentValue.objects.exclude(value="an earlier one").values_list("value", flat=True))
    cached = [set(found.members) for found in segment_values._cache.values() if found.is_full]
    assert registered | {"an earlier one", None, "", segment_values.NOT_COUNTED, *NO_SEGMENTS} in cached
