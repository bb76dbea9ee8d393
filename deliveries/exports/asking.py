"""Asking for exports, within limits, and cancelling, retrying and deleting them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from deliveries.exports import files
from deliveries.exports.kinds import seal
from deliveries.models import Export
from deliveries.search.query import MessageQuery
from deliveries.search.stored import parameters_of
from portal.accounts.access import Access
from portal.accounts.models import User, record
from portal.common import jobs
from portal.common.masking import Masking
from portal.tenants.models import Tenant

_MAX_TITLE = 300


class TooMany(Exception):
    """So many exports are open already; `whose` is "person" (or key) or "tenant", `most` the limit."""

    def __init__(self, whose: str, most: int) -> None:
        super().__init__(f"{most} exports of this {whose} wait or are being made, the most at once")
        self.whose, self.most = whose, most


def ask(
    *,
    tenant: Tenant,
    access: Access,
    user: User | None,
    query: MessageQuery,
    title: str,
    format: str,
    columns: Sequence[str],
) -> Export:
    """Queue an export of a search for a person, or for the key of the access. Raises TooMany."""
    return ask_for(
        Export.MESSAGES,
        parameters_of(query),
        tenant=tenant,
        access=access,
        user=user,
        tenant_ids=query.tenant_ids,
        title=title,
        format=format,
        columns=columns,
    )


def ask_for(
    kind: str,
    parameters: Mapping[str, Any],
    *,
    tenant: Tenant,
    access: Access,
    user: User | None,
    tenant_ids: Collection[int],
    title: str,
    format: str,
    columns: Sequence[str],
    details: Mapping[str, int] | None = None,
) -> Export:
    """Queue an export of any kind and wake a worker. Raises TooMany.

    `parameters` are read by the kind and stored encrypted. `tenant_ids` are the tenants whose data it may hold,
    `details` are for the audit log.
    """
    made_by = user.email if user is not None else str(access.key)
    with transaction.atomic():
        _lock(tenant)  # of two requests at once the second one counts the first one's row
        _check_limits(tenant, made_by)
        export = Export.objects.create(
            tenant=tenant,
            maker=user,
            key=access.key,
            made_by=made_by,
            kind=kind,
            title=Masking(in_full=False).text(title)[:_MAX_TITLE],
            format=format,
            columns=list(columns),
            sealed=seal(parameters),
            tenant_ids=sorted(tenant_ids),
        )
        record(
            "export.asked", actor=made_by, tenant=tenant, subject=export.file_name,
            details={"kind": kind, "format": format, "columns": len(export.columns)} | dict(details or {}),
        )  # fmt: skip
        transaction.on_commit(lambda: wake(export.id))
    return export


def wake(export_id: int) -> None:
    """Send an export to a worker. Without the broker, the next poll of the rows finds it."""
    jobs.wake("deliveries.run_export", export_id, expires=60)


def cancel(export: Export, *, actor: str) -> bool:
    """Cancel an export that waits or is being made. Return False if it is neither."""
    with transaction.atomic():
        if not jobs.cancel(Export, ids=[export.id]):
            return False
        record("export.cancelled", actor=actor, tenant=export.tenant, subject=export.file_name)
    return True


def retry(export: Export, *, actor: str) -> bool:
    """Queue a failed or cancelled export again. Return False if it is neither, or was deleted. Raises TooMany."""
    with transaction.atomic():
        _lock(export.tenant)
        stopped = Export.objects.filter(
            id=export.id, state__in=[jobs.JobState.FAILED, jobs.JobState.CANCELLED], gone="", problem="", erased_at=None
        )
        if not stopped.exists():
            return False
        _check_limits(export.tenant, export.made_by)
        jobs.retry(Export, ids=[export.id])
        Export.objects.filter(id=export.id).update(done=0, total=0)
        record("export.retried", actor=actor, tenant=export.tenant, subject=export.file_name)
        transaction.on_commit(lambda: wake(export.id))
    return True


def delete(export: Export, *, actor: str, now: datetime) -> bool:
    """Delete the file of an export that has ended. Return False if it has not, or has none any more."""
    return not export.is_open and files.delete(export, why=Export.Gone.DELETED, actor=actor, now=now)


def _lock(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.export'), %s)", [tenant.id])


def _check_limits(tenant: Tenant, made_by: str) -> None:
    open_exports = jobs.open_jobs(Export).filter(tenant=tenant)
    for whose, found, most in (
        ("person", open_exports.filter(made_by=made_by), settings.EXPORTS_PER_PERSON),
        ("tenant", open_exports, settings.EXPORTS_PER_TENANT),
    ):
        if found.count() >= most:
            raise TooMany(whose, most)
