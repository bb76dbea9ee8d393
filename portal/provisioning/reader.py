"""From a provisioning file's text to checked values, without the database; every problem in one go."""

import functools
import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Iterable

from babel.numbers import list_currencies
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from campaigns import ref_ids, segments
from portal.accounts.models import Role
from portal.brands.models import HOST_LENGTH, NAME_LENGTH, validate_host, validate_name
from portal.common.msisdn import COUNTRIES
from portal.common.no_numbers import refuse_numbers
from portal.common.own_hosts import is_own
from portal.provisioning.positions import Position, Problems, Value, compose, meant
from portal.provisioning.price_lists import read_price_list
from portal.provisioning.specs import (
    AccountSpec,
    BrandSpec,
    Claim,
    Config,
    FeedSpec,
    Positions,
    Reference,
    RefIdSpec,
    TenantSpec,
    UserSpec,
)
from portal.tenants import dialects, feed_headers, partner_values, signing_keys
from portal.tenants.models import Tenant, colour_validator
from portal.tenants.tokens import MIN_TOKEN_LENGTH

POOL_PREFIX = "pool-"
MAX_SLUG_LENGTH = 63
MAX_ACCOUNT_NAME_LENGTH = MAX_SLUG_LENGTH - len(POOL_PREFIX)  # its pool's slug has the name in it

_is_slug = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?").fullmatch
_is_token = re.compile(r"[A-Za-z0-9._~-]*").fullmatch
_LANGUAGES = [value for value, _ in Tenant._meta.get_field("language").choices]


def read(text: str, problems: Problems) -> Config:
    """Return the specs in the text. Problems are added to `problems`; then nothing may be written."""
    document = compose(text, problems)
    if document is None:
        return Config()
    keys = document.keys((), ("gateway_accounts", "tenants", "users", "price_lists"))
    accounts = tuple(_account(value) for value in _list(keys, "gateway_accounts"))
    tenants = tuple(_tenant(value) for value in _list(keys, "tenants"))
    users = tuple(_user(value) for value in _list(keys, "users"))
    price_lists = tuple(read_price_list(value) for value in _list(keys, "price_lists"))
    _once(problems, ((spec.name, spec.at.get("name")) for spec in accounts), "this account")
    _once(problems, ((spec.slug, spec.at.get("slug")) for spec in tenants), "this tenant")
    _once(problems, ((spec.email.lower(), spec.at.get("email")) for spec in users), "this e-mail address")
    for account in accounts:
        _once(problems, ((feed.name, feed.at.get("name")) for feed in account.feeds), "this feed")
    feeds = [feed for account in accounts for feed in account.feeds]
    _once(problems, ((feed.token, feed.at.get("token")) for feed in feeds), "this token")
    return Config(accounts, tenants, users, price_lists)


def _account(value: Value) -> AccountSpec:
    keys = value.keys(("name", "platform_id", "timezone"), ("owner", "feeds"))
    feeds = tuple(_feed(feed) for feed in _list(keys, "feeds"))
    owner = _or_null(keys, "owner", lambda value: value.text(longest=MAX_SLUG_LENGTH))
    return AccountSpec(
        position=value.position,
        at=_positions(keys),
        name=_get(keys, "name", functools.partial(_slug, longest=MAX_ACCOUNT_NAME_LENGTH)),
        platform_id=_get(keys, "platform_id", lambda value: value.text(longest=100)),
        timezone=_get(keys, "timezone", _timezone),
        owner=Reference(keys["owner"].position, owner) if owner else None,
        feeds=feeds,
    )


def _feed(value: Value) -> FeedSpec:
    keys = value.keys(
        ("name", "dialect"), ("token", "default_partner_id", "basic", "header", "networks", "signing_keys")
    )
    basic, header = keys.get("basic"), keys.get("header")
    credentials = {} if basic is None or basic.is_null else basic.keys(("user", "password"))
    of_header = {} if header is None or header.is_null else header.keys(("name", "value"))
    return FeedSpec(
        position=value.position,
        at=_positions(keys),
        name=_get(keys, "name", _slug),
        dialect=_get(keys, "dialect", lambda value: _one_of(value, dialects.names(), "dialect")),
        default_partner_id=_or_null(keys, "default_partner_id", _partner_id),
        networks=[_network(item) for item in _list(keys, "networks")],
        signing_keys=_signing_keys(keys["signing_keys"]) if _given(keys, "signing_keys") else [],
        basic_user=_get(credentials, "user", _basic_user),
        basic_password=_get(credentials, "password", lambda value: value.text(longest=200)),
        header_name=_get(of_header, "name", _header_name),
        header_value=_get(of_header, "value", _header_value),
        token=_or_null(keys, "token", _token),
    )


def _tenant(value: Value) -> TenantSpec:
    keys = value.keys(
        ("slug", "name", "timezone"),
        ("country", "language", "currency", "parent", "partner_ids", "ref_id", "segment_keys", "brand"),
    )
    slug = _get(keys, "slug", _slug)
    if slug.startswith(POOL_PREFIX):
        keys["slug"].wrong(f"slugs that begin with {POOL_PREFIX} are reserved for the pools of accounts")
    by_account = keys["partner_ids"].entries() if _given(keys, "partner_ids") else {}
    return TenantSpec(
        position=value.position,
        at=_positions(keys),
        slug=slug,
        name=_get(keys, "name", lambda value: value.text(longest=200)),
        timezone=_get(keys, "timezone", _timezone),
        country=_get(keys, "country", _country),
        language=_get(keys, "language", lambda value: _one_of(value, _LANGUAGES, "language")),
        currency=_get(keys, "currency", _currency),
        parent=_or_null(keys, "parent", lambda value: value.text(longest=MAX_SLUG_LENGTH)) or None,
        accounts=tuple(Reference(values.position, account) for account, values in by_account.items()),
        claims=tuple(_claim(item, account) for account, values in by_account.items() for item in values.items()),
        ref_id=_ref_id(keys["ref_id"]) if _given(keys, "ref_id") else None,
        segment_keys=_segment_keys(keys["segment_keys"]) if _given(keys, "segment_keys") else (),
        brand=_brand(keys["brand"]) if _given(keys, "brand") else None,
    )


def _brand(value: Value) -> BrandSpec:
    keys = value.keys((), ("product_name", "sender_name", "colour", "host"))
    return BrandSpec(
        position=value.position,
        at=_positions(keys),
        product_name=_or_null(keys, "product_name", _brand_name),
        sender_name=_or_null(keys, "sender_name", _brand_name),
        colour=_or_null(keys, "colour", lambda value: _valid(value, value.text(longest=7), colour_validator)),
        host=_or_null(keys, "host", _brand_host),
    )


def _claim(item: Value, account: str) -> Claim:
    """Read a partner ID: its text, or a mapping with the day from which it is the tenant's."""
    if not item.is_mapping:
        return Claim(item.position, account, _partner_id(item))
    keys = item.keys(("value", "from"))
    value = _get(keys, "value", _partner_id)
    day = keys["from"].day() if "from" in keys else None
    return Claim(item.position, account, value, day, keys["from"].position if "from" in keys else item.position)


def _ref_id(value: Value) -> RefIdSpec | None:
    keys = value.keys(("delimiter", "fields"))
    if len(keys) < 2:
        return None
    # A space may be the delimiter, so `empty` here; problems() knows the rest.
    delimiter = keys["delimiter"].text(longest=ref_ids.MAX_DELIMITER_LENGTH, empty=True)
    fields = [item.text(longest=40, empty=True) for item in keys["fields"].items()]
    for problem in ref_ids.problems(delimiter, fields):
        value.wrong(problem)
    return RefIdSpec(value.position, delimiter, fields)


def _segment_keys(value: Value) -> tuple[str, ...]:
    items = value.items()
    if len(items) > segments.MAX_KEYS:
        value.wrong(f"has {len(items)} keys, the limit is {segments.MAX_KEYS}")
    found: dict[str, Value] = {}
    for item in items:
        key = item.text(longest=segments.MAX_KEY_LENGTH)
        if key in segments.ELSEWHERE:
            item.wrong(f"{key!r} is {segments.ELSEWHERE[key]} and has a search field of its own")
        elif key and found.setdefault(key, item) is not item:
            item.wrong(f"this key is given twice (before in line {found[key].position.line})")
    return tuple(found)


def _user(value: Value) -> UserSpec:
    keys = value.keys(("email",), ("name", "password", "staff", "memberships"))
    memberships = keys["memberships"].entries() if _given(keys, "memberships") else {}
    return UserSpec(
        position=value.position,
        at=_positions(keys),
        email=_get(keys, "email", _email),
        name=_get(keys, "name", lambda value: value.text(longest=150, empty=True)),
        staff=keys["staff"].flag() if "staff" in keys else False,
        memberships=tuple(
            Reference(role.position, tenant, _one_of(role, Role.values, "role")) for tenant, role in memberships.items()
        ),
        password=_or_null(keys, "password", lambda value: value.text(longest=200)),
    )


# One kind of value each: return it, with a problem where it is not what it should be.


def _slug(value: Value, longest: int = MAX_SLUG_LENGTH) -> str:
    text = value.text(longest=longest)
    if text.strip() and not _is_slug(text):
        value.wrong("must consist of a-z, 0-9 and hyphens, without a hyphen at either end")
    return text


def _partner_id(value: Value) -> str:
    text = value.text(longest=partner_values.MAX_BYTES)
    if 0 < len(text) <= partner_values.MAX_BYTES < len(text.encode()):
        value.wrong(f"has {len(text.encode())} bytes of UTF-8, the limit is {partner_values.MAX_BYTES}")
    return text


def _timezone(value: Value) -> str:
    text = value.text(longest=64)
    zones = _zones()
    if text.strip() and text not in zones:
        value.wrong(f"{text!r} is not a time zone in the IANA database, such as Europe/Helsinki{meant(text, zones)}")
    return text


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _currency(value: Value) -> str:
    text = value.text(longest=3)
    if len(text) == 3 and text not in list_currencies():
        value.wrong(f"{text!r} is not an ISO 4217 currency (such as EUR)")
    elif 0 < len(text) < 3:
        value.wrong("must be an ISO 4217 currency: three capital letters, such as EUR")
    return text


def _country(value: Value) -> str:
    text = value.text(longest=100)
    if text.strip() and text not in COUNTRIES:
        value.wrong(f"{text!r} is not an ISO 3166-1 country: two capital letters, such as FI{meant(text, COUNTRIES)}")
    return text


def _one_of(value: Value, known: list[str], what: str) -> str:
    text = value.text(longest=100)
    if text.strip() and text not in known:
        value.wrong(f"unknown {what} {text!r}{meant(text, known)}; allowed: {', '.join(known)}")
    return text


def _network(value: Value) -> str:
    text = value.text(longest=100)
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        if text.strip():
            value.wrong(f"not a network or address such as 192.0.2.0/24: {error}")
    return text


def _email(value: Value) -> str:
    text = value.text(longest=254)
    try:
        validate_email(text)
    except ValidationError:
        if text.strip():
            value.wrong(f"{text!r} is not an e-mail address")
    return text


def _basic_user(value: Value) -> str:
    text = value.text(longest=100)
    if ":" in text:
        value.wrong("must not contain a colon, which separates user name and password in Basic authentication")
    return text


def _header_name(value: Value) -> str:
    return _valid(value, value.text(longest=feed_headers.MAX_NAME_LENGTH), feed_headers.validate_name)


def _header_value(value: Value) -> str:
    return _valid(value, value.text(longest=feed_headers.MAX_VALUE_LENGTH), feed_headers.validate_value)


def _signing_keys(value: Value) -> list[dict[str, str]]:
    try:
        return signing_keys.read(value.text(longest=signing_keys.MAX_BYTES, empty=True))
    except ValidationError as error:
        value.wrong("; ".join(error.messages))
        return []


def _brand_name(value: Value) -> str:
    text = _valid(value, value.text(longest=NAME_LENGTH), validate_name)
    return _valid(value, text, refuse_numbers)


def _brand_host(value: Value) -> str:
    text = _valid(value, value.text(longest=HOST_LENGTH), validate_host)
    if is_own(text):
        value.wrong(f"{text} is the portal's own address")
    return text


def _valid(value: Value, text: str, validate: Callable[[str], None]) -> str:
    try:
        if text.strip():  # an empty one is a problem already
            validate(text)
    except ValidationError as error:
        value.wrong("; ".join(error.messages))
    return text


def _token(value: Value) -> str:
    text = value.text(longest=200)
    if text and len(text) < MIN_TOKEN_LENGTH:
        value.wrong(f"has {len(text)} characters, at least {MIN_TOKEN_LENGTH} are needed")
    if not _is_token(text):
        value.wrong("must consist of letters, digits and - _ . ~")
    return text


# Helpers over the keys of a mapping.


def _get(keys: dict[str, Value], key: str, read: Callable[[Value], str]) -> str:
    return read(keys[key]) if key in keys else ""


def _or_null(keys: dict[str, Value], key: str, read: Callable[[Value], str]) -> str:
    return read(keys[key]) if _given(keys, key) else ""


def _given(keys: dict[str, Value], key: str) -> bool:
    return key in keys and not keys[key].is_null


def _list(keys: dict[str, Value], key: str) -> list[Value]:
    return keys[key].items() if _given(keys, key) else []


def _positions(keys: dict[str, Value]) -> Positions:
    return {key: value.position for key, value in keys.items()}


def _once(problems: Problems, named: Iterable[tuple[str, Position | None]], what: str) -> None:
    first: dict[str, Position] = {}
    for name, position in named:
        if name and position and first.setdefault(name, position) is not position:
            problems.add(position, f"{what} is given twice (before in line {first[name].line})")
