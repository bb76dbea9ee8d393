"""The bodies and answers about platformPartnerIds."""

from datetime import date

from rest_framework import serializers

from deliveries.models import PartnerMove, PartnerRequest
from deliveries.partner_ids.ownership import MAX_VALUE_LENGTH
from portal.api.serializers import ChangePageSerializer, ProblemErrorSerializer

MAX_ITEMS = 200
DECISIONS = ("approve", "refuse", "withdraw")
BATCH_RESULTS = ("declared", "unchanged", "requested", "refused")


class Text(serializers.CharField):
    """A JSON string, taken as it is; a number is none, since 012 and 12 are two partner IDs."""

    def __init__(self, **kwargs) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


FIRST_DAY_HELP = (
    "The first day whose messages belong to the tenant, such as 2026-11-01, from midnight in the tenant's time"
    " zone, at most a year ahead. Earlier messages are not moved. Without it, all messages belong to the tenant."
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
        required=False, max_length=63, help_text="The gateway account, by name; optional for an account's key."
    )
    value = Text(max_length=MAX_VALUE_LENGTH, help_text="The platformPartnerId. It is compared exactly.")
    tenant = Text(
        required=False,
        max_length=63,
        help_text="The new owner, by slug; optional for a tenant's key, which then means its own tenant.",
    )


class MoveBody(Dated):
    """New owner of a partner ID and its messages."""

    tenant = Text(max_length=63, allow_null=True, help_text=("A tenant's slug; null: return it to the account's pool."))


class MoveAnswer(serializers.Serializer):
    """Progress of moving a partner ID's messages to its tenant."""

    state = serializers.ChoiceField(
        choices=PartnerMove.State.values, help_text="`done`, `failed` and `cancelled` are final."
    )
    total = serializers.IntegerField(help_text="Number of messages to move.")
    moved = serializers.IntegerField(source="done", help_text="Number of messages moved so far.")
    sealed = serializers.IntegerField(
        help_text="Messages of sealed days. They are not moved in the counts: retention has deleted them."
    )


class PeriodAnswer(serializers.Serializer):
    """A time in which a tenant owns a partner ID: messages sent from its beginning until before its end."""

    tenant = serializers.CharField(help_text="The owner of these messages.")

    def get_fields(self) -> dict:
        begin = serializers.DateTimeField(allow_null=True, help_text="First instant; null: no beginning.")
        end = serializers.DateTimeField(allow_null=True, help_text="End of the period; null: no end.")
        return super().get_fields() | {"from": begin, "until": end}


class PartnerIdAnswer(serializers.Serializer):
    """A platformPartnerId of one gateway account, and whose it is."""

    id = serializers.IntegerField(help_text="Its number.")
    value = serializers.CharField(help_text="The platformPartnerId.")
    account = serializers.CharField(help_text="The gateway account, by name.")
    tenant = serializers.CharField(
        help_text=(
            "The current owner; the account's pool if it is not declared. If the key may not see the owner: the"
            " next owner, else the last one."
        )
    )
    periods = PeriodAnswer(
        many=True, help_text="The periods in which the tenants that the key may see own it, oldest first."
    )
    declared_at = serializers.DateTimeField(allow_null=True, help_text="Null: not declared.")
    first_seen_at = serializers.DateTimeField(help_text="When the partner ID was first seen.")
    move = MoveAnswer(
        allow_null=True, help_text=("The newest move of messages to its tenant; null: no messages were waiting.")
    )
    url = serializers.CharField(help_text="This partner ID.")


class PartnerIdsAnswer(ChangePageSerializer):
    """A page of partner IDs, newest first."""

    data = PartnerIdAnswer(many=True, help_text="The partner IDs.")


class RequestBody(Dated):
    """A partner ID to request, on an account in which the key may not declare."""

    account = Text(max_length=63, help_text="The gateway account, by name.")
    value = Text(max_length=MAX_VALUE_LENGTH, help_text="The platformPartnerId. It is compared exactly.")
    tenant = Text(required=False, max_length=63, help_text="The future owner, by slug; without it the key's own.")


class DecisionBody(serializers.Serializer):
    """A decision about a request."""

    decision = serializers.ChoiceField(
        choices=DECISIONS,
        help_text="`approve` declares the partner ID, `refuse` does not; `withdraw` is the requesting tenant's own.",
    )


class RequestAnswer(serializers.Serializer):
    """A tenant's request for a partner ID, and its decision."""

    id = serializers.IntegerField(help_text="Its number.")
    value = serializers.CharField(help_text="The requested platformPartnerId.")
    account = serializers.CharField(help_text="The gateway account, by name.")
    tenant = serializers.CharField(help_text="The tenant that it is for.")
    state = serializers.ChoiceField(
        choices=PartnerRequest.State.values, help_text="`open` waits for a decision; the others are final."
    )
    requested_by = serializers.CharField(help_text="The person or API key that requested it.")
    requested_at = serializers.DateTimeField(help_text="When it was requested.")
    decided_by = serializers.CharField(allow_null=True, help_text="Who decided; null: nobody yet.")
    decided_at = serializers.DateTimeField(allow_null=True, help_text="When it was decided; null: not yet.")
    may_decide = serializers.BooleanField(
        help_text="Whether this key may approve or refuse it; otherwise the people who run the portal do."
    )
    partner_id = PartnerIdAnswer(
        allow_null=True,
        help_text="The partner ID of an approved request, with the move of its messages; null: not declared.",
    )
    url = serializers.CharField(help_text="This request.")

    def get_fields(self) -> dict:
        day = serializers.DateField(allow_null=True, help_text="First day that is asked for; null: all messages.")
        return super().get_fields() | {"from": day}


class RequestsAnswer(ChangePageSerializer):
    """A page of requests, newest first."""

    data = RequestAnswer(many=True, help_text="The requests.")


class BatchBody(serializers.Serializer):
    """Partner IDs to declare."""

    items = DeclareBody(many=True, allow_empty=False, max_length=MAX_ITEMS, help_text=f"1 to {MAX_ITEMS} partner IDs.")
    request = serializers.BooleanField(
        default=False,
        help_text="True: a partner ID that the key may not declare itself is requested instead of refused.",
    )


class BatchItemAnswer(serializers.Serializer):
    """Result for one partner ID."""

    item = serializers.IntegerField(help_text="Its place in `items`, from 0.")
    result = serializers.ChoiceField(
        choices=BATCH_RESULTS,
        help_text=(
            "`declared`, `unchanged` (the tenant had it, or the request was there), `requested` (a decision is"
            " awaited), or `refused`."
        ),
    )
    partner_id = PartnerIdAnswer(allow_null=True, help_text="The partner ID, with the move of its messages; or null.")
    request = RequestAnswer(allow_null=True, help_text="The request that waits for a decision; or null.")
    errors = ProblemErrorSerializer(many=True, help_text="Why it was refused, by field; otherwise empty.")


class BatchAnswer(serializers.Serializer):
    """Results of a body of partner IDs."""

    declared = serializers.IntegerField(help_text="Number of partner IDs that were declared.")
    unchanged = serializers.IntegerField(help_text="Number of those that were as asked for already.")
    requested = serializers.IntegerField(help_text="Number of new requests.")
    refused = serializers.IntegerField(help_text="Number of those that were refused.")
    data = BatchItemAnswer(many=True, help_text="The results, in the order of `items`.")
