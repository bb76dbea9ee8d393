"""The same reports from many senders at once, and two appliers: each has one effect."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random

import httpx

from portal import serve
from tests.faults.checker import problems
from tests.faults.load import dlr

SENDERS, COPIES = 8, 6


def test_same_reports_from_many_senders_at_once_have_one_effect(portal, load):
    load = load()
    now = datetime.now(UTC) - timedelta(hours=1)
    bodies = [
        [dlr(f"{load.seed}-{n}", code, now, now + timedelta(seconds=code)) for n in range(first, first + 20)]
        for first in range(0, 400, 20)
        for code in (1000, 1001, 1006)
    ]
    load.sent = load.acknowledged = {(report["id"], report["resultCode"]) for body in bodies for report in body}
    posts = [json.dumps(body) for body in bodies] * COPIES
    Random(load.seed).shuffle(posts)

    portal.launch("second applier", sys.executable, *serve.commands(portal.environment())["applier"])
    try:
        with httpx.Client(timeout=60, trust_env=False) as http, ThreadPoolExecutor(SENDERS) as pool:
            statuses = set(pool.map(lambda content: http.post(load.url, content=content).status_code, posts))
        assert statuses == {200}
        assert problems(portal, load) == []
    finally:
        portal.end("second applier")
    with portal.database() as database:
        (raw,) = database.execute(
            "SELECT count(*) FROM inbox WHERE body LIKE %s", [b'{"id": "%d-%%' % load.seed]
        ).fetchone()
        messages = database.execute(
            "SELECT status, count(*) FROM message WHERE message_id LIKE %s GROUP BY status", [f"{load.seed}-%"]
        ).fetchall()
    assert (raw, messages) == (400 * 3 * COPIES, [("failed", 400)])  # 1006 came last by the gateway's clock
