"""Checked values of a provisioning file, with their positions.

`at` has the position of every key in the file; a key that is not there stays unchanged. Secrets are kept out of `repr`.
"""

from dataclasses import dataclass, field
from datetime import date

from portal.provisioning.positions import Position
from reports.billing.prices.rows import Content, Row

Positions = dict[str, Position]


@dataclass(frozen=True, slots=True)
class FeedSpec:
    position: Position
    at: Positions
    name: str
    dialect: str
    default_partner_id: str
    networks: list[str]
    signing_keys: list[dict[str, str]]
    basic_user: str
    basic_password: str = field(repr=False)
    header_name: str
    header_value: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of something that the file or the database holds, and for a membership its role."""

    position: Position
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """A gateway account; `owner` None: no single owner (applied if it is in `at`)."""

    position: Position
    at: Positions
    name: str
    platform_id: str
    timezone: str
    owner: Reference | None
    feeds: tuple[FeedSpec, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A tenant's claim to one platformPartnerId of an account, from a day on or (None) with all messages.

    `from_position` is the position of the day; an invalid day is None here, and its problem is already recorded.
    """

    position: Position
    account: str
    value: str
    from_day: date | None = None
    from_position: Position | None = None


@dataclass(frozen=True, slots=True)
class RefIdSpec:
    position: Position
    delimiter: str
    fields: list[str]


@dataclass(frozen=True, slots=True)
class BrandSpec:
    """A tenant's own brand; the values of keys that are in `at` are applied, '' removes one."""

    position: Position
    at: Positions
    product_name: str
    sender_name: str
    colour: str
    host: str


@dataclass(frozen=True, slots=True)
class TenantSpec:
    """A tenant; `accounts` are the keys of partner_ids; `parent` and `ref_id` None: none (applied if in `at`).

    `segment_keys` are all of the tenant's (applied if in `at`).
    """

    position: Position
    at: Positions
    slug: str
    name: str
    timezone: str
    country: str
    language: str
    currency: str
    parent: str | None
    accounts: tuple[Reference, ...]
    claims: tuple[Claim, ...]
    ref_id: RefIdSpec | None
    segment_keys: tuple[str, ...] = ()
    brand: BrandSpec | None = None


@dataclass(frozen=True, slots=True)
class UserSpec:
    position: Position
    at: Positions
    email: str
    name: str
    staff: bool
    memberships: tuple[Reference, ...]
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PriceListSpec:
    """A price list; without an issuer the operator's, without account and customer the issuer's default.

    `content` is None where the file says no rows; `lines` has the place of each row.
    """

    position: Position
    at: Positions
    issuer: Reference | None
    account: Reference | None
    customer: Reference | None
    name: str
    currency: str
    basis: str
    per: str
    content: Content | None
    lines: dict[Row, Position] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    accounts: tuple[AccountSpec, ...] = ()
    tenants: tuple[TenantSpec, ...] = ()
    users: tuple[UserSpec, ...] = ()
    price_lists: tuple[PriceListSpec, ...] = ()
