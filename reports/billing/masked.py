"""A statement for a reader: phone numbers within its texts are masked unless the reader sees numbers."""

from collections.abc import Iterable
from dataclasses import replace

from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.common.masking import Masking
from portal.tenants.scope import with_descendants
from reports.billing.document import Document
from reports.billing.reading import document_of
from reports.models import Statement, StatementLine


def document_for(masking: Masking, statement: Statement, lines: Iterable[StatementLine] | None = None) -> Document:
    """Return a statement as `document_of` does, with numbers masked: in operators, and in partner IDs that are one."""
    document = document_of(statement, lines)
    if masking.in_full:
        return document
    tenant_ids = with_descendants([statement.customer_id])
    telling = telling_partner_ids({line.partner_id for line in document.lines}, tenant_ids=tenant_ids)

    def partner_id(value: str) -> str:
        return masking.text(value) if value in telling else value

    masked = (
        replace(line, partner_id=partner_id(line.partner_id), operator=masking.text(line.operator))
        for line in document.lines
    )
    return replace(document, lines=tuple(masked))
