"""exports: a search as a file of each format, made by the worker: rows a second and peak memory.

At most a million messages of the largest tenant, and all of them where there are many more: a file that is ten times as
long takes no more memory.
"""

from collections.abc import Iterator
from datetime import date

from django.db import connection

from benchmarks.figure import Figure
from benchmarks.reading import have_messages, largest_tenant
from benchmarks.stage import Stage
from deliveries.exports.asking import ask
from deliveries.message_pages.columns import COLUMNS
from deliveries.models import Export
from deliveries.search.query import MessageQuery
from portal.accounts.access import access_of
from portal.accounts.models import Membership, Role, User
from portal.tenants.models import Tenant

LIMIT = 300.0  # MB a worker may hold
MILLION = 1_000_000
MAKER = "exports@bench.example"
_DAYS = """
SELECT day, sum(sum(messages)) OVER (ORDER BY day DESC)::bigint FROM daily_count WHERE tenant_id = %s GROUP BY day
ORDER BY day DESC
"""


def exports(stage: Stage) -> Iterator[Figure]:
    """Export messages of the largest tenant with numbers in full in each format, and once as CSV masked."""
    have_messages(stage)
    tenant = largest_tenant()
    user, _new = User.objects.get_or_create(email=MAKER)
    first, messages = _newest(tenant)
    asked = [(format_, Role.MANAGER, first, "") for format_ in Export.Format]
    asked.append((Export.Format.CSV, Role.ANALYST, first, "_masked"))
    if messages > 2 * MILLION:
        asked += [(format_, Role.MANAGER, None, "_all") for format_ in (Export.Format.CSV, Export.Format.PARQUET)]
    for format_, role, since, suffix in asked:
        Membership.objects.update_or_create(user=user, tenant=tenant, defaults={"role": role})
        access = access_of(user, slug=tenant.slug)
        query = MessageQuery(tenant_ids=frozenset({tenant.id}), first=since)
        with stage.program("exporter") as worker:
            export = ask(
                tenant=tenant, access=access, user=user, query=query, title="bench", format=format_, columns=COLUMNS
            )
            is_done = f"SELECT state IN ('done', 'failed') FROM export WHERE id = {export.id}"
            stage.wait_for(is_done, every=0.2, within=7200)
            export.refresh_from_db()
            seconds = (export.finished_at - export.started_at).total_seconds()
            name = f"exports_{format_.value}{suffix}"
            note = f"{export.state}: {export.done:,} messages in {seconds:.1f} s, {(export.bytes or 0) / 1e6:.1f} MB"
            yield Figure(name, export.done / seconds, "messages/s", note=note)
            yield Figure(
                f"{name}_memory", worker.peak_memory(), "MB", ceiling=LIMIT, note="RSS of the worker at its peak"
            )
    Export.objects.all().delete()
    Membership.objects.filter(user=user).delete()
    user.delete()


def _newest(tenant: Tenant) -> tuple[date | None, int]:
    """Return the first of the newest days that together have a million messages, and how many there are in all.

    The day is None where there are fewer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [tenant.id])
        days = cursor.fetchall()
    return next((day for day, messages in days if messages >= MILLION), None), days[-1][1]
