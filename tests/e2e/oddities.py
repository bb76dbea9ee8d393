"""Delivery reports at the edges of docs/link.md section 5: what a realistic simulation meets seldom or never."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random

CODES = [
    *(1001, 1001, 1001, 1007, 1000, 1000, 1005, 1008, 1011, 1012, 1013),
    *(0, 1, 2, 3, 4, 5, 6, 104, 105, 1002, 1003, 1004, 1006, 1009, 1010, 2000, 2101, 2104, 2106, 2200, 3001, 4007),
    *(9999, 1500, -7),  # in no table
]
IDS = ["odd{}", "odd/{}+pQ==", "odd$x{}", "$odd{}", "öd {}"]
OPERATORS = [None, "", "fi.elisa", "FI.DNA", "no.telenor", "xk.ipko", "zz.nobody", "eu.roaming", "noDot", "Us.att"]
DESTINATIONS = [
    *(None, "", "+358401234567", "00358 40 123-4567", "358501234567", "0401234567", "+4790123456", "+47 999"),
    *("+12025550123", "+14165550123", "+447911123456", "+447781123456", "+3834412345", "+77011234567", "+79161234567"),
    *("+80012345678", "+8816123456789", "+2109999999", "NO-2333", "se-71234", "EU-12", "Customer", "+4681234567"),
    *("+35818123456", "+390612345678", "+599912345", "+5997123456", "+262639123456", "+61891641234"),
]
REF_IDS = [
    *(None, "", "spring|A", "spring|B", "spring", "spring|A|late", "|A", "=1+1|A", "spring;st1;B", "Ä" * 200 + "|A"),
    *("x" * 300, " padded |A", "https://example.com/|B", "+358401234567", "NA", "nan"),
]
BROKEN = [
    {"id": "broken1", "resultCode": "1001"},
    {"id": "broken2"},
    {"resultCode": 1001},
    {"id": "", "resultCode": 1001},
    {"id": "broken3", "resultCode": 1001, "timestamp": "yesterday"},
    {"id": "broken4", "resultCode": 1001, "sentTimestamp": "2026-10-05T10:00:00"},
    {"id": "broken5$255", "resultCode": 1001},
    {"id": "broken6", "resultCode": 1001, "customParameters": []},
    {"id": "broken7", "resultCode": 1001, "segments": "2"},
    {"id": "broken8", "resultCode": 1001.5},
    {"id": 17, "resultCode": 1001},
    ["broken9", 1001],
    "broken10",
    None,
]


def make(*, seed: int, messages: int, partner_ids: list[str], start: datetime, end: datetime) -> list[bytes]:
    """Return the reports of so many messages about the month from `start` to `end` and a day around it, shuffled.

    Between them stand repetitions, contradictions and what belongs in quarantine.
    """
    random = Random(seed)
    dlrs = []
    for number in range(messages):
        message_id = random.choice(IDS).format(number)
        moment = _moment(random, start, end)
        body = _attributes(random, partner_ids)
        parts = random.choice((0, 0, 0, 1, 2, 3))
        for _ in range(random.choice((1, 1, 2, 3, 5))):
            if random.random() < 0.1:  # a second opinion on everything
                body = _attributes(random, partner_ids)
            dlr = body | {"id": message_id, "resultCode": random.choice(CODES)}
            if parts and random.random() < 0.9:
                dlr["id"] += f"${random.randrange(parts)}"
            if parts or random.random() < 0.2:
                dlr["segments"] = random.choice((parts, parts, 1, 2))
            dlr |= _times(random, moment)
            dlrs.append(dlr)
    dlrs += [random.choice(dlrs) for _ in range(messages // 5)]
    dlrs += BROKEN
    random.shuffle(dlrs)
    return [json.dumps(dlr, ensure_ascii=random.random() < 0.5).encode() for dlr in dlrs]


def _moment(random: Random, start: datetime, end: datetime) -> datetime:
    """Return a time of the month, every other one within a day of its beginning or end, where the zones differ."""
    if random.random() < 0.5:
        return random.choice((start, end)) + timedelta(seconds=random.randrange(-86400, 86400))
    return start + random.random() * (end - start)


def _times(random: Random, moment: datetime) -> dict:
    times = {}
    if random.random() < 0.85:
        times["sentTimestamp"] = _text(random, moment + timedelta(seconds=random.randrange(3)))
    if random.random() < 0.9:
        delay = random.choice((random.randrange(10), random.randrange(-60, 100_000)))
        times["timestamp"] = _text(random, moment + timedelta(seconds=delay))
    for name in times:
        if random.random() < 0.03:
            times[name] = random.choice((None, "2001-02-03T04:05:06Z", "2099-01-01T00:00:00Z"))
    return times


def _text(random: Random, moment: datetime) -> str:
    plain = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if random.random() < 0.1:
        return (moment + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S.250+03:00")
    return plain + "Z"


def _attributes(random: Random, partner_ids: list[str]) -> dict:
    own = {"destination": random.choice(DESTINATIONS), "source": random.choice(("Shop", "2333", None)), "n": 1}
    gate = {}
    if random.random() < 0.8:
        random.choice((gate, own))["platformPartnerId"] = random.choice([*partner_ids, 4711, ""])
    if random.random() < 0.05:
        gate["platformPartnerId"], own["platformPartnerId"] = random.sample(partner_ids, 2)
    return {
        "refId": random.choice(REF_IDS),
        "operator": random.choice(OPERATORS),
        "operatorResultCode": random.choice((None, "17")),
        "gateCustomParameters": random.choice((gate, gate, gate or None)),
        "customParameters": own,
    }
