"""The form of “What if”: whose months, under which list or file, with all prices changed by so many percent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.access import Access
from portal.tenants.models import Tenant
from reports.billing.prices.files import MAX_BYTES
from reports.billing.prices.reading import accounts_of, customers_of, given_to, issued_by
from reports.models import PriceList

OWN = "own"
MAX_PERCENT = 1000


class WhatIfForm(forms.Form):
    """Tells what is charged, and the other prices: one of the lists, or an uploaded offer."""

    of = forms.ChoiceField(label=_("Months of"))
    price_list = forms.ChoiceField(label=_("Under the list"), required=False)
    file = forms.FileField(
        label=_("Or under an offer"),
        required=False,
        help_text=_("A file of a price list (XLSX or CSV). It is read for this comparison and not stored."),
    )
    percent = forms.IntegerField(
        label=_("Prices changed by, in percent"), required=False, initial=0, min_value=-100, max_value=MAX_PERCENT
    )

    def __init__(self, *args: Any, tenant: Tenant, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customers = {f"customer-{one.pk}": one for one in customers_of(tenant)}
        self.accounts = {f"account-{one.pk}": one for one in accounts_of(tenant)}
        lists = [*issued_by(tenant).filter(archived_at=None), *given_to(tenant)]
        self.lists = {str(one.pk): one for one in lists}
        self.fields["of"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (OWN, _("Your own, as your provider charges them")),
            *((key, one.name) for key, one in self.customers.items()),
            *((key, _("Gateway account %(name)s") % {"name": one.name}) for key, one in self.accounts.items()),
        ]
        self.fields["price_list"].choices = [  # type: ignore[attr-defined]
            ("", _("(the present one)")),
            *((key, f"{one.name} ({one.currency})") for key, one in self.lists.items()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file and file.size > MAX_BYTES:
            self.add_error("file", _("The file is larger than %(most)s MB.") % {"most": MAX_BYTES // 1024**2})
        if file and cleaned.get("price_list"):
            self.add_error("file", _("Choose a list or a file, not both."))
        return cleaned

    @property
    def chosen_list(self) -> PriceList | None:
        """The list that was chosen, None for the present one or a file."""
        return self.lists.get(self.cleaned_data["price_list"])
