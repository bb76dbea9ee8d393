"""Keys chosen and removed while messages are applied, on connections of their own: no row is lost, none is left."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import SegmentKey
from deliveries.applying.apply import apply_slices
from deliveries.checks.reconcile import find_differences
from deliveries.models import MessageParameter, WaitingRow
from deliveries.rederiving import segment_keys
from deliveries.rederiving.segment_keys import choose, remove, run_segment_keys
from tests.applying.test_appliers_together import NOW, together
from tests.deliveries.helpers import dlr, put

pytestmark = pytest.mark.django_db(transaction=True)


def traffic(first: int) -> list[dict]:
    """Two reports each of 200 messages; the second one brings the store, and for some an earlier time of sending."""
    reports = []
    for n in range(first, first + 200):
        sent_at = datetime(2026, 11, 1 + n % 15, 12, 0, tzinfo=UTC)
        fields = {"timestamp": sent_at.isoformat(), "gateCustomParameters": {"platformPartnerId": "nr-fi"}}
        earlier = {"sentTimestamp": (sent_at - timedelta(days=n % 3)).isoformat()}
        reports += [
            dlr(f"m{n}", 1000, **fields, customParameters={"tier": str(n % 3)}),
            dlr(f"m{n}", 1001, **fields, **earlier, customParameters={"store": str(n % 7)}),
        ]
    return sorted(reports, key=lambda report: report["resultCode"])


def test_keys_change_beside_an_applier_and_rows_are_those_of_the_messages(feed, tenant, monkeypatch):
    monkeypatch.setattr(segment_keys, "BATCH", 40)
    put(feed, *traffic(0), received_at=NOW)
    while apply_slices(slices=range(64), now=NOW, limit=5000).claimed:
        pass
    put(feed, *traffic(200), received_at=NOW)

    def applier() -> None:
        while WaitingRow.objects.exists():
            for first in range(0, 64, 4):
                apply_slices(slices=range(first, first + 4), now=NOW, limit=40)

    def manager() -> None:
        for _ in range(2):
            for key in ("store", "tier"):
                row = choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)
            run_segment_keys()
            remove(key=row, actor="manager@example.com", now=NOW)
            run_segment_keys()
        choose(tenant=tenant, key="tier", actor="manager@example.com", now=NOW)
        run_segment_keys()

    together(applier, manager)

    assert list(map(str, find_differences())) == []
    assert sorted(SegmentKey.objects.values_list("key", "state")) == [("store", "done"), ("tier", "done")]
    assert MessageParameter.objects.count() == 800
