"""kill -9 in mid-load: what was acknowledged is stored once, and the counts agree with it."""

from __future__ import annotations

from random import Random

import psycopg
import pytest

from tests.faults.checker import agree, problems
from tests.faults.victims import as_superuser, kill, kill_postgres, reconnect
from tests.running import say, until

pytestmark = pytest.mark.timeout(3600)  # a crowded machine may take its time


def test_nothing_acknowledged_is_lost_by_kills(portal, load, is_long):
    with load() as load:
        random = Random(load.seed)
        for round_ in range(25 if is_long else 1):
            victims = ["applier", "postgres", "web", *(["applier", "postgres"] if is_long else [])]
            random.shuffle(victims)
            for victim in victims:
                until(load.grown(random.randrange(1, 600)), "the load goes on")
                say(f"taken again {kill(portal, victim, load):.1f} s after kill -9 of {victim}")
            assert agree(portal) == []  # in one snapshot, while the load runs
            say(f"round {round_ + 1}: {victims}, {len(load.acknowledged)} acknowledged, {load.answers}")
        until(load.grown(100), "the load goes on")

    assert problems(portal, load) == []
    assert len(load.acknowledged) > 500
    assert load.sent > load.acknowledged  # else nothing was in flight when something was killed


def test_planted_loss_is_found(portal, load):
    """Otherwise the other tests would prove nothing: one row of many is enough."""
    with load() as load:
        until(load.grown(200), "the load is taken")
    assert problems(portal, load) == []
    with portal.database() as database:
        (lost,) = database.execute(
            "SELECT id FROM inbox WHERE position(%s::bytea in body) > 0 LIMIT 1", [f'{load.seed}-7"'.encode()]
        ).fetchone()
        row = database.execute("DELETE FROM inbox WHERE id = %s RETURNING received_at, feed_id, slice, body", [lost])
        received_at, *others = row.fetchone()
        try:
            found = problems(portal, load)
        finally:
            database.execute(
                "INSERT INTO inbox (id, received_at, feed_id, slice, body) VALUES (%s, %s, %s, %s, %s)",
                [lost, received_at, *others],
            )
    assert "1 received, but not applied" in found
    assert any(line.endswith(": 1 too many") for line in found)
    assert problems(portal, load) == []


def test_control_that_answers_before_the_disk_has_it_is_caught(portal, load):
    """The same kill with synchronous_commit off: what was answered and not yet written is gone."""
    with as_superuser(portal) as database:
        database.execute("ALTER DATABASE portal SET synchronous_commit = off")
        database.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        database.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        database.execute("SELECT pg_reload_conf()")
    try:
        reconnect(portal)
        until(portal.answers, "the ingest takes work")
        with load() as load:
            until(load.grown(400), "the load is taken")
            kill_postgres(portal)
            until(portal.answers, "the database is back")
    finally:
        with as_superuser(portal) as database:
            until(lambda: _is_reset(database), "the database commits as before")
            database.execute("ALTER SYSTEM RESET wal_writer_delay")
            database.execute("ALTER SYSTEM RESET wal_writer_flush_after")
            database.execute("SELECT pg_reload_conf()")
        reconnect(portal)
    until(portal.answers, "the ingest takes work")

    found = problems(portal, load)

    assert [line for line in found if line.endswith("acknowledged, but not stored")] == found != []


def _is_reset(database: psycopg.Connection) -> bool:
    """Reset the database's setting; False while the engines write to the same row, as they do after each start."""
    try:
        database.execute("ALTER DATABASE portal RESET synchronous_commit")
    except psycopg.errors.InternalError_:  # tuple concurrently updated
        return False
    return True
