"""Shapes of statements in the API. Amounts are texts of decimals in the statement's currency, prices of its unit."""

from rest_framework import serializers

from deliveries.counts.causes import Cause
from portal.api.serializers import ChangePageSerializer
from reports.billing.amounts import Category
from reports.billing.files.making import FORMATS
from reports.models import Statement, StatementLine


def _money(text: str) -> serializers.CharField:
    return serializers.CharField(help_text=f"{text}, such as `562.01`.")


class StatementVatSerializer(serializers.Serializer):
    """The lines of one VAT category and rate."""

    category = serializers.ChoiceField(
        choices=[*Category, ""],
        help_text="`S` standard, `AE` reverse charge, `E` exempt, `O` not subject to VAT, `Z` zero. Empty: not known.",
    )
    rate = serializers.CharField(help_text="In percent, such as `25.5`.")
    reason = serializers.CharField(help_text="Why there is no VAT.")
    net = _money("Sum of the lines")
    vat = _money("VAT on the sum")


class StatementRemarkSerializer(serializers.Serializer):
    """Something odd about a draft."""

    kind = serializers.ChoiceField(
        choices=["unpriced", "immature", "jump", "negative"],
        help_text=(
            "`unpriced`: messages have no price; `immature`: too few have a final status; `jump`: at least three times"
            " the month before; `negative`: the total is below zero."
        ),
    )
    text = serializers.CharField(help_text="The same as a sentence, in the language of `lang`.")
    messages = serializers.IntegerField(allow_null=True, help_text="Of `unpriced`: messages.")
    parts = serializers.IntegerField(allow_null=True, help_text="Of `unpriced`: SMS parts.")
    share = serializers.FloatField(allow_null=True, help_text="Of `immature`: share of messages with a final status.")
    before = serializers.CharField(allow_null=True, help_text="Of `jump`: `net` of the month before.")


class StatementSerializer(serializers.Serializer):
    """A statement."""

    id = serializers.IntegerField(help_text="The statement's number in the API.")
    kind = serializers.ChoiceField(choices=Statement.Kind.values, help_text="`invoice` or `credit_note`.")
    state = serializers.ChoiceField(
        choices=Statement.State.values, help_text="`credited`: a credit note was issued for it."
    )
    is_overdue = serializers.BooleanField(help_text="The due date has passed and it is not marked as paid.")
    number = serializers.CharField(allow_null=True, help_text="Null: a draft.")
    month = serializers.CharField(help_text="The month of supply.")
    issuer = serializers.CharField(allow_null=True, help_text="The issuer's slug. Null: the portal's operator.")
    customer = serializers.CharField(help_text="The customer's slug.")
    currency = serializers.CharField(help_text="ISO 4217 code.")
    net = _money("Sum of all lines")
    vat = _money("VAT")
    total = _money("To be paid; negative on a credit note")
    vat_breakdown = StatementVatSerializer(many=True, help_text="VAT by category and rate.")
    issued_on = serializers.DateField(allow_null=True, help_text="Null: a draft.")
    due_on = serializers.DateField(allow_null=True, help_text="Null: a draft.")
    paid_on = serializers.DateField(allow_null=True, help_text="Null: not marked as paid.")
    reference = serializers.CharField(allow_null=True, help_text="The Finnish reference number.")
    rf_reference = serializers.CharField(allow_null=True, help_text="The same as a creditor reference (ISO 11649).")
    refers_to = serializers.CharField(
        allow_null=True, help_text="Number of the statement that a credit note credits, or that this one replaces."
    )
    counted_at = serializers.DateTimeField(help_text="When the lines were counted.")
    remarks = StatementRemarkSerializer(many=True, help_text="What looks odd about a draft; else empty.")
    missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="What must be filled in before a draft can be issued, in the language of `lang`; else empty.",
    )
    formats = serializers.ListField(child=serializers.ChoiceField(choices=list(FORMATS)), help_text="Its files.")
    url = serializers.CharField(help_text="The statement's address.")
    lines_url = serializers.CharField(help_text="The address of its lines.")


class StatementPageSerializer(ChangePageSerializer):
    """A page of statements."""

    data = StatementSerializer(many=True, help_text="The rows.")  # type: ignore[assignment]  # Serializer has the name, too


class StatementChangeSerializer(serializers.Serializer):
    """Tells what one cause has changed since the statement that is corrected was counted."""

    cause = serializers.ChoiceField(choices=[cause.value for cause in Cause], help_text="As in the causes of reports.")
    messages = serializers.IntegerField(help_text="Messages that were added; negative: taken away.")
    parts = serializers.IntegerField(help_text="SMS parts that were added; negative: taken away.")


class StatementLineSerializer(serializers.Serializer):
    """A line of a statement."""

    position = serializers.IntegerField(help_text="From 1 on.")
    kind = serializers.ChoiceField(
        choices=StatementLine.Kind.values,
        help_text="What the line is; messages have `usage`, `tier` or `correction`, the others are fees.",
    )
    description = serializers.CharField(help_text="As the files state it, in the customer's language.")
    account = serializers.CharField(allow_null=True, help_text="Name of the gateway account. Null: a fee.")
    partner_id = serializers.CharField(allow_null=True, help_text="Null: a fee.")
    country = serializers.CharField(allow_null=True, help_text="ISO 3166-1 code. Null: a fee.")
    operator = serializers.CharField(allow_null=True, help_text="Null: a fee, or not known.")
    sender_type = serializers.CharField(allow_null=True, help_text="Null: a fee, or not known.")
    first_day = serializers.DateField(help_text="First day that is counted.")
    last_day = serializers.DateField(help_text="Last day that is counted.")
    quantity = serializers.IntegerField(help_text="Units; negative on credit notes and some corrections.")
    unit = serializers.ChoiceField(choices=["part", "message", "item"], help_text="What the price is for.")
    unit_price = serializers.CharField(allow_null=True, help_text="Null: nothing is counted.")
    is_average = serializers.BooleanField(help_text="Prices by quantity make the unit price an average.")
    amount = _money("Quantity × price, rounded to the currency's minor unit")
    vat_category = serializers.CharField(help_text="As in `vat_breakdown`.")
    vat_rate = serializers.CharField(help_text="In percent.")
    price_list = serializers.CharField(allow_null=True, help_text="Name of the list.")
    prices_from = serializers.DateField(allow_null=True, help_text="First day of the price's version.")
    corrects = serializers.CharField(allow_null=True, help_text="Number of the statement that a correction is about.")
    causes = StatementChangeSerializer(many=True, help_text="Of a correction: what the ledger of causes names for it.")


class StatementLinesSerializer(serializers.Serializer):
    """All lines of a statement, in their order."""

    data = StatementLineSerializer(many=True, help_text="The rows.")  # type: ignore[assignment]  # Serializer has the name, too


class PaidSerializer(serializers.Serializer):
    """A payment."""

    paid_on = serializers.DateField(help_text="From the day of issue to today.")
