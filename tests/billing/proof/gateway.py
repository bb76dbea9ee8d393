"""A gateway that invoices simulated traffic, message by message, with errors that are told to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import ceil, floor
from zlib import crc32
from zoneinfo import ZoneInfo

from deliveries.dialects import link
from deliveries.dialects.codes import CodeTable
from deliveries.dialects.link_codes import CODES
from deliveries.messages import fold
from deliveries.messages.fold import Folded
from deliveries.simulation.traffic import generate
from reports.billing.proof.claims import Claim, ClaimRow, Shape, summed
from reports.billing.proof.facts import Fact
from reports.pricing.tariff import Basis, Kind, Per, Price, Tariff

TABLE = CodeTable(CODES)
FIRST_DAY, LAST_DAY = date(2026, 10, 1), date(2026, 10, 31)
UNDECLARED = frozenset({"", "nr-se", "trial-77", "acme-test"})
SHAPE = Shape(partner_id=True, country=True, operator=False)


@dataclass(frozen=True)
class Sent:
    """One message as the gateway and the portal know it."""

    partner_id: str
    country: str
    operator: str
    sender_type: str
    sent_at: datetime
    parts: int
    status: str
    at_close: str
    at_close_before: str

    @property
    def declared(self) -> bool:
        return self.partner_id not in UNDECLARED


@lru_cache(maxsize=8)
def received(seed: int, messages: int) -> tuple[tuple[datetime, bytes], ...]:
    """Return simulated reports around October 2026 with the time of their receipt; some of them come days late."""
    start, end = datetime(2026, 9, 24, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)
    found, seen = [], set()
    now = start
    for body in generate(seed=seed, messages=messages, start=start, end=end):
        report = link.parse(body, received_at=end)
        now = max(now, report.at or now)  # they come in the order of arrival
        is_late = report.message_id in seen and crc32(report.message_id.encode()) % 5 == 0
        seen.add(report.message_id)
        found.append((now + timedelta(days=8) if is_late else now, body))
    return tuple(found)


@lru_cache(maxsize=8)
def traffic(seed: int, zone: str, messages: int = 900, *, is_plain: bool = False) -> tuple[Sent, ...]:
    """Return messages as the gateway knows them; unless plain, some numbers are ported, some of a country's islands."""
    close = datetime(2026, 11, 1, tzinfo=ZoneInfo(zone))
    close_before = datetime(2026, 10, 1, tzinfo=ZoneInfo(zone))
    reports = defaultdict(list)
    for received_at, body in received(seed, messages):
        report = link.parse(body, received_at=received_at)
        reports[report.message_id].append((received_at, report))

    def folded(message_id: str, before: datetime | None) -> Folded:
        message = Folded(1, message_id)
        for received_at, report in reports[message_id]:
            if before is None or received_at < before:
                fold.add_report(message, report, received_at=received_at, codes=TABLE)
        fold.settle(message, codes=TABLE)
        return message

    found = []
    for message_id in reports:
        message = folded(message_id, None)
        assert message.sent_at is not None
        digest = crc32(message_id.encode())
        found.append(
            Sent(
                partner_id=message.partner_id,
                country="AX" if message.country == "FI" and digest % 29 == 0 and not is_plain else message.country,
                operator="ee.elisa"
                if message.country == "FI" and digest % 23 == 0 and not is_plain
                else message.operator,
                sender_type=message.sender_type,
                sent_at=message.sent_at,
                parts=message.parts,
                status=message.status,
                at_close=folded(message_id, close).status,
                at_close_before=folded(message_id, close_before).status,
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Errors:
    """Errors that the gateway makes; none of them by default."""

    utc_month: bool = False
    other_unit: bool = False
    at_close: bool = False
    carried: bool = False
    failed: str = ""  # "charged", "left out"
    unknown: str = ""
    pending: str = ""
    undeclared: bool = False
    country: Callable[[Sent], str] | None = None
    price: str = ""  # "first", "last", "earlier"
    rounding: str = ""  # "down", "up"; "price_2", "price_2_down"


@dataclass(frozen=True)
class Gateway:
    """An agreement with the gateway, and the traffic that it invoices."""

    messages: tuple[Sent, ...]
    zone: str
    basis: Basis
    per: Per
    prices: dict[str, tuple[int, int, int]]  # country: until the month, from its first day, from its 15th day

    def invoice(self, errors: Errors = Errors()) -> dict[tuple[str, str], tuple[int, int]]:
        """Return quantity and amount (millionths) of each partner ID and country."""
        lines: dict[tuple[str, str, int], int] = defaultdict(int)
        for message in self.messages:
            if (message.declared or errors.undeclared) and self._is_charged(message, errors):
                country = errors.country(message) if errors.country else message.country
                price = self._price(message, country, errors)
                is_part = (self.per == Per.PART) != errors.other_unit
                lines[message.partner_id, country, price] += message.parts if is_part else 1
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for (partner_id, country, price), quantity in lines.items():
            so_far = found.get((partner_id, country), (0, 0))
            amount = _rounded(quantity * price / 10_000, errors.rounding) * 10_000
            found[partner_id, country] = (so_far[0] + quantity, so_far[1] + amount)
        return found

    def claim(self, errors: Errors = Errors()) -> Claim:
        """Return the invoice as the engine takes it."""
        return claim_of(self.invoice(errors))

    @property
    def tariff(self) -> Tariff:
        """The price list that is agreed."""
        versions = []
        for country, (earlier, first, last) in self.prices.items():
            versions += [
                Price(earlier, date(2026, 1, 1), FIRST_DAY, country=country),
                Price(first, FIRST_DAY, date(2026, 10, 15), country=country),
                Price(last, date(2026, 10, 15), None, country=country),
            ]
        return Tariff(1, "cost", Kind.COST, "EUR", self.basis, self.per, tuple(versions))

    def facts(self) -> list[Fact]:
        """Return the sums that the portal has of these messages."""
        sums: dict[Fact, list[int]] = {}
        for message in self.messages:
            day = message.sent_at.astimezone(ZoneInfo(self.zone)).date()
            fact = Fact(
                message.partner_id, message.country, message.operator, message.sender_type, day, message.status,
                messages=0, parts=0, month=_months(day), utc_month=_months(message.sent_at.astimezone(UTC).date()),
                closing=message.at_close, before=message.at_close_before, declared=message.declared,
            )  # fmt: skip
            of_fact = sums.setdefault(fact, [0, 0])
            of_fact[0] += 1
            of_fact[1] += message.parts
        return [replace(fact, messages=messages, parts=parts) for fact, (messages, parts) in sums.items()]

    def _is_charged(self, message: Sent, errors: Errors) -> bool:
        at = message.sent_at.astimezone(UTC if errors.utc_month else ZoneInfo(self.zone))
        month = _months(at.date())
        if month == -1 and errors.carried:
            return self._charges(message.at_close, errors) and not self._charges(message.at_close_before, errors)
        status = message.at_close if errors.at_close or errors.carried else message.status
        return month == 0 and self._charges(status, errors)

    def _charges(self, status: str, errors: Errors) -> bool:
        if status in ("failed", "expired", "rejected"):
            error = errors.failed
        elif status == "unknown":
            error = errors.unknown
        else:
            error = errors.pending if status in ("queued", "sent") else ""
        return error == "charged" or (self.basis.charges(status) and error != "left out")

    def _price(self, message: Sent, country: str, errors: Errors) -> int:
        earlier, first, last = self.prices[country]
        day = message.sent_at.astimezone(ZoneInfo(self.zone)).date()
        if errors.price:
            price = {"earlier": earlier, "first": first, "last": last}[errors.price]
        else:
            price = earlier if day < FIRST_DAY else first if day < date(2026, 10, 15) else last
        if not errors.rounding.startswith("price"):
            return price
        step = 10 ** (6 - int(errors.rounding[6]))
        return (price if errors.rounding.endswith("down") else price + step // 2) // step * step


def claim_of(rows: dict[tuple[str, str], tuple[int, int]]) -> Claim:
    """Return rows of an invoice as the engine takes them."""
    return summed((ClaimRow(*key, "", quantity, None, amount) for key, (quantity, amount) in rows.items()), SHAPE)


def of_operator(message: Sent) -> str:
    """Return the country that the operator's code names."""
    return message.operator[:2].upper() or message.country


def of_calling_code(message: Sent) -> str:
    """Return the main country of the calling code."""
    return {"AX": "FI"}.get(message.country, message.country)


def countries(messages: Iterable[Sent]) -> list[str]:
    """Return all countries that a price is needed for."""
    return sorted({country for m in messages for country in (m.country, of_operator(m), of_calling_code(m))})


def _months(day: date) -> int:
    return (day.year - FIRST_DAY.year) * 12 + day.month - FIRST_DAY.month


def _rounded(amount: float, rounding: str) -> int:
    nearest = round(amount * 10_000)  # whole millionths
    if rounding == "down":
        return floor(nearest / 10_000)
    if rounding == "up":
        return ceil(nearest / 10_000)
    return floor(nearest / 10_000 + 0.5)
