"""A gateway's delivery reports, made up: in order of arrival, and the same for the same seed."""

from binascii import b2a_base64
from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import heappop, heappush
from random import Random
from typing import Any

import orjson

from deliveries.simulation.clock import DAY, HOUR, LocalClock, utc_text
from deliveries.simulation.customers import DEFAULT_PROFILE, Mailing, Profile, Variant
from deliveries.simulation.fates import Fates
from deliveries.simulation.people import Person, Population
from deliveries.simulation.rhythm import Stream, busiest_hour, schedule
from deliveries.simulation.world import IMMEDIATE, OPERATOR_CODES

DLRS_PER_MESSAGE = 2.6  # about; for a progress bar
REPLAY_LENGTH, REPLAY_AFTER = 20 * 60, 3 * HOUR
NO_OPERATOR = frozenset({2100, 2101, 2106})  # the number leads to none


def generate(
    *, seed: int, messages: int, start: datetime, end: datetime, profile: Profile = DEFAULT_PROFILE
) -> Iterator[bytes]:
    """Yield the DLRs (compact JSON, shape of docs/link.md section 3) of exactly ``messages`` messages.

    ``start`` and ``end`` are aware; messages are sent in [start, end) and a DLR that would arrive after
    ``end`` is left out, so the last messages are still pending. The ids depend on all of ``seed``,
    ``messages``, ``start`` and ``end``: two runs that differ in any never speak of the same message.
    Memory is that of the DLRs that are under way at one time. Raises ValueError for a naive time, a period
    under an hour, or fewer than 0 messages.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("start and end must carry a time zone")
    if (end - start).total_seconds() < HOUR:
        raise ValueError("the period must be at least one hour long")
    if messages < 0:
        raise ValueError("messages must not be negative")
    return _Traffic(seed, messages, start.astimezone(UTC), end.astimezone(UTC), profile).run()


class _Traffic:
    """One run: its random numbers and the DLRs under way (a heap by arrival)."""

    def __init__(self, seed: int, messages: int, start: datetime, end: datetime, profile: Profile) -> None:
        self.random = Random(f"{seed} {messages} {start.isoformat()} {end.isoformat()}")  # noqa: S311
        self.profile = profile
        self.messages = messages
        self.period = {"start": start, "end": end}
        self.end = end.timestamp()
        self.population = Population(profile)
        self.fates = Fates(profile, self.random, start.timestamp())
        self.clock = LocalClock(profile.zone)
        self.id_mask = self.random.getrandbits(64)
        self.under_way: list[tuple[float, int, bytes]] = []
        self.pushed = 0

    def run(self) -> Iterator[bytes]:
        if not self.messages:
            return
        replay_from = busiest_hour(profile=self.profile, **self.period)
        replays_left = self.profile.replayed
        plan = enumerate(schedule(profile=self.profile, messages=self.messages, random=self.random, **self.period))
        upcoming = next(plan, None)
        while upcoming or self.under_way:
            # nothing arrives before its message is sent, so the heap's top may leave until the next one is
            while upcoming and (not self.under_way or upcoming[1][0] <= self.under_way[0][0]):
                number, (at, stream) = upcoming
                self._send(number, at, stream)
                upcoming = next(plan, None)
            arrival, _, body = heappop(self.under_way)
            if replays_left and replay_from <= arrival < replay_from + REPLAY_LENGTH:
                replays_left -= 1
                self._push(arrival + REPLAY_AFTER, body)
            yield body

    def _send(self, number: int, at: float, stream: Stream) -> None:
        """Put all DLRs of one message under way."""
        random, mailing, fates = self.random.random, stream.mailing, self.fates
        person = self.population.draw(stream.partner, stream.country, random())
        arm = _arm(mailing, random())
        dealt = fates.deal(number)
        code = fates.outcome(at, mailing, person, arm) if dealt is None else dealt
        sent = at + random() * 2
        parts = fates.parts(mailing)
        latency = fates.latency(person.operator, at)
        lag = 0.1 + random() * 1.5
        ends_early = dealt is None and random() < self.profile.never_final
        skew = 3 + int(random() * 40) if random() < self.profile.clock_skewed else 0
        out = []
        for part in range(parts):
            # parts seldom fare differently
            fate = 1006 if part and code == 1001 and random() < 0.02 else code
            events = fates.events(fate, at=at, sent=sent, latency=latency + part * random(), mailing=mailing, lag=lag)
            if ends_early and len(events) > 1:
                del events[-1]
            out += [(part, event) for event in events if event[2] <= self.end]
        if not out:  # every message is heard of at least once
            out = [(0, (1000, min(sent, self.end), self.end))]
        message_id = self._message_id(number)
        dlr = self._dlr(message_id, at, stream, person, arm, code)
        dlr["sentTimestamp"] = utc_text(int(min(sent, self.end)))
        dlr["segments"] = parts
        for part, (event_code, time, arrival) in out:
            by_operator = event_code != 1005 and event_code not in IMMEDIATE
            if parts > 1:
                dlr["id"] = f"{message_id}${part}"
            dlr["timestamp"] = utc_text(int(time) - (skew if by_operator else 0))
            dlr["resultCode"] = event_code
            dlr["operatorResultCode"] = OPERATOR_CODES.get(event_code)
            self._disturb(arrival, orjson.dumps(dlr))

    def _dlr(
        self, message_id: str, at: float, stream: Stream, person: Person, arm: Variant | None, code: int
    ) -> dict[str, Any]:
        """Return what all DLRs of the message share, in the gateway's order of keys."""
        gate: dict[str, str] = {}
        # `received` is when the gateway took the message in: one value in all of its DLRs
        own = {
            "source": stream.mailing.source,
            "destination": _destination(code, person),
            "received": self.clock.text(int(at)),
        }
        for key in stream.partner.tenant.parameters:
            own[key] = getattr(person, key)
        if stream.partner.partner_id:
            (gate if self.random.random() < 0.93 else own)["platformPartnerId"] = stream.partner.partner_id
        return {
            "refId": _ref_id(stream, person, arm, message_id),
            "id": message_id,
            "operator": None if code in NO_OPERATOR else person.operator.name,
            "sentTimestamp": "",
            "timestamp": "",
            "resultCode": 0,
            "operatorResultCode": None,
            "segments": 1,
            "gateCustomParameters": gate,
            "customParameters": own,
        }

    def _message_id(self, number: int) -> str:
        """Return 24 signs of base64: 10 random bytes and the number scrambled, so unique within the run."""
        scrambled = (number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) ^ self.id_mask
        raw = self.random.randbytes(10) + scrambled.to_bytes(8, "big")
        return b2a_base64(raw, newline=False).decode("ascii")

    def _disturb(self, arrival: float, body: bytes) -> None:
        """Put one DLR under way; now and then twice, after its successors, or days late."""
        profile, chance = self.profile, self.random.random()
        if chance < profile.duplicated:
            self._push(arrival + self.random.random() ** 4 * 2 * HOUR, body)
        elif (chance := chance - profile.duplicated) < profile.reordered:
            arrival = min(arrival + 5 + self.random.random() * 300, self.end)
        elif chance - profile.reordered < profile.late:
            arrival = min(arrival + DAY + self.random.random() * 5 * DAY, self.end)
        self._push(arrival, body)

    def _push(self, arrival: float, body: bytes) -> None:
        if arrival <= self.end:
            self.pushed += 1  # equal arrivals leave in the order in which they came
            heappush(self.under_way, (arrival, self.pushed, body))


def _arm(mailing: Mailing, chance: float) -> Variant | None:
    for arm in mailing.variants:
        if (chance := chance - arm.share) < 0:
            return arm
    return mailing.variants[-1] if mailing.variants else None


def _destination(code: int, person: Person) -> str:
    """Return what the message was sent to, as the code that answers it supposes."""
    if code == 2100:
        return f"{person.country.code}-2333"
    if code == 2101:
        return "Customer"
    if code == 2102:
        return person.landline
    return person.bad_number if code == 2106 else person.number


def _ref_id(stream: Stream, person: Person, arm: Variant | None, message_id: str) -> str | None:
    """Join campaign, store and variant as the tenant's scheme has them."""
    tenant, name = stream.partner.tenant, stream.mailing.name
    if name is None:
        return None
    if stream.mailing.unique:
        return f"{name}-{message_id[:8]}"
    if not tenant.delimiter:
        return name
    labels = {"campaign": name, "store": person.store, "variant": arm.label if arm else None}
    return tenant.delimiter.join(label for key in tenant.fields if (label := labels[key]))
