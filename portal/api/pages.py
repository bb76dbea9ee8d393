"""Keyset pages of rows with an id, newest first."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from portal.api.parameters import Parameters
from portal.api.problems import BadParameter
from portal.common import keyset

ROW_ID_MAX = 2**63 - 1
Row = TypeVar("Row", bound=Model)


def page_by_id(rows: QuerySet[Row], given: Parameters) -> tuple[list[Row], str | None]:
    """Return the page that `cursor` and `size` ask for, and the cursor of the next one (None: it is the last)."""
    cursor, size = given.text("cursor"), given.size()
    if cursor:
        try:
            (after,), backwards = keyset.decode(cursor, length=1)
        except keyset.BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        if type(after) is not int or not 0 <= after <= ROW_ID_MAX or backwards:
            raise BadParameter("cursor", "not a cursor of this list")
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: size + 1])
    more = len(found) > size
    return found[:size], keyset.encode((found[size - 1].id,)) if more else None
