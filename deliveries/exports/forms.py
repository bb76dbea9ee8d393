"""Forms of a new export: its format, and of a search its columns."""

from django import forms
from django.utils.translation import gettext_lazy as _

from deliveries.message_pages.columns import ALL_COLUMNS, COLUMNS
from deliveries.models import Export
from portal.tenants.models import Tenant


class FormatForm(forms.Form):
    """Format of a file."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=Export.Format.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a format."),
            "invalid_choice": _("Choose XLSX, CSV or Parquet, not “%(value)s”."),
        },
    )


class ExportForm(FormatForm):
    """Format and columns; unless chosen, those of the person's last export of this customer."""

    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        choices=[(column.name, column.heading) for column in ALL_COLUMNS.values()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one column."),
            "invalid_choice": _("There is no column “%(value)s”."),
        },
    )

    def clean_columns(self) -> list[str]:
        chosen = set(self.cleaned_data["columns"])
        return [name for name in ALL_COLUMNS if name in chosen]


def remembered(tenant: Tenant, maker_id: int) -> dict[str, object]:
    """Return the format and columns of the person's last export of this customer, else the usual ones."""
    last = Export.objects.filter(tenant=tenant, maker_id=maker_id, kind=Export.MESSAGES).order_by("-id").first()
    columns = [name for name in last.columns if name in ALL_COLUMNS] if last else []
    return {"format": last.format if last else Export.Format.XLSX, "columns": columns or list(COLUMNS)}
