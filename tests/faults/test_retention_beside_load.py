"""Retention that takes days while reports for the very same days are being applied: no count moves."""

from __future__ import annotations

import pytest

from tests.faults.checker import agree, is_applied
from tests.running import until

TAKE = """
from datetime import UTC, datetime
from deliveries.retention.retention import apply_retention
from portal.tenants.models import Tenant
Tenant.objects.filter(slug="short").update(message_days={days}, number_days={days} - 3)
taken = apply_retention(now=datetime.now(UTC))
result = [sum(taken.messages.values()), sum(taken.numbers.values())]
"""

pytestmark = [pytest.mark.timeout(3600), pytest.mark.any_python]  # a crowded machine may take its time


def has_old_messages(portal) -> bool:
    with portal.database() as database:
        found = "SELECT 1 FROM message WHERE partner_id = 'short' AND day < current_date - 32 LIMIT 1"
        return bool(database.execute(found).fetchone())


def has_set_aside(portal, load) -> bool:
    with portal.database() as database:
        found = "SELECT 1 FROM quarantine WHERE reason = 'past retention' AND body LIKE %s LIMIT 1"
        return bool(database.execute(found, [b'{"id": "%d-%%' % load.seed]).fetchone())


def test_retention_takes_days_that_are_being_written_and_moves_no_count(portal, load, is_long):
    """With --long days are taken four times while the load leaves no pause; else a quiet load does."""
    with load(partner_id="short", threads=2, pause=0.02 if is_long else 0.2) as load:
        until(lambda: has_old_messages(portal), "messages past retention are there")
        taken = []
        for days in (30, 22, 15, 8) if is_long else (22, 8):  # the load's days reach 40 back
            taken.append(portal.inspector.ask(TAKE.format(days=days)))
            assert agree(portal) == []
            until(load.grown(80), "the load goes on")
        until(lambda: has_set_aside(portal, load), "reports of days that are gone are set aside", within=300)
    until(lambda: is_applied(portal), "everything is applied")

    assert agree(portal) == []
    with portal.database() as database:
        rows = database.execute(
            "SELECT m.message_id FROM message m JOIN retention_mark r USING (tenant_id) WHERE m.day < r.messages_before"
            " OR (m.day < r.numbers_before AND m.destination LIKE '+%')"
        ).fetchall()
        received, stored, aside = database.execute(
            "SELECT (SELECT count(*) FROM inbox WHERE body LIKE %(mine)s) + (SELECT sum(erased) FROM ingest_count),"
            " (SELECT sum(messages) FROM daily_count c"
            " JOIN tenants_tenant t ON t.id = c.tenant_id WHERE t.slug = 'short'), (SELECT count(*) FROM quarantine"
            " WHERE reason = 'past retention' AND body LIKE %(mine)s)",
            {"mine": b'{"id": "%d-%%' % load.seed},
        ).fetchone()
    assert rows == []
    assert sum(messages for messages, _numbers in taken) > 0 and aside > 0  # else nothing of it was tried
    assert stored <= received - aside
