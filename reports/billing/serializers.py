"""Shapes of statements in the API. Amounts are texts of decimals in the statement's currency, prices of its unit."""

from rest_framework import serializers

from deliveries.counts.causes import Cause
from portal.api.serializers import ForwardPageSerializer
from reports.billing.amounts import Category
from reports.billing.files.making import FORMATS
from reports.models import Statement, StatementLine


def _money(text: str) -> serializers.CharField:
    return serializers.CharField(help_text=f"{text}, such as `562.01`.")


class VatSerializer(serializers.Serializer):
    """The lines of one VAT category and rate."""

    category = serializers.ChoiceField(
        choices=[*Category, ""],
        help_text="`S` standard, `AE` reverse charge, `E` exempt, `O` not subject to VAT, `Z` zero. Empty: not known.",
    )
    rate = serializers.CharField(help_text="In percent, such as `25.5`.")
    reason = serializers.CharField(help_text="Why there is no VAT.")
    net = _money("Sum of the lines")
    vat = _money("VAT on the sum")


class StatementSerializer(serializers.Serializer):
    """A statement."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Statement.Kind.values)
    state = serializers.ChoiceField(
        choices=Statement.State.values, help_text="`credited`: a credit note was issued for it."
    )
    is_overdue = serializers.BooleanField(help_text="The due date has passed and it is not marked as paid.")
    number = serializers.CharField(allow_null=True, help_text="Null: a draft.")
    month = serializers.CharField(help_text="The month of supply.")
    issuer = serializers.CharField(allow_null=True, help_text="The issuer's slug. Null: the portal's operator.")
    customer = serializers.CharField(help_text="The customer's slug.")
    currency = serializers.CharField()
    net = _money("Sum of all lines")
    vat = _money("VAT")
    total = _money("To be paid; negative on a credit note")
    vat_breakdown = VatSerializer(many=True)
    issued_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    paid_on = serializers.DateField(allow_null=True)
    reference = serializers.CharField(allow_null=True, help_text="The Finnish reference number.")
    rf_reference = serializers.CharField(allow_null=True, help_text="The same as a creditor reference (ISO 11649).")
    refers_to = serializers.CharField(
        allow_null=True, help_text="Number of the statement that a credit note credits, or that this one replaces."
    )
    counted_at = serializers.DateTimeField(help_text="When the lines were counted.")
    formats = serializers.ListField(child=serializers.ChoiceField(choices=list(FORMATS)), help_text="Its files.")
    url = serializers.CharField()
    lines_url = serializers.CharField()


class StatementPageSerializer(ForwardPageSerializer):
    """A page of statements."""

    data = StatementSerializer(many=True)  # type: ignore[assignment]  # Serializer has the name, too


class ChangeSerializer(serializers.Serializer):
    """What one cause has changed since the statement that is corrected was counted."""

    cause = serializers.ChoiceField(choices=[cause.value for cause in Cause])
    messages = serializers.IntegerField()
    parts = serializers.IntegerField()


class StatementLineSerializer(serializers.Serializer):
    """A line of a statement."""

    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=StatementLine.Kind.values)
    description = serializers.CharField(help_text="As the files state it, in the customer's language.")
    account = serializers.CharField(allow_null=True)
    partner_id = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    operator = serializers.CharField(allow_null=True)
    sender_type = serializers.CharField(allow_null=True)
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    quantity = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=["part", "message", "item"])
    unit_price = serializers.CharField(allow_null=True, help_text="Null: nothing is counted.")
    is_average = serializers.BooleanField(help_text="Prices by quantity make the unit price an average.")
    amount = _money("Quantity × price, rounded to the currency's minor unit")
    vat_category = serializers.CharField()
    vat_rate = serializers.CharField(help_text="In percent.")
    price_list = serializers.CharField(allow_null=True)
    prices_from = serializers.DateField(allow_null=True, help_text="First day of the price's version.")
    corrects = serializers.CharField(allow_null=True, help_text="Number of the statement that a correction is about.")
    causes = ChangeSerializer(many=True, help_text="Of a correction: what the ledger of causes names for it.")


class StatementLinesSerializer(serializers.Serializer):
    """All lines of a statement, in their order."""

    data = StatementLineSerializer(many=True)  # type: ignore[assignment]  # Serializer has the name, too


class PaidSerializer(serializers.Serializer):
    """A payment."""

    paid_on = serializers.DateField(help_text="From the day of issue to today.")
