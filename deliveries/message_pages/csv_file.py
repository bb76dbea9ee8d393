"""The messages of a page as a file for spreadsheets."""

import io
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from deliveries.message_pages.forms import CLASSES
from deliveries.message_pages.presenter import MessageRow
from portal.common.csv_file import ENCODING, write_rows
from portal.common.periods import zone
from portal.common.templatetags.figures import country
from portal.tenants.models import Tenant


def to_csv(rows: Iterable[MessageRow], tenant: Tenant) -> bytes:
    """Return the rows in the active language and the form of the tenant's country.

    Times are in the tenant's zone, which the heading names; the time to delivery is in whole seconds, rounded
    as on the page. What is not known is empty.
    """
    text = io.StringIO(newline="")
    write_rows(text, tenant.csv_form, [_headings(tenant), *(_cells(row, tenant) for row in rows)])
    return text.getvalue().encode(ENCODING)


def _headings(tenant: Tenant) -> list[str]:
    return [
        _("Sent (%(timezone)s)") % {"timezone": tenant.timezone},
        _("Customer"),
        _("Account"),
        _("Message id"),
        _("Number"),
        _("Sender"),
        _("Country code"),
        _("Country"),
        _("Operator"),
        _("Status"),
        _("Counts as"),
        _("Result code"),
        _("Meaning"),
        _("RefId"),
        _("Campaign"),
        _("Variant"),
        _("Partner ID"),
        _("Parts"),
        _("Time to delivery (seconds)"),
    ]


def _cells(row: MessageRow, tenant: Tenant) -> list[Any]:
    return [
        row.sent_at.astimezone(zone(tenant.timezone)),
        row.tenant.name,
        row.account,
        row.message_id,
        row.destination,
        row.source,
        row.country,
        country(row.country),
        row.operator,
        str(row.status_text),
        str(CLASSES[row.counts_as]),
        row.code.number,
        row.code.text,
        row.ref_id,
        row.campaign,
        row.variant,
        row.partner_id,
        row.parts,
        None if row.seconds is None else int(row.seconds + 0.5),
    ]
