"""The messages of a page as a file for spreadsheets."""

import io
from collections.abc import Iterable, Sequence

from deliveries.message_pages.columns import Column, headings, lines
from deliveries.message_pages.presenter import MessageRow
from portal.common.csv_file import ENCODING, write_rows
from portal.common.periods import zone
from portal.tenants.models import Tenant


def to_csv(rows: Iterable[MessageRow], tenant: Tenant, columns: Sequence[Column]) -> bytes:
    """Return these columns of the rows in the active language and the form of the tenant's country.

    Times are in the tenant's zone, which the heading names; the time to delivery is in whole seconds, rounded
    as on the page. What is not known is empty.
    """
    local = zone(tenant.timezone)
    text = io.StringIO(newline="")
    write_rows(text, tenant.csv_form, [headings(columns, tenant.timezone), *lines(columns, list(rows), local)])
    return text.getvalue().encode(ENCODING)
