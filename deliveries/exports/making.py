"""Making an export: its rows are read in one snapshot, with the rights of its maker at that moment.

The snapshot is a transaction of its own on this process's connection. Progress is written meanwhile by another
connection, that of a helper thread, so that people see it and can cancel.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation

from deliveries.exports.days import OldestDays
from deliveries.exports.files import KEPT, delete_attempts, store
from deliveries.exports.kinds import (
    Content,
    NotAllowed,
    TooManyRows,
    Unreadable,
    columns_of,
    kind_of,
    open_export,
)
from deliveries.exports.telling import tell_failed, tell_ready
from deliveries.models import Export
from deliveries.search.query import BadFilter
from portal.accounts.models import record
from portal.brands.brand import brand_of
from portal.common import jobs
from portal.common.database import side_connection, snapshot, snapshot_time
from portal.tenants.scope import web_scope

LEASE = timedelta(minutes=5)  # a page of a search that no index serves may take so long
_AGAIN = timedelta(seconds=5)


class Refused(Exception):
    """The export cannot be made, and trying again would not help; `problem` is the reason."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def run_exports(*, export_id: int | None = None) -> int:
    """Make the exports that are due (or this one); return how many were done."""
    return jobs.run_all(Export, _work, job_id=export_id, on_failed=tell_failed)


def _work(export: Export) -> None:
    export.pause_at = None  # a snapshot cannot be continued by another task
    export.done, export.total = 0, 0
    with side_connection("export-progress") as aside, tempfile.TemporaryDirectory(prefix="portal-export-") as folder:
        path = Path(folder) / f"export.{export.format}"
        aside(lambda: jobs.renew(export, lease=jobs.LONG_STEP))
        try:
            made = _write(export, path, aside)
            _finish(export, made, store(export, path))
        except Refused as refused:
            _refuse(export, refused.problem)


@dataclass(slots=True)
class _Made:
    """Results of writing the file."""

    as_of: datetime
    in_full: bool
    shortened: int = 0
    days: OldestDays = field(default_factory=OldestDays)


def _write(export: Export, path: Path, aside: Callable[[Callable[[], None]], None]) -> _Made:
    """Write the file. Raises Refused."""
    from deliveries.exports.writers import WRITERS, Table  # slow import: pyarrow, in workers only

    try:
        if export.erased_at is not None and not kind_of(export).keeps_parameters:
            raise Refused(Export.Problem.ERASED)
        content, access = open_export(export, now=timezone.now())
        columns = columns_of(export)
    except NotAllowed as error:
        raise Refused(Export.Problem.RIGHTS) from error
    except Unreadable as error:
        raise Refused(Export.Problem.SEARCH) from error
    tenant, product = export.tenant, brand_of(export.tenant_id).product_name
    with snapshot(), web_scope(content.tenant_ids), translation.override(tenant.language):
        try:
            export.total = content.count()
            if export.total > settings.EXPORT_MAX_ROWS:
                raise Refused(Export.Problem.ROWS)
            made = _Made(snapshot_time(), access.masking.in_full)
            table = Table(
                columns=columns,
                rows_heading=str(kind_of(export).rows),
                timezone=tenant.timezone,
                csv_form=tenant.csv_form,
                title=export.title,
                as_of=made.as_of,
                in_full=made.in_full,
                rows=export.total,
                product=product,
            )
            written = WRITERS[export.format](table, _pages(export, content, made, path, aside), path)
        except TooManyRows as error:
            raise Refused(Export.Problem.ROWS) from error
        except BadFilter as error:
            raise Refused(Export.Problem.SEARCH) from error
    if path.stat().st_size > settings.EXPORT_MAX_BYTES:
        raise Refused(Export.Problem.SIZE)
    made.shortened, export.done = written.shortened, written.rows
    return made


def _pages(
    export: Export, content: Content, made: _Made, path: Path, aside: Callable[[Callable[[], None]], None]
) -> Iterator[list[Any]]:
    """Yield the rows, and write the progress after each page. Raises Refused, jobs.Stopped."""
    for rows, days in content.pages():
        made.days.note(days)
        yield rows
        export.done += len(rows)
        aside(lambda: jobs.renew(export, lease=LEASE))
        if path.exists() and path.stat().st_size > settings.EXPORT_MAX_BYTES:
            raise Refused(Export.Problem.SIZE)


def _finish(export: Export, made: _Made, stored: dict) -> None:
    """Write that it is done. If a number was erased meanwhile, the file is deleted and made again."""
    try:
        with transaction.atomic():
            jobs.hold(export)
            is_outdated = not Export.objects.filter(id=export.id, erased_at=None).exists()
            if is_outdated and not kind_of(export).keeps_parameters:
                raise Refused(Export.Problem.ERASED)
            if is_outdated:
                Export.objects.filter(id=export.id).update(erased_at=None)
            else:
                _write_done(export, made, stored)
        if is_outdated:
            raise jobs.Paused("a phone number was erased meanwhile", delay=_AGAIN)
    except (jobs.Stopped, Refused):
        default_storage.delete(stored["file"])
        raise
    delete_attempts(export, but=export.attempts)


def _write_done(export: Export, made: _Made, stored: dict) -> None:
    jobs.finish(
        export,
        as_of=made.as_of,
        in_full=made.in_full,
        shortened=made.shortened,
        oldest=made.days.by_tenant(),
        sealed=export.sealed if kind_of(export).keeps_parameters else "",
        expires_at=timezone.now() + KEPT,
        **stored,
    )
    details = {"rows": export.done, "in_full": made.in_full}
    record("export.finished", actor=export.made_by, tenant=export.tenant, subject=export.file_name, details=details)
    tell_ready(export)


def _refuse(export: Export, problem: str) -> None:
    """Stop the export for good, with its reason. It is not a failure: nobody has to look into it."""
    with transaction.atomic():
        jobs.hold(export)
        Export.objects.filter(id=export.id).update(problem=problem, sealed="")
        tell_failed(export, problem=problem)
    raise jobs.CancelRequested(f"export {export.id}: {problem}")
