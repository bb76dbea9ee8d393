"""Form of an alert rule; a standard one keeps its kind and its messages, that of a budget has quiet hours alone."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from portal.common.countries import country_meant
from portal.common.country_choices import country_choices
from portal.common.no_numbers import refuse_numbers
from portal.common.templatetags.figures import count
from portal.tenants.models import Tenant
from reports.alerts.changing import RuleInput
from reports.alerts.offered import names_of
from reports.alerts.reading import operators_named
from reports.alerts.rules import LIMITS, MOST_MESSAGES
from reports.alerts.texts import UNITS
from reports.models import AlertRule
from reports.models.alerts import MIN_MESSAGES

Kind, Scope = AlertRule.Kind, AlertRule.Scope

_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class RuleForm(forms.Form):
    """Fields of a rule. `given` is what they say."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, validators=[refuse_numbers])
    kind = forms.ChoiceField(
        label=gettext_lazy("What it looks at"), choices=[one for one in Kind.choices if one[0] != Kind.BUDGET]
    )
    scope = forms.ChoiceField(label=gettext_lazy("Which messages"), choices=Scope.choices)
    which = forms.CharField(
        label=gettext_lazy("Which one"),
        max_length=256,
        required=False,
        validators=[refuse_numbers],
        help_text=gettext_lazy(
            "The country, operator, partner ID, campaign or sender, if you chose one of them above. Phone numbers"
            " cannot be used."
        ),
        widget=forms.TextInput(attrs={"list": "alert-names", "autocomplete": "off"}),
    )
    threshold = forms.FloatField(
        label=gettext_lazy("Threshold"),
        localize=True,
        required=False,
        help_text=gettext_lazy(
            "Percentage points that the delivery rate falls, percent that the volume changes, times the usual median,"
            " or minutes without a message."
        ),
    )
    min_messages = forms.IntegerField(
        label=gettext_lazy("Messages at least"),
        min_value=MIN_MESSAGES,
        max_value=MOST_MESSAGES,
        help_text=gettext_lazy("Fewer messages in 15 minutes open no alert. At least 100."),
    )
    quiet_from = forms.TimeField(label=gettext_lazy("No e-mail from"), required=False, widget=_TIME)
    quiet_until = forms.TimeField(label=gettext_lazy("No e-mail until"), required=False, widget=_TIME)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        tenant: Tenant,
        rule: AlertRule | None = None,
        which: str = "",
        chosen: Mapping[str, str] | None = None,
    ) -> None:
        """`chosen` are the kind and the scope with which a new rule begins."""
        super().__init__(data, initial=_initial(rule, which) | dict(chosen or {}), auto_id="alert_%s")
        self._tenant, self._rule = tenant, rule
        if rule is None or not (rule.standard or rule.budget_id):
            return
        for name in ("name", "kind", "scope", "which"):
            del self.fields[name]
        if rule.budget_id:
            del self.fields["threshold"], self.fields["min_messages"]
        else:
            self.fields["threshold"].help_text = _range_text(rule.kind)

    @property
    def names(self) -> list[str]:
        """The names that are offered for "Which one"."""
        return names_of(self._tenant, self["scope"].value())

    @property
    def range_text(self) -> str:
        """The thresholds that the chosen kind takes, and its good start."""
        kind = self["kind"].value()
        if kind not in LIMITS:
            return ""
        first = _("Left empty it is %(first)s.") % {"first": _shown(LIMITS[kind][2])}
        return f"{_range_text(kind)} {first}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        rule = self._rule
        kind = rule.kind if rule and rule.standard else data.get("kind")
        if "threshold" in data and kind in LIMITS:
            least, most, first = LIMITS[kind]
            if data["threshold"] is None:
                data["threshold"] = first
            if not least <= data["threshold"] <= most:
                self.add_error("threshold", _range_text(kind))
        if bool(data.get("quiet_from")) != bool(data.get("quiet_until")):
            self.add_error("quiet_until", _("Give both times, or none."))
        return data | (self._which(data) if "scope" in data and not self.errors.get("which") else {})

    def given(self) -> RuleInput:
        """Return what the valid form says."""
        rule = self._rule
        names = RuleInput.__dataclass_fields__
        kept = {}
        if rule and rule.budget_id:
            kept = {name: getattr(rule, name) for name in names if not name.startswith("quiet_")}
        elif rule and rule.standard:
            kept = {"name": "", "kind": rule.kind, "scope": rule.scope}
        return RuleInput(**{name: value for name, value in (self.cleaned_data | kept).items() if name in names})

    def _which(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the field of the rule that says which messages, by its scope."""
        scope, which = data["scope"], data.get("which", "").strip()
        if scope in (Scope.EACH, Scope.ALL):
            return {}
        if not which:
            self.add_error("which", _("Say which one."))
            return {}
        found = {
            Scope.COUNTRY: self._country,
            Scope.OPERATOR: self._operator,
            Scope.CAMPAIGN: self._campaign,
            Scope.PARTNER_ID: lambda text: {"partner_id": text},
            Scope.SENDER: lambda text: {"sender": text},
        }[scope](which)
        if found is None:
            self.add_error("which", _("The portal knows no such country, operator or campaign of yours."))
        return found or {}

    def _country(self, text: str) -> dict[str, Any] | None:
        choices = country_choices(get_language() or "en")
        names = {str(name).casefold(): code for code, name in choices}
        code = text.upper() if text.upper() in dict(choices) else names.get(text.casefold()) or country_meant(text)
        return {"country": code} if code else None

    def _operator(self, text: str) -> dict[str, Any] | None:
        part = operators_named(self._tenant.pk, text)
        return {"country": part.country, "operator": part.operator} if part else None

    def _campaign(self, text: str) -> dict[str, Any] | None:
        found = Campaign.objects.filter(tenant=self._tenant, name=text).first()
        return {"campaign_id": found.pk} if found else None


def _range_text(kind: str) -> str:
    least, most, _first = LIMITS[kind]
    return _("From %(least)s to %(most)s %(unit)s.") % {
        "least": _shown(least), "most": _shown(most), "unit": UNITS[kind]
    }  # fmt: skip


def _shown(value: float) -> str:
    return count(int(value)) if value == int(value) else str(value)


def _initial(rule: AlertRule | None, which: str) -> dict[str, Any]:
    if rule is None:
        return {"kind": Kind.DELIVERY, "scope": Scope.ALL, "min_messages": MIN_MESSAGES}
    names = ("name", "kind", "scope", "threshold", "min_messages", "quiet_from", "quiet_until")
    found = {name: getattr(rule, name) for name in names} | {"which": which}
    if rule.threshold == int(rule.threshold):
        found["threshold"] = int(rule.threshold)
    return found
