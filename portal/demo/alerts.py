"""Alerts of the demo: an operator that fails, and a customer below another one that sends more than usual."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.demo.state import DemoError, State
from portal.demo.traffic import wait_until_applied

MESSAGES = 240
LASTS = timedelta(minutes=8)
FAILED, DELIVERED = 1006, 1001


@dataclass(frozen=True, slots=True)
class Story:
    """Messages of the last minutes to a customer's largest operator in a country, and the code with which they end.

    `numbers` are the start of their recipients' numbers, without the last six digits. `rule` is one of the customer's
    own, beside the standard ones.
    """

    customer: str
    partner: str
    country: str
    numbers: str
    code: int
    rule: str = ""


# The second customer is below hansa-group, whose people see its alert on their own page. Its traffic is too small for
# the standard rules.
STORIES = (
    Story("nordic-retail", "nr-fi", "FI", "+358401", FAILED),
    Story("hansa-norge", "hansa-no", "NO", "+4791", DELIVERED, rule="Mer trafikk enn vanlig"),
)


def open_alerts(state: State, server: subprocess.Popen) -> None:
    """Let an operator fail, and a customer below another one send more than usual; each opens an alert."""
    for story in STORIES:
        _tell(story, state, server)


def _tell(story: Story, state: State, server: subprocess.Popen) -> None:
    """Send the story's messages, once, and look at the alerts as the clock does."""
    from django.utils import timezone

    from deliveries.simulation.sender import SendError, send
    from portal.tenants.models import Tenant
    from reports.alerts.looking import look_at
    from reports.alerts.sums import KEPT_DAYS, minute_of
    from reports.models import Alert, AlertClock

    tenant = Tenant.objects.get(slug=story.customer)
    if Alert.objects.filter(tenant=tenant).exists():
        return
    now = timezone.now()
    look_at(tenant, until=now, now=now, fill_days=KEPT_DAYS)  # the past, so that it is known what is usual
    operator = _largest_operator(tenant.pk, story.country)
    if operator is None:
        return
    clocks = AlertClock.objects.filter(tenant=tenant)
    until = now - timedelta(seconds=clocks.get().age) - timedelta(minutes=1)
    url = f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.token}/"
    try:
        send(reports_of(story, operator, until=until), url=url)
    except SendError as error:
        raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error
    wait_until_applied(server)
    clocks.update(summed_until=minute_of(until - LASTS))  # a minute is summed up once; these had no messages then
    now = timezone.now()
    if story.rule:
        _add_rule(tenant, story.rule, now=now)
    look_at(tenant, until=now, now=now)


def reports_of(story: Story, operator: str, *, until: datetime) -> Iterator[bytes]:
    """Yield the reports of the story's messages, of the eight minutes before `until`."""
    import orjson

    for number in range(MESSAGES):
        sent = until - number * LASTS / MESSAGES
        yield orjson.dumps(
            {
                "id": f"story-{story.country}-{until:%Y%m%d%H%M}-{number}",
                "resultCode": story.code,
                "operator": operator,
                "sentTimestamp": f"{sent:%Y-%m-%dT%H:%M:%SZ}",
                "timestamp": f"{sent + timedelta(seconds=9):%Y-%m-%dT%H:%M:%SZ}",
                "gateCustomParameters": {"platformPartnerId": story.partner},
                "customParameters": {"destination": f"{story.numbers}{number:06}"},
            }
        )


def _add_rule(tenant: Any, name: str, *, now: datetime) -> None:
    """Add the rule on more messages than usual and switch it on, as an owner of the customer above would."""
    from portal.accounts.models import Membership, Role
    from reports.alerts import changing
    from reports.alerts.rules import LIMITS
    from reports.models import AlertRule

    kind = AlertRule.Kind.VOLUME_UP
    owner = Membership.objects.select_related("user").get(tenant=tenant.parent_id, role=Role.OWNER).user.email
    given = changing.RuleInput(
        name=name, kind=kind, scope=AlertRule.Scope.ALL, threshold=LIMITS[kind][2], min_messages=100
    )  # fmt: skip
    changing.switch(changing.create(tenant, given, actor=owner), is_on=True, actor=owner, now=now)


def _largest_operator(tenant_id: int, country: str) -> str | None:
    from django.db.models import Sum

    from reports.models import AlertQuarter

    of_country = AlertQuarter.objects.filter(tenant_id=tenant_id, country=country).exclude(operator="")
    largest = of_country.values("operator").annotate(n=Sum("messages")).order_by("-n").first()
    return largest["operator"] if largest else None
