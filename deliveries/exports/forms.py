"""Forms of a new export: its format, and of a search its columns."""

from collections.abc import Collection, Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.segments import MAX_KEY_LENGTH
from deliveries.exports.searches import parameters_in
from deliveries.message_pages.columns import ALL_COLUMNS, COLUMNS, parameter_column
from deliveries.message_pages.parameter_fields import PARAMETER
from deliveries.models import Export
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant

MAX_PARAMETERS = 20  # columns of custom parameters


class FormatForm(forms.Form):
    """Format of a file."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=Export.Format.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose a format."),
            "invalid_choice": gettext_lazy("Choose XLSX, CSV or Parquet, not “%(value)s”."),
        },
    )


class ExportForm(FormatForm):
    """Format and columns, custom parameters too; unless chosen, those of the person's last export of this customer.

    `keys` are the custom parameters that the customer has chosen as segment keys. Others are typed.
    """

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one column."),
            "invalid_choice": gettext_lazy("There is no column “%(value)s”."),
        },
    )
    parameters = forms.CharField(
        label=gettext_lazy("Other custom parameters"),
        required=False,
        max_length=MAX_PARAMETERS * (MAX_KEY_LENGTH + 2),
        validators=[refuse_numbers],  # names of columns are stored as they are
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Names as they are in the messages, with commas between. Each is a column."),
    )

    def __init__(self, *args, keys: Collection[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        chosen = [parameter_column(PARAMETER.format(key)) for key in keys]
        self.names = [*ALL_COLUMNS, *(column.name for column in chosen)]
        columns = self.fields["columns"]
        assert isinstance(columns, forms.MultipleChoiceField)
        columns.choices = [(column.name, column.heading) for column in (*ALL_COLUMNS.values(), *chosen)]

    def clean_columns(self) -> list[str]:
        chosen = set(self.cleaned_data["columns"])
        return [name for name in self.names if name in chosen]

    def clean_parameters(self) -> list[str]:
        """Return the names of the columns of the typed keys."""
        keys = [key for part in self.cleaned_data["parameters"].split(",") if (key := part.strip())]
        for key in keys:
            if len(key) > MAX_KEY_LENGTH:
                text = _("“%(key)s” is too long: a name has at most %(most)d characters.")
                raise forms.ValidationError(text % {"key": f"{key[:20]}…", "most": MAX_KEY_LENGTH})
        return [PARAMETER.format(key) for key in dict.fromkeys(keys)]

    def clean(self) -> dict[str, object]:
        """Put the typed custom parameters behind the chosen columns."""
        data = super().clean() or {}
        typed = data.pop("parameters", [])
        if "columns" in data:
            data["columns"] += [name for name in typed if name not in data["columns"]]
            if len(parameters_in(data["columns"])) > MAX_PARAMETERS:
                text = _("At most %(most)d custom parameters can be columns.")
                self.add_error("parameters", text % {"most": MAX_PARAMETERS})
        return data


def remembered(tenant: Tenant, maker_id: int, *, keys: Collection[str]) -> dict[str, object]:
    """Return the format and columns of the person's last export of this customer, else the usual ones."""
    last = Export.objects.filter(tenant=tenant, maker_id=maker_id, kind=Export.MESSAGES).order_by("-id").first()
    before: Sequence[str] = last.columns if last else ()
    known = {*ALL_COLUMNS, *(PARAMETER.format(key) for key in keys)}
    columns = [name for name in before if name in known]
    return {
        "format": last.format if last else Export.Format.XLSX,
        "columns": columns or list(COLUMNS),
        "parameters": ", ".join(parameters_in([name for name in before if name not in known])),
    }
