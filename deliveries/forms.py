"""What staff fill in about deliveries."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget


class DiscardForm(forms.Form):
    """Why quarantined rows are given up; the reason stays with them."""

    reason_text = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever asks later where these delivery reports went reads this."),
    )
