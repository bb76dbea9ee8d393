"""Simulated events of MyLINK: every one can be read by its dialect, and all together are like a gateway's."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import orjson
import pytest
from django.core.management import call_command

from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.report import NoMessage
from deliveries.ingest.split import split
from deliveries.simulation import mylink
from deliveries.simulation.sender import bodies
from deliveries.simulation.traffic import generate
from deliveries.simulation.world import ROTA

END = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def dlrs() -> list[bytes]:
    return list(generate(seed=3, messages=2000, start=END - timedelta(days=20), end=END))


@pytest.mark.parametrize("name", mylink.DIALECTS)
def test_events_are_split_and_read_by_their_dialect(name, dlrs):
    translate, shape = mylink.DIALECTS[name]
    dialect, count, statuses = DIALECTS[name], 0, Counter()
    for body in bodies(translate(iter(dlrs)), shape=shape):
        rows = split(body.content, account_id=1, dialect=dialect)
        assert len(rows) == body.count
        count += body.count
        for slice_, row in rows:
            report = dialect.parse(row, received_at=END)
            if type(report) is NoMessage:
                statuses["other"] += 1
                continue
            assert slice_ == split(orjson.dumps(orjson.loads(row)), account_id=1, dialect=dialect)[0][0]
            statuses[dialect.codes[report.code].status if report.code in dialect.codes else "unknown"] += 1
            assert report.at is not None and report.segments >= 1

    assert count == sum(orjson.loads(dlr)["id"].partition("$")[2] in ("", "0") for dlr in dlrs)
    assert statuses["delivered"] > statuses["queued"] > statuses["failed"] > 0
    assert (statuses["other"] > 0) == (name == "mylink_multichannel")


def test_every_code_of_link_has_one_of_mylink():
    codes = {mylink.SMS_CODES.get(code, 3010) for code in ROTA}
    assert codes <= DIALECTS["mylink_sms"].codes.keys()
    assert {2000, 1001, 5000, 4008, 3004} <= codes


def test_command_prints_events_of_the_dialect():
    out = StringIO()
    call_command("simulate", dialect="mylink_sms", messages=20, dry_run=True, stdout=out)
    events = [orjson.loads(line) for line in out.getvalue().splitlines()]
    assert {event["channel"] for event in events} == {"sms"}
    assert len({event["eventId"] for event in events}) >= 20
