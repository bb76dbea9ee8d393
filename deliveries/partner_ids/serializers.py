"""The bodies and answers about platformPartnerIds."""

from datetime import date

from rest_framework import serializers

from deliveries.models import PartnerMove
from deliveries.partner_ids.ownership import LONGEST_VALUE
from portal.api.serializers import ForwardPageSerializer


class Text(serializers.CharField):
    """A JSON string, taken as it is; a number is none, since 012 and 12 are two partner IDs."""

    def __init__(self, **kwargs) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


FIRST_DAY_HELP = (
    "The day from which messages are the tenant's, such as 2026-11-01: what is sent from its midnight in the tenant's "
    "time zone on, at most a year ahead; earlier messages stay where they are. Without it all messages are the "
    "tenant's."
)


class Day(serializers.DateField):
    """A date, written like 2026-11-01 and in no other way."""

    def to_internal_value(self, value: object) -> date:
        if not isinstance(value, str) or len(value) != 10:
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Dated(serializers.Serializer):
    """A body with `from`, which is no name for an attribute."""

    def get_fields(self) -> dict:
        day = Day(required=False, allow_null=True, input_formats=["%Y-%m-%d"], help_text=FIRST_DAY_HELP)
        return super().get_fields() | {"from": day}


class DeclareBody(Dated):
    """A partner ID to declare."""

    account = Text(
        required=False, max_length=63, help_text="The gateway account, by its name; an account's key may leave it out."
    )
    value = Text(max_length=LONGEST_VALUE, help_text="The platformPartnerId; compared exactly, as text.")
    tenant = Text(
        required=False,
        max_length=63,
        help_text="Whose it is to be, by its short name; a tenant's key may leave it out and means its own.",
    )


class MoveBody(Dated):
    """Where a partner ID goes with its messages."""

    tenant = Text(max_length=63, allow_null=True, help_text="A tenant's short name; null: back to the account's pool.")


class MoveAnswer(serializers.Serializer):
    """How far the messages of a partner ID are on their way to its tenant."""

    state = serializers.ChoiceField(
        choices=PartnerMove.State.values, help_text="`done`, `failed` and `cancelled` are final."
    )
    total = serializers.IntegerField(help_text="Messages there were to move.")
    moved = serializers.IntegerField(source="done", help_text="Messages moved so far.")
    sealed = serializers.IntegerField(
        help_text="Messages of sealed days, which stay where they are counted: retention has deleted them."
    )


class PeriodAnswer(serializers.Serializer):
    """A time in which a tenant owns a partner ID: messages sent from its beginning until before its end."""

    tenant = serializers.CharField(help_text="Whose those messages are.")

    def get_fields(self) -> dict:
        begin = serializers.DateTimeField(allow_null=True, help_text="When it begins; null: it has no beginning.")
        end = serializers.DateTimeField(allow_null=True, help_text="When it ends; null: it has no end.")
        return super().get_fields() | {"from": begin, "until": end}


class PartnerIdAnswer(serializers.Serializer):
    """A platformPartnerId of one gateway account, and whose it is."""

    id = serializers.IntegerField(help_text="Its number.")
    value = serializers.CharField(help_text="The platformPartnerId.")
    account = serializers.CharField(help_text="The gateway account, by its name.")
    tenant = serializers.CharField(
        help_text="Whose it is now, the account's pool where nobody declared it. Where the key does not see that "
        "tenant: who has it next, else who had it last."
    )
    periods = PeriodAnswer(
        many=True, help_text="Since when and until when the tenants that the key sees own it, oldest first."
    )
    declared_at = serializers.DateTimeField(allow_null=True, help_text="Null: nobody did.")
    first_seen_at = serializers.DateTimeField(help_text="When it was first known.")
    move = MoveAnswer(allow_null=True, help_text="The newest move of messages to its tenant; null: nothing waited.")
    url = serializers.CharField(help_text="This partner ID.")


class PartnerIdsAnswer(ForwardPageSerializer):
    """A page of partner IDs, newest first."""

    data = PartnerIdAnswer(many=True, help_text="The partner IDs.")
