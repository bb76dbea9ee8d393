"""The shapes that all of the API shares: problems, pages, what a key is."""

from rest_framework import serializers

from portal.tenants.models import ApiKey


class ProblemErrorSerializer(serializers.Serializer):
    """What exactly was not accepted: a query parameter, or a field of the body."""

    parameter = serializers.CharField(required=False, help_text="The query parameter's name.")
    pointer = serializers.CharField(required=False, help_text="JSON Pointer to the body's field.")
    detail = serializers.CharField(help_text="What it must be.")


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457)."""

    type = serializers.CharField(help_text="Leads to the explanation of this kind of problem.")
    title = serializers.CharField(help_text="The kind of problem in a few words; always the same.")
    status = serializers.IntegerField(help_text="The status of the answer.")
    detail = serializers.CharField(help_text="What happened this time.")
    instance = serializers.CharField(help_text="The path that was asked for.")
    request_id = serializers.CharField(allow_null=True, help_text="Leads to the line in the log.")
    errors = ProblemErrorSerializer(many=True, required=False, help_text="What exactly was not accepted.")


class ForwardPageSerializer(serializers.Serializer):
    """A page of a list that is read forwards; subclasses add `data`."""

    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last one.")


class KeySerializer(serializers.Serializer):
    """What the key that asks is, and how far it reaches."""

    name = serializers.CharField(help_text="What it was called when it was made.")
    prefix = serializers.CharField(help_text="Its first characters, by which people know it.")
    tenant = serializers.CharField(allow_null=True, help_text="Short name of its tenant; null for an account's key.")
    account = serializers.CharField(allow_null=True, help_text="Name of its gateway account; null for a tenant's key.")
    timezone = serializers.CharField(help_text="The zone in which `period` finds today.")
    country = serializers.CharField(
        allow_null=True, help_text="The country in which numbers without a country code are read; null: they are not."
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.values), help_text="What it may do."
    )
    created_at = serializers.DateTimeField(help_text="When it was made.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When it ends; null: never.")
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was used before this request; written down at most once a minute."
    )
    requests_per_minute = serializers.IntegerField(allow_null=True, help_text="Its limit; null: there is none.")
