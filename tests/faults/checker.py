"""Checks after a fault: no acknowledged report is lost, none is stored twice, counts match the rows."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

from tests.e2e.recount import recount
from tests.faults.load import Load
from tests.faults.portal import Portal
from tests.running import until


def is_applied(portal: Portal) -> bool:
    with portal.database() as database:
        return database.execute("SELECT count(*) FROM inbox_todo").fetchone() == (0,)


def _what_waits(portal: Portal) -> str:
    """Return what tells why rows wait: how many, whether it becomes less, and what the database does."""
    with portal.database() as database:
        count = "SELECT count(*), min(received_at), count(DISTINCT slice) FROM inbox_todo"
        first, _slept, second = (database.execute(each).fetchone() for each in (count, "SELECT pg_sleep(2)", count))
        busy = database.execute(
            "SELECT state, wait_event, left(query, 60) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        ).fetchall()
    return f"{first}, 2 s later {second}; {busy}"


def agree(portal: Portal) -> list[str]:
    """Return what counts and messages, and raw rows and what became of them, disagree about; also under load."""
    return portal.inspector.ask(
        "from datetime import UTC, datetime\n"
        "from deliveries.applying.accounting import find_losses\n"
        "from deliveries.checks.reconcile import find_differences\n"
        "result = [*map(str, find_differences()), *find_losses(now=datetime.now(UTC))]"
    )


def problems(portal: Portal, load: Load) -> list[str]:
    """Wait until all is applied, and return what is wrong with a load's reports; nothing is.

    Acknowledged ⊆ stored ⊆ sent; one effect per identity; the messages are those of a recount of the raw rows.
    """
    try:
        until(lambda: is_applied(portal), "everything is applied")
    except AssertionError:
        raise AssertionError(f"not applied within 60 s: {_what_waits(portal)}") from None
    mine = {"mine": f"{load.seed}-%"}
    with portal.database() as database:
        raw = [bytes(body) for (body,) in database.execute("SELECT body FROM inbox ORDER BY id")]
        messages = database.execute(
            "SELECT message_id, status, result_code, final FROM message WHERE message_id LIKE %(mine)s", mine
        ).fetchall()
        reports = database.execute(
            "SELECT message_id, result_code FROM delivery_report WHERE message_id LIKE %(mine)s", mine
        ).fetchall()
    prefix = b'{"id": "%d-' % load.seed
    raw = [body for body in raw if body.startswith(prefix)]
    stored = set(reports)
    expected = {(m.id, m.status, m.code, m.final) for m in recount(raw, received_at=datetime.now(UTC))}
    found = {
        "acknowledged, but not stored": load.acknowledged - stored,
        "stored, but never sent": stored - load.sent,
        "received, but not applied": {(d["id"], d["resultCode"]) for d in map(json.loads, raw)} ^ stored,
        "reports that stand twice": [key for key, n in Counter(reports).items() if n > 1],
        "messages that stand twice": [key for key, n in Counter(m[0] for m in messages).items() if n > 1],
        "messages unlike their reports": set(messages) ^ expected,
    }
    return [f"{len(keys)} {what}" for what, keys in found.items() if keys] + agree(portal)
