"""Form of a gate without its destinations: name, filter, body and limits."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from deliveries.gates.pages.texts import as_lines, as_pairs, lines_of, pairs_of
from deliveries.models import Gate, ResultCode
from deliveries.models.gates import DEFAULT_TTL, MAX_BATCH, MAX_THROTTLE, MAX_TTL
from portal.common.countries import country_meant
from portal.common.country_choices import country_choices
from portal.tenants.models import PartnerId, Tenant

HOUR_MS = 3_600_000
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class GateForm(forms.Form):
    """Fields of a gate. `values` are those of a GateInput, with lists and maps read from their texts."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    ref_id = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Your own key for this gate in the API. Left empty, it is the name."),
    )
    gate_type = forms.ChoiceField(label=gettext_lazy("Type"), choices=Gate.Type.choices)
    body = forms.ChoiceField(
        label=gettext_lazy("Body"),
        choices=Gate.Body.choices,
        help_text=gettext_lazy("A receiver written for LINK reads LINK's delivery report without changes."),
    )
    batch_size = forms.IntegerField(
        label=gettext_lazy("Reports per request"),
        min_value=1,
        max_value=MAX_BATCH,
        help_text=gettext_lazy("More than 1 sends arrays: fewer requests to a busy receiver. At most 100."),
    )
    custom_parameters = forms.CharField(
        label=gettext_lazy("Custom parameters of the gate"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2} | _PLAIN),
        help_text=gettext_lazy("One name=value a line. Each report carries them as gateCustomParameters."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=Gate.Event.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: the gate sends delivery reports alone."),
    )
    events_only = forms.BooleanField(label=gettext_lazy("Events only, no delivery reports"), required=False)
    partner_ids = forms.MultipleChoiceField(
        label=gettext_lazy("Partner IDs"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: reports of all."),
    )
    final_only = forms.BooleanField(label=gettext_lazy("Final states only"), required=False)
    statuses = forms.MultipleChoiceField(
        label=gettext_lazy("Statuses"),
        choices=ResultCode.Status.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all."),
    )
    countries = forms.CharField(
        label=gettext_lazy("Countries"),
        max_length=1500,
        required=False,
        help_text=gettext_lazy("Codes or names with commas between them, such as FI, SE. Empty: all."),
    )
    campaigns = forms.CharField(
        label=gettext_lazy("Campaigns"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2} | _PLAIN),
        help_text=gettext_lazy("One name a line. Empty: all."),
    )
    ref_id_prefix = forms.CharField(label=gettext_lazy("The refId begins with"), max_length=300, required=False)
    parameter_key = forms.CharField(
        label=gettext_lazy("Custom parameter of the message"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Its name. Only messages that have it are forwarded."),
    )
    parameter_value = forms.CharField(
        label=gettext_lazy("Value of the custom parameter"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Empty: any value."),
    )
    ttl_hours = forms.DecimalField(
        label=gettext_lazy("Time to live in hours"),
        min_value=Decimal("0.001"),
        max_value=MAX_TTL // HOUR_MS,
        localize=True,
        help_text=gettext_lazy("So long a failed report is sent again. At most 336 hours, which are 14 days."),
    )
    throttle = forms.IntegerField(
        label=gettext_lazy("Requests per second at most"),
        min_value=1,
        max_value=MAX_THROTTLE,
        required=False,
        help_text=gettext_lazy("Empty: as fast as the receiver answers."),
    )
    acknowledge = forms.BooleanField(label=gettext_lazy("The answer must have a body"), required=False)

    def __init__(self, data: QueryDict | None = None, *, tenant: Tenant, gate: Gate | None = None) -> None:
        super().__init__(data, initial=_initial(gate), auto_id="gate_%s")
        self.fields["events"].word = "gate_event"  # type: ignore[attr-defined]
        for name in ("ref_id", "custom_parameters"):
            self.fields[name].word = f"gate_{name}"  # type: ignore[attr-defined]  # not the message's of the glossary
        self._tenant, self._gate = tenant, gate
        own = PartnerId.objects.filter(tenant=tenant).order_by("value").values_list("value", flat=True).distinct()
        kept = [value for value in (gate.partner_ids if gate else ()) if value not in set(own)]
        choices = [(value, value) for value in (*own, *kept)]
        cast(forms.MultipleChoiceField, self.fields["partner_ids"]).choices = choices

    def clean_custom_parameters(self) -> dict[str, str]:
        return pairs_of(self.cleaned_data["custom_parameters"])

    def clean_countries(self) -> tuple[str, ...]:
        choices, found = country_choices(get_language() or "en"), []
        names = {str(name).casefold(): code for code, name in choices}
        for text in filter(None, (part.strip() for part in self.cleaned_data["countries"].split(","))):
            code = text.upper() if text.upper() in dict(choices) else names.get(text.casefold())
            if code is None:
                meant = country_meant(text)
                problem = _("“%(value)s” is no country that is known.") % {"value": text[:100]}
                hint = _("Did you mean %(meant)s?") % {"meant": meant} if meant else ""
                raise forms.ValidationError(f"{problem} {hint}".strip())
            found.append(code)
        return tuple(dict.fromkeys(found))

    def clean_campaigns(self) -> tuple[int, ...]:
        names = lines_of(self.cleaned_data["campaigns"])
        known = dict(Campaign.objects.filter(tenant=self._tenant, name__in=names).values_list("name", "id"))
        if unknown := [name for name in names if name not in known]:
            raise forms.ValidationError(_("There is no campaign “%(name)s”.") % {"name": unknown[0][:100]})
        return tuple(sorted(known.values()))

    def values(self) -> dict[str, Any]:
        """Return the checked values by the names of GateInput."""
        values = dict(self.cleaned_data)
        hours = values.pop("ttl_hours")
        stored = self._gate.ttl_ms if self._gate else None  # may be finer than the field shows
        values["ttl_ms"] = stored if stored and hours == _hours(stored) else int(hours * HOUR_MS)
        values["campaign_ids"] = values.pop("campaigns")
        values["ref_id"] = values["ref_id"] or values["name"]
        values["forwards_reports"] = not values.pop("events_only")
        return values | {name: tuple(values[name]) for name in ("partner_ids", "statuses", "events")}


def _hours(ttl_ms: int) -> Decimal:
    """Return hours as the form shows them, to the thousandth."""
    return (Decimal(ttl_ms) / HOUR_MS).quantize(Decimal("0.001")).normalize() + 0


def _initial(gate: Gate | None) -> dict[str, Any]:
    if gate is None:
        return {
            "gate_type": Gate.Type.ONE_ORDERED,
            "body": Gate.Body.LINK,
            "batch_size": 1,
            "ttl_hours": _hours(DEFAULT_TTL),
        }
    names = Campaign.objects.filter(tenant_id=gate.tenant_id, id__in=gate.campaign_ids).order_by("name")
    kept = (
        "name", "ref_id", "gate_type", "body", "batch_size", "partner_ids", "final_only", "statuses", "ref_id_prefix",
        "parameter_key", "parameter_value", "throttle", "acknowledge", "events",
    )  # fmt: skip
    return {name: getattr(gate, name) for name in kept} | {
        "events_only": not gate.forwards_reports,
        "ttl_hours": _hours(gate.ttl_ms),
        "countries": ", ".join(gate.countries),
        "campaigns": as_lines(names.values_list("name", flat=True)),
        "custom_parameters": as_pairs(gate.custom_parameters),
    }
