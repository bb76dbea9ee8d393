"""Ids that were masked since: rows that name the old ones are applied under the new ones."""

from msgspec.structs import replace

from deliveries.applying.submissions import Submitted
from deliveries.dialects.report import Report, Submission
from deliveries.erasure.erased_ids import MESSAGE, PARTNER, replacements
from deliveries.messages.delivery_reports import NewReport
from deliveries.messages.store import Key


def with_known_ids(reports: list[NewReport], submitted: list[Submitted]) -> tuple[list[NewReport], list[Submitted]]:
    """Return the items with masked ids in place of those in which a number was erased."""
    items: list[NewReport | Submitted] = [*reports, *submitted]
    ids = {(item.key[0], MESSAGE, item.key[1]) for item in items}
    ids |= {(item.key[0], PARTNER, value) for item in items if (value := _said(item).partner_id)}
    new = replacements(ids)
    if not new:
        return reports, submitted

    def key_of(item: NewReport | Submitted) -> Key:
        account_id, message_id = item.key
        return account_id, new.get((account_id, MESSAGE, message_id), message_id)

    def partner_id_of(item: NewReport | Submitted) -> str:
        partner_id = _said(item).partner_id
        return new.get((item.key[0], PARTNER, partner_id), partner_id)

    return (
        [replace(i, key=key_of(i), report=replace(i.report, partner_id=partner_id_of(i))) for i in reports],
        [replace(i, key=key_of(i), submission=i.submission._replace(partner_id=partner_id_of(i))) for i in submitted],
    )


def _said(item: NewReport | Submitted) -> Report | Submission:
    return item.submission if isinstance(item, Submitted) else item.report
