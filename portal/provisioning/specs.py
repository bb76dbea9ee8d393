"""Checked values of a provisioning file, with their positions.

`at` has the position of every key in the file; a key that is not there stays unchanged. Secrets are kept out of `repr`.
"""

from dataclasses import dataclass, field
from datetime import date

from portal.provisioning.positions import Place

Places = dict[str, Place]


@dataclass(frozen=True, slots=True)
class FeedSpec:
    place: Place
    at: Places
    name: str
    dialect: str
    default_partner_id: str
    networks: list[str]
    basic_user: str
    basic_password: str = field(repr=False)
    header_name: str
    header_value: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of something that the file or the database holds, and for a membership its role."""

    place: Place
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """A gateway account; `owner` None: no single owner (applied if it is in `at`)."""

    place: Place
    at: Places
    name: str
    platform_id: str
    timezone: str
    owner: Reference | None
    feeds: tuple[FeedSpec, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A tenant's claim to one platformPartnerId of an account, from a day on or (None) with all messages.

    `from_place` is the position of the day; an invalid day is None here, and its problem is already recorded.
    """

    place: Place
    account: str
    value: str
    from_day: date | None = None
    from_place: Place | None = None


@dataclass(frozen=True, slots=True)
class RefIdSpec:
    place: Place
    delimiter: str
    fields: list[str]


@dataclass(frozen=True, slots=True)
class TenantSpec:
    """A tenant; `accounts` are the keys of partner_ids; `parent` and `ref_id` None: none (applied if in `at`).

    `segment_keys` are all of the tenant's (applied if in `at`).
    """

    place: Place
    at: Places
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


@dataclass(frozen=True, slots=True)
class UserSpec:
    place: Place
    at: Places
    email: str
    name: str
    staff: bool
    memberships: tuple[Reference, ...]
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    accounts: tuple[AccountSpec, ...] = ()
    tenants: tuple[TenantSpec, ...] = ()
    users: tuple[UserSpec, ...] = ()
