"""The parameters of the page of an A/B test, and of its calculator."""

from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.ref_ids import MAX_BYTES
from campaigns.statistics import detectable_gain, sample_needed
from portal.common.templatetags.figures import count
from reports.campaigns.ab_figures import Metric
from reports.campaigns.ab_ref_ids import (
    CHOSEN,
    MAX_REF_IDS,
    MAX_WEIGHT,
    RefIdsError,
    check_ref_ids,
    read_number,
    read_weights,
)
from reports.campaigns.ab_result import DEFAULT_WITHIN, MAX_WITHIN, AbQuery

MAX_SIZE = 10**9
METRICS: dict[str, Promise] = {
    Metric.DELIVERED: gettext_lazy("Delivered"),
    Metric.WITHIN: gettext_lazy("Delivered within the time"),
    Metric.CONVERTED: gettext_lazy("Conversions"),
    Metric.REVENUE: gettext_lazy("Revenue per recipient"),
}


class AbForm(forms.Form):
    """The comparison as GET parameters; always bound. Wrong ones are left out of `query` and have an error."""

    metric = forms.ChoiceField(label=gettext_lazy("Compare"), choices=METRICS.items(), required=False)
    within = forms.IntegerField(
        label=gettext_lazy("Time in seconds"),
        min_value=1,
        max_value=MAX_WITHIN,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    split = forms.CharField(
        label=gettext_lazy("Planned split"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "50:50", "autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict) -> None:
        self.given, self.filled = data, data.copy()
        filled = self.filled
        filled.setdefault("metric", Metric.DELIVERED)
        filled["within"] = data.get("within") or str(DEFAULT_WITHIN)
        for name in CHOSEN:
            filled[name] = "\n".join(data.getlist(name))
        super().__init__(filled, auto_id="ab_%s")
        for name in CHOSEN:
            self.fields[name] = forms.CharField(
                label=_("RefIds of %(variant)s") % {"variant": name.upper()},
                strip=False,
                required=False,
                max_length=MAX_REF_IDS * (MAX_BYTES + 2),
                widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
            )

    def show_plan(self, planned: tuple[float, ...]) -> None:
        """Fill the split with the campaign's own, such as 50:50."""
        self.filled["split"] = ":".join(f"{weight:g}" for weight in planned)

    @property
    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in ("metric", "within", "split")]

    @property
    def by_hand(self) -> list[forms.BoundField]:
        return [self[name] for name in CHOSEN]

    @property
    def is_by_hand(self) -> bool:
        return any(self.data.get(name) or name in self.errors for name in CHOSEN)

    def clean_metric(self) -> Metric:
        return Metric(self.cleaned_data["metric"] or Metric.DELIVERED)

    def clean_split(self) -> tuple[float, ...] | None:
        text = self.cleaned_data["split"]
        weights = read_weights(text) if text else None
        if text and weights is None:
            raise forms.ValidationError(
                _("A positive number for each variant, with colons between, such as 50:50; each at most %(most)s.")
                % {"most": count(MAX_WEIGHT)}
            )
        return weights

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        given = {name: data.get(name, "").splitlines() for name in CHOSEN}
        try:
            self.chosen = {} if self.errors.keys() & set(CHOSEN) else check_ref_ids(given)
        except RefIdsError as error:
            self.chosen = {}
            self.add_error(error.field, str(error))
        return data

    def query(self) -> AbQuery:
        """Return what the valid parameters ask for; the defaults for wrong ones."""
        self.is_valid()
        data = self.cleaned_data
        return AbQuery(
            metric=data.get("metric", Metric.DELIVERED),
            within=data.get("within") or DEFAULT_WITHIN,
            planned=data.get("split"),
            by_plan="split" not in self.given,
            chosen=self.chosen,
        )


@dataclass(frozen=True, slots=True)
class Calculated:
    """Answers of the calculator: what each variant needs, messages or recipients, and the gain in points of `size`."""

    needed: int
    gain: float | None


class CalculatorForm(forms.Form):
    """The calculator: a rate and a gain in percent and points, and a number of messages or recipients of each variant.

    By `metric` it is of messages or of recipients; of revenue it takes the share of recipients with a conversion.
    """

    rate = forms.CharField(label=gettext_lazy("Rate so far, in percent"), required=False, max_length=20)
    gain = forms.CharField(label=gettext_lazy("Gain to be found, in points"), required=False, max_length=20)
    size = forms.IntegerField(
        label=gettext_lazy("Messages of each variant"),
        min_value=2,
        max_value=MAX_SIZE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict, *, metric: Metric, rate: str, gain: str, size: int) -> None:
        self.metric = metric
        filled = data.copy()
        for name, value in (("rate", rate), ("gain", gain), ("size", str(size))):
            filled[name] = data.get(name) or value
        super().__init__(filled, auto_id="ab_%s")
        if metric.is_of_recipients:
            self.fields["size"].label = _("Recipients of each variant")
        for field in self.fields.values():
            field.widget.attrs |= {"inputmode": "decimal", "form": "ab", "autocomplete": "off"}

    def clean_rate(self) -> float:
        rate = read_number(self.cleaned_data["rate"])
        if rate is None or not 0 <= rate < 100:
            raise forms.ValidationError(_("A number from 0 to under 100, such as 95.5."))
        return float(rate) / 100

    def clean_gain(self) -> float:
        gain = read_number(self.cleaned_data["gain"])
        if gain is None or not Decimal("0.01") <= gain <= 100:
            raise forms.ValidationError(_("A number from 0.01 to 100, such as 2."))
        return float(gain) / 100

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        if "rate" in data and "gain" in data and data["rate"] + data["gain"] > 1:
            self.add_error("gain", _("The rate and the gain are more than 100 % together."))
        return data

    def calculated(self) -> Calculated | None:
        """Return the answers, None if a field is wrong."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        return Calculated(
            sample_needed(data["rate"], data["rate"] + data["gain"]), detectable_gain(data["rate"], data["size"])
        )
