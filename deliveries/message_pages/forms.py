"""Strict form of Message Search."""

from collections.abc import Callable, Iterable
from datetime import date
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from deliveries.dialects.codes import COUNTS_AS, STATUS_RANK
from deliveries.message_pages.choice_fields import CountryField, NearestChoiceField, NearestChoicesField
from deliveries.message_pages.number_lists import KEPT_HOURS, NumberList
from deliveries.message_pages.number_text import MAX_NUMBER_LENGTH, note_on_number, one_number
from deliveries.message_pages.parameter_fields import PARAMETER, is_parameter, not_chosen, parameter_fields, wrong_keys
from deliveries.message_pages.table_columns import COLUMNS_PARAMETER, TableColumns, split_names
from deliveries.messages.fold import NO_CODE
from deliveries.models import ResultCode
from deliveries.search.find import PAGE
from deliveries.search.operators import other_spellings
from deliveries.search.query import MAX_DELIVERED_WITHIN, MessageQuery
from deliveries.search.segment_keys import SearchKey, search_keys
from portal.accounts.access import Access
from portal.common.country_choices import country_choices
from portal.common.day_field import DayField
from portal.common.days_typed import parse_day
from portal.common.msisdn import is_readable, may_be_part_of_number, read_number
from portal.common.period_picker import MAX_DAYS, Period, PeriodError, parse
from portal.tenants.models import Tenant

ANY_TIME = "all"
DEFAULT_PERIOD = "30d"
PRESETS: dict[str, Promise] = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    ANY_TIME: gettext_lazy("Any time"),
}
# what links of other pages ask for besides
PERIODS = PRESETS | {
    "this_year": gettext_lazy("This year"),
    "last_year": gettext_lazy("Last year"),
    "12m": gettext_lazy("12 months"),
}
CLASSES: dict[str, Promise] = {
    "delivered": gettext_lazy("Delivered"),
    "pending": gettext_lazy("Pending"),
    "failed": gettext_lazy("Failed"),
    "unknown": gettext_lazy("Unknown"),
}
SEVERAL = ("status", "counts_as")
SIZES = (25, PAGE, 100)  # rows on a page
# parameters that choose no messages by what they are
LOOKS = ("size", COLUMNS_PARAMETER)  # how the list looks, whatever it finds
NO_FILTERS = ("cursor", "compare", "period", "from", "to", *LOOKS)
_TEXTS = ("number", "ref_id", "ref_id_prefix", "message_id", "campaign", "variant", "partner_id", "country", "operator")
_NEVER_MANY = ("number", "numbers", "ref_id", "ref_id_prefix", "message_id")  # few enough to look for them at any time
_AS_IT_IS = frozenset({"ref_id", "ref_id_prefix", "partner_id"})  # " 7" and "7" are two

Pairs = list[tuple[str, str]]


class MessageFilterForm(forms.Form):
    """The filters of Message Search as GET parameters; always bound. Dates win over a period's name."""

    PERIODS, LOOKS = PERIODS, LOOKS

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=MAX_NUMBER_LENGTH,
        widget=forms.TextInput(attrs={"inputmode": "tel", "placeholder": "+358 40 123 4567", "autocomplete": "off"}),
    )
    ref_id = forms.CharField(label=gettext_lazy("RefId"), max_length=256, strip=False)
    campaign = forms.CharField(label=gettext_lazy("Campaign"), max_length=256)
    counts_as = NearestChoicesField(
        label=gettext_lazy("Counts as"), choices=CLASSES.items(), widget=forms.CheckboxSelectMultiple
    )
    ref_id_prefix = forms.CharField(label=gettext_lazy("RefId begins with"), max_length=256, strip=False)
    message_id = forms.CharField(label=gettext_lazy("Message id"), max_length=200)
    variant = forms.CharField(label=gettext_lazy("Variant"), max_length=256)
    partner_id = forms.CharField(label=gettext_lazy("Partner ID"), max_length=256, strip=False)
    country = CountryField(label=gettext_lazy("Country"))
    operator = forms.CharField(
        label=gettext_lazy("Operator"), max_length=100, widget=forms.TextInput(attrs={"placeholder": "fi.elisa"})
    )
    result_code = forms.IntegerField(
        label=gettext_lazy("Result code"),
        min_value=NO_CODE,
        max_value=2**31 - 1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "list": "result-codes", "autocomplete": "off"}),
    )
    delivered_within = forms.IntegerField(
        label=gettext_lazy("Delivered within, in seconds"),
        min_value=0,
        max_value=MAX_DELIVERED_WITHIN,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    hour = forms.IntegerField(
        label=gettext_lazy("Hour of sending, 0 to 23"),
        min_value=0,
        max_value=23,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    status = NearestChoicesField(
        label=gettext_lazy("Status"), choices=ResultCode.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    size = forms.TypedChoiceField(
        label=gettext_lazy("Rows per page"),
        choices=[(size, size) for size in SIZES],
        coerce=int,
        empty_value=PAGE,
        error_messages={"invalid_choice": gettext_lazy("Rows per page: 25, 50 or 100, not “%(value)s”.")},
    )

    def __init__(
        self,
        data: QueryDict,
        *,
        access: Access,
        today: date,
        keys: dict[str, SearchKey] | None = None,
        list_of: Callable[[str], NumberList | None] = lambda _id: None,
    ) -> None:
        found = search_keys(access.tenant_ids) if keys is None else keys  # of another form of the same request
        self.keys = {key: one for key, one in found.items() if not access.masking.hides(key)}
        self.given = _given(data, self.keys)
        self.access, self.today, self.period = access, today, None
        self.list_of, self.number_list = list_of, None
        super().__init__(_filled(self.given), auto_id="filter_%s")
        self._tenants = {access.tenant.slug: access.tenant}
        if len(access.tenant_ids) > 1:
            self._tenants = {t.slug: t for t in Tenant.objects.filter(id__in=access.tenant_ids).order_by("name", "id")}
        self.fields["country"].choices = [("", _("All")), *country_choices(get_language() or "en")]
        choices = [("", _("All")), *((slug, tenant.name) for slug, tenant in self._tenants.items())]
        self.fields["tenant"] = NearestChoiceField(label=_("Customer"), choices=choices)
        for name, label in (("from", _("From")), ("to", _("To"))):
            self.fields[name] = DayField(label=label)
        self.fields["campaign"].widget.attrs |= {"list": "campaign-names", "autocomplete": "off"}
        names = self.data.getlist(COLUMNS_PARAMETER)
        self.table = TableColumns(names, has_customers=self.is_parents, keys=self.keys)
        self.fields[COLUMNS_PARAMETER] = self.table.field()
        if access.masking.in_full:
            self.fields["numbers"] = forms.CharField(label=_("Numbers"), max_length=40, widget=forms.HiddenInput)
        self.fields |= parameter_fields(self.keys, self._tenants.values())
        for field in self.fields.values():
            field.required = False

    @property
    def parameters(self) -> list[forms.BoundField]:
        """The fields of custom parameters that messages are found by."""
        return [self[PARAMETER.format(key)] for key in self.keys]

    @property
    def is_parents(self) -> bool:
        return len(self._tenants) > 1

    @property
    def has_more(self) -> bool:
        """Return whether a filter below "More filters" is in use or wrong."""
        first = {"number", "numbers", "ref_id", "campaign", "counts_as", *NO_FILTERS}
        return any(name not in first for name, _text in self.given) or bool(self.errors.keys() - first)

    @property
    def period_name(self) -> str:
        return self.data.get("period", "")

    def clean_number(self) -> str:
        return one_number(self.cleaned_data["number"], may_list=self.access.masking.in_full)

    def clean_numbers(self) -> str:
        id_ = self.cleaned_data["numbers"]
        self.number_list = self.list_of(id_) if id_ else None
        if id_ and self.number_list is None:
            raise forms.ValidationError(
                _("This list of numbers is gone, or somebody else pasted it. Lists are kept for %(hours)d hours.")
                % {"hours": KEPT_HOURS}
            )
        return id_

    @property
    def number_note(self) -> str:
        """Note on reading a number without a country code, '' for other numbers and for a wrong one."""
        return note_on_number(self.cleaned_data.get("number", ""), self.access.tenant.country)

    @property
    def is_misread(self) -> bool:
        """Return whether the text in the field of numbers is no phone number, or none that can be read here."""
        text = self.cleaned_data.get("number", "")
        return bool(text) and not is_readable(read_number(text, self.access.tenant.country).text)

    def instead_of_number(self, name: str) -> str:
        """Return the parameters with the text of the field of numbers in another filter."""
        rest = [(key, text) for key, text in self.given if key not in ("number", "cursor", name)]
        return urlencode([*rest, (name, self.cleaned_data["number"])])

    def clean_ref_id_prefix(self) -> str:
        prefix = self.cleaned_data["ref_id_prefix"]
        if not self.access.masking.in_full and may_be_part_of_number(prefix):
            raise forms.ValidationError(
                _(
                    "Five or more digits may be part of a phone number and would reveal the rest. Search for the"
                    " whole refId."
                )
            )
        return prefix

    def clean(self) -> dict:
        data = super().clean()
        known = {*self.fields, *NO_FILTERS}
        for name in sorted({name for name, _text in self.given} - known):
            text = _("Unknown filter “%(name)s”.") % {"name": name[:40]}
            self.add_error(None, not_chosen(name) if is_parameter(name) else text)
        if "tenant" not in self.errors:
            asked = [key for key in self.keys.values() if data.get(PARAMETER.format(key.key))]
            for name, text in wrong_keys(asked, self.access.tenant_ids, self._tenants.get(data.get("tenant", ""))):
                self.add_error(name, text)
        if "from" not in self.errors and "to" not in self.errors:
            self.period = self._period(data.get("from"), data.get("to"))
        return data

    def query(self) -> MessageQuery:
        """Return the query of a valid form."""
        data = self.cleaned_data
        classes = {status for status in STATUS_RANK if COUNTS_AS[status] in data["counts_as"]}
        tenant = self._tenants.get(data["tenant"])
        return MessageQuery(
            tenant_ids=frozenset([tenant.id]) if tenant else self.access.tenant_ids,
            first=self.period and self.period.first,
            last=self.period and self.period.last,
            statuses=tuple(status for status in STATUS_RANK if status in classes or status in data["status"]),
            result_code=data["result_code"],
            delivered_within=data["delivered_within"],
            hour=data["hour"],
            number_country=self.access.tenant.country,
            parameters={key: value for key in self.keys if (value := data[PARAMETER.format(key)])},
            numbers=self.number_list.numbers if self.number_list else (),
            **{name: data[name] for name in _TEXTS},
        )

    def searched_texts(self) -> list[tuple[str, str]]:
        """Return the filters of a valid form that may hold a phone number; a message id finds none that is masked."""
        names = ("number", "ref_id", "ref_id_prefix", "campaign", "variant", "partner_id", "operator")
        names += tuple(PARAMETER.format(key) for key in self.keys)
        return [(name, self.cleaned_data[name]) for name in names if self.cleaned_data[name]]

    def knows_operator(self) -> bool:
        """Return whether the operator is spelled as in the messages; else add an error."""
        operator = self.cleaned_data["operator"]
        spellings = {}
        if operator:
            ids, masking = self.query().tenant_ids, self.access.masking
            spellings = other_spellings([operator], tenant_ids=ids, masking=masking)
        for meant in spellings.values():
            self.add_error("operator", _("No match for this spelling. Did you mean %(meant)s?") % {"meant": meant})
        return not spellings

    @property
    def pairs(self) -> Pairs:
        """The parameters by which this very list is found again, its period named."""
        rest = [(name, text) for name, text in self.given if name not in NO_FILTERS]
        rest += [(name, self.data[name]) for name in ("period", "from", "to", "size") if self.data.get(name)]
        return rest + self.table.pairs

    def with_period(self, name: str) -> Pairs:
        """Return the parameters with another period."""
        return [(key, text) for key, text in self.pairs if key not in NO_FILTERS or key in LOOKS] + [("period", name)]

    @property
    def sizes(self) -> list[tuple[int, str, bool]]:
        """(rows, the parameters with so many on a page, whether there are) of each size."""
        rest = [pair for pair in self.pairs if pair[0] != "size"]
        return [(size, urlencode([*rest, ("size", size)]), size == self.cleaned_data["size"]) for size in SIZES]

    def is_filter(self, name: str) -> bool:
        """Return whether a parameter chooses messages by what they are."""
        return name in self.fields and name not in NO_FILTERS

    def _period(self, first: date | None, last: date | None) -> Period | None:
        if self.period_name == ANY_TIME:
            return None
        if last and not first:
            self.add_error("from", _("The first day is missing."))
        elif first and last and last < first:
            self.add_error("to", _("The last day is before the first one."))
        elif first and last and (last - first).days >= MAX_DAYS:
            self.add_error("from", _("At most %(most)d days.") % {"most": MAX_DAYS})
        else:
            try:
                return parse(self.data, today=self.today, read=parse_day)
            except PeriodError as error:
                self.add_error(error.field if error.field in self.fields else None, f"{error.field}: {error.text}")
        return None


def _given(data: QueryDict, keys: Iterable[str]) -> Pairs:
    """Return the parameters that hold something, the names of columns one by one."""
    texts = [(name, text) for name, texts in data.lists() for text in texts if text.strip()]
    found = []
    for name, text in texts:
        if name == COLUMNS_PARAMETER:
            found += [(name, column) for column in split_names(text, keys)]
        else:
            found.append((name, text if _is_as_it_is(name) else text.strip()))
    return found


def _is_as_it_is(name: str) -> bool:
    return name in _AS_IT_IS or is_parameter(name)


def _filled(given: Iterable[tuple[str, str]]) -> QueryDict:
    """Return the parameters with the default period if none was chosen."""
    data = QueryDict(mutable=True)
    for name, text in given:
        data.appendlist(name, text.upper() if name == "country" and len(text) == 2 else text)
    if "from" in data or "to" in data:
        data.pop("period", None)
    elif "period" not in data:
        data["period"] = ANY_TIME if any(name in data for name in _NEVER_MANY) else DEFAULT_PERIOD
    return data
