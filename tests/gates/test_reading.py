"""Figures of gates and pages of their attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from campaigns.latency import bucket_of
from deliveries.gates import reading
from deliveries.gates.reading import AttemptFilter, attempt_of, attempts_of, gates_of_tenants, with_figures
from deliveries.models import GateAttempt, GateDelivery, GateHour
from portal.common import keyset
from portal.common.keyset import BadCursor
from portal.tenants.scope import web_scope
from tests.gates.factors import make_gate

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 34, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


def attempt(gate, minutes: int, outcome: str = "delivered", **fields) -> GateAttempt:
    values = {"at": NOW - timedelta(minutes=minutes), "message_id": "m", "number": 1, "outcome": outcome} | fields
    return GateAttempt.objects.create(tenant_id=gate.tenant_id, gate_id=gate.pk, **values)


def hour(gate, hours: int, outcome: str, bucket: int, number: int) -> None:
    at = HOUR - timedelta(hours=hours)
    GateHour.objects.create(
        tenant_id=gate.tenant_id, gate_id=gate.pk, hour=at, outcome=outcome, bucket=bucket, number=number
    )


def waits(gate, *inbox_ids: int) -> None:
    GateDelivery.objects.bulk_create(
        GateDelivery(
            tenant_id=gate.tenant_id, gate_id=gate.pk, inbox_id=id_, account_id=1, message_id="m", day=NOW.date()
        )
        for id_ in inbox_ids
    )


def test_figures_of_gates(tenant, other_tenant, monkeypatch):
    monkeypatch.setattr(reading, "MAX_WAITING", 2)
    busy, idle, theirs = make_gate(tenant), make_gate(tenant), make_gate(other_tenant)
    quick, slow = bucket_of(400), bucket_of(9000)
    hour(busy, 0, "delivered", quick, 18)
    hour(busy, 23, "delivered", slow, 2)
    hour(busy, 23, "delivered", -1, 10)  # retries have no first attempt's time
    hour(busy, 1, "http_503", -1, 10)
    hour(busy, 1, "expired", -1, 5)  # no requests
    hour(busy, 24, "timeout", -1, 1000)  # too long ago
    hour(theirs, 0, "timeout", -1, 7)
    attempt(busy, 5, "http_503")
    newest = attempt(busy, 1)
    attempt(theirs, 0)
    waits(busy, 1, 2, 3)
    waits(theirs, 1)

    with web_scope({tenant.id}):
        first, second = with_figures(gates_of_tenants({tenant.id}).order_by("id"), now=NOW)

    assert (first.gate, first.newest, first.sent, first.delivered, first.success_share) == (busy, newest, 40, 30, 0.75)
    assert first.p95_ms == pytest.approx(9000, rel=0.02)
    assert (first.waiting, first.has_more_waiting) == (3, True)
    assert (second.gate, second.newest, second.success_share, second.p95_ms, second.waiting) == (
        idle, None, None, None, 0,
    )  # fmt: skip


@pytest.mark.parametrize("n", [1, 3])
def test_figures_take_the_same_number_of_statements(tenant, n, django_assert_num_queries):
    for _ in range(n):
        attempt(make_gate(tenant), 1)
    with django_assert_num_queries(6):
        assert len(with_figures(gates_of_tenants({tenant.id}), now=NOW)) == n


def test_attempts_page_through_both_ways(tenant):
    gate, other = make_gate(tenant), make_gate(tenant)
    rows = [attempt(gate, 3), attempt(gate, 2), attempt(gate, 2), attempt(gate, 1), attempt(gate, 0)]
    attempt(other, 1)

    first = attempts_of(gate, AttemptFilter(), size=2)
    second = attempts_of(gate, AttemptFilter(), cursor=first.older, size=2)
    third = attempts_of(gate, AttemptFilter(), cursor=second.older, size=2)
    back = attempts_of(gate, AttemptFilter(), cursor=third.newer, size=2)
    start = attempts_of(gate, AttemptFilter(), cursor=back.newer, size=2)

    pages = [page.attempts for page in (first, second, third)]
    assert pages == [[rows[4], rows[3]], [rows[2], rows[1]], [rows[0]]]
    assert (first.newer, third.older) == (None, None)
    assert (back.attempts, start.attempts, start.newer) == (second.attempts, first.attempts, None)
    assert attempts_of(gate, AttemptFilter(), cursor=start.older, size=2).attempts == second.attempts


def test_attempts_are_filtered(tenant, account):
    gate = make_gate(tenant)
    good = attempt(gate, 1, account_id=account.id, message_id="one")
    bad = attempt(gate, 2, "http_500", account_id=account.id, message_id="two")
    old = attempt(gate, 100, "expired", message_id="one")

    def found(**fields) -> list[GateAttempt]:
        return list(attempts_of(gate, AttemptFilter(**fields)).attempts)

    assert found(outcome="ok") == [good]
    assert found(outcome="failed") == [bad, old]
    assert found(message_id="one") == [good]  # `old` names no account, as made-up reports of tests do
    assert found(message_id="two$1") == [bad]
    assert found(since=NOW - timedelta(minutes=2)) == [good, bad]
    assert found(until=NOW - timedelta(minutes=2)) == [old]


def test_one_attempt_is_that_of_the_gate(tenant, other_tenant):
    mine, theirs = make_gate(tenant), make_gate(other_tenant)
    one = attempt(mine, 1)
    assert attempt_of(mine, one.pk) == one
    assert attempt_of(theirs, one.pk) is None


@pytest.mark.parametrize(
    "cursor",
    ["x", keyset.encode(("2026", 1)), keyset.encode(("a", 1)), keyset.encode(("2026-11-20T12:00:00Z", "1"))],
)
def test_foreign_cursors_are_refused(tenant, cursor):
    with pytest.raises(BadCursor):
        attempts_of(make_gate(tenant), AttemptFilter(), cursor=cursor)


def test_lists_are_read_by_their_indexes(tenant):
    gate = make_gate(tenant)
    with connection.cursor() as cursor:
        for way in ("seqscan", "sort", "incremental_sort"):  # with a few rows each of them is as cheap as an index
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for chosen, index in (
            (AttemptFilter(), "gate_attempt_newest"),
            (AttemptFilter(outcome="failed"), "gate_attempt_failed"),
        ):
            assert index in reading._filtered(gate, chosen).order_by("-at", "-id")[:51].explain()
