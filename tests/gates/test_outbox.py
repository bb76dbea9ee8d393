"""Delivery reports are queued at gates in the transaction that applies them: each once, and only what filters pass."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign
from deliveries.applying.apply import apply_waiting
from deliveries.models import Gate, GateDelivery, ImportRun
from tests.deliveries.helpers import NOW, apply, dlr, put
from tests.gates.factors import make_gate

pytestmark = pytest.mark.django_db


def report(id_: str, code: int = 1001, **fields) -> dict:
    return dlr(id_, code, gateCustomParameters={"platformPartnerId": "nr-fi"}, **fields)


def queued(gate: Gate) -> list[str]:
    return sorted(GateDelivery.objects.filter(gate=gate).values_list("message_id", flat=True))


def test_each_new_report_waits_once_at_each_gate(feed, tenant, other_tenant):
    gates = [make_gate(tenant, name=name) for name in "ab"]
    foreign = make_gate(other_tenant)

    apply(feed, report("one"), report("one"), report("two", 1000))
    apply(feed, report("one"), report("two"))  # the first is a duplicate, the second another report of its message

    assert [queued(gate) for gate in gates] == [["one", "two", "two"]] * 2
    assert queued(foreign) == []


def test_report_that_changes_nothing_of_its_message_is_forwarded_too(feed, tenant):
    gate = make_gate(tenant)

    apply(feed, report("one"))
    apply(feed, report("one", 1000))  # late: the message stays delivered

    assert queued(gate) == ["one", "one"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["de", "fi", "sent"]),
        ({"final_only": True}, ["de", "fi"]),
        ({"statuses": ["failed"]}, ["de"]),
        ({"countries": ["FI"]}, ["fi", "sent"]),
        ({"partner_ids": ["nr-fi"]}, ["de", "fi", "sent"]),
        ({"partner_ids": ["nr-se"]}, []),
        ({"ref_id_prefix": "spring"}, ["fi"]),
        ({"parameter_key": "store"}, ["de", "fi"]),
        ({"parameter_key": "store", "parameter_value": "7"}, ["fi"]),
    ],
)  # fmt: skip
def test_filter(feed, tenant, chosen, expected):
    gate = make_gate(tenant, **chosen)

    apply(
        feed,
        report("fi", refId="spring-a", customParameters={"destination": "+358401234567", "store": "7"}),
        report("de", 2106, refId="autumn", customParameters={"destination": "+4915112345678", "store": "8"}),
        report("sent", 1000, customParameters={"destination": "+358401234568"}),
    )

    assert queued(gate) == expected


def test_filter_by_campaign_includes_what_is_merged_into_it(feed, tenant):
    apply(feed, report("0", refId="spring"), report("1", refId="spring2"), report("2", refId="autumn"))
    spring, merged = (Campaign.objects.get(tenant=tenant, name=name) for name in ("spring", "spring2"))
    Campaign.objects.filter(id=merged.id).update(merged_into=spring)
    gate = make_gate(tenant, campaign_ids=[spring.id])

    apply(feed, *(report(f"n{refId}", refId=refId) for refId in ("spring", "spring2", "autumn")))

    assert queued(gate) == ["nspring", "nspring2"]


def test_imported_history_is_not_forwarded(feed, tenant):
    gate = make_gate(tenant)
    put(feed, report("old"))
    run = ImportRun.objects.create(feed=feed, file_name="archive.json")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inbox SET import_run_id = %s", [run.id])

    assert apply_waiting(now=NOW).reports == 1
    assert queued(gate) == []


def test_tenant_without_gates_costs_one_look(feed, tenant, other_tenant):
    make_gate(other_tenant)
    put(feed, report("one"))

    with CaptureQueriesContext(connection) as queries:
        apply_waiting(now=NOW)

    of_gates = [query["sql"] for query in queries if "FROM gate " in query["sql"] or "gate_delivery" in query["sql"]]
    assert len(of_gates) == 1


def test_held_time_of_the_gate_is_noted(feed, tenant):
    hour_ago = timezone.now() - timedelta(hours=1)
    gate = make_gate(tenant, state=Gate.State.PAUSED, state_at=hour_ago, held_ms=500)

    apply(feed, report("one"))

    assert GateDelivery.objects.get(gate=gate).held_ms == pytest.approx(3_600_500, abs=60_000)


def test_report_that_cannot_be_applied_is_not_queued(feed, tenant):
    gate = make_gate(tenant)
    put(feed, report("one"))
    with connection.cursor() as cursor:  # the counts' table refuses, at the batch's end
        cursor.execute("ALTER TABLE daily_count ADD CONSTRAINT none CHECK (messages < 1) NOT VALID")

    result = apply_waiting(now=NOW)

    assert (result.quarantined, queued(gate)) == (1, [])
