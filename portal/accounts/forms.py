"""Forms for profiles, members and API keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from portal.accounts import members
from portal.accounts.models import Role, User
from portal.common.no_numbers import refuse_numbers
from portal.tenants import networks
from portal.tenants.models import ApiKey, Tenant


class InviteForm(forms.Form):
    """Form for the address and the role of an invitation."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.VIEWER)

    def __init__(self, *args, tenant: Tenant, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if members.is_member(self.tenant, email):
            raise forms.ValidationError(_("This person is already a member."))
        return email


class RoleForm(forms.Form):
    """The role that a member is to have."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class NameForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": _("Name")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class AcceptForm(forms.Form):
    """Form for the name and password of a new person; the address is the invitation's."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. Several words that only you would combine work best."),
    )

    def __init__(self, *args, email: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict:
        data = super().clean()
        if "password" in data:
            person = User(email=self.email, name=data.get("name", ""))
            try:
                password_validation.validate_password(data["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class ApiKeyForm(forms.Form):
    """Form for the name, scopes and expiry of a new key."""

    LIFETIMES = (("", _("No expiry")), ("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")))

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        validators=[refuse_numbers],
        help_text=_("The system that uses the key, such as “Data warehouse”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        initial=[ApiKey.Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label=_("Valid for"), choices=LIFETIMES, required=False, initial="365")
    networks = forms.CharField(
        label=_("Allowed networks"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One address or network a line, such as 192.0.2.0/24. Empty: requests from anywhere are accepted."),
    )

    def clean_networks(self) -> list[str]:
        """Return the networks as a list. Raises ValidationError for a line that is none."""
        lines = self.cleaned_data["networks"].split()
        networks.validate(lines)
        return lines

    def __init__(self, *args, scopes: Sequence[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = scopes  # those that the person may give

    def expires_at(self, now: datetime) -> datetime | None:
        """Return the end that was chosen, None for none."""
        days = self.cleaned_data["days"]
        return now + timedelta(days=int(days)) if days else None
