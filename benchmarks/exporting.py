"""exports: a whole search as a file of each format, made by the worker: rows a second and peak memory."""

from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.reading import have_messages, largest_tenant
from benchmarks.stage import Stage
from deliveries.exports.asking import ask
from deliveries.message_pages.columns import COLUMNS
from deliveries.models import Export
from deliveries.search.query import MessageQuery
from portal.accounts.access import access_of
from portal.accounts.models import Membership, Role, User

LIMIT = 300.0  # MB a worker may hold
MAKER = "exports@bench.example"


def exports(stage: Stage) -> Iterator[Figure]:
    """Export all messages of the largest tenant, with numbers in full, and once masked."""
    have_messages(stage)
    tenant = largest_tenant()
    user, _new = User.objects.get_or_create(email=MAKER)
    for format_, role in (*((format_, Role.MANAGER) for format_ in Export.Format), (Export.Format.CSV, Role.ANALYST)):
        Membership.objects.update_or_create(user=user, tenant=tenant, defaults={"role": role})
        access = access_of(user, slug=tenant.slug)
        query = MessageQuery(tenant_ids=frozenset({tenant.id}))
        with stage.program("exporter") as worker:
            export = ask(
                tenant=tenant, access=access, user=user, query=query, title="bench", format=format_, columns=COLUMNS
            )
            stage.wait_for(f"SELECT state IN ('done', 'failed') FROM export WHERE id = {export.id}", every=0.2)
            export.refresh_from_db()
            seconds = (export.finished_at - export.started_at).total_seconds()
            name = f"exports_{format_.value}" + ("" if role == Role.MANAGER else "_masked")
            note = f"{export.state}: {export.done:,} messages in {seconds:.1f} s, {(export.bytes or 0) / 1e6:.1f} MB"
            yield Figure(name, export.done / seconds, "messages/s", note=note)
            yield Figure(
                f"{name}_memory", worker.peak_memory(), "MB", ceiling=LIMIT, note="RSS of the worker at its peak"
            )
    Export.objects.all().delete()
    Membership.objects.filter(user=user).delete()
    user.delete()
