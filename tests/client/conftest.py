"""One portal for the folder: reports are received and applied, exports are made."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from sms_portal import AsyncClient, Client
from tests.faults.checker import is_applied
from tests.faults.portal import TOKEN, Portal, end_portal, new_home, ready, start_portal
from tests.running import until

ACCOUNT, OWN = "link-main", "own-account"
PROVISIONING = {
    "gateway_accounts": [
        {
            "name": ACCOUNT,
            "platform_id": "ACME",
            "timezone": "Europe/Helsinki",
            "feeds": [{"name": "main", "dialect": "link", "token": TOKEN}],
        },
        {
            "name": OWN,
            "platform_id": "OWN",
            "timezone": "Europe/Helsinki",
            "owner": "nordic",
            "feeds": [{"name": "own", "dialect": "link", "token": f"{TOKEN}-own"}],
        },
    ],
    "tenants": [
        {"slug": "nordic", "name": "Nordic", "timezone": "Europe/Helsinki", "partner_ids": {ACCOUNT: ["nr-fi"]}},
        {"slug": "child", "name": "Child", "timezone": "Europe/Helsinki", "parent": "nordic"},
        {"slug": "other", "name": "Other", "timezone": "Europe/Helsinki", "partner_ids": {ACCOUNT: ["other"]}},
    ],
}
SENT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
DAY = SENT.astimezone(ZoneInfo("Europe/Helsinki")).date()
MONTH = f"{DAY:%Y-%m}"
SALE = "sale\u2028of\u0085\x0bautumn"  # signs that break lines for Python and not for server-sent events
MESSAGES = 7

# .ci/checks names the command that it has installed from the wheel.
COMMAND = os.environ.get("SMS_PORTAL_COMMAND") or str(Path(sys.executable).with_name("sms-portal"))

KeyMaker = Callable[..., str]


@pytest.fixture(scope="package")
def shared_portal(tmp_path_factory, fill_home) -> Iterator[Portal]:
    home = new_home()
    fill_home(home)
    portal = start_portal(home, tmp_path_factory.mktemp("client"), PROVISIONING)
    try:
        post(portal, *(report(f"m{number}", 1001 if number % 2 else 1006, refId=SALE) for number in range(MESSAGES)))
        post(portal, report("theirs", 1001, partner="other"))
        yield portal
    finally:
        end_portal(portal)


@pytest.fixture
def portal(shared_portal: Portal) -> Portal:
    ready(shared_portal)
    return shared_portal


@pytest.fixture(scope="package")
def make_key(shared_portal: Portal) -> KeyMaker:
    """Return a maker of keys of the tenant `nordic`, one for each set of scopes."""
    made: dict[tuple[str, ...], str] = {}

    def make(*scopes: str) -> str:
        if scopes not in made:
            made[scopes] = shared_portal.inspector.ask(
                "from django.utils import timezone\n"
                "from portal.tenants import api_keys\n"
                "from portal.tenants.models import Tenant\n"
                f"tenant = Tenant.objects.get(slug='nordic')\n"
                f"result = api_keys.create_key(tenant=tenant, name='client', scopes={list(scopes)!r},"
                " created_by='tests', now=timezone.now())[1]"
            )
        return made[scopes]

    return make


@pytest.fixture
def client(portal: Portal, make_key: KeyMaker) -> Iterator[Client]:
    with Client(portal.url, make_key("read", "partner_ids", "export", "submit")) as client:
        yield client


@pytest.fixture
def awaited(portal: Portal, make_key: KeyMaker) -> Callable[[Callable[[AsyncClient], Awaitable[Any]]], Any]:
    """Return a call that runs something with an asynchronous client and the same key."""

    def run(job: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
        async def with_client() -> Any:
            async with AsyncClient(portal.url, make_key("read", "partner_ids", "export", "submit")) as client:
                return await job(client)

        return asyncio.run(with_client())

    return run


@pytest.fixture
def exporter(portal: Portal) -> Iterator[None]:
    """Run the process that makes exports."""
    portal.start("exporter")
    yield
    portal.end("exporter")


def report(name: str, code: int, *, partner: str = "nr-fi", **fields: Any) -> dict[str, Any]:
    """Return a report of LINK's, of a message that was sent at SENT and reported 5 seconds later."""
    return {
        "id": name,
        "resultCode": code,
        "refId": "elsewhere",
        "sentTimestamp": f"{SENT:%Y-%m-%dT%H:%M:%SZ}",
        "timestamp": f"{SENT + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}",
        "gateCustomParameters": {"platformPartnerId": partner},
        "customParameters": {"destination": "+358401234567"},
        **fields,
    }


def post(portal: Portal, *reports: dict[str, Any]) -> None:
    """Post reports and wait until they are applied."""
    answer = httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=json.dumps(reports), timeout=30)
    assert answer.status_code == 200, answer.text
    until(lambda: is_applied(portal), "the reports are applied", pause=0.1)
