"""Settings to enter at the gateway for delivery reports to a feed (docs/link.md section 6, docs/mylink.md)."""

import json
import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _

from portal.common.masking import Masking
from portal.tenants import dialects
from portal.tenants.models import Feed, PartnerId

TTL = timedelta(hours=48)  # how long LINK tries; a token's rotation outlives it (portal/tenants/feeds.py)
TTL_MS = TTL // timedelta(milliseconds=1)
TOKEN = "TOKEN"  # noqa: S105  stands where the token goes, which nobody can read again
TEST_PARTNER_ID = "portal-test"


@dataclass(frozen=True, slots=True)
class GateValues:
    """One feed's values: `rows` of (name at the gateway, value), the same as LINK's Gate API takes them, and a test.

    `gate` is '' where the gateway has no such API.
    """

    url: str
    rows: list[tuple[str, str]]
    gate: str
    curl: str


def feed_url(token: str = TOKEN) -> str:
    """Return the public address at which the token admits reports."""
    return f"{settings.PUBLIC_URL}/dlr/{token}/"


def header_of(feed: Feed, value: str) -> str:
    """Return the header that the feed requires, as LINK's `http.header1` takes it; '' if it requires none."""
    return f"{feed.header_name}:{value}" if feed.header_name else ""


def destination(url: str, *, username: str, password: str, header: str) -> dict:
    """Return the destination of a gate that delivers to a feed."""
    return {
        "url": url,
        "contentType": "application/json",
        "username": username,
        "password": password,
        "customParameters": {"http.header1": header} if header else {},
    }


def partner_gate(*, ref_id: str, platform_id: str, owner: str, partner_id: str, destination: dict) -> dict:
    """Return the gate that delivers the reports of one platformPartnerId; `owner` has it at LINK."""
    return {
        "type": "PARTNER_GATE",
        "refId": ref_id,
        "platformId": platform_id,
        "platformPartnerId": owner,
        "destinations": [destination],
        "gateType": "ONE_ORDERED",
        "ttl": TTL_MS,
        "acknowledge": True,
        "throttle": None,
        "customParameters": {"platformPartnerId": partner_id},
    }


def gate_values(feed: Feed, *, now: datetime, token: str = TOKEN) -> GateValues:
    """Return what to enter for this feed; one gate is made for each platformPartnerId that sends."""
    url, partner = feed_url(token), feed.default_partner_id or _a_partner_id(feed) or "PLATFORM_PARTNER_ID"
    if setup := dialects.find(feed.dialect).setup:
        return _values_of_setup(feed, setup, url, partner, now=now)
    basic = bool(feed.basic_user)
    password = _("the password set for this feed") if basic else ""
    gate = partner_gate(
        ref_id=f"portal-{feed.name}",
        platform_id=feed.account.platform_id,
        owner=partner,
        partner_id=partner,
        destination=destination(
            url, username=feed.basic_user, password="PASSWORD" if basic else "", header=header_of(feed, "VALUE")
        ),
    )
    rows = [
        (_("Address (url)"), url),
        (_("Method"), "POST"),
        (_("Content type (contentType)"), "application/json"),
        (_("User name (username)"), feed.basic_user or _("none")),
        (_("Password (password)"), password or _("none")),
        (_("Headers (http.header1)"), _header(feed)),
        ("gateType", "ONE_ORDERED"),
        ("acknowledge", "true"),
        ("ttl", _("%(count)s ms (48 hours)") % {"count": TTL_MS}),
        ("throttle", _("none")),
        ("platformId", feed.account.platform_id),
        ("customParameters.platformPartnerId", partner),
    ]
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    report = {
        "id": _test_id(now),
        "resultCode": 1001,
        "operator": "test",
        "sentTimestamp": at,
        "timestamp": at,
        "customParameters": {"platformPartnerId": TEST_PARTNER_ID},
    }
    return GateValues(url, rows, json.dumps(gate, indent=2, ensure_ascii=False), _curl(feed, url, report))


def _values_of_setup(feed: Feed, setup: dialects.Setup, url: str, partner: str, *, now: datetime) -> GateValues:
    """Return the values of a dialect that says what to enter."""
    rows = [(name, value.format(url=url, partner_id=quote(partner, safe=""))) for name, value in setup.rows]
    if feed.basic_user:
        rows.append((_("User name and password (Basic)"), f"{feed.basic_user}, {_('the password set for this feed')}"))
    if feed.header_name:
        rows.append((_("Header"), _header(feed)))
    if feed.signing_keys:
        rows.append((_("Signature"), _("required, by the keys of this feed")))
    report = setup.sample(_test_id(now), now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return GateValues(url, rows, "", _curl(feed, f"{url}?partner_id={TEST_PARTNER_ID}", report))


def _test_id(now: datetime) -> str:
    return f"portal-test-{now:%Y%m%dT%H%M%SZ}"


def _header(feed: Feed) -> str:
    if not feed.header_name:
        return _("not needed")
    value = _("the value set for this feed")
    return f"{feed.header_name}:{value}"


def _a_partner_id(feed: Feed) -> str:
    """Return a declared partner ID of the account as an example: the first one that may be no phone number."""
    declared = PartnerId.objects.filter(account_id=feed.account_id).exclude(declared_at=None)
    values = declared.order_by("value").values_list("value", flat=True).iterator()
    return next((value for value in values if not Masking(in_full=False).hides(value)), "")


def _curl(feed: Feed, url: str, report: dict[str, Any]) -> str:
    """Return a command that posts one marked report; it counts as a message of the account's pool."""
    user = ["--user", feed.basic_user] if feed.basic_user else []  # curl asks for the password
    header = ["-H", f"{feed.header_name}: VALUE"] if feed.header_name else []
    return shlex.join(
        ["curl", "-i", *user, *header, "-H", "Content-Type: application/json", "--data", json.dumps(report), url]
    )
