"""Reasons why a line or a file of events is refused, in the language of the page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliveries.conversions.reading import TEXTS

FIELD_NAMES: dict[str, Promise] = {
    "event_id": _("Event id"),
    "kind": _("Kind"),
    "occurred_at": _("Time"),
    "value": _("Value"),
    "currency": _("Currency"),
    "message_id": _("Message id"),
    "account": _("Account"),
    "destination": _("Recipient's number"),
    "parameter_key": _("Custom parameter: name"),
    "parameter_value": _("Custom parameter: value"),
    "campaign": _("Campaign"),
}
LINE_PROBLEMS: dict[str, Promise] = {
    "type": _("has the wrong type"),
    "required": _("is missing"),
    "too_long": _("is too long: at most %(detail)s characters"),
    "control": _("has control characters"),
    "kind": _("is no kind of this customer. There are: %(detail)s"),
    "time": _("is not a time"),
    "too_old": _("is more than 400 days ago"),
    "ahead": _("is more than 2 days ahead"),
    "value": _("is not a number with at most 6 decimals, from −1,000,000,000 to 1,000,000,000"),
    "value_needed": _("is missing, but there is a currency"),
    "currency": _("is not three capital letters, such as EUR"),
    "currency_needed": _("is missing, but there is a value"),
    "one_subject": _("Fill in exactly one: message id, recipient's number, or custom parameter"),
    "part": _("is the id of a part. Use the id of the whole message"),
    "account": _("is no account of this customer"),
    "account_needed": _("is missing: the customer has messages in several accounts"),
    "account_alone": _("is only allowed with a message id"),
    "number": _("is not a phone number. Without a country code it is read in %(detail)s"),
    "number_no_country": _("is not a phone number with a country code"),
    "parameter_needed": _("Name and value of a custom parameter are needed together"),
    "campaign": _("is no campaign of this customer"),
    "campaign_alone": _("is not allowed with a message id"),
    "conflict": _("is stored already with other content. The stored event was kept"),
    "columns": _("The line has more columns than the first line"),
    "decimals": _("is not a number such as 1234.50 or 1234,50"),
    "day": _("is not a time such as 2026-10-31 14:05 or 31.10.2026 14:05"),
}
FILE_PROBLEMS: dict[str, Promise] = {
    "too_large": _("The file is larger than 20 MB. Split it."),
    "too_many_rows": _("The file has more than 100,000 rows. Split it at line %(line)s."),
    "too_many_columns": _("Line %(line)s has more than 100 columns. Is this the right file?"),
    "long_cell": _("Line %(line)s has a text of more than 5,000 characters. Is this the right file?"),
    "empty": _("The file is empty."),
    "not_csv": _("Line %(line)s cannot be read as CSV: its quotation marks do not match."),
    "not_xlsx": _("The file cannot be read as an Excel workbook (XLSX). Save it again as XLSX or CSV."),
    "no_table": _("This is a PDF, JSON, HTML or XML file, not a table. Save it as CSV or XLSX."),
    "old_workbook": _("This is an old Excel workbook (XLS). Save it as XLSX or CSV."),
    "encoding": _(
        "Line %(line)s is not text in UTF-8, UTF-16 or Windows-1252. Save the file as CSV in UTF-8, or as XLSX."
    ),
    "names": _("Column %(line)s has no name in the first line, or that of an earlier column. Name each column once."),
    "gone": _("The file is not stored any more. Upload it again."),
}
NOT_OF_FILES = {"unknown_field", "not_object", "not_json"}

assert TEXTS.keys() == LINE_PROBLEMS.keys() | NOT_OF_FILES


def line_text(field: str, code: str, detail: str) -> str:
    """Return one refusal as a sentence."""
    problem = LINE_PROBLEMS[code] % {"detail": detail} if detail else str(LINE_PROBLEMS[code])
    return f"{FIELD_NAMES[field]}: {problem}" if field else problem


def file_text(code: str, line: int = 0) -> str:
    """Return the problem of a whole file as a sentence."""
    return FILE_PROBLEMS[code] % {"line": line} if line else str(FILE_PROBLEMS[code])
