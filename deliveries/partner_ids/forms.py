"""Forms of the Partner IDs page: search, declare or request a value, and move one."""

from collections.abc import Iterable, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from deliveries.partner_ids.ownership import MAX_VALUE_LENGTH
from portal.common.day_field import DayField
from portal.tenants.models import GatewayAccount, Tenant

TO_POOL = "-"


def from_field() -> DayField:
    """Return the field of the date from which messages are to be another tenant's."""
    return DayField(
        label=_("From"),
        required=False,
        help_text=_(
            "Messages sent from this day on are moved, counted from midnight in the new customer's time zone."
            " Earlier ones are not. Empty: all messages."
        ),
    )


class PartnerIdForm(forms.Form):
    """Form for a value, an account and a tenant; a choice with one option is not shown."""

    account = forms.ChoiceField(label=_("Gateway account"))
    value = forms.CharField(
        label=_("Partner ID"),
        max_length=MAX_VALUE_LENGTH,
        strip=False,  # " 7" and "7" are two
        help_text=_(
            "The platformPartnerId exactly as it is sent, with capital letters and spaces, without line breaks."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    tenant = forms.ChoiceField(label=_("Owner"))

    def __init__(self, *args, accounts: Sequence[GatewayAccount], tenants: Sequence[Tenant], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._accounts = {account.name: account for account in accounts}
        self._tenants = {tenant.slug: tenant for tenant in tenants}
        self._choose("account", [(name, name) for name in self._accounts])
        self._choose("tenant", [(tenant.slug, tenant.name) for tenant in tenants])
        self.fields["from"] = from_field()

    def account_chosen(self) -> GatewayAccount:
        return self._accounts[self.cleaned_data["account"]]

    def tenant_chosen(self) -> Tenant:
        return self._tenants[self.cleaned_data["tenant"]]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        field.choices = choices
        if len(choices) == 1:
            field.widget, field.initial = forms.HiddenInput(), choices[0][0]


class MoveForm(forms.Form):
    """Form for the new owner of a partner ID and its messages: another tenant, or the pool."""

    tenant = forms.ChoiceField(label=_("Move to"))

    def __init__(self, *args, tenants: Iterable[Tenant], with_pool: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._tenants = {tenant.slug: tenant for tenant in tenants}
        choices = [("", _("Choose"))] + [(tenant.slug, tenant.name) for tenant in self._tenants.values()]
        self.fields["tenant"].choices = choices + ([(TO_POOL, _("Nobody: return it to the pool"))] if with_pool else [])
        self.fields["from"] = from_field()

    def target(self) -> Tenant | None:
        """Return the tenant, None for the pool."""
        slug = self.cleaned_data["tenant"]
        return None if slug == TO_POOL else self._tenants[slug]

    def as_text(self) -> str:
        """Return what was chosen, so that what is confirmed is what was shown."""
        return f"{self.cleaned_data['tenant']} {self.cleaned_data['from']}"


class SearchForm(forms.Form):
    """Form that finds partner IDs by a part of their value."""

    q = forms.CharField(
        label=_("Search partner IDs"),
        required=False,
        max_length=MAX_VALUE_LENGTH,
        strip=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "class": "form-control form-control-sm",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
