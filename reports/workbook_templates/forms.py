"""Form of an upload of a template."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.common.no_numbers import refuse_numbers


class TemplateForm(forms.Form):
    """A workbook and its name; the workbook itself is checked by reports/workbook_templates/check.py."""

    name = forms.CharField(
        label=_("Name"), max_length=80, validators=[refuse_numbers], error_messages={"required": _("Enter a name.")}
    )
    file = forms.FileField(
        label=_("Workbook"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text=_("An Excel workbook without macros (.xlsx), at most 5 MB."),
        error_messages={"required": _("Choose a file.")},
    )
