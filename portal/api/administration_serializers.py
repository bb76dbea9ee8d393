"""The shapes of the audit log, of members and of API keys in the API."""

from rest_framework import serializers

from portal.accounts.models import Role
from portal.api.serializers import ChangePageSerializer
from portal.tenants.models import ApiKey


class AuditEntrySerializer(serializers.Serializer):
    """One recorded action."""

    id = serializers.IntegerField(help_text="Number of the entry; a later entry has a greater one.")
    at = serializers.DateTimeField(help_text="When it was done.")
    tenant = serializers.CharField(help_text="Slug of the tenant.")
    actor = serializers.CharField(help_text="An e-mail address, an API key's name or a command.")
    action = serializers.CharField(help_text="The action, such as `member.invited`.")
    sentence = serializers.CharField(help_text="The same in words.")
    subject = serializers.CharField(allow_blank=True, help_text="What it was done to; empty: the tenant itself.")
    details = serializers.DictField(help_text="Further facts of the action; no personal data.")


class AuditLogSerializer(ChangePageSerializer):
    """A page of the audit log."""

    data = AuditEntrySerializer(many=True, help_text="Entries, newest first.")


class MemberSerializer(serializers.Serializer):
    """A person with a role at a tenant."""

    id = serializers.IntegerField(help_text="Number of the membership.")
    tenant = serializers.CharField(help_text="Slug of the tenant.")
    email = serializers.CharField(help_text="The person's address.")
    name = serializers.CharField(allow_blank=True, help_text="The person's name; empty: none was given.")
    role = serializers.ChoiceField(choices=Role.values, help_text="The role.")
    is_active = serializers.BooleanField(help_text="Whether the person can sign in.")


class MembersSerializer(ChangePageSerializer):
    """A page of members."""

    data = MemberSerializer(many=True, help_text="Members, those who came last first.")


class InviteBody(serializers.Serializer):
    """A person to invite."""

    tenant = serializers.CharField(required=False, max_length=63, help_text="By slug; without it the key's own.")
    email = serializers.EmailField(max_length=254, help_text="The person's address.")
    role = serializers.ChoiceField(choices=Role.values, help_text="The role to offer.")


class RoleBody(serializers.Serializer):
    """A member's new role."""

    role = serializers.ChoiceField(choices=Role.values, help_text="The role.")


class InvitationSerializer(serializers.Serializer):
    """An invitation, which is valid for 7 days and once."""

    id = serializers.IntegerField(help_text="Number of the invitation.")
    tenant = serializers.CharField(help_text="Slug of the tenant.")
    email = serializers.CharField(help_text="The invited address.")
    role = serializers.ChoiceField(choices=Role.values, help_text="The role that is offered.")
    invited_by = serializers.CharField(help_text="The person or API key that invited.")
    created_at = serializers.DateTimeField(help_text="When the person was invited.")
    expires_at = serializers.DateTimeField(help_text="When the invitation expires.")
    link = serializers.CharField(
        allow_null=True, help_text="The link to pass on, if the portal has no mail server; null: it was sent by e-mail."
    )


class InvitationsSerializer(ChangePageSerializer):
    """A page of invitations."""

    data = InvitationSerializer(many=True, help_text="Open and expired invitations, newest first.")


class NewKeyBody(serializers.Serializer):
    """A key to create; it may not do more than the key that creates it."""

    tenant = serializers.CharField(
        required=False, max_length=63, help_text="By slug; without it the key's own. An account's key names none."
    )
    name = serializers.CharField(max_length=100, help_text="The system that uses the key.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.values),
        allow_empty=False,
        max_length=len(ApiKey.Scope.values),
        help_text="Its scopes, of those that this key has.",
    )
    networks = serializers.ListField(
        child=serializers.CharField(max_length=50),
        required=False,
        max_length=100,
        help_text="Networks that it may be used from, within this key's own; without it those of this key.",
    )
    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="When it ends, not after this key; null or without it: when this key ends.",
    )


class ApiKeySerializer(serializers.Serializer):
    """An API key, without its secret."""

    id = serializers.IntegerField(help_text="Number of the key.")
    tenant = serializers.CharField(allow_null=True, help_text="Slug of the tenant; null for an account's key.")
    name = serializers.CharField(help_text="Name of the key.")
    prefix = serializers.CharField(help_text="The first characters of the key, which identify it.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiKey.Scope.values), help_text="Its scopes.")
    networks = serializers.ListField(
        child=serializers.CharField(), help_text="Networks that it may be used from; empty: any."
    )
    created_by = serializers.CharField(help_text="The person or command that created it.")
    created_at = serializers.DateTimeField(help_text="When it was created.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When it ends by itself; null: never.")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="Its last use; updated at most once a minute.")
    revoked_at = serializers.DateTimeField(allow_null=True, help_text="When it was revoked; null: it was not.")
    is_valid = serializers.BooleanField(help_text="Whether it is accepted now.")


class ApiKeyPageSerializer(ChangePageSerializer):
    """A page of API keys."""

    data = ApiKeySerializer(many=True, help_text="Keys, newest first.")


class NewApiKeySerializer(ApiKeySerializer):
    """A key that was created, with its secret."""

    key = serializers.CharField(help_text="The key itself. It is shown here once and never again.")
