"""A claim as a workbook: the summary, the rows, and the messages behind each part."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from portal.common.masking import Masking
from portal.common.safe_text import show_controls
from reports.billing.checks.listing import has_messages, messages_behind
from reports.billing.checks.messages_shown import shown_id
from reports.billing.checks.results import StoredRow, read_stored
from reports.billing.checks.scope import CheckScope
from reports.billing.checks.selectors import kinds_shown, not_recounted, shape_of
from reports.billing.checks.texts import KINDS, OUTCOMES, RULES, line_text
from reports.billing.proof.split import Outcome
from reports.models import InvoiceCheck
from reports.monthly.texts import excel_date_format
from reports.pricing.money import MICRO

MAX_MESSAGES = 100_000
"""Maximum number of messages in a claim; the summary says if there are more."""


def claim_name(check: InvoiceCheck) -> str:
    """Return the name of a claim's file."""
    return f"{check.account.name}_{check.month:%Y-%m}_claim.xlsx"


def write_claim(
    check: InvoiceCheck, scope: CheckScope, *, masking: Masking, with_messages: bool, language: str
) -> bytes:
    """Return the file. Without the right to see messages it has no sheet of them."""
    with translation.override(language):
        return _Claim(check, scope, masking, with_messages).write()


class _Claim:
    """One claim being written."""

    def __init__(self, check: InvoiceCheck, scope: CheckScope, masking: Masking, with_messages: bool) -> None:
        self.check, self.scope, self.masking = check, scope, masking
        self.with_messages = with_messages
        self.rows = [row for row in read_stored(check.rows) if row.outcome != Outcome.AGREES]
        self.book = Workbook(write_only=True)
        self.is_cut = False

    def write(self) -> bytes:
        listed = list(self._messages()) if self.with_messages else []
        self._summary()
        self._parts()
        if self.with_messages:
            self._sheet(
                _("Messages"),
                [
                    _("Row"), _("Kind"), _("Rule"), _("Partner ID"), _("Country"), _("Operator"), _("Message id"),
                    _("Sent at"), _("Status"), _("Result code"), _("Status at the close"), _("SMS parts"),
                    _("Difference"),
                ],
                listed,
                (6, 22, 40, 18, 10, 18, 28, 18, 12, 12, 16, 10, 12),
            )  # fmt: skip
        file = BytesIO()
        self.book.save(file)
        return file.getvalue()

    def _summary(self) -> None:
        check, totals = self.check, self.check.totals
        theirs, ours = totals["theirs"], totals["ours"]
        has_money = totals["unpriced"] < totals["rows"]
        zone = self.scope.span.zone
        facts: list[tuple[str, Any]] = [
            (_("Gateway account"), check.account.name),
            (_("Month"), f"{check.month:%Y-%m}"),
            (_("Time zone"), zone.key),
            (_("Invoice"), self.masking.text(check.file_name)),
            (_("Price list"), check.price_list.name if check.price_list else _("none")),
            (_("Charged are"), check.get_basis_display()),
            (_("A price is for a"), check.get_per_display()),
            (_("The gateway closed the month on"), f"{self.scope.span.closed_at.astimezone(zone):%Y-%m-%d %H:%M}"),
            (_("Data as of"), f"{check.as_of.astimezone(zone):%Y-%m-%d %H:%M}" if check.as_of else ""),
        ]
        rows: list[list[Any]] = [[label, value] for label, value in facts]
        rows += [[], ["", _("Rows"), _("Quantity"), _("Amount")]]
        for label, (quantity, amount) in ((_("Invoice"), theirs), (_("Our counts"), ours)):
            rows.append([label, None, quantity, _units(amount) if has_money else None])
        difference = [one - other for one, other in zip(theirs, ours, strict=True)]
        rows.append([_("Difference"), None, difference[0], _units(difference[1]) if has_money else None])
        rows.append([])
        for one in kinds_shown(check):
            rows.append([one.name, one.rows, one.quantity, _units(one.amount) if has_money else None])
        rows += [[]] + [[str(text)] for text in not_recounted(check)]
        rows += [
            [_("Line %(line)s: %(problem)s") % {"line": line, "problem": line_text(*error)}]
            for line, *error in check.left_out
        ]
        if self.is_cut:
            rows.append([_("The sheet of messages has the first %(most)s alone.") % {"most": MAX_MESSAGES}])
        self._sheet(_("Summary"), None, rows, (38, 24, 14, 16))

    def _parts(self) -> None:
        heads = [
            _("Row"), _("Partner ID"), _("Country"), _("Operator"), _("Invoice: quantity"), _("Our quantity"),
            _("Difference"), _("Invoice: amount"), _("Our amount"), _("Difference in amount"), _("Result"), _("Kind"),
            _("Rule"), _("Quantity"), _("Amount"),
        ]  # fmt: skip
        self._sheet(_("Differences"), heads, self._part_rows(), (6, 18, 10, 18, *[14] * 6, 16, 22, 60, 12, 14))

    def _part_rows(self) -> Iterator[list[Any]]:
        for number, row in enumerate(self.rows, start=1):
            quantity, amount = row.difference
            start = [
                number, self.masking.text(row.partner_id), row.country, self.masking.text(row.operator),
                row.theirs[0], row.ours[0], quantity, _units(row.theirs[1]), _units(row.ours[1]), _units(amount),
                str(OUTCOMES[row.outcome]),
            ]  # fmt: skip
            for explanation in row.explanations or (row.parts,):
                for part in explanation:
                    rule = str(RULES[part.rule]) if part.rule else ""
                    yield [*start, str(KINDS[part.kind]), rule, part.quantity, _units(part.amount)]

    def _messages(self) -> Iterator[list[Any]]:
        written = 0
        for number, row in enumerate(self.rows, start=1):
            for parts in row.explanations or (row.parts,):
                for place, part in enumerate(parts):
                    if not has_messages(part):
                        continue
                    for line in self._of_part(number, row, parts, place):
                        if written == MAX_MESSAGES:
                            self.is_cut = True
                            return
                        written += 1
                        yield line

    def _of_part(self, number: int, row: StoredRow, parts: tuple, place: int) -> Iterator[list[Any]]:
        listing = messages_behind(self.scope, shape_of(self.check), row, parts, place)
        self.is_cut = self.is_cut or listing.is_cut
        kind, rule = str(KINDS[parts[place].kind]), str(RULES[parts[place].rule])
        for one in listing.messages:
            yield [
                number, kind, rule, self.masking.text(one.partner_id, one.destination), one.country,
                self.masking.text(one.operator, one.destination), shown_id(one, self.masking),
                one.sent_at.astimezone(self.scope.span.zone).replace(tzinfo=None), one.status, one.result_code,
                one.closing, one.parts, one.quantity,
            ]  # fmt: skip

    def _sheet(self, title: str, heads: list[str] | None, rows: Any, widths: tuple[int, ...]) -> None:
        sheet = self.book.create_sheet(title)
        for number, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        if heads:
            sheet.freeze_panes = "A2"
            sheet.append([_cell(sheet, head, is_bold=True) for head in heads])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Any, *, is_bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=show_controls(value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula
    elif isinstance(value, Decimal):
        cell.number_format = "#,##0.00####"
    elif hasattr(value, "year"):
        cell.number_format = f"{excel_date_format(translation.get_language() or 'en')} hh:mm:ss"
    if is_bold:
        cell.font = Font(bold=True)
    return cell


def _units(micro: int | None) -> Decimal | None:
    return None if micro is None else Decimal(micro) / MICRO
