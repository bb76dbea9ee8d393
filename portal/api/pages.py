"""Keyset pages of rows with an id: newest first, or with `updated_since` in the order of their changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from portal.accounts.access import Access
from portal.api.parameters import CURSOR, SINCE, SIZE, UNTIL, UPDATED_SINCE, Parameters
from portal.api.problems import BadParameter
from portal.common import keyset
from portal.common.changes import Writers, no_writes_before
from portal.common.periods import start_of_day

ROW_ID_MAX = 2**63 - 1
Row = TypeVar("Row", bound=Model)

# The parameters of a list that `page_of` answers.
LISTED = (
    replace(
        SINCE,
        text="Only rows created from then on: a day in the key's time zone, or an instant with its offset from UTC.",
    ),
    replace(UNTIL, text="Only rows created until then: the last day, included, or an instant, not included."),
    UPDATED_SINCE,
    CURSOR,
    SIZE,
)

PAGE_EXAMPLE = {"next_cursor": None, "data_as_of": "2026-12-01T06:00:00.123456Z", "timezone": "UTC"}


def page_of(
    rows: QuerySet[Row],
    given: Parameters,
    access: Access,
    shown: Callable[[list[Row]], list[dict]],
    *,
    created: str | None = "created_at",
    changed: str = "updated_at",
) -> dict:
    """Return the page that `LISTED` asks for; `created` and `changed` are the columns of a row's instants.

    Where `created` is None, the caller has read `from` and `to` itself.
    All changes before the page's `data_as_of` are listed. In the order of changes the next reading begins there: it is
    the next `updated_since` (portal/common/changes.py).
    """
    if created is not None:
        since, until = _created(given, access)
        rows = rows.filter(**{f"{created}__gte": since}) if since else rows
        rows = rows.filter(**{f"{created}__lt": until}) if until else rows
    updated_since, data_as_of = given.instant(UPDATED_SINCE.name), no_writes_before(Writers.ROWS)
    if updated_since is None:
        page, cursor = _newest(rows, given)
    else:
        page, cursor = _changes(rows.filter(**{f"{changed}__lt": data_as_of}), given, updated_since, changed)
    return {"data": shown(page), "next_cursor": cursor, "data_as_of": data_as_of}


def _created(given: Parameters, access: Access) -> tuple[datetime | None, datetime | None]:
    """Return the beginning and the end (not included) of `from` and `to`; days are those of the key's zone."""
    span, own = given.span(access), access.tenant
    assert own is not None  # every key has one
    return (
        start_of_day(span.first, own.timezone) if span.first else span.since,
        start_of_day(span.last + timedelta(days=1), own.timezone) if span.last else span.until,
    )


def _newest(rows: QuerySet[Row], given: Parameters) -> tuple[list[Row], str | None]:
    if (at := _cursor(given, length=1)) is not None:
        rows = rows.filter(id__lt=_row_id(at[0]))
    found, more = _page(rows.order_by("-id"), given.size())
    return found, keyset.encode((found[-1].pk,)) if more else None


def _changes(rows: QuerySet[Row], given: Parameters, since: datetime, changed: str) -> tuple[list[Row], str | None]:
    if (at := _cursor(given, length=2)) is not None:
        instant, row_id = _instant(at[0]), _row_id(at[1])
        since = max(since, instant)
        rows = rows.filter(Q(**{f"{changed}__gt": instant}) | Q(**{changed: instant}, id__gt=row_id))
    found, more = _page(rows.filter(**{f"{changed}__gte": since}).order_by(changed, "id"), given.size())
    return found, keyset.encode((getattr(found[-1], changed), found[-1].pk)) if more else None


def _page(rows: QuerySet[Row], size: int) -> tuple[list[Row], bool]:
    """Return the first rows, and whether there are more."""
    found = list(rows[: size + 1])
    return found[:size], len(found) > size


def _cursor(given: Parameters, *, length: int) -> list | None:
    """Return the values of the cursor, None without one. Raises BadParameter."""
    cursor = given.text(CURSOR.name)
    if not cursor:
        return None
    try:
        values, backwards = keyset.decode(cursor, length=length)
    except keyset.BadCursor as error:
        raise BadParameter(CURSOR.name, str(error)) from error
    if backwards:
        raise _not_here()
    return values


def _row_id(value: object) -> int:
    if type(value) is not int or not 0 <= value <= ROW_ID_MAX:
        raise _not_here()
    return value


def _instant(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _not_here() from error


def _not_here() -> BadParameter:
    return BadParameter(CURSOR.name, "not a cursor of this list")
