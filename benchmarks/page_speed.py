"""pages: the time that pages take over HTTP, from the portal's own web program: Overview to Message Search."""

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
from benchmarks.reading import choose_keys, have_messages, largest_tenant
from benchmarks.seed import KEYS
from benchmarks.stage import Stage
from campaigns.models import ConversionEvent, ConversionKind, SegmentKey
from deliveries.message_pages.parameter_fields import PARAMETER
from portal.accounts.models import Membership, Role, User
from portal.tenants.models import Tenant
from reports.campaigns.listing import ORDERS
from reports.segments.asked import ORDERS as SEGMENT_ORDERS

QUICK_PAGES, PAGES = 20, 100  # of each kind
BAR, BAR_OF_LATER = 300, 3000  # ms at the 95th percentile; recipients are counted after their page
LATER = frozenset({"campaign_recipients", "campaign_conversions_later", "ab_later"})
PERSON = "bench@example.com"
_CAMPAIGNS = """
SELECT campaign_id FROM campaign_count WHERE tenant_id = %s AND campaign_id > 0 AND status = 'delivered'
GROUP BY 1 HAVING count(DISTINCT variant) FILTER (WHERE variant <> '') > 1 ORDER BY sum(messages) DESC LIMIT 300
"""
# One in a hundred delivered messages, an hour later.
_EVENTS = """
INSERT INTO conversion_event (tenant_id, kind_id, event_id, occurred_at, value, currency, recipient_key, source,
    attributed_at, reason, attributed_account_id, attributed_message_id, attributed_message_day, attributed_campaign_id,
    attributed_variant, delivered_at)
SELECT tenant_id, %s, 'bench-' || message_id, delivered_at + interval '1 hour', 24900000, 'EUR', recipient_key, 'api',
    now(), '', account_id, message_id, day, campaign_id, variant, delivered_at
FROM message WHERE tenant_id = %s AND status = 'delivered' AND hashtext(message_id) %% 100 = 0
"""


def pages(stage: Stage) -> Iterator[Figure]:
    """The 95th percentile of each kind of page, one request after the other, of the tenant with the most messages."""
    have_messages(stage)
    tenant, random = largest_tenant(), Random(1)
    choose_keys(tenant)
    _have_events(tenant)
    cookie = _signed_in(tenant)
    call_command("collectstatic", interactive=False, verbosity=0)
    with stage.web() as (program, port):
        sender = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for kind, addresses in _addresses(tenant, random, QUICK_PAGES if stage.quick else PAGES).items():
            times, used = [], []
            for address in addresses:
                began, web, database = time.perf_counter(), program.cpu(), stage.database_cpu()
                sender.request("GET", address, headers={"Host": "localhost", "Cookie": cookie})
                answer = sender.getresponse()
                answer.read()
                times.append((time.perf_counter() - began) * 1000)
                used.append((program.cpu() - web + stage.database_cpu() - database) * 1000)
                if answer.status != 200:
                    raise RuntimeError(f"{address} answered {answer.status}")
            yield figure_of(kind, times)
            # What it takes on a busy machine, too: the clock then shows a multiple of it.
            yield Figure(
                f"page_{kind}_cpu", _p95(used), "ms", note=f"web and PostgreSQL, median {_median(used):.0f} ms"
            )
        sender.close()
    SegmentKey.objects.all().delete()


def figure_of(kind: str, times: list[float]) -> Figure:
    """Return the figure of a kind of page from the milliseconds of its requests."""
    value = _p95(times)
    note = f"median {_median(times):.0f}, worst {max(times):.0f} ms of {len(times)}"
    bar = BAR_OF_LATER if kind in LATER else BAR
    return Figure(f"page_{kind}", value, "ms", note=note, is_missed=value > bar)


def _p95(values: list[float]) -> float:
    return sorted(values)[min(int(len(values) * 0.95), len(values) - 1)]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _signed_in(tenant: Tenant) -> str:
    """Return the cookies of an owner of the tenant."""
    person, _is_new = User.objects.get_or_create(email=PERSON)
    Membership.objects.get_or_create(user=person, tenant=tenant, defaults={"role": Role.OWNER})
    client = Client()
    client.force_login(person)
    return f"sessionid={client.cookies['sessionid'].value}; language=en"


def _have_events(tenant: Tenant) -> None:
    """Store attributed conversion events where there are none."""
    if ConversionEvent.objects.filter(tenant=tenant).exists():
        return
    kind, _is_new = ConversionKind.objects.get_or_create(tenant=tenant, name="purchase")
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [kind.id, tenant.id])
        cursor.execute("ANALYZE conversion_event")


def _addresses(tenant: Tenant, random: Random, count: int) -> dict[str, list[str]]:
    """Return as many addresses of each kind of page, drawn from all campaigns, orders and usual periods."""
    with connection.cursor() as cursor:
        cursor.execute(_CAMPAIGNS, [tenant.id])
        ids = [id_ for (id_,) in cursor.fetchall()]
    today = datetime.now(UTC).date()

    def period() -> str:
        return f"from={today - timedelta(days=random.choice([7, 30, 90, 365]))}&to={today}"

    def with_period(name: str, *more: str) -> list[str]:
        page = reverse(name, args=[tenant.slug])
        return ["&".join([f"{page}?{period()}", *(random.choice(more) for _ in more[:1])]) for _ in range(count)]

    def of_campaign(name: str, query: str = "") -> list[str]:
        """Return the page of the largest campaign, and those of others."""
        chosen = [*ids[:1], *(random.choice(ids) for _ in range(count - 1 if ids else 0))]
        return [reverse(f"campaigns:{name}", args=[tenant.slug, id_]) + query for id_ in chosen]

    filters = (
        *(f"status={status}" for status in ("delivered", "failed", "rejected", "unknown")),
        *("country=SE", "operator=fi.elisa", "variant=B", "result_code=1006", "campaign=campaign-0007"),
        *(f"{PARAMETER.format(key)}={value}" for key, value in (("store", "7"), ("tier", "gold"))),
    )
    found = {
        "overview": with_period("reports:overview"),
        "campaign_list": with_period("campaigns:list", *(f"sort={order}" for order in ORDERS)),
        "campaign": of_campaign("campaign"),
        "campaign_recipients": of_campaign("recipients"),
        "campaign_conversions": of_campaign("conversions"),
        "campaign_conversions_later": of_campaign("conversions", "?recipients=yes"),
        "ab": of_campaign("ab"),
        "ab_later": of_campaign("ab", "?conversions=yes"),
        "segments": with_period("segments:segments", *(f"key={key}&sort={o}" for key in KEYS for o in SEGMENT_ORDERS)),
        "conversions": with_period("conversions:index"),
        "conversion_events": with_period("conversions:events"),
        "messages": [reverse("messages:list", args=[tenant.slug])] * count,
        "messages_found": with_period("messages:list", *filters),
    }
    return {kind: addresses for kind, addresses in found.items() if addresses}
