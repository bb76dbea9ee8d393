"""Planted differences between counts and messages are found, reported and repaired."""

import pytest
from django.core.management import call_command

from deliveries.checks.reconcile import find_differences
from deliveries.models import CampaignCount, DailyCount, HourCount, LatencyCount, ResultCode
from deliveries.rederiving.refold import refold
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

SENT = {"sentTimestamp": "2026-11-05T10:00:00Z", "timestamp": "2026-11-05T10:00:05Z"}
OWN = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}}


def test_reconcile_of_an_empty_database_agrees(feed, capsys):
    call_command("reconcile")
    assert capsys.readouterr().out == "counts and messages agree\n"


def test_planted_differences_are_told_one_line_each_and_mended(feed, tenant, capsys):
    apply(feed, dlr("a", segments=3, **SENT, **OWN), dlr("b", 1006, **SENT, **OWN))
    DailyCount.objects.filter(status="delivered").update(messages=5)
    CampaignCount.objects.filter(status="failed").delete()
    HourCount.objects.filter(status="failed").update(parts=-1)
    LatencyCount.objects.update(messages=0)

    with pytest.raises(SystemExit) as told:
        call_command("reconcile")

    assert told.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    place = f"account_id={feed.account_id}"
    assert lines == [
        f"daily_count: tenant_id={tenant.id} day=2026-11-05 {place} partner_id=nr-fi country=ZZ operator= sender_type="
        " status=delivered result_code=1001: messages counted 5, actual 1, parts counted 3, actual 3",
        f"campaign_count: tenant_id={tenant.id} day=2026-11-05 {place} campaign_id=0 variant= country=ZZ operator="
        " sender_type= status=failed result_code=1006: messages counted 0, actual 1, parts counted 0, actual 1",
        f"hour_count: tenant_id={tenant.id} quarter=2026-11-05 10:00:00+00:00 {place} country=ZZ operator="
        " status=failed: messages counted 1, actual 1, parts counted -1, actual 1",
        f"latency_count: tenant_id={tenant.id} day=2026-11-05 {place} campaign_id=0 variant= country=ZZ operator="
        " sender_type= bucket=42: messages counted 0, actual 1",
    ]
    with pytest.raises(SystemExit) as mended:
        call_command("reconcile", repair=True)
    assert mended.value.code == 1
    assert find_differences() == []


def test_code_that_becomes_known_is_refolded_into_messages_and_counts(feed, tenant, capsys):
    apply(feed, dlr("a", 1099, **SENT, **OWN), dlr("b", 1099, **SENT, **OWN), dlr("b", 1000, **SENT, **OWN))
    assert sorted(DailyCount.objects.values_list("status", "result_code", "messages")) == [
        ("sent", 1000, 1),
        ("unknown", 1099, 1),
    ]
    ResultCode.objects.create(dialect="link", code=1099, status="failed", final=True, reason="other", text_en="New")

    assert refold(dialect="link", code=1099) == (2, 2)

    assert sorted(DailyCount.objects.exclude(messages=0).values_list("status", "result_code", "messages")) == [
        ("failed", 1099, 2)
    ]
    assert find_differences() == []
    assert refold(dialect="link", code=1099) == (2, 0)
