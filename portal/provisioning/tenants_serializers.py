"""The bodies and answers of the API about tenants."""

from babel.numbers import list_currencies
from rest_framework import serializers

from campaigns import ref_ids
from deliveries.partner_ids.serializers import DeclareBody, PartnerIdAnswer, RequestAnswer, Text
from portal.api.administration_serializers import InvitationSerializer
from portal.api.serializers import ChangePageSerializer
from portal.common.jobs import JobState
from portal.tenants.models import Tenant, colour_validator, slug_validator, validate_country, validate_timezone

MAX_PARTNER_IDS = 50
LANGUAGES = [value for value, _label in Tenant._meta.get_field("language").choices or ()]
SETTINGS = (
    *("name", "timezone", "country", "language", "currency", "accent"),
    *("require_mfa", "raw_days", "number_days", "message_days"),
)  # the fields that a body may set
_HELP = {
    "name": "The customer's name, at most 200 characters.",
    "timezone": "The IANA time zone in which its days and months begin, such as Europe/Helsinki.",
    "country": "The country of numbers without a country code, such as FI; empty: they are not read.",
    "language": "Language of pages, mails and reports.",
    "currency": "ISO 4217 code, such as EUR.",
    "accent": "The colour of links and buttons, such as #0B7285; empty: that of the customer above.",
    "require_mfa": "Whether members must use a second factor.",
    "raw_days": "Days that original delivery reports are kept, 1 to 400.",
    "number_days": "Days that phone numbers are kept, 1 to 3650; not more than `message_days`.",
    "message_days": "Days that messages are kept, 31 to 3650. Figures stay.",
}


def _validate_currency(code: str) -> None:
    if code not in list_currencies():
        raise serializers.ValidationError("An ISO 4217 code such as EUR.")


class RefIdBody(serializers.Serializer):
    """The scheme that splits refIds into campaign, variant and labels."""

    delimiter = Text(max_length=ref_ids.MAX_DELIMITER_LENGTH, help_text="What separates the values, 1 to 8 characters.")
    fields = serializers.ListField(  # type: ignore[assignment]  # Serializer has the name, too
        child=Text(allow_blank=True, max_length=40),
        max_length=ref_ids.MAX_FIELDS,
        help_text="The fields in order: `campaign`, `variant`, names of your own, or `-` to skip a value.",
    )

    def validate(self, attrs: dict) -> dict:
        if found := ref_ids.problems(attrs.get("delimiter", ""), attrs.get("fields", [])):
            raise serializers.ValidationError(found)
        return attrs


class SettingsBody(serializers.Serializer):
    """Settings of a tenant."""

    name = serializers.CharField(max_length=200, help_text=_HELP["name"])
    timezone = serializers.CharField(max_length=64, validators=[validate_timezone], help_text=_HELP["timezone"])
    country = serializers.CharField(
        max_length=2, allow_blank=True, required=False, validators=[validate_country], help_text=_HELP["country"]
    )
    language = serializers.ChoiceField(choices=LANGUAGES, required=False, help_text=_HELP["language"])
    currency = serializers.CharField(
        max_length=3, required=False, validators=[_validate_currency], help_text=_HELP["currency"]
    )
    accent = serializers.CharField(
        max_length=7, allow_blank=True, required=False, validators=[colour_validator], help_text=_HELP["accent"]
    )
    require_mfa = serializers.BooleanField(required=False, help_text=_HELP["require_mfa"])
    raw_days = serializers.IntegerField(min_value=1, max_value=400, required=False, help_text=_HELP["raw_days"])
    number_days = serializers.IntegerField(min_value=1, max_value=3650, required=False, help_text=_HELP["number_days"])
    message_days = serializers.IntegerField(
        min_value=31, max_value=3650, required=False, help_text=_HELP["message_days"]
    )
    ref_id = RefIdBody(required=False, allow_null=True, help_text="How refIds are read; null: whole, as campaigns.")


class NewTenantBody(SettingsBody):
    """A customer to add, with what it needs from the first day."""

    slug = serializers.CharField(
        max_length=63,
        validators=[slug_validator],
        help_text="Its name in addresses, for ever: 1 to 63 characters a–z, 0–9 and hyphens between.",
    )
    parent = serializers.CharField(  # type: ignore[assignment]  # Serializer has the name, too
        required=False,
        max_length=63,
        help_text="The customer above it, by slug. Without it: the key's own, or the owner of its account.",
    )
    partner_ids = DeclareBody(  # type: ignore[call-arg]  # many=True makes it a ListSerializer
        many=True,
        required=False,
        max_length=MAX_PARTNER_IDS,
        help_text=f"Partner IDs to declare for it, at most {MAX_PARTNER_IDS}. `tenant` is left out.",
    )
    request = serializers.BooleanField(
        default=False, help_text="True: partner IDs that the key may not declare itself are requested instead."
    )
    owner_email = serializers.EmailField(
        required=False, max_length=254, help_text="Whom to invite as its first owner; without it nobody is invited."
    )


class RefIdAnswer(serializers.Serializer):
    """The scheme that splits refIds."""

    delimiter = serializers.CharField(trim_whitespace=False, help_text="What separates the values.")
    fields = serializers.ListField(child=serializers.CharField(allow_blank=True), help_text="The fields in order.")  # type: ignore[assignment]  # Serializer has the name, too


class RecountAnswer(serializers.Serializer):
    """The newest recount of a customer's messages, after another time zone or refId scheme."""

    state = serializers.ChoiceField(
        choices=JobState.values, help_text="Until it is `done`, figures mix the old and the new setting."
    )
    done = serializers.IntegerField(help_text="Messages that are counted by the new setting.")
    total = serializers.IntegerField(help_text="Of so many; 0: not known yet.")
    requested_at = serializers.DateTimeField(help_text="When the setting was changed.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended; null: not yet.")


class TenantAnswer(serializers.Serializer):
    """A customer with its settings."""

    slug = serializers.CharField(help_text="Its name in addresses.")
    name = serializers.CharField(help_text=_HELP["name"])
    parent = serializers.CharField(  # type: ignore[assignment]  # Serializer has the name, too
        allow_null=True, help_text="The customer above it, by slug; null: none that the key sees."
    )
    timezone = serializers.CharField(help_text=_HELP["timezone"])
    country = serializers.CharField(allow_blank=True, help_text=_HELP["country"])
    language = serializers.ChoiceField(choices=LANGUAGES, help_text=_HELP["language"])
    currency = serializers.CharField(help_text=_HELP["currency"])
    accent = serializers.CharField(allow_blank=True, help_text=_HELP["accent"])
    require_mfa = serializers.BooleanField(help_text=_HELP["require_mfa"])
    raw_days = serializers.IntegerField(help_text=_HELP["raw_days"])
    number_days = serializers.IntegerField(help_text=_HELP["number_days"])
    message_days = serializers.IntegerField(help_text=_HELP["message_days"])
    ref_id = RefIdAnswer(allow_null=True, help_text="How refIds are read; null: whole, as campaigns.")
    recount = RecountAnswer(allow_null=True, help_text="The newest recount of its messages; null: none.")
    created_at = serializers.DateTimeField(help_text="When it was added.")
    url = serializers.CharField(help_text="This tenant.")


class TenantsAnswer(ChangePageSerializer):
    """A page of tenants, newest first."""

    data = TenantAnswer(many=True, help_text="The tenants.")  # type: ignore[assignment]  # Serializer has the name, too


class AddedTenantAnswer(TenantAnswer):
    """A customer that was added, with what was made for it."""

    partner_ids = PartnerIdAnswer(many=True, help_text="Its declared partner IDs, with the moves of their messages.")
    requests = RequestAnswer(many=True, help_text="Requested partner IDs, which wait for a decision.")
    invitation = InvitationSerializer(allow_null=True, help_text="The invitation of its first owner; null: none.")
