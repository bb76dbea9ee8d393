"""The shapes that all of the API shares: problems, pages, what a key is."""

from django.utils import timezone as zones
from rest_framework import serializers

from portal.tenants.models import ApiKey


class ProblemErrorSerializer(serializers.Serializer):
    """One rejected query parameter or field of the body."""

    parameter = serializers.CharField(required=False, help_text="The name of the query parameter.")
    pointer = serializers.CharField(required=False, help_text="JSON Pointer to the field of the body.")
    detail = serializers.CharField(help_text="The accepted values.")


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457)."""

    type = serializers.CharField(help_text="Link to the description of this type of problem.")
    title = serializers.CharField(help_text="Short title of the type of problem; always the same for a type.")
    status = serializers.IntegerField(help_text="The HTTP status of the response.")
    detail = serializers.CharField(help_text="The cause in this request.")
    instance = serializers.CharField(help_text="The path of the request.")
    request_id = serializers.CharField(allow_null=True, help_text="Id of the request, to find it in the log.")
    errors = ProblemErrorSerializer(
        many=True, required=False, help_text=("The parameters or fields that were not accepted.")
    )


AS_OF = "Every change of messages before this instant is counted."


class ShownInZoneSerializer(serializers.Serializer):
    """An answer that names the zone of its times."""

    timezone = serializers.SerializerMethodField(help_text="The zone in which times are shown: `timezone`, or UTC.")

    def get_timezone(self, _shown: object) -> str:
        """Return the zone of the request (`ApiView.answer`)."""
        return zones.get_current_timezone_name()


class CountedSerializer(serializers.Serializer):
    """An answer with figures: their instant, and the zone of their days."""

    data_as_of = serializers.DateTimeField(help_text=AS_OF)
    timezone = serializers.CharField(help_text="The zone of days: the tenant's.")


class ForwardPageSerializer(ShownInZoneSerializer):
    """A page of a list that is read forwards; subclasses add `data`."""

    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last one.")


class ChangePageSerializer(ForwardPageSerializer):
    """A page of a list that can be read by changes."""

    data_as_of = serializers.DateTimeField(
        help_text="All changes before this instant are shown. With `updated_since`, on the last page: the next one."
    )


class KeySerializer(serializers.Serializer):
    """The key that sends the request, with its reach."""

    name = serializers.CharField(help_text="Name of the key.")
    prefix = serializers.CharField(help_text="The first characters of the key, which identify it.")
    tenant = serializers.CharField(allow_null=True, help_text=("Slug of the key's tenant; null for an account's key."))
    account = serializers.CharField(
        allow_null=True, help_text=("Name of the key's gateway account; null for a tenant's key.")
    )
    timezone = serializers.CharField(help_text="The time zone that decides which day is today for `period`.")
    country = serializers.CharField(
        allow_null=True,
        help_text=("The country used for numbers without a country code; null: such numbers are not read."),
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.values), help_text="The scopes of the key."
    )
    created_at = serializers.DateTimeField(help_text="When the key was created.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the key expires; null: never.")
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text=("When the key was last used before this request; updated at most once a minute.")
    )
    requests_per_minute = serializers.IntegerField(
        allow_null=True, help_text=("The rate limit of the key; null: none.")
    )


class IndexedOperationSerializer(serializers.Serializer):
    """One operation of the API."""

    id = serializers.CharField(help_text="Its `operationId` in the schema.")
    method = serializers.CharField(help_text="The method; HEAD is allowed where GET is.")
    path = serializers.CharField(help_text="The path, with parameters in braces.")
    summary = serializers.CharField(help_text="What it does.")
    scope = serializers.CharField(
        allow_null=True, allow_blank=True, help_text='The scope that it needs; "": any key; null: no key.'
    )


class IndexSerializer(serializers.Serializer):
    """The list of everything the API has."""

    version = serializers.CharField(help_text="The version of the API.")
    documentation = serializers.CharField(help_text="Path of the reference, for people.")
    schema = serializers.CharField(help_text="Path of the description (OpenAPI 3.1), for programs.")
    operations = IndexedOperationSerializer(many=True, help_text="All operations.")
