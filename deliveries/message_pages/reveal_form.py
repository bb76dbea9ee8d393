"""Form for the reason to see a phone number."""

from django import forms
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.common.msisdn import tells_number
from portal.common.no_numbers import refuse_numbers


class RevealForm(forms.Form):
    """Form for the reason to see a number; the reason is stored, the number is not."""

    reason = forms.CharField(
        label=gettext_lazy("Why do you need the number?"),
        max_length=200,
        validators=[MinLengthValidator(5), refuse_numbers],
        help_text=gettext_lazy("5 to 200 characters. The customer's owners see the reason in the audit log."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "minlength": 5}),
    )

    def __init__(self, *args, number: str, **kwargs) -> None:
        super().__init__(*args, auto_id="reveal_%s", **kwargs)
        self.number = number

    def clean_reason(self) -> str:
        reason = self.cleaned_data["reason"]
        if tells_number(reason, self.number):
            raise forms.ValidationError(_("Leave the number itself out of the reason. The audit log must not hold it."))
        return reason
