"""Form of prices by quantity: a group of countries and its tiers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.common.countries import country_problem
from portal.common.no_numbers import refuse_numbers
from reports.billing.prices.checks import MAX_NAME, MAX_TIERS
from reports.billing.prices.forms import DaysForm
from reports.billing.prices.rows import GroupRow, last_day
from reports.billing.prices.texts import LINE_PROBLEMS, ROW_PROBLEMS
from reports.models import TierGroup
from reports.pricing.tiers import Mode, Tier
from reports.templatetags.money import typed_price

BLANK = 3  # lines for more tiers
MIN_SHOWN = 5
_separators = re.compile(r"[\s,;/]+")
_spaces = re.compile(r"[\s\u00a0\u202f]+")


@dataclass(frozen=True, slots=True)
class TierLine:
    """The fields of one tier."""

    number: int
    quantity: forms.BoundField
    price: forms.BoundField
    fixed: forms.BoundField

    @property
    def fields(self) -> list[forms.BoundField]:
        return [self.quantity, self.price, self.fixed]


class GroupForm(DaysForm):
    """A group's name, countries, mode, days, and its tiers line by line."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=MAX_NAME, validators=[refuse_numbers])
    countries = forms.CharField(
        label=gettext_lazy("Countries"),
        max_length=1000,
        help_text=gettext_lazy("Codes of two letters, such as SE NO DK. Their messages are counted together."),
    )
    mode = forms.ChoiceField(label=gettext_lazy("How the quantity counts"), choices=TierGroup.Mode.choices)
    field_order = ("name", "countries", "mode", "first_day", "last_day")

    def __init__(self, data: QueryDict | None = None, *, currency: str, row: GroupRow | None) -> None:
        super().__init__(data, currency=currency, initial=_initial(row) if row else {})
        kept = _kept(row, currency) if row else []
        self._lines = min(max(len(kept) + BLANK, MIN_SHOWN), MAX_TIERS)
        for number in range(self._lines):
            quantity, price, fixed = kept[number] if number < len(kept) else ("", "", "")
            for name, label, initial in (
                ("quantity", _("Up to quantity"), quantity), ("price", _("Price"), price), ("fixed", _("Fixed"), fixed),
            ):  # fmt: skip
                self.fields[f"{name}_{number}"] = forms.CharField(
                    label=f"{label} ({number + 1})", max_length=30, required=False, initial=initial
                )

    def main_fields(self) -> list[forms.BoundField]:
        """Return the fields above the tiers."""
        return [self[name] for name in ("name", "countries", "mode", "first_day", "last_day")]

    def lines(self) -> list[TierLine]:
        """Return the fields of the tiers."""
        return [
            TierLine(number + 1, *(self[f"{name}_{number}"] for name in ("quantity", "price", "fixed")))
            for number in range(self._lines)
        ]

    def clean_countries(self) -> tuple[str, ...]:
        codes = tuple(sorted({code for code in _separators.split(self.cleaned_data["countries"].upper()) if code}))
        for code in codes:
            if country_problem(code):
                raise forms.ValidationError(ROW_PROBLEMS["country"] % {"country": code[:40]})
        return codes

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        tiers = [self._tier(number) for number in range(self._lines) if self._is_filled(number)]
        if not tiers and not any(name.startswith(("quantity_", "price_", "fixed_")) for name in self.errors):
            self.add_error(None, _("Fill in one tier at least."))
        if data.get("mode") == Mode.PACKAGES and len(tiers) > 1:
            self.add_error(None, _("Packages have one line: the size of a package and its price."))
        data["tiers"] = tiers
        return data

    def row(self) -> GroupRow:
        """Return the row that the valid form says."""
        data, tiers = self.cleaned_data, self.cleaned_data["tiers"]
        mode = Mode(data["mode"])
        if mode == Mode.PACKAGES:
            size = tiers[0].up_to or 0
            return GroupRow(data["name"], data["countries"], mode, *self.days(), size=size, micro=tiers[0].micro)
        return GroupRow(data["name"], data["countries"], mode, *self.days(), tiers=tuple(tiers))

    def _is_filled(self, number: int) -> bool:
        return any(self.cleaned_data.get(f"{name}_{number}") for name in ("quantity", "price", "fixed"))

    def _tier(self, number: int) -> Tier:
        """Return a tier; what is wrong with it is noted."""
        micro = self.read(f"price_{number}") or 0
        flat = (self.read(f"fixed_{number}") or 0) if self.cleaned_data.get(f"fixed_{number}") else 0
        quantity = _spaces.sub("", self.cleaned_data.get(f"quantity_{number}", ""))
        if quantity and not (quantity.isdecimal() and len(quantity) <= 15):
            self.add_error(f"quantity_{number}", str(LINE_PROBLEMS["quantity"] % {"value": quantity}))
            quantity = ""
        return Tier(int(quantity) if quantity else None, micro, flat)


def _initial(row: GroupRow) -> dict[str, Any]:
    return {
        "name": row.name, "countries": " ".join(row.countries), "mode": row.mode, "first_day": row.valid_from,
        "last_day": last_day(row),
    }  # fmt: skip


def _kept(row: GroupRow, currency: str) -> list[tuple[str, str, str]]:
    if row.mode == Mode.PACKAGES:
        return [(str(row.size), typed_price(row.micro, currency), "")]
    return [
        (
            "" if tier.up_to is None else str(tier.up_to),
            typed_price(tier.micro, currency),
            typed_price(tier.flat_micro, currency) if tier.flat_micro else "",
        )
        for tier in row.tiers
    ]
