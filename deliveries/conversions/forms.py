"""Forms of the pages of conversion events."""

from collections.abc import Mapping, Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.conversions.models import MAX_WINDOW
from campaigns.models import ConversionKind
from deliveries.conversions.error_texts import FIELD_NAMES
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant

_NEEDED = ("event_id", "kind", "occurred_at")


class UploadForm(forms.Form):
    """A file of events; what is in it is read by deliveries/conversions/files.py."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=gettext_lazy(
            "CSV or XLSX with the names of the columns in its first line, at most 100,000 lines and 20 MB. Separators,"
            " decimal commas and the file's encoding are recognised."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )


class MappingForm(forms.Form):
    """The column of each field of an event."""

    def __init__(
        self, data: QueryDict | None = None, *, names: Sequence[str], guessed: Mapping[str, str], **kwargs
    ) -> None:
        super().__init__(data, auto_id="column_%s", **kwargs)
        columns = [("", _("– none –")), *((str(place), name) for place, name in enumerate(names))]
        places = {name: str(place) for place, name in enumerate(names)}
        self._names = names
        for field, label in FIELD_NAMES.items():
            self.fields[field] = forms.ChoiceField(
                label=str(label),
                choices=columns,
                required=field in _NEEDED,
                initial=places.get(guessed.get(field, ""), ""),
                error_messages={"required": _("Choose a column.")},
            )

    def clean(self) -> None:
        chosen = {field: place for field, place in self.cleaned_data.items() if place}
        if not chosen.keys() & {"message_id", "destination", "parameter_key"}:
            self.add_error(
                None, _("Choose the column of the message id, the recipient's number or a custom parameter.")
            )
        for first, second in (("value", "currency"), ("parameter_key", "parameter_value")):
            if (first in chosen) != (second in chosen):
                self.add_error(second if first in chosen else first, _("Choose a column: the two belong together."))

    def mapping(self) -> dict[str, str]:
        """Return the name of the column of each field that has one."""
        return {field: self._names[int(place)] for field, place in self.cleaned_data.items() if place}


class KindForm(forms.ModelForm):
    """A kind of event of a tenant."""

    class Meta:
        model = ConversionKind
        fields = ["name", "window_minutes", "is_otp"]

    def __init__(self, data: QueryDict | None = None, *, tenant: Tenant, **kwargs) -> None:
        super().__init__(data, auto_id="kind_%s", **kwargs)
        self.instance.tenant = tenant

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        refuse_numbers(name)
        return name


class WindowForm(forms.Form):
    """The window of a tenant, for messages and events without one of their own."""

    minutes = forms.IntegerField(
        label=gettext_lazy("Window in minutes"),
        min_value=1,
        max_value=MAX_WINDOW,
        help_text=gettext_lazy(
            "How long after its delivery a message can have an event. The window of a kind goes before this one, and"
            " that of a campaign before both."
        ),
    )

    def __init__(self, data: QueryDict | None = None, **kwargs) -> None:
        super().__init__(data, auto_id="window_%s", **kwargs)
