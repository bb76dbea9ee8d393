"""Money leaks of the demo: a number that always fails, an emoji at 10:42, a double send and a new country."""

import os
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.demo.state import DemoError, State
from portal.demo.traffic import wait_until_applied

CUSTOMER, PARTNER = "nordic-retail", "nr-fi"
CAMPAIGN, REMINDER = "weekday-offer", "opening-hours"
DEAD_NUMBER = "+358409990042"


def send_leaks(state: State, server: subprocess.Popen) -> None:
    """Send the messages of yesterday that cost without need, once."""
    from django.utils import timezone

    from campaigns.models import Campaign
    from deliveries.simulation.sender import SendError, send
    from portal.common.periods import local_day, start_of_day
    from portal.tenants.models import Tenant

    tenant = Tenant.objects.get(slug=CUSTOMER)
    if Campaign.objects.filter(tenant=tenant, name=CAMPAIGN).exists():
        return
    yesterday = local_day(timezone.now(), tenant.timezone) - timedelta(days=1)
    reports = leaking_reports(start_of_day(yesterday, tenant.timezone))
    try:
        send(reports, url=f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.token}/")
    except SendError as error:
        raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error
    wait_until_applied(server)


def leaking_reports(midnight: datetime) -> Iterator[bytes]:
    """Yield the reports of a day's leaking messages, and of those of four days before it to a number out of use."""
    for day in range(5):
        yield _report(f"dead-{day}", midnight + timedelta(days=-day, hours=9), DEAD_NUMBER, code=2104, parts=2)
    emoji_at = midnight + timedelta(hours=10, minutes=42)
    for number in range(450):
        at = midnight + timedelta(hours=9, minutes=30, seconds=20 * number)
        to = f"+35840{8_000_000 + number}"
        yield _report(f"offer-{number}", at, to, ref_id=f"{CAMPAIGN}|A", parts=2 if at >= emoji_at else 1)
    for number in range(180):
        at, to = midnight + timedelta(hours=13, seconds=number), f"+35840{8_500_000 + number}"
        yield _report(f"hours-{number}", at, to, ref_id=f"{REMINDER}|A")
        yield _report(f"hours-{number}-again", at + timedelta(minutes=3), to, ref_id=f"{REMINDER}|A")
    for number in range(35):
        at = midnight + timedelta(hours=3, seconds=7 * number)
        yield _report(f"new-country-{number}", at, f"+354611{1000 + number}", operator="is.siminn", parts=3)


def _report(
    name: str, sent: datetime, number: str, *, code: int = 1001, parts: int = 1, ref_id: str = "",
    operator: str = "fi.elisa",
) -> bytes:  # fmt: skip
    import orjson
    from django.utils import timezone

    def text(at: datetime) -> str:
        return f"{timezone.localtime(at, timezone.get_fixed_timezone(0)):%Y-%m-%dT%H:%M:%SZ}"

    return orjson.dumps(
        {
            "id": f"leak-{text(sent)[:10]}-{name}",
            "resultCode": code,
            "operator": operator,
            "segments": parts,
            "sentTimestamp": text(sent),
            "timestamp": text(sent + timedelta(seconds=6)),
            "gateCustomParameters": {"platformPartnerId": PARTNER},
            "customParameters": {"destination": number},
        }
        | ({"refId": ref_id} if ref_id else {})
    )


def guide(address: str) -> str:
    """Return the line of the demo's printed guide."""
    return (
        f"  {address}/t/{CUSTOMER}/leaks/        money leaks: a number that always fails, an emoji that doubled\n"
        f"{' ' * 42}the parts at 10:42, a double send, a new country\n"
    )
