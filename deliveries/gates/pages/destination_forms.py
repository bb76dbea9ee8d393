"""Forms of a gate's destinations: rows that are added, removed and moved with and without a script."""

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.gates.definitions import MAX_DESTINATIONS, MAX_TEMPLATE, DestinationInput
from deliveries.gates.pages.texts import lines_of
from deliveries.gates.secrets import headers_of
from deliveries.models import Gate, GateDestination
from deliveries.models.gates import MAX_URL

ADD, REMOVE, UP = "row_add", "row_remove", "row_up"  # buttons; one named "remove" would hide the form's own function
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class DestinationForm(forms.Form):
    """One destination. Its password and headers are never shown; left empty they stay as they are."""

    url = forms.CharField(
        label="URL",
        max_length=MAX_URL,
        widget=forms.TextInput(attrs={"inputmode": "url"} | _PLAIN),
        help_text=gettext_lazy("Public, and best with https://. The URL do://drop discards reports."),
    )
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=GateDestination.Method.choices)
    content_type = forms.ChoiceField(label=gettext_lazy("Content type"), choices=GateDestination.CONTENT_TYPES)
    template = forms.CharField(
        label=gettext_lazy("Template of the query"),
        max_length=MAX_TEMPLATE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "id=${id}&status=${resultCode}"} | _PLAIN),
        help_text=gettext_lazy("Optional. It is added to the URL after a “?”."),
    )
    username = forms.CharField(
        label=gettext_lazy("User name"), max_length=255, required=False, widget=forms.TextInput(attrs=_PLAIN)
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=255,
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}),
    )
    headers = forms.CharField(
        label=gettext_lazy("Headers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "X-Api-Key: …"} | _PLAIN),
    )
    without_headers = forms.BooleanField(label=gettext_lazy("Remove the stored headers"), required=False)
    stored_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, *, row: int, stored: dict[int, GateDestination], **kwargs
    ) -> None:
        super().__init__(data, prefix=f"d{row}", auto_id="gate_%s", **kwargs)
        self.row = row
        self.stored = stored.get(self._stored_id())
        has_password = self.stored is not None and bool(self.stored.password_sealed)
        self.names = [header.partition(":")[0].strip() for header in headers_of(self.stored)] if self.stored else []
        self.fields["password"].help_text = _("One is stored. Left empty, it stays.") if has_password else ""
        self.fields["headers"].help_text = (
            _("Stored: %(names)s. Left empty, they stay; what you write replaces all.")
            % {"names": ", ".join(self.names)}
            if self.names
            else _("One name: value a line, at most 10.")
        )
        if not self.names:
            del self.fields["without_headers"]
        self._has_password = has_password

    def _stored_id(self) -> int:
        text = str(
            (self.data.get(f"{self.prefix}-stored_id") if self.is_bound else self.initial.get("stored_id")) or ""
        )
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0

    def clean(self) -> None:
        given = self.cleaned_data
        if self.stored is None or given.get("url", self.stored.url) == self.stored.url:
            return
        # What was meant for one receiver must not go to another one unseen.
        if self._has_password and given.get("username") and not given.get("password"):
            self.add_error("password", _("The URL is another one: write the password again, or remove the user name."))
        if self.names and not given.get("headers") and not given.get("without_headers"):
            self.add_error("headers", _("The URL is another one: write the headers again, or remove them."))

    def value(self) -> DestinationInput:
        """Return the destination; what is left empty and stored stays (None)."""
        given = self.cleaned_data
        stored_name = self.stored.username if self.stored else ""
        keeps_password = self._has_password and (given["username"] or not stored_name)
        headers = lines_of(given["headers"])
        keeps_headers = self.names and not headers and not given.get("without_headers")
        return DestinationInput(
            url=given["url"],
            content_type=given["content_type"],
            method=given["method"],
            template=given["template"],
            username=given["username"],
            password=given["password"] or (None if keeps_password else ""),
            headers=None if keeps_headers else headers,
            custom_parameters=self.stored.custom_parameters if self.stored else {},
        )


class DestinationForms:
    """Rows of the form in their order. `row` names each; buttons add, remove and move rows before anything is saved."""

    def __init__(self, data: QueryDict | None = None, *, gate: Gate | None = None) -> None:
        self._data = data
        self._stored = {one.id: one for one in gate.destinations.all()} if gate else {}

    @property
    def is_change_of_rows(self) -> bool:
        """Tell whether a button for rows was pressed, which saves nothing."""
        return self._data is not None and any(name in self._data for name in (ADD, REMOVE, UP))

    @cached_property
    def forms(self) -> list[DestinationForm]:
        if self._data is None:
            found = [
                DestinationForm(row=row, stored=self._stored, initial=_initial(one))
                for row, one in enumerate(self._stored.values())
            ]
            return found or [DestinationForm(row=0, stored={})]
        found = [
            DestinationForm(self._data if row in self._sent else None, row=row, stored=self._stored)
            for row in self._rows()
        ]
        if not found[-1].is_bound:
            found[-1].fields["url"].widget.attrs["autofocus"] = True  # the row that was just added
        return found

    @property
    def may_add(self) -> bool:
        return len(self.forms) < MAX_DESTINATIONS

    @property
    def has_several(self) -> bool:
        return len(self.forms) > 1

    def are_valid(self) -> bool:
        found = [form.is_valid() for form in self.forms]  # each, so that each shows its errors
        return bool(found) and all(found)

    def values(self) -> tuple[DestinationInput, ...]:
        return tuple(form.value() for form in self.forms)

    @cached_property
    def _sent(self) -> list[int]:
        assert self._data is not None
        given = [int(row) for row in self._data.getlist("row") if row.isascii() and row.isdigit() and len(row) < 4]
        return list(dict.fromkeys(given))[: MAX_DESTINATIONS + 1]

    def _rows(self) -> list[int]:
        assert self._data is not None
        rows = list(self._sent)
        removed, moved = self._data.get(REMOVE, ""), self._data.get(UP, "")
        rows = [row for row in rows if str(row) != removed]
        at = next((at for at, row in enumerate(rows) if str(row) == moved), 0)
        if at:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
        if not rows or (ADD in self._data and len(rows) < MAX_DESTINATIONS):
            rows.append(max(self._sent, default=-1) + 1)
        return rows


def _initial(stored: GateDestination) -> dict[str, object]:
    names = ("url", "method", "content_type", "template", "username")
    return {name: getattr(stored, name) for name in names} | {"stored_id": stored.id}
