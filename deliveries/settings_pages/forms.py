"""Forms for the settings of a tenant."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaigns import ref_ids
from portal.accounts import second_factor
from portal.accounts.right_texts import RIGHT_TEXTS, who_may
from portal.common.brief_select import BriefSelect
from portal.common.country_choices import country_choices
from portal.common.msisdn import UNKNOWN_COUNTRY
from portal.common.setting_choices import currency_choices, zone_choices
from portal.tenants.models import Tenant


class TenantSettingsForm(forms.ModelForm):
    """The tenant's settings, as far as the person's role reaches: fields of owners are not even there for others."""

    RIGHTS = {
        "require_mfa": "change_security",
        "raw_days": "change_retention",
        "number_days": "change_retention",
        "message_days": "change_retention",
    }

    GROUPS = (
        (gettext_lazy("Name and colour"), ("name", "accent")),
        (gettext_lazy("Time, language and numbers"), ("timezone", "country", "language", "currency")),
        (gettext_lazy("Security and retention"), ("require_mfa", "raw_days", "number_days", "message_days")),
    )

    class Meta:
        model = Tenant
        fields = (
            "name", "timezone", "country", "language", "currency", "accent",
            "require_mfa", "raw_days", "number_days", "message_days",
        )  # fmt: skip
        labels = {
            "name": gettext_lazy("Name"),
            "timezone": gettext_lazy("Time zone"),
            "country": gettext_lazy("Country"),
            "language": gettext_lazy("Language"),
            "currency": gettext_lazy("Currency"),
            "accent": gettext_lazy("Accent colour"),
            "require_mfa": gettext_lazy("Require a second factor"),
            "raw_days": gettext_lazy("Days to keep original delivery reports"),
            "number_days": gettext_lazy("Days to keep phone numbers"),
            "message_days": gettext_lazy("Days to keep messages"),
        }
        help_texts = {
            "timezone": gettext_lazy(
                "Days and months begin at midnight in this time zone. If you change it, all messages are recounted."
            ),
            "country": gettext_lazy("The search reads numbers without a country code as numbers of this country."),
            "language": gettext_lazy("Language of pages and reports. Each person can choose another language."),
            "accent": gettext_lazy(
                "The colour of links and buttons, such as #0B7285. Empty: that of the customer above, else the portal's"
                " own."
            ),
            "require_mfa": gettext_lazy("Members without one are asked to set it up before they see anything."),
            "raw_days": gettext_lazy("As the gateway sent them, for questions about single messages."),
            "number_days": gettext_lazy("After that, messages stay without their phone numbers."),
            "message_days": gettext_lazy("Figures are kept permanently."),
        }

    def __init__(self, *args, request: HttpRequest, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.missing_rights = {right for right in self.RIGHTS.values() if not request.access.may(right)}
        for name, right in self.RIGHTS.items():
            if right in self.missing_rights:
                del self.fields[name]
        self.fields["timezone"] = forms.ChoiceField(
            label=self.fields["timezone"].label,
            help_text=self.fields["timezone"].help_text,
            choices=zone_choices(present=self.instance.timezone),
            widget=BriefSelect,
        )
        self.fields["currency"] = forms.ChoiceField(
            label=self.fields["currency"].label,
            choices=currency_choices(get_language() or "en", present=self.instance.currency),
            widget=BriefSelect,
        )
        named = [(code, name) for code, name in country_choices(get_language() or "en") if code != UNKNOWN_COUNTRY]
        self.fields["country"] = forms.ChoiceField(
            label=self.fields["country"].label,
            help_text=self.fields["country"].help_text,
            choices=[("", _("None: numbers without a country code are not read")), *named],
            required=False,
            widget=BriefSelect,
        )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields by subject; a group of which the person's role sees nothing is left out."""
        found = [(str(title), [self[name] for name in names if name in self.fields]) for title, names in self.GROUPS]
        return [(title, fields) for title, fields in found if fields]

    def sound_values(self) -> Tenant:
        """Return the tenant with the form's values, the stored ones in place of those with errors."""
        if not self.errors:
            return self.instance
        tenant = Tenant.objects.get(id=self.instance.id)
        for name in self.fields.keys() - self.errors.keys():
            setattr(tenant, name, self.cleaned_data[name])
        return tenant

    def set_by_others(self) -> list[tuple[str, str]]:
        """Return what this page hides from the person's role: what it is, and who may do it."""
        return [(str(RIGHT_TEXTS[right]), who_may(right)) for right in sorted(self.missing_rights)]

    def clean_require_mfa(self) -> bool:
        wanted = self.cleaned_data["require_mfa"]
        if wanted and not self.instance.require_mfa and not second_factor.is_used(self.request):
            raise forms.ValidationError(
                _("Set up your own second factor first, or sign in with it. Otherwise you would lock yourself out.")
            )
        return wanted

    def clean(self) -> dict:
        data = super().clean()
        if data.get("number_days") and data.get("message_days") and data["number_days"] > data["message_days"]:
            self.add_error("number_days", _("Numbers cannot be kept longer than messages."))
        return data


class RefIdSchemeForm(forms.Form):
    """Form for reading refIds: whole, or split into fields."""

    WHOLE, SPLIT = "whole", "split"

    mode = forms.ChoiceField(
        label=gettext_lazy("A refId contains"),
        choices=(
            (WHOLE, gettext_lazy("a campaign name")),
            (SPLIT, gettext_lazy("several values separated by a delimiter")),
        ),
        widget=forms.RadioSelect,
    )
    delimiter = forms.CharField(
        label=gettext_lazy("Delimiter"), required=False, max_length=ref_ids.MAX_DELIMITER_LENGTH, strip=False
    )
    fields_text = forms.CharField(
        label=gettext_lazy("Fields in order"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "Separate fields by commas. Use campaign, variant, your own names in lower case, or - to skip a"
            " value. The last field takes the rest of the refId."
        ),
    )
    sample = forms.CharField(
        label=gettext_lazy("Test a refId"), required=False, max_length=ref_ids.MAX_BYTES, strip=False
    )

    def clean(self) -> dict:
        data = super().clean()
        if data.get("mode") == self.SPLIT and not self.errors:
            for text in _problems(data["delimiter"], self.names()):
                self.add_error(None, text)
        return data

    def names(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["fields_text"].split(",")]

    def scheme(self) -> ref_ids.RefIdScheme | None:
        """Return the scheme of a valid form, None for whole refIds."""
        if self.cleaned_data["mode"] == self.WHOLE:
            return None
        return ref_ids.RefIdScheme(delimiter=self.cleaned_data["delimiter"], fields=tuple(self.names()))


def _problems(delimiter: str, names: list[str]) -> list[str]:
    """Return what `ref_ids.problems` finds, in words for people; its own where there are none for it."""
    found = ref_ids.problems(delimiter, names)
    named = [name for name in names if name not in ref_ids.SKIPPED]
    said = []
    if found and not delimiter:
        said.append(_("Enter a delimiter."))
    if found and ref_ids.CAMPAIGN not in named:
        said.append(_("One of the fields must be called campaign."))
    if found and len(named) != len(set(named)):
        said.append(_("Each field may appear only once."))
    return said or found
