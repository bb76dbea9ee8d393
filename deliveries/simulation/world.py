"""The simulated world's tables: countries with their number plans and operators, and how messages fail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """One mobile operator. ``median`` is in seconds, ``spread`` the sigma of the log-normal latency."""

    name: str
    share: float
    median: float
    spread: float
    failing: float


@dataclass(frozen=True, slots=True)
class Country:
    """A country with a number plan: every prefix followed by ``digits`` digits is a valid mobile number."""

    code: str
    zone: str
    calling_code: str
    prefixes: tuple[str, ...]
    digits: int
    landline: tuple[str, int]
    languages: tuple[str, ...]
    towns: tuple[str, ...]
    operators: tuple[Operator, ...]


def _country(
    code: str,
    zone: str,
    calling_code: str,
    prefixes: str,
    digits: int,
    landline: tuple[str, int],
    languages: str,
    towns: str,
    *operators: tuple[str, float, float, float, float],
) -> Country:
    return Country(
        code,
        zone,
        calling_code,
        tuple(prefixes.split()),
        digits,
        landline,
        tuple(languages.split()),
        tuple(towns.split()),
        tuple(Operator(f"{code.lower()}.{name}", *figures) for name, *figures in operators),
    )


# Languages are repeated by weight. Operators: name, share of subscribers, median and spread of the latency,
# share of messages that fail.
COUNTRIES: dict[str, Country] = {
    country.code: country
    for country in (
        _country(
            *("FI", "Europe/Helsinki", "358", "40 44 46 50", 7, ("94", 6)),
            *("fi fi fi fi fi fi fi fi sv en", "helsinki espoo tampere turku oulu"),
            ("elisa", 0.40, 2.4, 0.55, 0.014),
            ("telia", 0.33, 2.8, 0.60, 0.016),
            ("dna", 0.27, 3.1, 0.65, 0.018),
        ),
        _country(
            *("SE", "Europe/Stockholm", "46", "70 72 73 76", 7, ("8", 7)),
            *("sv sv sv sv sv sv sv sv sv en", "stockholm goteborg malmo uppsala"),
            ("telia", 0.36, 2.6, 0.55, 0.015),
            ("tele2", 0.30, 3.4, 0.70, 0.019),
            ("telenor", 0.20, 3.0, 0.60, 0.017),
            ("tre", 0.14, 3.7, 0.75, 0.024),
        ),
        _country(
            *("NO", "Europe/Oslo", "47", "40 41 46 47 48 90 91 92 93 95 97 98 99", 6, ("22", 6)),
            *("nb nb nb nb nb nb nb nb nn en", "oslo bergen trondheim stavanger"),
            ("telenor", 0.50, 2.2, 0.50, 0.012),
            ("telia", 0.35, 2.7, 0.60, 0.015),
            ("ice", 0.15, 4.2, 0.80, 0.026),
        ),
        _country(
            *("DK", "Europe/Copenhagen", "45", "26 27 28", 6, ("33", 6)),
            *("da da da da da da da da da en", "copenhagen aarhus odense"),
            ("tdc", 0.42, 2.9, 0.60, 0.016),
            ("telenor", 0.28, 3.3, 0.65, 0.019),
            ("telia", 0.18, 3.5, 0.70, 0.020),
            ("three", 0.12, 3.8, 0.75, 0.025),
        ),
        _country(
            *(
                "DE",
                "Europe/Berlin",
                "49",
                "1511 1512 1520 1522 1601 1701 1711 1721 1751 1761 1791",
                7,
                ("30", 8),
            ),
            *("de de de de de de de de tr en", "berlin hamburg munich cologne"),
            ("telekom", 0.38, 3.0, 0.60, 0.017),
            ("vodafone", 0.34, 3.6, 0.70, 0.021),
            ("o2", 0.28, 4.6, 0.85, 0.029),
        ),
        _country(
            *("EE", "Europe/Tallinn", "372", "50 51 52 53 54 55 56 57 58 59", 6, ("6", 6)),
            *("et et et et et et et ru ru en", "tallinn tartu parnu"),
            ("telia", 0.42, 2.5, 0.55, 0.014),
            ("elisa", 0.33, 3.0, 0.60, 0.018),
            ("tele2", 0.25, 3.6, 0.70, 0.022),
        ),
        _country(
            *("LV", "Europe/Riga", "371", "20 22 24 25 26 27 28 29", 6, ("67", 6)),
            *("lv lv lv lv lv lv ru ru ru en", "riga liepaja daugavpils"),
            ("lmt", 0.45, 2.9, 0.60, 0.018),
            ("tele2", 0.33, 3.7, 0.70, 0.023),
            ("bite", 0.22, 4.4, 0.80, 0.029),
        ),
        _country(
            *("LT", "Europe/Vilnius", "370", "60 61 62 63 64 65 66 67 68 69", 6, ("52", 6)),
            *("lt lt lt lt lt lt lt lt ru en", "vilnius kaunas klaipeda"),
            ("telia", 0.36, 3.1, 0.60, 0.018),
            ("bite", 0.34, 3.8, 0.70, 0.022),
            ("tele2", 0.30, 3.5, 0.65, 0.020),
        ),
        _country(
            *("PL", "Europe/Warsaw", "48", "50 51 53 60 66 69 72 78 79 88", 7, ("22", 7)),
            *("pl pl pl pl pl pl pl pl uk en", "warsaw krakow gdansk"),
            ("orange", 0.30, 4.0, 0.75, 0.024),
            ("play", 0.30, 4.8, 0.85, 0.028),
            ("tmobile", 0.22, 4.3, 0.80, 0.026),
            ("plus", 0.18, 5.5, 0.90, 0.033),
        ),
        _country(
            *(
                "GB",
                "Europe/London",
                "44",
                "7400 7500 7540 7740 7850 7890 7930 7960 7970 7980",
                6,
                ("207", 7),
            ),
            *("en", "london manchester leeds"),
            ("vodafone", 0.28, 4.1, 0.75, 0.022),
            ("ee", 0.34, 3.9, 0.70, 0.020),
            ("o2", 0.26, 4.7, 0.80, 0.027),
            ("three", 0.12, 6.0, 0.95, 0.034),
        ),
        _country(
            *("NL", "Europe/Amsterdam", "31", "61 62 63 64 65 68", 7, ("20", 7)),
            *("nl nl nl nl nl nl nl nl nl en", "amsterdam utrecht rotterdam"),
            ("kpn", 0.45, 3.2, 0.65, 0.018),
            ("vodafone", 0.30, 3.8, 0.70, 0.022),
            ("odido", 0.25, 4.5, 0.80, 0.027),
        ),
        _country(
            *("FR", "Europe/Paris", "33", "60 61 62 64 65 66 67 68 75 76 77 78", 7, ("1", 8)),
            *("fr fr fr fr fr fr fr fr fr en", "paris lyon lille"),
            ("orange", 0.37, 4.4, 0.75, 0.023),
            ("sfr", 0.27, 5.6, 0.90, 0.033),
            ("bouygues", 0.21, 5.0, 0.85, 0.028),
            ("free", 0.15, 7.8, 1.05, 0.041),
        ),
    )
}

# How an operator's failures divide (code of docs/link.md section 4: weight).
FAILURES: dict[int, float] = {
    1002: 26,
    1006: 21,
    2104: 18,
    1010: 9,
    1004: 7,
    2105: 5,
    2107: 4,
    5: 2.5,
    4: 2,
    6: 1.5,
    2103: 1.5,
    1003: 0.7,
    0: 0.5,
    1: 0.5,
    2: 0.4,
    3: 0.4,
}

# Messages that the recipient pays for: how they start and end. 1008 and 1011 and their kin are steps to 1001.
CHARGED: dict[int, float] = {
    1008: 38,
    1011: 30,
    1013: 8,
    1007: 7,
    1012: 5,
    2201: 4,
    2205: 1.5,
    2202: 1.5,
    1009: 1.5,
    2203: 1,
    2204: 1,
    2200: 0.5,
    2206: 0.5,
    2207: 0.5,
}

# Every code of docs/link.md section 4, dealt in turn to one message in ROTA_EVERY: none is missing.
ROTA_EVERY = 701
ROTA: tuple[int, ...] = (
    *(0, 1, 2, 3, 4, 5, 6, 104, 105),
    *(1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013),
    *(2000, 2001, 2002, 2003, 2100, 2101, 2102, 2103, 2104, 2105, 2106, 2107),
    *(2200, 2201, 2202, 2203, 2204, 2205, 2206, 2207),
    *(3000, 3001, 3002, 4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007),
)
NEW_CODE = 1099  # in no table yet: the gateway adds codes over time
NEW_CODE_SHARE = 0.0004

# Temporary codes that a delivery follows, with the seconds until then. 1000 and 1005 stay as they are.
LEADS_TO_DELIVERY: dict[int, float] = {1007: 5400, 1008: 4, 1011: 4, 1012: 1800, 1013: 900}

# The gateway refuses these by itself, at once: no "sent", and no code of an operator.
IMMEDIATE = frozenset({0, 1, 2, 3, 104, 105, *range(2000, 2004), *range(2100, 2104), 2106, *range(3000, 4008)})
# The operator gives these up only when the validity has run out.
AT_EXPIRY = frozenset({1002, 1010})

# What operators write into `operatorResultCode`.
OPERATOR_CODES: dict[int, str] = {
    1001: "0",
    1002: "3",
    1003: "4",
    1004: "34",
    1006: "5",
    1007: "0",
    1009: "5",
    5: "8",
    6: "8",
    2104: "1",
    2105: "11",
    2107: "27",
    2201: "201",
    2202: "210",
    2203: "211",
    2204: "212",
    2205: "230",
    2206: "240",
    2207: "250",
}
