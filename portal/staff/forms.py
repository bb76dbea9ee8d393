"""Admin forms for tenants, accounts and feeds."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelect2Widget, UnfoldAdminTextareaWidget

from portal.common.country_choices import country_choices
from portal.common.msisdn import UNKNOWN_COUNTRY
from portal.common.setting_choices import currency_choices, zone_choices
from portal.tenants import signing_keys
from portal.tenants.feed_headers import MAX_VALUE_LENGTH, validate_value
from portal.tenants.feeds import set_basic, set_header
from portal.tenants.models import Feed, GatewayAccount, Tenant
from portal.tenants.ownership import outsiders
from portal.tenants.pools import MAX_ACCOUNT_NAME_LENGTH, POOL_PREFIX


class Pickers:
    """Form mixin: time zone, country and currency are chosen from lists with a search."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        offered = {
            "timezone": lambda present: zone_choices(present=present),
            "country": lambda _present: [("", "–"), *_countries(language)],
            "currency": lambda present: currency_choices(language, present=present),
        }
        for name in offered.keys() & self.fields.keys():
            field = self.fields[name]
            present = self.get_initial_for_field(field, name) or ""
            self.fields[name] = forms.ChoiceField(
                label=field.label,
                help_text=field.help_text,
                required=field.required,
                initial=field.initial,
                choices=offered[name](present),
                widget=UnfoldAdminSelect2Widget,
            )


def _countries(language: str) -> list[tuple[str, str]]:
    return [(code, name) for code, name in country_choices(language) if code != UNKNOWN_COUNTRY]


class TenantForm(Pickers, forms.ModelForm):
    """Form for a customer; pools are created with their accounts."""

    class Meta:
        model = Tenant
        fields = (
            "slug",
            "name",
            "parent",
            "timezone",
            "country",
            "language",
            "currency",
            "accent",
            "require_mfa",
            "raw_days",
            "number_days",
            "message_days",
        )

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if slug.startswith(POOL_PREFIX):
            raise forms.ValidationError(
                _("Slugs that begin with %(prefix)s are reserved for the pools of accounts."),
                params={"prefix": POOL_PREFIX},
            )
        return slug


class AccountForm(Pickers, forms.ModelForm):
    """A gateway account; its pool is made with it."""

    class Meta:
        model = GatewayAccount
        fields = ("name", "platform_id", "timezone", "owner")

    def clean_owner(self) -> Tenant | None:
        owner = self.cleaned_data["owner"]
        if owner is None:
            return None
        if owner.kind != Tenant.Kind.CUSTOMER:
            raise forms.ValidationError(_("A pool cannot own an account. Choose a customer."))
        if others := outsiders(self.instance, owner):
            names = ", ".join(tenant.slug for tenant in others)
            raise forms.ValidationError(
                _(
                    "Other customers have partner IDs in this account, and its owner would see their messages:"
                    " %(names)s"
                ),
                params={"names": names},
            )
        return owner

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if len(name) > MAX_ACCOUNT_NAME_LENGTH:
            raise forms.ValidationError(
                _("At most %(limit)s characters, because the name is part of the pool's slug."),
                params={"limit": MAX_ACCOUNT_NAME_LENGTH},
            )
        if Tenant.objects.filter(slug=POOL_PREFIX + name).exists():
            raise forms.ValidationError(_("Another customer already has the slug of this account's pool."))
        return name


class SigningKeysField(forms.CharField):
    """Public keys as the text of a JWKS."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else signing_keys.as_jwks(value)

    def to_python(self, value: Any) -> list[dict[str, str]]:
        return signing_keys.read(super().to_python(value))

    def has_changed(self, initial: Any, data: str | None) -> bool:
        try:
            return self.to_python(data) != (initial or [])
        except forms.ValidationError:
            return True


class FeedForm(forms.ModelForm):
    """A feed with the password that Basic credentials need; the password is never shown again."""

    basic_password = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Stored as a digest and never shown again. Leave empty to keep the current value."),
    )
    header_value = forms.CharField(
        required=False,
        max_length=MAX_VALUE_LENGTH,
        strip=False,
        validators=[validate_value],
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Stored as a digest and never shown again. Leave empty to keep the current value."),
    )
    signing_keys = SigningKeysField(
        required=False,
        label=_("Signing keys"),
        help_text=_(
            "The gateway's public keys, as the JWKS that it publishes. With keys, each request must be signed by one of"
            " them; without, no signature is required. bin/portal fetch_signing_keys reads them from their address."
        ),
    )

    class Meta:
        model = Feed
        fields = (
            *("account", "name", "dialect", "default_partner_id", "basic_user", "header_name", "networks"),
            *("signing_keys", "active"),
        )
        widgets = {"networks": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def clean(self) -> dict:
        data = super().clean()
        user, password = data.get("basic_user"), data.get("basic_password")
        if user and not password and (not self.instance.basic_password_digest or "basic_user" in self.changed_data):
            self.add_error("basic_password", _("Enter a password for the user name."))
        if password and not user:
            self.add_error("basic_user", _("Enter a user name for the password."))
        header, value = data.get("header_name"), data.get("header_value")
        if header and not value and (not self.instance.header_value_digest or "header_name" in self.changed_data):
            self.add_error("header_value", _("Enter a value for the header."))
        if value and not header and "header_name" not in self.errors:
            self.add_error("header_name", _("Enter the name of the header."))
        return data

    def save(self, commit: bool = True) -> Feed:
        if self.cleaned_data["basic_password"] or not self.cleaned_data["basic_user"]:
            set_basic(
                self.instance,
                user=self.cleaned_data["basic_user"],
                password=self.cleaned_data["basic_password"],
            )
        if self.cleaned_data["header_value"] or not self.cleaned_data["header_name"]:
            set_header(
                self.instance,
                name=self.cleaned_data["header_name"],
                value=self.cleaned_data["header_value"],
            )
        return super().save(commit)
