"""Operators that fail in the demo: their messages of the last minutes do not arrive, and alerts open."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.demo.state import DemoError, State
from portal.demo.traffic import wait_until_applied

MESSAGES = 240
FAILS_FOR = timedelta(minutes=8)
FAILED = 1006


@dataclass(frozen=True, slots=True)
class Failing:
    """A customer whose largest operator in a country fails."""

    customer: str
    partner: str
    country: str
    numbers: str  # the start of its recipients' numbers, without the last six digits


# The second one is below hansa-group, whose people see its alert on their own page.
FAILING = (Failing("nordic-retail", "nr-fi", "FI", "+358401"), Failing("hansa-norge", "hansa-no", "NO", "+4791"))


def fail_operators(state: State, server: subprocess.Popen) -> None:
    """Let each of FAILING fail."""
    for failing in FAILING:
        _fail(failing, state, server)


def _fail(failing: Failing, state: State, server: subprocess.Popen) -> None:
    """Let the customer's largest operator fail, once, and look at the alerts as the clock does."""
    from django.utils import timezone

    from deliveries.simulation.sender import SendError, send
    from portal.tenants.models import Tenant
    from reports.alerts.looking import look_at
    from reports.alerts.sums import KEPT_DAYS, minute_of
    from reports.models import Alert, AlertClock

    tenant = Tenant.objects.get(slug=failing.customer)
    if Alert.objects.filter(tenant=tenant).exists():
        return
    now = timezone.now()
    look_at(tenant, until=now, now=now, fill_days=KEPT_DAYS)  # the past, so that it is known what is usual
    operator = _largest_operator(tenant.pk, failing.country)
    if operator is None:
        return
    clocks = AlertClock.objects.filter(tenant=tenant)
    until = now - timedelta(seconds=clocks.get().age) - timedelta(minutes=1)
    url = f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.token}/"
    try:
        send(failed_reports(failing, operator, until=until), url=url)
    except SendError as error:
        raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error
    wait_until_applied(server)
    clocks.update(summed_until=minute_of(until - FAILS_FOR))  # a minute is summed up once; these had no messages then
    now = timezone.now()
    look_at(tenant, until=now, now=now)


def failed_reports(failing: Failing, operator: str, *, until: datetime) -> Iterator[bytes]:
    """Yield the reports of messages of the eight minutes before `until` that an operator could not deliver."""
    import orjson

    for number in range(MESSAGES):
        sent = until - number * FAILS_FOR / MESSAGES
        yield orjson.dumps(
            {
                "id": f"failed-{failing.country}-{until:%Y%m%d%H%M}-{number}",
                "resultCode": FAILED,
                "operator": operator,
                "sentTimestamp": f"{sent:%Y-%m-%dT%H:%M:%SZ}",
                "timestamp": f"{sent + timedelta(seconds=9):%Y-%m-%dT%H:%M:%SZ}",
                "gateCustomParameters": {"platformPartnerId": failing.partner},
                "customParameters": {"destination": f"{failing.numbers}{number:06}"},
            }
        )


def _largest_operator(tenant_id: int, country: str) -> str | None:
    from django.db.models import Sum

    from reports.models import AlertQuarter

    of_country = AlertQuarter.objects.filter(tenant_id=tenant_id, country=country).exclude(operator="")
    largest = of_country.values("operator").annotate(n=Sum("messages")).order_by("-n").first()
    return largest["operator"] if largest else None
