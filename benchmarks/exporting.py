"""exports: a search as a file of each format, made by the worker: rows a second and peak memory.

The newest million messages of the largest tenant, and as many as an export may have where there are many more: a file
that is ten times as long takes no more memory.
"""

from collections.abc import Iterator
from datetime import date

from django.conf import settings
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
# Of the messages: `--campaigns` counts some that there are not.
_DAYS = """
SELECT day, sum(count(*)) OVER (ORDER BY day DESC)::bigint FROM message WHERE tenant_id = %s GROUP BY day
ORDER BY day DESC
"""


def exports(stage: Stage) -> Iterator[Figure]:
    """Export messages of the largest tenant with numbers in full in each format, and once as CSV masked."""
    have_messages(stage)
    tenant = largest_tenant()
    user, _new = User.objects.get_or_create(email=MAKER)
    million, most = _first_days(tenant)
    asked = [(format_, Role.MANAGER, million, "") for format_ in Export.Format]
    asked.append((Export.Format.CSV, Role.ANALYST, million, "_masked"))
    if most != million:
        asked += [(format_, Role.MANAGER, most, "_most") for format_ in (Export.Format.PARQUET, Export.Format.CSV)]
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


def _first_days(tenant: Tenant) -> tuple[date, date]:
    """Return the first of the newest days with a million messages, and of those with as many as an export may have.

    Both are the first day of all where there are fewer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [tenant.id])
        days = cursor.fetchall()
    million = next((day for day, messages in days if messages >= MILLION), days[-1][0])
    return million, next(day for day, messages in reversed(days) if messages <= settings.EXPORT_MAX_ROWS)
