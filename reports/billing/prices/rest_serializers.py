"""Bodies and answers about price lists."""

from rest_framework import serializers

from deliveries.partner_ids.serializers import Text
from portal.api.serializers import ChangePageSerializer
from reports.billing.prices.differences import What
from reports.billing.prices.rest_rows import FeeBody, GroupBody, PriceBody
from reports.models import PriceChange, PriceList


class NewPriceListBody(serializers.Serializer):
    """A new list: of costs with an `account`, else of what is charged to customers."""

    issuer = Text(
        required=False, max_length=63, help_text="Who charges, by slug; the key's tenant if it is not given."
    )  # fmt: skip
    name = Text(max_length=120, help_text="Its name, which the customer sees, too.")
    currency = Text(min_length=3, max_length=3, help_text="ISO 4217; it cannot be changed afterwards.")
    basis = serializers.ChoiceField(
        choices=PriceList.Basis.values, required=False, help_text="Which messages are charged. Default: sent."
    )
    per = serializers.ChoiceField(
        choices=PriceList.Per.values, required=False, help_text="What a price is for. Default: part."
    )
    customer = Text(
        required=False, max_length=63, help_text="For this customer alone, by slug; without it the default."
    )
    account = Text(required=False, max_length=63, help_text="What the gateway charges for this account, by name.")


class ChangePriceListBody(serializers.Serializer):
    """The terms of a list."""

    name = Text(required=False, max_length=120, help_text="Its name, which the customer sees, too.")
    basis = serializers.ChoiceField(
        choices=PriceList.Basis.values, required=False, help_text="Which messages are charged."
    )
    per = serializers.ChoiceField(choices=PriceList.Per.values, required=False, help_text="What a price is for.")


class PriceListAnswer(serializers.Serializer):
    """A price list without its rows."""

    id = serializers.IntegerField(help_text="Its id.")
    kind = serializers.ChoiceField(choices=PriceList.Kind.values, help_text="Costs, or what customers are charged.")
    issuer = serializers.CharField(allow_null=True, help_text="Who charges, by slug; null: the portal's operator.")
    customer = serializers.CharField(allow_null=True, help_text="Only this customer, by slug; null: any.")
    account = serializers.CharField(allow_null=True, help_text="The gateway account of a cost list.")
    name = serializers.CharField(help_text="Its name.")
    currency = serializers.CharField(help_text="ISO 4217.")
    basis = serializers.ChoiceField(choices=PriceList.Basis.values, help_text="Which messages are charged.")
    per = serializers.ChoiceField(choices=PriceList.Per.values, help_text="What a price is for.")
    revision = serializers.IntegerField(help_text="Number of the newest change of its rows.")
    updated_at = serializers.DateTimeField(help_text="The newest change.")
    archived_at = serializers.DateTimeField(allow_null=True, help_text="Since when it charges nothing.")


class PriceListsAnswer(ChangePageSerializer):
    """A page of price lists, newest first."""

    data = PriceListAnswer(many=True, help_text="The lists.")  # type: ignore[assignment]  # Serializer has the name


class PriceListRowsAnswer(PriceListAnswer):
    """A price list with its rows."""

    prices = PriceBody(many=True, help_text="Prices of messages or SMS parts.")
    groups = GroupBody(many=True, help_text="Prices by quantity.")
    fees = FeeBody(many=True, help_text="Fees.")


class DifferenceAnswer(serializers.Serializer):
    """A row that differs."""

    change = serializers.ChoiceField(choices=[str(what) for what in What], help_text="What becomes of the row.")
    row = serializers.CharField(help_text="Which row it is.")
    before = serializers.CharField(allow_blank=True, help_text="Its price and days before; empty of an added one.")
    after = serializers.CharField(allow_blank=True, help_text="Its price and days after; empty of a removed one.")


class CheckAnswer(serializers.Serializer):
    """The check and the differences of a list's new rows."""

    revision = serializers.IntegerField(help_text="The list's revision now.")
    is_applied = serializers.BooleanField(help_text="Whether the rows were replaced.")
    errors = serializers.ListField(  # type: ignore[assignment]  # Serializer has the name, too
        child=serializers.CharField(), help_text="What keeps the rows from being stored; of a dry run alone."
    )
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="What looks wrong: gaps, operators without messages, and the like."
    )
    differences = DifferenceAnswer(many=True, help_text="Rows that differ.")


class RevisionAnswer(serializers.Serializer):
    """A change of a list's rows."""

    revision = serializers.IntegerField(help_text="Its number.")
    made_at = serializers.DateTimeField(help_text="When it was made.")
    made_by = serializers.CharField(help_text="The key or the person that made it.")
    cause = serializers.ChoiceField(choices=PriceChange.Cause.values, help_text="How it was made.")
    rows_changed = serializers.IntegerField(help_text="Number of rows that differ from the revision before.")
    is_newest = serializers.BooleanField(help_text="Whether it is what is on the list now.")
    url = serializers.CharField(help_text="Its address.")


class RevisionsAnswer(ChangePageSerializer):
    """A page of revisions, newest first."""

    data = RevisionAnswer(many=True, help_text="The revisions.")  # type: ignore[assignment]  # Serializer has the name


class OneRevisionAnswer(RevisionAnswer):
    """A revision with all its rows."""

    prices = PriceBody(many=True, help_text="Prices of messages or SMS parts.")
    groups = GroupBody(many=True, help_text="Prices by quantity.")
    fees = FeeBody(many=True, help_text="Fees.")
    differences = DifferenceAnswer(many=True, help_text="Rows that differ from the revision before.")
    more_differences = serializers.IntegerField(help_text="How many further rows differ.")
