"""The demo's streams: a key that follows delivery reports and totals, and a campaign that runs while one looks."""

import json
import os
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

from portal.demo.state import State

CUSTOMER, PARTNER = "nordic-retail", "nr-fi"
RUNNING, MESSAGES = "live-demo", 20
EVENTS_SHOWN = 3
_TEXT_AT = 42  # column of the texts of the printed guide


def make_key(state: State) -> None:
    """Create the key, a new one where the last does not hold any more."""
    from django.utils import timezone

    from portal.tenants import api_keys
    from portal.tenants.models import Tenant

    now = timezone.now()
    if state.stream_key and api_keys.find_key(state.stream_key, now=now):
        return
    _key, state.stream_key = api_keys.create_key(
        tenant=Tenant.objects.get(slug=CUSTOMER), name="Demo: streams", scopes=["read"], created_by="bin/demo", now=now,
        expires_at=now + timedelta(days=30),
    )  # fmt: skip
    state.save()


def start_campaign(state: State) -> None:
    """Report that messages of a campaign were just sent: its page is live until the last one has its result."""
    now = datetime.now(UTC).replace(microsecond=0)
    reports = [_report(number, code=1000, at=now) for number in range(MESSAGES)]
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.token}/",
        data=json.dumps(reports).encode(), headers={"Content-Type": "application/json"}, method="POST",
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310  the portal's own address
        pass


def guide(state: State, address: str) -> str:
    """Return the part of the printed guide about streams, with the first events that are stored."""
    pad = " " * _TEXT_AT
    delivered = json.dumps(_report(0, code=1001, at=datetime.now(UTC)))
    shown = "".join(f"{pad}  {line}\n" for line in _first_events(state, address))
    return (
        f"  {address}/t/{CUSTOMER}/campaigns/?q={RUNNING}\n"
        f"{pad}a campaign that runs: open its page, deliver one of its messages, and watch\n"
        f"  curl -d '{delivered}' {address}/dlr/{state.token}/\n"
        f"  curl -N -H 'Authorization: Bearer {state.stream_key}' -H 'Accept: text/event-stream' \\\n"
        f"    '{address}/api/v1/statistics/stream/?period=7d'\n"
        f"{pad}the same by the API: totals of days, whenever they change\n"
        f"  curl -N -H 'Authorization: Bearer {state.stream_key}' -H 'Accept: text/event-stream' \\\n"
        f"    '{address}/api/v1/delivery-reports/stream/?after=oldest'\n"
        f"{pad}every delivery report of the last 7 days in its order, the first of them:\n{shown}"
    )


def _report(number: int, *, code: int, at: datetime) -> dict:
    """Return a delivery report of one of the running campaign's messages."""
    return {
        "id": f"{RUNNING}-{at:%Y%m%d}-{number}",
        "resultCode": code,
        "refId": RUNNING,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "gateCustomParameters": {"platformPartnerId": PARTNER},
    }


def _first_events(state: State, address: str) -> list[str]:
    """Return the first stored delivery reports as the stream tells them, a line each."""
    request = urllib.request.Request(  # noqa: S310  the portal's own address
        f"{address}/api/v1/delivery-reports/stream/?after=oldest&size={EVENTS_SHOWN}",
        headers={"Authorization": f"Bearer {state.stream_key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  the portal's own address
            events = json.load(answer)["data"]
    except urllib.error.URLError as error:
        return [f"(none could be read: {error})"]
    reports = [event["report"] for event in events]
    return [
        f"{one['received_at']}  {one['status']:10} {one['country']}  {one['destination'] or '–'}" for one in reports
    ]
