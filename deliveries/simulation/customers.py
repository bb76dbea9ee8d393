"""Senders in the simulated world: tenants with their partner ids, mailings and refId schemes."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Variant:
    """One arm of a split mailing; ``blocked`` is the share that operators' content filters stop (2103)."""

    label: str
    share: float
    blocked: float = 0.0


@dataclass(frozen=True, slots=True)
class Mailing:
    """One kind of message. ``rhythm`` names a row of rhythm.RHYTHMS; ``months`` are the ones it runs in.

    ``weight`` is relative within its tenant; ``multipart`` the share of messages with more than one part;
    ``validity`` the seconds after which an operator gives up. ``charged``: paid by the recipient.
    """

    name: str | None
    rhythm: str
    weight: float
    source: str
    months: tuple[int, ...] = tuple(range(1, 13))
    variants: tuple[Variant, ...] = ()
    multipart: float = 0.05
    validity: int = 172_800
    charged: bool = False
    unique: bool = False  # every message has a refId of its own


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer company. ``delimiter`` and ``fields`` are its refId scheme; without, the whole refId."""

    slug: str
    delimiter: str | None
    fields: tuple[str, ...]
    parameters: tuple[str, ...]
    mailings: tuple[Mailing, ...]


@dataclass(frozen=True, slots=True)
class Partner:
    """One platformPartnerId, its share of all messages, and where they go (country code: share)."""

    partner_id: str | None
    tenant: Tenant
    share: float
    countries: dict[str, float]


@dataclass(frozen=True, slots=True)
class Stories:
    """Events of the period for pages to show. Days count from 0, the period's first."""

    slow_operator: str | None = "se.tele2"
    slow_day: int = 12
    slow_factor: float = 60.0
    bad_country: str | None = "PL"
    bad_from_day: int = 14
    bad_share: float = 0.14
    old_segment: str = "lapsed"  # customers whose numbers are often out of use
    old_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Composition of the traffic; shares of disturbances are shares of DLRs.

    ``zone`` is the gateway account's: ``received`` is in its local time. ``recipients`` is the number of different
    people per partner id and country.
    """

    partners: tuple[Partner, ...]
    zone: str = "Europe/Helsinki"
    recipients: int = 20_000
    growth_per_month: float = 0.08
    duplicated: float = 0.015
    reordered: float = 0.02
    late: float = 0.005
    never_final: float = 0.006
    contradicted: float = 0.0005
    clock_skewed: float = 0.04
    bad_numbers: float = 0.003
    landlines: float = 0.0015
    replayed: int = 1000  # at most so many DLRs of one busy hour are sent once more
    stories: Stories = field(default_factory=Stories)


ONE_TIME = 600
WINTER, SPRING, SUMMER, AUTUMN = (12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)

# A: a short link that content filters dislike; B: the shop's own address.
LINK_TEST = (Variant("A", 0.5, 0.085), Variant("B", 0.5, 0.004))
WORDING_TEST = (Variant("A", 0.5, 0.010), Variant("B", 0.5, 0.010))
THREE_TIMES = (Variant("A", 0.34, 0.006), Variant("B", 0.33, 0.006), Variant("C", 0.33, 0.006))

NORDIC_RETAIL = Tenant(
    "nordic-retail",
    "|",
    ("campaign", "variant"),
    ("segment", "language", "store"),
    (
        Mailing("autumn-sale", "campaign", 26, "NordicRtl", AUTUMN, LINK_TEST, multipart=0.12),
        Mailing("winter-sale", "campaign", 26, "NordicRtl", WINTER, LINK_TEST, multipart=0.12),
        Mailing("spring-sale", "campaign", 26, "NordicRtl", SPRING, LINK_TEST, multipart=0.12),
        Mailing("summer-sale", "campaign", 26, "NordicRtl", SUMMER, LINK_TEST, multipart=0.12),
        Mailing("black-week", "black week", 14, "NordicRtl", (11,), THREE_TIMES, multipart=0.15),
        Mailing("club-weekly", "campaign", 18, "NordicClub", variants=WORDING_TEST, multipart=0.18),
        Mailing("order-ready", "parcels", 22, "NordicRtl"),
        Mailing("delivery-reminder", "reminders", 8, "NordicRtl"),
        Mailing("login-code", "codes", 14, "NordicCode", validity=ONE_TIME, multipart=0.0),
        Mailing(None, "reminders", 2, "+358401234567"),
    ),
)

HANSA_PHARMACY = Tenant(
    "hansa-pharmacy",
    ";",
    ("campaign", "store", "variant"),
    ("segment", "language", "store"),
    (
        Mailing("flu-vaccine", "campaign", 22, "HansaApo", (*AUTUMN, 12), WORDING_TEST, multipart=0.25),
        Mailing("pollen-season", "campaign", 22, "HansaApo", (2, *SPRING), WORDING_TEST, multipart=0.25),
        Mailing("sun-care", "campaign", 22, "HansaApo", SUMMER, WORDING_TEST, multipart=0.25),
        Mailing("refill-reminder", "reminders", 34, "HansaApo", multipart=0.10),
        Mailing("prescription-ready", "parcels", 30, "HansaApo"),
        Mailing("login-code", "codes", 9, "2333", validity=ONE_TIME, multipart=0.0),
        Mailing(None, "reminders", 2, "HansaApo"),
    ),
)

BALTIC_PARCEL = Tenant(
    "baltic-parcel",
    None,
    (),
    ("language",),
    (
        Mailing("parcel-arrived", "parcels", 46, "BalticPost", multipart=0.22),
        Mailing("parcel-on-its-way", "parcels", 24, "BalticPost", multipart=0.10),
        Mailing("pickup-reminder", "reminders", 16, "BalticPost"),
        Mailing("locker-code", "codes", 10, "BalticPost", validity=3600, multipart=0.0),
        Mailing("locker-fee", "parcels", 3, "1555", charged=True, multipart=0.0),
        Mailing(None, "reminders", 2, "BalticPost"),
    ),
)

# A library system, on an account of MyLINK: its references are campaign and branch.
LAKESIDE_LIBRARIES = Tenant(
    "lakeside-libraries",
    "|",
    ("campaign", "store"),
    (),
    (
        Mailing("hold-ready", "parcels", 38, "Library"),
        Mailing("due-soon", "reminders", 30, "Library", multipart=0.15),
        Mailing("overdue", "reminders", 18, "Library", multipart=0.20),
        Mailing("event", "campaign", 8, "Library", multipart=0.25),
        Mailing("pin-code", "codes", 6, "Library", validity=ONE_TIME, multipart=0.0),
    ),
)

# Undeclared partner ids, and messages without one: they wait in the account's pool.
UNDECLARED = Tenant(
    "",
    None,
    (),
    (),
    (
        Mailing("trial", "reminders", 5, "Trial", unique=True),
        Mailing("integration-test", "codes", 2, "Test", multipart=0.4),
        Mailing(None, "reminders", 3, "Info"),
    ),
)

DEFAULT_PROFILE = Profile(
    partners=(
        Partner("nr-fi", NORDIC_RETAIL, 0.245, {"FI": 0.95, "SE": 0.02, "EE": 0.02, "GB": 0.01}),
        Partner("nr-se", NORDIC_RETAIL, 0.165, {"SE": 0.95, "FI": 0.02, "NO": 0.02, "NL": 0.01}),
        Partner("hansa-no", HANSA_PHARMACY, 0.105, {"NO": 0.96, "SE": 0.03, "GB": 0.01}),
        Partner("hansa-dk", HANSA_PHARMACY, 0.085, {"DK": 0.95, "SE": 0.03, "FR": 0.02}),
        Partner("hansa-de", HANSA_PHARMACY, 0.115, {"DE": 0.92, "NL": 0.04, "FR": 0.04}),
        Partner("baltic-ee", BALTIC_PARCEL, 0.085, {"EE": 0.91, "FI": 0.06, "LV": 0.03}),
        Partner("baltic-lv", BALTIC_PARCEL, 0.065, {"LV": 0.92, "LT": 0.04, "GB": 0.04}),
        Partner("baltic-lt", BALTIC_PARCEL, 0.105, {"LT": 0.66, "PL": 0.30, "GB": 0.04}),
        Partner("trial-77", UNDECLARED, 0.010, {"FI": 0.5, "NL": 0.3, "GB": 0.2}),
        Partner("acme-test", UNDECLARED, 0.006, {"FI": 0.4, "FR": 0.3, "DE": 0.3}),
        Partner(None, UNDECLARED, 0.014, {"FI": 0.4, "NO": 0.3, "SE": 0.3}),
    )
)
