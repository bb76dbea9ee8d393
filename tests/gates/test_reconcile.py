"""Planted differences between gates' counts and attempts are found, told and repaired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from deliveries.checks.reconcile import find_differences, find_differences_of
from deliveries.models import GateAttempt, GateHour
from tests.deliveries.helpers import apply
from tests.gates.dispatching import dispatching
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver, answers
from tests.gates.test_dispatcher import hurry, is_done, report

pytestmark = pytest.mark.django_db(transaction=True)


def counted() -> list[tuple]:
    return sorted(GateHour.objects.values_list("gate_id", "hour", "outcome", "bucket", "number"))


def test_planted_differences_are_found_and_counted_again(feed, tenant, capsys):
    with Receiver(answers(503), answers(200)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        is_done(gate, "http_503")
        hurry(gate)
        apply(feed, report("two"), report("three"))
        is_done(gate, "http_503", "delivered", "delivered", "delivered")
    GateAttempt.objects.create(
        tenant=tenant, gate=gate, at=timezone.now(), message_id="one", number=0, outcome="delivered"
    )  # a test, which is not counted
    right = counted()
    assert find_differences() == []

    hour = GateHour.objects.values_list("hour", flat=True).first()
    GateHour.objects.filter(outcome="http_503").delete()
    GateHour.objects.filter(outcome="delivered", bucket=-1).update(number=7)
    GateHour.objects.create(tenant=tenant, gate_id=gate.pk, hour=hour, outcome="timeout", bucket=-1, number=2)
    place = f"gate_hour: tenant_id={tenant.id} gate_id={gate.pk} hour={hour} outcome="
    with pytest.raises(SystemExit):
        call_command("reconcile", repair=True)

    assert capsys.readouterr().out.splitlines()[:3] == [
        f"{place}delivered: attempts counted 9, actual 3",
        f"{place}http_503: attempts counted 0, actual 1",
        f"{place}timeout: attempts counted 2, actual 0",
    ]
    assert counted() == right
    assert find_differences() == []


def test_night_compares_the_days_whose_attempts_are_kept(tenant):
    today = datetime.now(UTC).date()
    gate = make_gate(tenant)
    for days in (10, 100):
        at = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
        GateHour.objects.create(tenant=tenant, gate_id=gate.pk, hour=at, outcome="gone", bucket=-1, number=1)

    assert len(find_differences_of(today - timedelta(days=10))) == 1
    assert find_differences_of(today - timedelta(days=100)) == []
