"""Rows for the inbox of what is in a file: of delivery reports, and of a log of submitted messages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from django.conf import settings

from deliveries.dialects import submission
from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.submission import BadSubmission
from deliveries.importing.archives.pieces import Piece
from deliveries.ingest.inbox import NewRow
from deliveries.ingest.split import split_line
from deliveries.messages.slices import slice_of
from deliveries.models import ImportRun
from portal.tenants.models import Feed

TOO_LONG = "too long"


class Aside(NamedTuple):
    """Bytes that are put into quarantine at once, with the reason."""

    body: bytes
    reason: str
    detail: str


SortOut = Callable[[ImportRun, Feed, list[Piece]], tuple[list[NewRow], list[Aside]]]


def sort_out_reports(run: ImportRun, feed: Feed, chunk: list[Piece]) -> tuple[list[NewRow], list[Aside]]:
    """Return the rows of delivery reports; the applier reads them. Those over the limit are put aside."""
    rows = [
        NewRow(
            feed.id,
            *split_line(piece.body, account_id=feed.account_id, dialect=DIALECTS[feed.dialect]),
            accept_days=run.accept_days,
            import_run_id=run.id,
        )
        for piece in chunk
        if not piece.is_too_long
    ]
    too_long = [(number, piece) for number, piece in _numbered(run, chunk) if piece.is_too_long]
    return rows, [_too_long(number, piece) for number, piece in too_long]


def sort_out_submissions(run: ImportRun, feed: Feed, chunk: list[Piece]) -> tuple[list[NewRow], list[Aside]]:
    """Return the rows of submissions; what cannot be taken is put aside with its number and field."""
    now = datetime.now(UTC)
    rows, aside = [], []
    for number, piece in _numbered(run, chunk):
        if piece.is_too_long:
            aside.append(_too_long(number, piece))
            continue
        try:
            item = _loaded(piece.body)
            account = item.pop("account", None) if type(item) is dict else None
            if account not in (None, feed.account.name):
                raise BadSubmission("not allowed", "account", f"this import is of {feed.account.name}")
            handed_in = submission.read_strictly(item, received_at=now, accept_days=run.accept_days)
        except BadSubmission as error:
            aside.append(Aside(piece.body, error.reason, f"number {number:,} in the file: {error.detail}"))
            continue
        rows.append(
            NewRow(
                feed.id,
                slice_of(feed.account_id, handed_in.message_id),
                submission.raw_row(item, is_claim=False),
                accept_days=run.accept_days,
                import_run_id=run.id,
            )
        )
    return rows, aside


def _loaded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadSubmission("not JSON", "", str(error)[:200]) from None


def _numbered(run: ImportRun, chunk: list[Piece]) -> list[tuple[int, Piece]]:
    return [(run.rows + number, piece) for number, piece in enumerate(chunk, 1)]


def _too_long(number: int, piece: Piece) -> Aside:
    detail = (
        f"number {number:,} in the archive: {piece.size:,} bytes, at most {settings.INGEST_MAX_BODY:,};"
        f" its first {len(piece.body):,} are kept"
    )
    return Aside(piece.body, TOO_LONG, detail)
