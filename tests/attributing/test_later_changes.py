"""Events follow their messages through moves, retention, erasure and changes of what is indexed."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import psycopg
import pytest
from django.core.management import call_command
from django.utils import timezone

from campaigns.conversions.models import ConversionEvent
from campaigns.models import SegmentKey
from deliveries.attributing.attribute import attribute_due
from deliveries.attributing.due import data_as_of
from deliveries.checks.reconcile_conversions import find_attribution_differences
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.models import ConversionDue, Message, PartnerMove
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.segment_keys import choose, remove, run_segment_keys
from deliveries.retention.retention import apply_retention
from portal.common.database import connection_string
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.scope import web_scope
from tests.attributing.sample import NUMBER, OTHER, apply, at, attributed, event, message
from tests.deliveries.helpers import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of a test are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


def test_event_of_a_message_that_moved_to_another_tenant_says_so_until_it_is_back(feed, tenant, other_tenant):
    apply(feed, message("a", 0), message("own", 0, OTHER, partner="nr-se"))
    event(tenant, "e", 5)
    assert attributed() == {"e": "a"}
    for owner, expected in ((other_tenant, "(moved)"), (tenant, "a")):
        PartnerId.objects.filter(value="nr-fi").update(tenant=owner)
        PartnerMove.objects.create(partner=PartnerId.objects.get(value="nr-fi"), tenant=owner)
        run_moves()
        assert attributed() == {"e": expected}


def test_sealed_days_keep_their_events_and_take_no_new_ones(feed, tenant):
    apply(feed, message("a", 0))
    next_day = 23 * 60
    event(tenant, "early", next_day)
    attribute_due()
    event(tenant, "waits", next_day)  # nobody has looked at it when the day is sealed
    Tenant.objects.filter(id=tenant.id).update(message_days=30, number_days=30)
    apply_retention(now=at(0) + timedelta(days=31))
    assert not Message.objects.exists()
    event(tenant, "new", next_day)
    ConversionDue.objects.create(tenant=tenant)
    assert attributed() == {"early": "a", "waits": "a", "new": "(no_message)"}
    frozen = ConversionEvent.objects.filter(is_frozen=True).values_list("event_id", flat=True)
    assert sorted(frozen) == ["early", "waits"]


def test_reasons_from_before_retention_are_no_difference(feed, tenant):
    apply(feed, message("a", 0))
    event(tenant, "late", 3 * 24 * 60)
    Tenant.objects.filter(id=tenant.id).update(message_days=30, number_days=10)
    for days in (11, 31):  # numbers go first, then the messages
        assert attributed() == {"late": "(outside_window)"}
        apply_retention(now=at(0) + timedelta(days=days))
    assert not Message.objects.exists()
    assert not ConversionDue.objects.exists()
    assert list(find_attribution_differences()) == []
    ConversionEvent.objects.update(attributed_account_id=feed.account_id, attributed_message_id="a", reason="",
                                   attributed_message_day=at(0) + timedelta(days=40))  # fmt: skip
    assert len(list(find_attribution_differences())) == 1


def test_retention_takes_its_turn_after_who_attributes(feed, tenant):
    apply(feed, message("a", 0))
    event(tenant, "e", 5)
    with psycopg.connect(connection_string()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('portal.conversions'))")
        assert attribute_due() is None  # another process has the notes
        with ThreadPoolExecutor(1) as thread:
            ended = thread.submit(end_when_awaited, other)
            assert attribute_due(wait=True) == 1
            ended.result()
    assert attributed() == {"e": "a"}


def end_when_awaited(other: psycopg.Connection) -> None:
    """End the transaction of a connection as soon as another one waits for its lock."""
    with psycopg.connect(connection_string(), autocommit=True) as watching:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not watching.execute(waiting).fetchone()[0]:
            sleep(0.01)
    other.rollback()


def test_erasure_changes_no_attribution_and_renames_message_ids(feed, tenant):
    apply(feed, message(f"for {NUMBER}", 0))
    event(tenant, "recipient", 5)
    event(tenant, "message", 5, None, account_id=feed.account_id, message_id=f"for {NUMBER}")
    event(tenant, "not looked at", 6, None, account_id=feed.account_id, message_id=f"for {NUMBER}")
    attributed()
    erase_number(number=NUMBER, tenant=tenant, actor="test")
    masked = Message.objects.get().message_id
    assert NUMBER not in masked
    assert attributed() == {"recipient": masked, "message": masked, "not looked at": masked}
    assert set(ConversionEvent.objects.values_list("message_id", flat=True)) == {None, masked}


def test_event_by_a_custom_parameter_takes_the_last_message_that_carries_it(feed, tenant):
    long = "x" * 300
    apply(feed, message("a", 0, order="7"), message("b", 5, OTHER, order="7"), message("c", 6, order=long))
    for id_, value in (("seven", "7"), ("long", long), ("eight", "8")):
        event(tenant, id_, 10, None, parameter_key="order", parameter_value=value)
    assert set(attributed().values()) == {"(not_indexed)"}
    choose(tenant=tenant, key="order", actor="manager@example.com", now=NOW)
    run_segment_keys()
    assert attributed() == {"seven": "b", "long": "c", "eight": "(no_message)"}
    apply(feed, message("d", 8, order="8"))
    assert attributed()["eight"] == "d"
    remove(key=SegmentKey.objects.get(), actor="manager@example.com", now=NOW)
    run_segment_keys()
    assert set(attributed().values()) == {"(not_indexed)"}


def test_reconcile_finds_and_repairs_a_wrong_attribution(feed, tenant, capsys):
    apply(feed, message("a", 0))
    made = event(tenant, "e", 5)
    event(tenant, "none", 5, OTHER)
    attributed()
    assert list(find_attribution_differences()) == []
    wrong = {"reason": "no_message", "attributed_account_id": None, "attributed_message_id": None}
    ConversionEvent.objects.filter(pk=made.pk).update(**wrong)
    with pytest.raises(SystemExit):
        call_command("reconcile", "--repair")
    line = f"conversion_event: tenant_id={tenant.id} id={made.pk}: stored no_message, actual a message"
    assert line in capsys.readouterr().out
    assert attributed() == {"e": "a", "none": "(no_message)"}


def test_metrics_count_the_notes(client, feed, tenant):
    event(tenant, "e", 5)
    ConversionDue.objects.update(since=timezone.now() - timedelta(minutes=1))
    page = client.get("/metrics").content.decode()
    assert "portal_conversions_due 1.0" in page
    oldest = re.search(r"portal_conversions_oldest_due_seconds ([\d.]+)", page)
    assert oldest is not None
    assert float(oldest[1]) >= 60


def test_data_are_as_of_the_oldest_note(feed, tenant, other_tenant):
    now = timezone.now()
    event(tenant, "e", 5)
    ConversionDue.objects.update(since=at(3))
    with web_scope([tenant.id]):
        assert data_as_of([tenant.id], now=now) == at(3)
    assert data_as_of([other_tenant.id], now=now) == now
    attributed()
    assert data_as_of([tenant.id], now=now) == now
