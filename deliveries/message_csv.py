"""The messages of a page as a file for spreadsheets."""

import csv
import io
from collections.abc import Iterable

from deliveries.selectors.shown_messages import MessageRow
from portal.common.periods import Zone, zone
from portal.common.safe_text import guard_for_csv, make_encodable

COLUMNS = (
    "sent_at", "tenant", "account", "message_id", "destination", "source", "country", "operator", "status", "counts_as",
    "result_code", "result", "ref_id", "campaign", "variant", "partner_id", "parts", "seconds_to_delivery",
)  # fmt: skip


def to_csv(rows: Iterable[MessageRow], tz: Zone) -> bytes:
    """Return the rows as RFC 4180, UTF-8 with a byte order mark; times in ISO 8601 with the zone's offset.

    No text is one that a spreadsheet calculates; what is not known is empty.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        texts = [row.tenant.slug, row.account, row.message_id, row.destination, row.source, row.country, row.operator]
        codes = ["" if row.code.number is None else row.code.number, _guard(row.code.text)]
        about = [row.ref_id, row.campaign, row.variant, row.partner_id]
        seconds = "" if row.seconds is None else f"{row.seconds:g}"
        writer.writerow(
            [
                row.sent_at.astimezone(zone(tz)).isoformat(timespec="seconds"),
                *map(_guard, texts),
                row.status,
                row.counts_as,
                *codes,
                *map(_guard, about),
                row.parts,
                seconds,
            ]
        )
    return text.getvalue().encode("utf-8-sig")


def _guard(text: str) -> str:
    return guard_for_csv(make_encodable(text))
