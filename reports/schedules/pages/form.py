"""The builder's form: what a person chooses for a saved report, by its kind."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from deliveries.message_pages.columns import ALL_COLUMNS
from deliveries.search.segment_keys import search_keys
from portal.accounts.access import PageRequest
from portal.accounts.models import Membership
from portal.common.day_field import DayField
from portal.tenants.models import Tenant
from reports.campaigns.ab_form import METRICS
from reports.models import ReportDefinition
from reports.monthly.texts import translate
from reports.pricing.rights import may_see_costs
from reports.runs.report_scope import account_report_scopes
from reports.schedules.checking import WrongDefinition, check_definition
from reports.schedules.cost_tables import COSTS
from reports.schedules.figure_tables import ALWAYS, MEASURES
from reports.schedules.kinds import AB_WITHIN, KINDS
from reports.schedules.pages import offered
from reports.schedules.pages.initial import AS_THEY_ARE, usual_columns
from reports.schedules.pages.presets import may_make
from reports.schedules.pages.typed_filters import read_values
from reports.schedules.pages.unused import unused_fields
from reports.schedules.pages.wording import PROBLEMS, WEEKDAYS, dimension_name
from reports.schedules.recipients import MAX_RECIPIENTS, RIGHT_FOR_OUTSIDE

Kind, Frequency = ReportDefinition.Kind, ReportDefinition.Frequency

MAX_DIGITS = 18  # of an id
_LOG_FILTERS = ("campaign", "variant", "partner_id", "country", "operator", "status", "result_code")


class BuilderForm(forms.Form):
    """Form of a definition of one kind. `values` are those of the definition once it is valid."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    period = forms.ChoiceField(label=gettext_lazy("Period"))
    first = DayField(label=gettext_lazy("First day"), required=False)
    last = DayField(label=gettext_lazy("Last day"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language of the files"), required=False)
    formats = forms.MultipleChoiceField(
        label=gettext_lazy("File formats"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("File formats: choose at least one.")},
    )
    frequency = forms.ChoiceField(
        label=gettext_lazy("How often"),
        required=False,
        choices=[("", gettext_lazy("No schedule")), *Frequency.choices],
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Weekday"), required=False, choices=list(WEEKDAYS.items()), coerce=int, empty_value=None
    )
    month_day = forms.IntegerField(
        label=gettext_lazy("Day of the month"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=gettext_lazy("In a shorter month it is the last day."),
    )
    at = forms.TimeField(
        label=gettext_lazy("Local time"),
        required=False,
        input_formats=["%H:%M", "%H.%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "07:00", "maxlength": 5, "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("Local time: write it as 07:00.")},
    )
    condition = forms.ChoiceField(
        label=gettext_lazy("Condition"),
        required=False,
        choices=[("", gettext_lazy("Always")), *ReportDefinition.Condition.choices],
    )
    members = forms.MultipleChoiceField(
        label=gettext_lazy("Send to members"), required=False, widget=forms.CheckboxSelectMultiple
    )
    addresses = forms.CharField(
        label=gettext_lazy("Add other e-mail addresses"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line. Each address is asked once to confirm. Its reports have masked phone numbers."
        ),
    )

    gates = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Tell gates"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Nothing chosen: all gates that send the event “Report finished”. A chosen one that does not send it is"
            " told nothing."
        ),
    )

    def __init__(
        self, *args, request: PageRequest, tenant: Tenant, kind: str, held: ReportDefinition | None = None, **kwargs
    ) -> None:
        """`held` is the definition that is changed."""
        super().__init__(*args, **kwargs)
        self.held = held
        self.access, self.user, self.tenant, self.of = request.access, request.user, tenant, KINDS[kind]
        self.chosen_kind = kind
        self._choices("kind", [pair for pair in Kind.choices if may_make(self.access, pair[0])])
        self._choices("period", [pair for pair in ReportDefinition.Period.choices if pair[0] in self.of.periods])
        self._choices("formats", [pair for pair in ReportDefinition.Format.choices if pair[0] in self.of.formats])
        languages = [(code, name) for code, name in settings.LANGUAGES]
        self._choices("language", [("", _("The customer's")), *languages])
        members = Membership.objects.filter(tenant=tenant, user__is_active=True).select_related("user")
        self._choices("members", [(str(one.user_id), one.user.email) for one in members.order_by("user__email")])
        self._add_gates()
        if not self.access.may(RIGHT_FOR_OUTSIDE):
            del self.fields["addresses"]
        self.subject_names = self._add_subject()
        self.filter_names = self._add_filters()
        if self.of.costs and may_see_costs(self.access):
            self._add_costs()
        if self.of.groups:
            self._several("group_by", _("Group by"), [(name, dimension_name(name)) for name in self.of.groups])
            self.fields["group_by"].help_text = _("Nothing chosen: a table for each of the usual ones. At most four.")
        if self.of.columns:
            self._several("columns", _("Columns"), self._columns())

    def _add_costs(self) -> None:
        self.fields[COSTS] = forms.BooleanField(
            label=_("With costs"),
            required=False,
            help_text=_("In further tables, in the files of members who may see costs. Outside addresses get none."),
        )

    def _add_gates(self) -> None:
        """Offer the gates, also those that are chosen and do not send the event any more: see `gate_choices`."""
        given = self["gates"].value() or ()
        chosen = [int(one) for one in given if str(one).isdecimal() and len(str(one)) < MAX_DIGITS]
        self._choices("gates", offered.gate_choices(self.tenant, chosen=chosen, held=self._held_gates))

    @property
    def _held_gates(self) -> list[int]:
        return self.held.gates if self.held else []

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined] # of a choice field

    def _several(self, name: str, label: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name] = forms.MultipleChoiceField(
            label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
        )

    def _columns(self) -> list[tuple[str, str]]:
        if self.chosen_kind == Kind.MESSAGES:
            return [(name, str(column.heading)) for name, column in ALL_COLUMNS.items()]
        language = get_language() or "en"
        return [(name, translate(MEASURES[name][0].key, language)) for name in MEASURES if name not in ALWAYS]

    def _add_subject(self) -> list[str]:
        if self.of.subject == "campaign":
            self.fields["campaign"] = forms.CharField(
                label=_("Campaign"), max_length=256, widget=forms.TextInput(attrs={"list": "campaign-names"})
            )
            names = ["campaign"]
            if self.chosen_kind == Kind.AB_TEST:
                self.fields["metric"] = forms.ChoiceField(label=_("Compare"), choices=METRICS.items())
                self.fields["within"] = forms.IntegerField(
                    label=_("Within seconds"), required=False, min_value=1, max_value=AB_WITHIN
                )
                names += ["metric", "within"]
            return names
        if self.of.subject == "key":
            keys = [(key, key) for key, one in search_keys(self.access.tenant_ids).items() if one.counted]
            self.fields["key"] = forms.ChoiceField(label=_("Segment key"), choices=keys)
            self.fields["by"] = forms.ChoiceField(
                label=_("Second segment key"), choices=[("", _("None")), *keys], required=False
            )
            return ["key", "by"]
        if self.chosen_kind == Kind.MONTHLY:
            return self._add_template()
        if self.of.subject == "account":
            scopes = [one.account for one in account_report_scopes(self.access) if one.account]
            self.fields["account"] = forms.TypedChoiceField(
                label=_("Gateway account"), choices=[(one.id, one.name) for one in scopes], coerce=int
            )
            return ["account"]
        return []

    def _add_template(self) -> list[str]:
        choices = offered.template_choices(self.tenant)
        before = self.held.parameters.get("template") if self.held else None
        is_gone = before is not None and str(before) not in dict(choices)
        if len(choices) == 1 and not is_gone:
            return []
        self.fields["template"] = forms.TypedChoiceField(
            label=_("Workbook"), required=False, choices=choices, coerce=int, empty_value=None,
            help_text=_("The template that was chosen does not exist any more.") if is_gone else "",
        )  # fmt: skip
        return ["template"]

    def _add_filters(self) -> list[str]:
        names = _LOG_FILTERS if self.chosen_kind == Kind.MESSAGES else self.of.filters
        one_value = self.chosen_kind == Kind.MESSAGES
        added = []
        for name in names:
            field = f"filter_{name}"
            if name == "status":
                self._several(field, dimension_name(name), offered.statuses())
            elif name == "tenant":
                slugs = Tenant.objects.filter(id__in=self.access.tenant_ids).order_by("name")
                if len(self.access.tenant_ids) == 1:
                    continue
                self._several(field, _("Customer"), [(one.slug, one.name) for one in slugs])
            else:
                widget = forms.TextInput(attrs={"autocomplete": "off"})
                area = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
                self.fields[field] = forms.CharField(
                    label=dimension_name(name), required=False, max_length=256 if one_value else 5000,
                    widget=widget if one_value else area,
                )  # fmt: skip
            self.fields[field].word = name  # type: ignore[attr-defined] # of the glossary, for the label's explanation
            added.append(field)
        return added

    @property
    def campaign_names(self) -> list[str]:
        """The names that are offered for the campaign."""
        return offered.campaign_names(self.access)

    def filter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.filter_names]

    def subject_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.subject_names]

    @property
    def has_filters(self) -> bool:
        """Tell whether a filter is set or wrong, so that the page shows all of them."""
        return any(self[name].value() or self[name].errors for name in self.filter_names)

    @property
    def has_tables(self) -> bool:
        """Tell whether groups or columns are chosen or wrong, so that the page shows them."""
        names = [name for name in ("group_by", "columns") if name in self.fields]
        chosen = {name: self[name].value() or [] for name in names}
        return bool(
            any(self[name].errors for name in names)
            or chosen.get("group_by")
            or set(chosen.get("columns", [])) not in (set(), set(usual_columns(self.chosen_kind)))
        )

    def clean_addresses(self) -> list[str]:
        check = forms.EmailField()
        found = [line.strip() for line in self.cleaned_data["addresses"].splitlines() if line.strip()]
        for address in found:
            try:
                check.clean(address)
            except forms.ValidationError as error:
                raise forms.ValidationError(
                    _("“%(text)s” is not an e-mail address."), params={"text": address[:100]}
                ) from error
        if len(found) > MAX_RECIPIENTS:
            raise forms.ValidationError(_("A report has at most %(most)d recipients."), params={"most": MAX_RECIPIENTS})
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        frequency = data.get("frequency")
        if frequency and data.get("at") is None and "at" not in self.errors:
            self.add_error("at", _("Local time: a schedule needs one, such as 07:00."))
        if frequency == Frequency.MONTHLY and data.get("month_day") is None and "month_day" not in self.errors:
            self.add_error("month_day", _("Day of the month: a monthly schedule needs one, from 1 to 31."))
        if frequency == Frequency.WEEKLY and not data.get("weekday"):
            self.add_error("weekday", _("Weekday: a weekly schedule needs one."))
        for name in unused_fields(data):
            self.errors.pop(name, None)  # the page does not show the field
        self.values = self._values(data)
        if not self.errors:
            try:
                check_definition(self.definition(), self.access, held_gates=self._held_gates)
            except WrongDefinition as wrong:
                self.add_error(self._field_of(wrong), str(PROBLEMS[wrong.code]))
        return data

    def definition(self) -> ReportDefinition:
        """Return a definition of the values, which is not saved."""
        return ReportDefinition(tenant=self.tenant, owner=self.user, owned_by=self.user.email, **self.values)

    def _field_of(self, wrong: WrongDefinition) -> str | None:
        return next((name for name in (wrong.field, f"filter_{wrong.field}") if name in self.fields), None)

    def _values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the definition; what its schedule does not need is empty."""
        frequency, period = data.get("frequency", ""), data.get("period", "")
        is_custom = period == ReportDefinition.Period.CUSTOM
        return {
            "name": data.get("name", ""),
            "kind": data.get("kind", self.chosen_kind),
            "parameters": self._parameters(data),
            "period": period,
            "first": data.get("first") if is_custom else None,
            "last": data.get("last") if is_custom else None,
            "language": data.get("language", ""),
            "formats": data.get("formats", []),
            "frequency": frequency,
            "weekday": data.get("weekday") if frequency == Frequency.WEEKLY else None,
            "month_day": data.get("month_day") if frequency == Frequency.MONTHLY else None,
            "at": data.get("at") if frequency else None,
            "condition": data.get("condition", ""),
            "gates": sorted(data.get("gates", [])),
        }

    def _parameters(self, data: Mapping[str, Any]) -> dict[str, Any]:
        is_log, found = self.chosen_kind == Kind.MESSAGES, {}
        for name in AS_THEY_ARE:
            if data.get(name):
                found[name] = data[name]
        if data.get("campaign"):
            found["campaign"] = offered.campaign_id(data["campaign"], tenant=self.tenant, access=self.access)
        if (columns := data.get("columns")) and set(columns) != set(usual_columns(self.chosen_kind)):
            found["columns"] = columns
        filters = {}
        for field in self.filter_names:
            name = field.removeprefix("filter_")
            values, problem = read_values(name, data.get(field) or "")
            if problem:
                self.add_error(field, problem)
            if values:
                filters[name] = values
        if not is_log:
            return found | ({"filters": filters} if filters else {})
        search = {
            ("statuses" if name == "status" else name): v if name == "status" else v[0] for name, v in filters.items()
        }
        return found | ({"search": search} if search else {})
