"""The recipients: the same person has the same number, operator, segment, language and store every time."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from deliveries.simulation.customers import Partner, Profile
from deliveries.simulation.world import COUNTRIES, Country, Operator

SEGMENTS = ("gold",) * 12 + ("silver",) * 33 + ("new",) * 20 + ("lapsed",) * 35


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient. ``number`` is a valid mobile number in E.164."""

    country: Country
    key: int
    number: str
    operator: Operator
    segment: str
    language: str
    store: str

    @property
    def bad_number(self) -> str:
        """Return the number as a careless list has it: its end cut off, or without its country code."""
        if self.key % 10 == 0:
            return "0" + self.number.removeprefix("+" + self.country.calling_code)
        return self.number[:-4]

    @property
    def landline(self) -> str:
        """Return a fixed-line number of the same country."""
        area, digits = self.country.landline
        return f"+{self.country.calling_code}{area}{self.key * 7_368_787 % 10**digits:0{digits}}"


class Population:
    """Everybody who gets messages: ``profile.recipients`` people per partner id and country."""

    def __init__(self, profile: Profile) -> None:
        self.size = profile.recipients
        self.salts = {partner.partner_id: n * 3_141_593 for n, partner in enumerate(profile.partners)}
        self.shares = {
            code: list(accumulate(operator.share for operator in country.operators))
            for code, country in COUNTRIES.items()
        }

    def draw(self, partner: Partner, country: Country, chance: float) -> Person:
        """Return the person at ``chance`` (from 0 to under 1) of a partner's recipients in a country."""
        key = int(chance * self.size)
        # An odd factor that 5 does not divide permutes 0…10**digits - 1: no two people share a number.
        local = (key * 7_368_787 + self.salts[partner.partner_id]) % 10**country.digits
        prefix = country.prefixes[key % len(country.prefixes)]
        mixed = key * 0x9E3779B1 & 0xFFFFFFFF
        shares = self.shares[country.code]
        pick = bisect_right(shares, mixed / 0x100000000 * shares[-1], hi=len(shares) - 1)
        mixed >>= 3
        return Person(
            country,
            key,
            f"+{country.calling_code}{prefix}{local:0{country.digits}}",
            country.operators[pick],
            SEGMENTS[mixed % 100],
            country.languages[mixed // 100 % len(country.languages)],
            country.towns[mixed // 1000 % len(country.towns)],
        )
