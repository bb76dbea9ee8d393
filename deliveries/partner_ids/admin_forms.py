"""Admin forms for partner IDs and quarantine."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from deliveries.partner_ids.forms import from_field
from deliveries.partner_ids.ownership import MAX_VALUE_LENGTH
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import GatewayAccount
from portal.tenants.undone import customers


class DiscardForm(forms.Form):
    """Form for the reason to discard quarantined rows, which is stored with them."""

    reason_text = forms.CharField(
        label=_("Reason"),
        max_length=500,
        validators=[refuse_numbers],
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Explains later why these delivery reports were moved."),
    )


class DeclareForm(forms.Form):
    """Form for a partner ID and its new owner; no owner means the account's pool."""

    account = forms.ModelChoiceField(label=_("Gateway account"), queryset=GatewayAccount.objects.order_by("name"))
    value = forms.CharField(
        label=_("Partner ID"),
        max_length=MAX_VALUE_LENGTH,
        strip=False,  # " 7" and "7" are two
        help_text=_(
            "The platformPartnerId exactly as it is sent, with capital letters and spaces, without line breaks."
        ),
    )
    tenant = forms.ModelChoiceField(
        label=_("Customer"),
        queryset=customers().order_by("name", "id"),
        required=False,
        empty_label=_("Nobody: return it to the pool"),
    )
    take_over = forms.BooleanField(
        label=_("Take over"),
        required=False,
        help_text=_("Allow taking it from another customer, which loses the messages."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = from_field()
        self.order_fields(["account", "value", "tenant", "from", "take_over"])
