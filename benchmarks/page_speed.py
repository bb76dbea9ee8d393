"""pages: how long the pages of campaigns and the Overview take to come, over HTTP from the portal's own web program."""

import http.client
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from benchmarks.figure import Figure
from benchmarks.reading import have_messages, largest_tenant
from benchmarks.stage import Stage
from portal.accounts.models import Membership, Role, User
from portal.tenants.models import Tenant
from reports.campaigns.listing import ORDERS

QUICK_PAGES, PAGES = 20, 100  # of each kind
BAR, BAR_OF_RECIPIENTS = 300, 3000  # ms at the 95th percentile; recipients are loaded after their page
PERSON = "bench@example.com"
_CAMPAIGNS = """
SELECT campaign_id FROM campaign_count WHERE tenant_id = %s AND campaign_id > 0 AND status = 'delivered'
GROUP BY 1 HAVING count(DISTINCT variant) FILTER (WHERE variant <> '') > 1 ORDER BY sum(messages) DESC LIMIT 300
"""


def pages(stage: Stage) -> Iterator[Figure]:
    """The 95th percentile of each kind of page, one request after the other, of the tenant with the most messages."""
    have_messages(stage)
    tenant, random = largest_tenant(), Random(1)
    cookie = _signed_in(tenant)
    call_command("collectstatic", interactive=False, verbosity=0)
    with stage.web() as (_program, port):
        sender = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for kind, addresses in _addresses(tenant, random, QUICK_PAGES if stage.quick else PAGES).items():
            times = []
            for address in addresses:
                began = time.perf_counter()
                sender.request("GET", address, headers={"Host": "localhost", "Cookie": cookie})
                answer = sender.getresponse()
                answer.read()
                times.append((time.perf_counter() - began) * 1000)
                if answer.status != 200:
                    raise RuntimeError(f"{address} answered {answer.status}")
            yield figure_of(kind, times)
        sender.close()


def figure_of(kind: str, times: list[float]) -> Figure:
    """Return the figure of a kind of page from the milliseconds of its requests."""
    times = sorted(times)
    value = times[min(int(len(times) * 0.95), len(times) - 1)]
    note = f"median {times[len(times) // 2]:.0f}, worst {times[-1]:.0f} ms of {len(times)}"
    bar = BAR_OF_RECIPIENTS if kind == "campaign_recipients" else BAR
    return Figure(f"page_{kind}", value, "ms", note=note, is_missed=value > bar)


def _signed_in(tenant: Tenant) -> str:
    """Return the cookies of an owner of the tenant."""
    person, _is_new = User.objects.get_or_create(email=PERSON)
    Membership.objects.get_or_create(user=person, tenant=tenant, defaults={"role": Role.OWNER})
    client = Client()
    client.force_login(person)
    return f"sessionid={client.cookies['sessionid'].value}; language=en"


def _addresses(tenant: Tenant, random: Random, count: int) -> dict[str, list[str]]:
    """Return as many addresses of each kind of page, drawn from all campaigns, orders and usual periods."""
    with connection.cursor() as cursor:
        cursor.execute(_CAMPAIGNS, [tenant.id])
        ids = [id_ for (id_,) in cursor.fetchall()]
    today = datetime.now(UTC).date()

    def period() -> str:
        return f"from={today - timedelta(days=random.choice([7, 30, 90, 365]))}&to={today}"

    def of_campaign(name: str) -> list[str]:
        return [
            reverse(f"campaigns:{name}", args=[tenant.slug, random.choice(ids)]) for _ in range(count if ids else 0)
        ]

    overview, listed = (reverse(name, args=[tenant.slug]) for name in ("reports:overview", "campaigns:list"))
    found = {
        "overview": [f"{overview}?{period()}" for _ in range(count)],
        "campaign_list": [f"{listed}?{period()}&sort={random.choice(ORDERS)}" for _ in range(count)],
        "campaign": of_campaign("campaign"),
        "campaign_recipients": of_campaign("recipients"),
        "ab": of_campaign("ab"),
    }
    return {kind: addresses for kind, addresses in found.items() if addresses}
