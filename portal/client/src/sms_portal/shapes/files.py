"""Files: exports and monthly reports."""

from __future__ import annotations

from datetime import datetime

from sms_portal.shapes.base import Shape


class Export(Shape, frozen=True, kw_only=True):
    """One search or table as one file."""

    id: int
    kind: str
    tenant: str
    timezone: str
    search: str
    format: str
    columns: list[str]
    state: str
    problem: str | None
    rows_done: int
    rows: int | None
    requested_at: datetime
    finished_at: datetime | None
    data_as_of: datetime | None
    numbers: str | None
    bytes: int | None
    sha256: str | None
    expires_at: datetime | None
    deleted: str | None
    url: str
    download_url: str | None


class ChangedSince(Shape, frozen=True, kw_only=True):
    """Changes in the counts of a report's month since it was created."""

    messages: int | None
    parts: int | None
    delivered: int | None
    failed: int | None
    pending: int | None
    unknown: int | None
    rows_moved: bool


class Cause(Shape, frozen=True, kw_only=True):
    """The changes of one cause in the counts of a report's month."""

    cause: str
    messages: int
    parts: int
    delivered: int
    failed: int
    pending: int
    unknown: int


class RevisionChanges(Shape, frozen=True, kw_only=True):
    """Differences between a revision and the one before it."""

    since_revision: int
    messages: int
    parts: int
    delivered: int
    failed: int
    pending: int
    unknown: int
    causes: list[Cause]


class Report(Shape, frozen=True, kw_only=True):
    """One making of one month's report."""

    id: int
    tenant: str | None
    account: str | None
    month: str
    timezone: str
    kind: str
    revision: int
    unchanged: bool
    state: str
    waits_for_delivery_reports: bool
    progress: int
    requested_at: datetime
    finished_at: datetime | None
    data_as_of: datetime | None
    messages: int | None
    maturity: float | None
    changed_since: ChangedSince | None
    causes: list[Cause]
    revision_changes: RevisionChanges | None
    bytes: int | None
    sha256: str | None
    url: str
    download_url: str | None
    file_erased_at: datetime | None
    removed_at: datetime | None
