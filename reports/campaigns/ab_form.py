"""The parameters of the page of an A/B test, and of its calculator."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.ref_ids import MAX_BYTES
from campaigns.statistics import detectable_gain, sample_needed
from reports.campaigns.ab_figures import Metric
from reports.campaigns.ab_result import AbQuery

CHOSEN = ("a", "b", "c", "d")  # parameters with refIds; the variants are called so in capitals
MAX_REF_IDS = 20
MAX_WITHIN = 86_400  # seconds
MAX_WEIGHT = 1_000_000
MAX_SIZE = 10**9
DEFAULT_WITHIN = 60
METRICS: dict[str, Promise] = {
    Metric.DELIVERED: gettext_lazy("Delivered"),
    Metric.WITHIN: gettext_lazy("Delivered within the time"),
}


class RefIdsError(ValueError):
    """The chosen refIds cannot be compared; `field` is the parameter, `str()` the reason, in the page's language."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def read_weights(text: str) -> tuple[float, ...] | None:
    """Return the weights of a split such as `50:50`; None if the text is none."""
    parts = [part.strip().removesuffix("%").strip() for part in text.replace("/", ":").split(":")]
    weights = [_number(part) for part in parts]
    if len(weights) < 2 or not all(weight is not None and 0 < weight <= MAX_WEIGHT for weight in weights):
        return None
    return tuple(float(weight) for weight in weights if weight is not None)


def check_ref_ids(given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the refIds by variant without repetitions; empty if none are given. Raises RefIdsError."""
    chosen = {name: list(dict.fromkeys(ref_id for ref_id in ref_ids if ref_id)) for name, ref_ids in given.items()}
    chosen = {name: ref_ids for name, ref_ids in chosen.items() if ref_ids}
    owner: dict[str, str] = {}
    for name, ref_ids in chosen.items():
        for ref_id in ref_ids:
            if len(ref_id.encode()) > MAX_BYTES:
                raise RefIdsError(name, _("A refId has at most %(most)d bytes.") % {"most": MAX_BYTES})
            if ref_id in owner:
                text = _("The refId “%(ref_id)s” is in two variants.") % {"ref_id": ref_id[:40]}
                raise RefIdsError(name, text)
            owner[ref_id] = name
    if len(owner) > MAX_REF_IDS:
        raise RefIdsError(next(reversed(chosen)), _("At most %(most)d refIds can be compared.") % {"most": MAX_REF_IDS})
    if len(chosen) == 1:
        raise RefIdsError(next(iter(chosen)), _("Give refIds for two variants or more."))
    return {name.upper(): ref_ids for name, ref_ids in chosen.items()}


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
        filled = data.copy()
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
                % {"most": MAX_WEIGHT}
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
            chosen=self.chosen,
        )


@dataclass(frozen=True, slots=True)
class Calculated:
    """Answers of the calculator: the messages needed of each variant, and the gain in points that `size` finds."""

    needed: int
    gain: float | None


class CalculatorForm(forms.Form):
    """The calculator: a rate and a gain in percent and points, and a number of messages of each variant."""

    rate = forms.CharField(label=gettext_lazy("Rate so far, in percent"), required=False, max_length=20)
    gain = forms.CharField(label=gettext_lazy("Gain to be found, in points"), required=False, max_length=20)
    size = forms.IntegerField(
        label=gettext_lazy("Messages of each variant"),
        min_value=2,
        max_value=MAX_SIZE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict, *, rate: str, gain: str, size: int) -> None:
        filled = data.copy()
        for name, value in (("rate", rate), ("gain", gain), ("size", str(size))):
            filled[name] = data.get(name) or value
        super().__init__(filled, auto_id="ab_%s")
        for field in self.fields.values():
            field.widget.attrs |= {"inputmode": "decimal", "form": "ab", "autocomplete": "off"}

    def clean_rate(self) -> float:
        rate = _number(self.cleaned_data["rate"])
        if rate is None or not 0 <= rate < 100:
            raise forms.ValidationError(_("A number from 0 to under 100, such as 95.5."))
        return float(rate) / 100

    def clean_gain(self) -> float:
        gain = _number(self.cleaned_data["gain"])
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


def _number(text: str) -> Decimal | None:
    """Return a plain decimal number with a point or a comma, None for anything else."""
    plain = text.strip().replace(",", ".")
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii():
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None
