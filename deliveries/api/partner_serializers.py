"""The bodies and answers about platformPartnerIds."""

from rest_framework import serializers

from deliveries.models import PartnerMove
from deliveries.services.partner_ids import LONGEST_VALUE
from portal.api.problems import BadField


class Text(serializers.CharField):
    """A JSON string, taken as it is; a number is none, since 012 and 12 are two partner IDs."""

    def __init__(self, **kwargs) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class DeclareBody(serializers.Serializer):
    """A partner ID to declare. The account may be left out by its own key, the tenant by the tenant's."""

    account = Text(required=False, max_length=63)
    value = Text(max_length=LONGEST_VALUE)
    tenant = Text(required=False, max_length=63)


class MoveBody(serializers.Serializer):
    """Where a partner ID goes with its messages; null is back to the account's pool."""

    tenant = Text(max_length=63, allow_null=True)


class MoveAnswer(serializers.Serializer):
    """How far the messages are on their way."""

    state = serializers.ChoiceField(choices=PartnerMove.State.choices)
    total = serializers.IntegerField()
    moved = serializers.IntegerField()


class PartnerIdAnswer(serializers.Serializer):
    """A partner ID, whose it is, and the newest move of messages to that tenant (null: nothing waited)."""

    id = serializers.IntegerField()
    value = serializers.CharField()
    account = serializers.CharField()
    tenant = serializers.CharField()
    declared_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    move = MoveAnswer(allow_null=True)
    url = serializers.CharField()


class PartnerIdsAnswer(serializers.Serializer):
    """A page of partner IDs."""

    data = PartnerIdAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def read_body(form: type[serializers.Serializer], body: dict) -> dict:
    """Return the body's checked values. Raises BadField for a field that is unknown, missing or cannot be taken."""
    serializer = form(data=body)
    known = serializer.fields
    for name in body:
        if name not in known:
            raise BadField(name, f"there is no such field here; there is {', '.join(known)}")
    if not serializer.is_valid():
        name, texts = next(iter(serializer.errors.items()))
        raise BadField(name, " ".join(map(str, texts)))
    return serializer.validated_data
