"""Shapes of invoice checks in the API."""

from rest_framework import serializers

from portal.api.serializers import AS_OF, ChangePageSerializer, ForwardPageSerializer
from reports.billing.invoices.columns import FIELDS
from reports.billing.proof.rules import Kind
from reports.billing.proof.split import Outcome
from reports.models import InvoiceCheck, PriceList

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class StartCheckSerializer(serializers.Serializer):
    """The invoice to check."""

    account = serializers.SlugField(max_length=63, help_text="The gateway account, by name. The key's tenant owns it.")
    month = serializers.RegexField(
        MONTH, help_text="The month of the invoice.",
        error_messages=dict.fromkeys(("required", "invalid", "null", "blank"), "enter a month such as 2026-10"),
    )  # fmt: skip
    file_name = serializers.CharField(max_length=200, help_text="The file's name, for people.")
    content = serializers.CharField(
        help_text="The file in base64: CSV, XLSX, UBL or Finvoice, at most 20,000 lines and 10 MB.",
        trim_whitespace=True,
    )
    columns = serializers.DictField(
        child=serializers.CharField(max_length=5000), required=False,
        help_text=(
            f"The column of each field by its name in the file: {', '.join(FIELDS)}. Default: those of the account's"
            " last check, else columns with known names."
        ),
    )  # fmt: skip
    closed_on = serializers.DateField(
        required=False, allow_null=True,
        help_text="The day on which the gateway closed the month; default: the first day after it.",
    )  # fmt: skip
    basis = serializers.ChoiceField(
        choices=PriceList.Basis.values, default=PriceList.Basis.SENT,
        help_text="Messages that are charged, where the account has no price list.",
    )  # fmt: skip
    per = serializers.ChoiceField(
        choices=PriceList.Per.values, default=PriceList.Per.PART,
        help_text="The unit of a price, where the account has no price list.",
    )  # fmt: skip
    leave_out = serializers.BooleanField(
        default=False, help_text="Whether lines that cannot be read are left out; else they are refused."
    )


class SumSerializer(serializers.Serializer):
    """A quantity, and an amount in millionths of the currency's unit."""

    quantity = serializers.IntegerField(help_text="Messages or SMS parts, as agreed.")
    amount_micro = serializers.IntegerField(allow_null=True, help_text="In millionths; null: nothing to compare.")


class KindSerializer(SumSerializer):
    """All parts of one kind."""

    kind = serializers.ChoiceField(
        choices=[kind.value for kind in Kind], help_text="The kind of the difference; docs/invoice-proof.md."
    )
    rows = serializers.IntegerField(help_text="Rows with such a part.")


class PartSerializer(SumSerializer):
    """A part of a row's difference."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind], help_text="The kind of the difference.")
    rule = serializers.CharField(help_text="The presumed rule; empty where there is none.")


class CheckRowSerializer(serializers.Serializer):
    """A row that differs."""

    number = serializers.IntegerField(help_text="`row` of `/messages/` of the check.")
    partner_id = serializers.CharField(help_text="Empty where the invoice does not tell partner IDs apart.")
    country = serializers.CharField(help_text="Alpha-2; empty where the invoice has no countries.")
    operator = serializers.CharField(help_text="Empty where the invoice has no operators.")
    invoice = SumSerializer(help_text="The gateway's invoice.")
    counted = SumSerializer(help_text="The portal's counts.")
    outcome = serializers.ChoiceField(
        choices=[outcome.value for outcome in Outcome], help_text="Whether the difference is explained."
    )
    parts = PartSerializer(many=True, help_text="Parts of the difference, which they add up to.")
    explanations = serializers.ListField(
        child=PartSerializer(many=True), help_text="Of an ambiguous row: each explanation of the whole difference."
    )


class InvoiceCheckSerializer(serializers.Serializer):
    """One check."""

    id = serializers.IntegerField(help_text="Identifies the check.")
    tenant = serializers.CharField(help_text="The account's owner, by slug.")
    account = serializers.CharField(help_text="The gateway account, by name.")
    month = serializers.RegexField(MONTH, allow_null=True, help_text="Null: uploaded by a person and not started yet.")
    timezone = serializers.CharField(help_text="The zone of the month: the account's.")
    file_name = serializers.CharField(help_text="With phone numbers masked.")
    state = serializers.ChoiceField(choices=InvoiceCheck.State.values, help_text="Where the check is.")
    problem = serializers.CharField(allow_null=True, help_text="Why it cannot be made.")
    progress = serializers.IntegerField(help_text="0 to 100.")
    currency = serializers.CharField(help_text="ISO 4217; empty before the start.")
    basis = serializers.ChoiceField(choices=PriceList.Basis.values, help_text="Messages that are charged.")
    per = serializers.ChoiceField(choices=PriceList.Per.values, help_text="The unit of a price.")
    requested_at = serializers.DateTimeField(help_text="When it was started.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended.")
    data_as_of = serializers.DateTimeField(allow_null=True, help_text="When the counts were read.")
    lines_left_out = serializers.IntegerField(help_text="Lines that could not be read.")
    invoice = SumSerializer(allow_null=True, help_text="All of the invoice; null before the end.")
    counted = SumSerializer(allow_null=True, help_text="All of the counts; null before the end.")
    kinds = KindSerializer(many=True, help_text="The difference by kind; empty before the end.")
    url = serializers.CharField(help_text="The check's address.")
    claim_url = serializers.CharField(allow_null=True, help_text="The claim's address; null before the end.")


class OneCheckSerializer(InvoiceCheckSerializer):
    """One check with its rows."""

    rows = CheckRowSerializer(many=True, help_text="The rows that differ; empty before the end.")


class BehindSerializer(serializers.Serializer):
    """A message behind a part of a difference."""

    id = serializers.CharField(help_text="The gateway's message id, masked if it contains the recipient's number.")
    sent_at = serializers.DateTimeField(help_text="When it was sent.")
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; `ZZ`: unknown.")
    operator = serializers.CharField(help_text="Empty: unknown.")
    status = serializers.CharField(help_text="Its status.")
    status_at_close = serializers.CharField(help_text="Its status when the gateway closed the month.")
    result_code = serializers.IntegerField(help_text="The gateway's result code.")
    parts = serializers.IntegerField(help_text="Number of SMS parts.")
    quantity = serializers.IntegerField(help_text="What it adds to the invoice's quantity; negative: takes away.")


class BehindPageSerializer(ForwardPageSerializer):
    """A page of the messages behind a part."""

    data_as_of = serializers.DateTimeField(help_text=AS_OF)
    messages = serializers.IntegerField(help_text="All messages behind the part, at most 50,000.")
    quantity = serializers.IntegerField(help_text="What they add up to.")
    is_cut = serializers.BooleanField(help_text="Whether there are more than 50,000.")
    data = BehindSerializer(many=True, help_text="In the order of sending; none for keys without the scope `read`.")  # type: ignore[assignment] # the API's own name for the rows


class InvoiceCheckPageSerializer(ChangePageSerializer):
    """A page of checks, newest first."""

    data = InvoiceCheckSerializer(many=True, help_text="The checks.")  # type: ignore[assignment] # the API's own name for the rows
