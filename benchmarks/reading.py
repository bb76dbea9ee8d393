"""search, overview, campaign_list and workbook: what people wait for, as the web role, behind the wall."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks.figure import Figure
from benchmarks.seed import KEYS
from benchmarks.stage import Stage
from campaigns.models import SegmentKey
from deliveries.applying.apply import apply_waiting
from deliveries.counts.rollups import QUIET_DAYS, roll_up
from deliveries.models import CondensedSpan, MessageParameter
from deliveries.rederiving.segment_keys import run_segment_keys
from deliveries.search.find import MessageQuery, SearchTooSlow, cursor_at, search
from portal.common.periods import Month
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants
from portal.tenants.wall import WEB
from reports.campaigns.listing import ORDERS, campaign_page
from reports.figures.query import StatisticsQuery
from reports.overview.selectors import overview

QUICK_SEARCHES, SEARCHES = 20, 200
LIMIT = 8.0  # seconds that the page gives a search
SMALL = 50_000  # reports, where no messages were asked for


def searching(stage: Stage) -> Iterator[Figure]:
    """The 95th percentile of a page of 50, by kind of search, on the first page and from anywhere in the year."""
    have_messages(stage)
    tenant, parent = largest_tenant(), _parent()
    random = Random(1)
    samples = _samples(tenant, random, QUICK_SEARCHES if stage.quick else SEARCHES)
    last = max(sample["day"] for sample in samples)
    choose_keys(tenant)
    for kind, filters in _kinds(random, last).items():
        for depth in ("first", "deep"):
            times, reached = [], 0
            tenant_ids = frozenset(with_descendants([parent.id])) if kind.startswith("parent") else {tenant.id}
            for sample in samples:
                query = MessageQuery(tenant_ids=frozenset(tenant_ids), **filters(sample))
                cursor = cursor_at(sample["sent_at"], sample["message_id"], sample["account_id"])
                with _web_role(tenant_ids):
                    began = time.perf_counter()
                    try:
                        search(query, cursor=cursor if depth == "deep" else None, seconds=LIMIT)
                    except SearchTooSlow:
                        reached += 1
                    times.append(time.perf_counter() - began)
            note = f"worst {max(times) * 1000:.0f} ms" + (f", {reached} over {LIMIT:.0f} s" if reached else "")
            yield Figure(f"search_{kind}_{depth}", _p95(times) * 1000, "ms", note=note)
    SegmentKey.objects.all().delete()


def _kinds(random: Random, last: date) -> dict[str, Callable[[dict], dict]]:
    """Return the searches by name, made from an existing message."""

    def period(days: int) -> dict:
        return {"first": last - timedelta(days=days), "last": last}

    return {
        "number": lambda sample: {"number": sample["destination"]},
        "ref_id_prefix": lambda sample: {"ref_id_prefix": (sample["ref_id"] or "x")[: random.choice([8, 12, 13])]},
        "ref_id": lambda sample: {"ref_id": sample["ref_id"] or "x"},
        "message_id": lambda sample: {"message_id": sample["message_id"]},
        "status_period": lambda _sample: (
            {
                "statuses": (random.choice(["failed", "expired", "rejected", "delivered"]),),
            }
            | period(random.choice([7, 30, 90]))
        ),
        "pending": lambda _sample: {"statuses": ("queued", "sent")},
        "rare_status": lambda _sample: {"statuses": ("unknown",)},
        "country": lambda sample: {"country": sample["country"]},
        "operator_status": lambda sample: {"operator": sample["operator"], "statuses": ("failed", "expired")},
        "result_code": lambda _sample: {"result_code": random.choice([1006, 2106, 4])},
        "partner_id": lambda sample: {"partner_id": sample["partner_id"]},
        "campaign": lambda sample: {"campaign": (sample["ref_id"] or "").partition("|")[0], "variant": "B"},
        "campaign_status": lambda sample: {
            "campaign": (sample["ref_id"] or "").partition("|")[0],
            "statuses": ("rejected",),
        },
        "variant": lambda sample: {"variant": sample["variant"]},
        "period": lambda _sample: period(random.choice([1, 7, 30, 365])),
        "parameter": lambda sample: {"parameters": {"store": sample["store"] or "7"}},
        "parameter_common": lambda _sample: {"parameters": {"tier": random.choice(["gold", "silver", "bronze"])}},
        "parameters": lambda sample: {"parameters": {"store": sample["store"] or "7", "tier": "gold"}},
        "nothing": lambda _sample: {},
        "none_found": lambda _sample: random.choice(
            [{"country": "JP"}, {"operator": "fi.nobody"}, {"result_code": 2999}, {"number": "+358999999999"}]
        ),
        "parent": lambda _sample: {},
        "parent_status": lambda _sample: {"statuses": (random.choice(["failed", "rejected"]),)},
        "parent_number": lambda sample: {"number": sample["destination"]},
    }


def overview_sql(stage: Stage) -> Iterator[Figure]:
    """Milliseconds in SQL of all queries of the Overview."""
    have_messages(stage)
    tenant, now = largest_tenant(), datetime.now(UTC)
    for name, days in (("month", 30), ("year", 365)):
        first, last = now.date() - timedelta(days=days), now.date() - timedelta(days=1)
        best = None
        for _ in range(3):
            clock = _SqlClock()
            with _web_role({tenant.id}), connection.execute_wrapper(clock):
                overview(
                    tenant_ids={tenant.id}, first=first, last=last, now=now,
                    compare=(first - timedelta(days=days), last - timedelta(days=days)),
                )  # fmt: skip
            best = clock if best is None or clock.seconds < best.seconds else best
        yield Figure(f"overview_{name}", best.seconds * 1000, "ms in SQL", note=f"{best.queries} queries")


def campaign_list(stage: Stage) -> Iterator[Figure]:
    """Milliseconds in SQL of a page of the list of campaigns, in each order."""
    have_messages(stage)
    tenant, today = largest_tenant(), datetime.now(UTC).date()
    for name, days in (("month", 30), ("year", 365)):
        query = StatisticsQuery(tenant_ids=[tenant.id], first=today - timedelta(days=days), last=today)
        for order in ORDERS:
            clock = _SqlClock()
            with _web_role({tenant.id}), connection.execute_wrapper(clock):
                page = campaign_page(query, archived=False, order=order)
            note = f"{page.listed} campaigns, {clock.queries} queries"
            yield Figure(f"campaign_list_{name}_{order}", clock.seconds * 1000, "ms in SQL", note=note)


def workbook(stage: Stage) -> Iterator[Figure]:
    """Seconds for the last month's workbook of the whole account."""
    have_messages(stage)
    month = Month.of(datetime.now(UTC).date() - timedelta(days=31))
    with TemporaryDirectory() as folder:
        out = Path(folder) / "month.xlsx"
        began = time.monotonic()
        call_command("monthly_report", account="link-main", month=str(month), out=out, verbosity=0)
        yield Figure("workbook", time.monotonic() - began, "s", note=f"{month}, {out.stat().st_size / 1e6:.1f} MB")


class _SqlClock:
    def __init__(self) -> None:
        self.seconds, self.queries = 0.0, 0

    def __call__(self, execute, sql, parameters, many, context):
        began = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            self.seconds += time.perf_counter() - began
            self.queries += 1


@contextmanager
def _web_role(tenant_ids: Collection[int]) -> Iterator[None]:
    """Read as a page of these tenants does."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('role', %s, true), set_config('portal.tenant_ids', %s, true)",
                [WEB, f"{{{','.join(map(str, sorted(tenant_ids)))}}}"],
            )
        yield


def have_messages(stage: Stage) -> None:
    """Store some messages where there are none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM message)")
        there = cursor.fetchone()[0]
    if not there:
        stage.put(SMALL)
        apply_waiting()
        with stage.connect() as own:
            own.execute("ANALYZE message")
    now = datetime.now(UTC)
    roll_up(now=now)  # what beat would have done since
    # Late reports change the last days all the time, so pages read their counts.
    CondensedSpan.objects.filter(day__gte=now.date() - timedelta(days=QUIET_DAYS)).delete()


def choose_keys(tenant: Tenant) -> None:
    """Choose the keys of the seeded messages; what was seeded has their rows and counts already."""
    for key in KEYS:
        is_made = MessageParameter.objects.filter(tenant=tenant, key=key).exists()
        SegmentKey.objects.create(
            tenant=tenant,
            key=key,
            state="done" if is_made else "queued",
            position=SegmentKey.BEGINNING if is_made else None,
        )
    run_segment_keys()


def largest_tenant() -> Tenant:
    """Return the tenant with the most messages."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM daily_count GROUP BY 1 ORDER BY sum(messages) DESC LIMIT 1")
        return Tenant.objects.get(id=cursor.fetchone()[0])


def _parent() -> Tenant:
    """Return a tenant with others below it, of which several have messages."""
    return Tenant.objects.get(slug="hansa-group")


def _samples(tenant: Tenant, random: Random, count: int) -> list[dict]:
    """Return messages from all over the tenant's time, found by instants drawn at random."""
    names = (
        "day", "destination", "ref_id", "message_id", "sent_at", "account_id", "country", "operator", "partner_id",
        "variant",
    )  # fmt: skip
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(sent_at), max(sent_at) FROM message WHERE tenant_id = %s", [tenant.id])
        first, last = cursor.fetchone()
        for _ in range(count):
            cursor.execute(
                f"SELECT {', '.join(names)}, custom_parameters ->> 'store' FROM message WHERE tenant_id = %s"
                " AND sent_at >= %s ORDER BY sent_at LIMIT 1",
                [tenant.id, first + (last - first) * random.random()],
            )
            found += [dict(zip((*names, "store"), row, strict=True)) for row in cursor.fetchall()]
    return found


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]
