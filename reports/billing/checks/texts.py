"""Words of invoice checks: kinds, rules, refusals and problems, in the language of the page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deliveries.conversions.error_texts import FILE_PROBLEMS
from reports.billing.checks.running import NOT_OURS
from reports.billing.proof.rules import Kind, Rule
from reports.billing.proof.split import Outcome

KINDS: dict[Kind, Promise] = {
    Kind.MONTH_BORDER: _("Month border"),
    Kind.PARTS_OR_MESSAGES: _("Parts or messages"),
    Kind.LATE_REPORTS: _("Late delivery reports"),
    Kind.FAILED: _("Failed messages"),
    Kind.UNKNOWN_OUTCOME: _("Unknown outcome"),
    Kind.PENDING: _("No outcome yet"),
    Kind.UNDECLARED: _("Undeclared partner ID"),
    Kind.COUNTRY: pgettext_lazy("invoice check", "Country"),
    Kind.PRICE_VERSION: _("Version of the price"),
    Kind.ROUNDING: _("Rounding"),
    Kind.AMBIGUOUS: _("Ambiguous"),
    Kind.NOT_EXPLAINED: _("Not explained"),
}
RULES: dict[str, Promise] = {
    Rule.UTC_MONTH: _("The gateway's month begins and ends at midnight in UTC, not in the account's time zone."),
    Rule.OTHER_UNIT: _("The gateway charges messages where SMS parts are agreed, or the reverse."),
    Rule.AT_CLOSE: _("The gateway charges by the status that it knew when it closed the month."),
    Rule.CARRIED: _(
        "The gateway charges by the status that it knew when it closed the month, and what ended later in the month"
        " after."
    ),
    Rule.FAILED_CHARGED: _("Failed, expired or rejected messages are charged, which is not agreed."),
    Rule.FAILED_LEFT_OUT: _("Failed, expired or rejected messages are not charged, though it is agreed."),
    Rule.UNKNOWN_CHARGED: _("Messages with an unknown outcome (codes 4, 5 and 1010) are charged, which is not agreed."),
    Rule.UNKNOWN_LEFT_OUT: _("Messages with an unknown outcome (codes 4, 5 and 1010) are not charged."),
    Rule.PENDING_CHARGED: _("Messages without an outcome are charged, which is not agreed."),
    Rule.PENDING_LEFT_OUT: _("Messages without an outcome are not charged, though it is agreed."),
    Rule.UNDECLARED_CHARGED: _("The messages have a partner ID that nobody has declared here."),
    Rule.COUNTRY_OF_OPERATOR: _("The gateway takes the country from the operator, not from the recipient's number."),
    Rule.COUNTRY_OF_CALLING_CODE: _("The gateway takes the main country of the calling code."),
    "at_first": _("The price of the month's first day is charged for the whole month."),
    "at_last": _("The price of the month's last day is charged for the whole month."),
    "earlier": _("An earlier version of the price is charged."),
    "later": _("A later version of the price is charged."),
    "line": _("The amount is rounded otherwise, by at most one step for each line."),
    **{
        f"price_{places}{way}": text
        for places, texts in {
            2: (_("The price is rounded to 2 decimals first."), _("The price is cut to 2 decimals first.")),
            3: (_("The price is rounded to 3 decimals first."), _("The price is cut to 3 decimals first.")),
            4: (_("The price is rounded to 4 decimals first."), _("The price is cut to 4 decimals first.")),
        }.items()
        for way, text in zip(("", "_down"), texts, strict=True)
    },
}
OUTCOMES: dict[Outcome, Promise] = {
    Outcome.AGREES: _("Agrees"),
    Outcome.EXPLAINED: _("Explained"),
    Outcome.AMBIGUOUS: _("Ambiguous"),
    Outcome.NOT_EXPLAINED: _("Not explained"),
}
NOT_RECOUNTED: dict[Kind, Promise] = {
    Kind.MONTH_BORDER: _(
        "The month border was not recounted: messages of the days around it are past their retention period."
    ),
    Kind.LATE_REPORTS: _(
        "Statuses at the gateway's close were not recounted: messages are past their retention period, or more than"
        " 200,000 messages have later reports."
    ),
}
FIELDS: dict[str, Promise] = {
    "partner_id": _("Partner ID"),
    "country": pgettext_lazy("invoice check", "Country"),
    "operator": _("Operator"),
    "quantity": _("Quantity"),
    "price": _("Price"),
    "amount": _("Amount"),
    "month": _("Month"),
}
LINES: dict[str, Promise] = {
    "required": _("is missing"),
    "too_long": _("is too long: at most %(detail)s characters"),
    "country": _("is no country: a code such as FI, or one name in Finnish, Swedish or English"),
    "quantity": _("is not a whole number from −1,000,000,000,000 to 1,000,000,000,000"),
    "amount": _("is not a number with at most 6 decimals, such as 1234.50 or 1234,50"),
    "month": _("is not a month or a day, such as 2026-10 or 31.10.2026"),
    "other_month": _("is not the month that is checked, %(detail)s"),
    "too_many_lines": _("The file has more than 20,000 lines. Split it by partner ID."),
}
PROBLEMS: dict[str, Promise] = FILE_PROBLEMS | {
    "too_large": _("The file is larger than 10 MB. Split it."),
    "doctype": _("Line %(line)s has a document type (DTD), which is not read."),
    "not_xml": _("Line %(line)s cannot be read as XML."),
    "too_deep": _("The XML has too many elements, or they are too deep in each other (line %(line)s)."),
    "no_einvoice": _("This XML file is neither a UBL invoice nor a Finvoice."),
    "no_lines": _("The file has no lines below the names of its columns."),
    NOT_OURS: _("The account belongs to another customer now, or others have partner IDs of it."),
}


def line_text(field: str, code: str, detail: str) -> str:
    """Return one refusal as a sentence."""
    problem = LINES[code] % {"detail": detail} if detail else str(LINES[code])
    return f"{FIELDS[field]}: {problem}" if field else problem


def file_text(problem: str) -> str:
    """Return the problem of a whole file as a sentence: a code, then a line if there is one."""
    code, _space, line = problem.partition(" ")
    return PROBLEMS[code] % {"line": line or 0} if code in PROBLEMS else ""
