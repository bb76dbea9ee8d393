"""A gate as its two forms give it, and the faults of it at the fields that they concern."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from deliveries.gates.definitions import GateInput, problems
from deliveries.gates.pages.destination_forms import DestinationForms
from deliveries.gates.pages.forms import GateForm
from deliveries.models import Gate
from portal.tenants.models import Tenant

_OF_DESTINATION = re.compile(r"destinations\[(\d+)\]\.(\w+)").fullmatch
_RENAMED = {"ttl_ms": "ttl_hours", "campaign_ids": "campaigns"}


@dataclass(frozen=True, slots=True)
class GateForms:
    """The form of a gate and those of its destinations."""

    form: GateForm
    destinations: DestinationForms

    @classmethod
    def of(cls, tenant: Tenant, data: QueryDict | None = None, *, gate: Gate | None = None) -> "GateForms":
        """Return the forms, filled in with the data or with the gate as it is stored."""
        return cls(GateForm(data, tenant=tenant, gate=gate), DestinationForms(data, gate=gate))

    def given(self) -> GateInput | None:
        """Return the gate, None if a field is wrong; the fields have the errors then."""
        is_valid, are_valid = self.form.is_valid(), self.destinations.are_valid()
        if not is_valid or not are_valid:
            return None
        given = GateInput(**self.form.values(), destinations=self.destinations.values())
        self.refuse(found := problems(given))
        return None if found else given

    def refuse(self, found: Mapping[str, list[str]]) -> None:
        """Show these faults at their fields."""
        for name, texts in found.items():
            match = _OF_DESTINATION(name)
            form, field = (self.destinations.forms[int(match[1])], match[2]) if match else (self.form, name)
            if field not in form.fields and field in self.form.fields:  # a limit of the gate that a destination sets
                form = self.form
            field = _RENAMED.get(field, field)
            for text in texts:
                form.add_error(field if field in form.fields else None, text)

    def errors(self) -> list[tuple[str, str]]:
        """Return (label, sentence) of every fault."""
        found = []
        for form in (self.form, *self.destinations.forms):
            for name, texts in form.errors.items():
                label = str(form.fields[name].label) if name in form.fields else ""
                found += [(label, str(text)) for text in texts]
        return list(dict.fromkeys(found))
