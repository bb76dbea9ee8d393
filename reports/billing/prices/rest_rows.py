"""Rows of price lists as the API writes and reads them: amounts are texts of decimals, days are inclusive."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from deliveries.partner_ids.serializers import Day, Text
from portal.common.msisdn import SENDER_TYPES
from reports.billing.prices.checks import MAX_COUNTRIES, MAX_NAME, MAX_OPERATOR, MAX_ROWS, MAX_TIERS
from reports.billing.prices.rows import DAY, Content, FeeRow, GroupRow, PriceRow, last_day
from reports.pricing.money import MICRO, digits_of, to_micro
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode, Tier

_is_amount = re.compile(r"-?\d{1,15}(\.\d{1,6})?").fullmatch


class Amount(Text):
    """An amount of the currency's unit as a text, such as 0.0412; read into millionths."""

    default_error_messages = {"amount": "A text with a decimal of at most 6 places, such as 0.0412."}

    def to_internal_value(self, data: object) -> int:  # type: ignore[override]  # millionths, not the text
        text = super().to_internal_value(data)
        if not _is_amount(text):
            self.fail("amount")
        return int(Decimal(text) * MICRO)

    def to_representation(self, value: int) -> str:  # type: ignore[override]  # as above
        return format((Decimal(value) / MICRO).normalize(), "f")


class _Days(serializers.Serializer):
    first_day = Day(help_text="The first day on which it holds, at the customer's midnight.")
    last_day = Day(
        required=False, allow_null=True, help_text="The last day on which it holds; null: it is open."
    )  # fmt: skip


class PriceBody(_Days):
    """The price of a message or SMS part."""

    country = Text(required=False, allow_blank=True, max_length=2, help_text="ISO 3166-1 alpha-2; empty: any.")
    operator = Text(
        required=False, allow_blank=True, max_length=MAX_OPERATOR, help_text="As messages have it; empty: any."
    )
    sender_type = serializers.ChoiceField(
        choices=("", *SENDER_TYPES), required=False, allow_blank=True, help_text="Type of the sender; empty: any."
    )
    price = Amount(help_text="Price of one, in the list's currency.")


class TierBody(serializers.Serializer):
    """A tier of prices by quantity."""

    up_to = serializers.IntegerField(
        allow_null=True, min_value=1, max_value=10**12, help_text="The last unit of the tier; null: all above."
    )
    price = Amount(help_text="Price of one.")
    fixed = Amount(required=False, help_text="A fixed amount once a month, if the tier is reached.")


class GroupBody(_Days):
    """Prices by the quantity of a calendar month: `tiers`, or packages of `size` at `price` each."""

    name = Text(max_length=MAX_NAME, help_text="Name of the group.")
    countries = serializers.ListField(
        child=Text(max_length=2), max_length=MAX_COUNTRIES, help_text="Countries that are counted together."
    )
    mode = serializers.ChoiceField(choices=[str(mode) for mode in Mode], help_text="How the quantity counts.")
    tiers = TierBody(  # type: ignore[call-arg]  # many=True makes a list, which has a length
        many=True, required=False, max_length=MAX_TIERS, help_text="From the least; packages have none."
    )
    size = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=10**12, help_text="Units of a package."
    )
    price = Amount(required=False, allow_null=True, help_text="Price of a package that is begun.")


class FeeBody(_Days):
    """A fee, a minimum or a one-off item; a one-off item has a first day only."""

    name = Text(max_length=MAX_NAME, help_text="Name of the fee.")
    kind = serializers.ChoiceField(choices=[str(kind) for kind in FeeKind], help_text="Kind of the fee.")
    amount = Amount(help_text="In the list's currency, with its decimals; negative of one-off items alone.")


class ContentBody(serializers.Serializer):
    """All rows of a list. An open row ends where the next one with the same key begins."""

    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The revision that you have read.")
    dry_run = serializers.BooleanField(required=False, help_text="Check and compare, and change nothing.")
    prices = PriceBody(  # type: ignore[call-arg]  # as above
        many=True, max_length=MAX_ROWS, help_text="Prices."
    )
    groups = GroupBody(  # type: ignore[call-arg]  # as above
        many=True, max_length=MAX_ROWS, required=False, help_text="Prices by quantity."
    )
    fees = FeeBody(  # type: ignore[call-arg]  # as above
        many=True, max_length=MAX_ROWS, required=False, help_text="Fees."
    )


def content_of_body(data: dict[str, Any], currency: str) -> tuple[Content, list[tuple[str, str]]]:
    """Return the rows of a body, and faults by JSON Pointer of what cannot be a row."""
    faults = []
    unit = to_micro(1, currency)
    for number, one in enumerate(data.get("fees", ())):
        if one["amount"] % unit:
            faults.append((f"#/fees/{number}/amount", f"at most {digits_of(currency)} decimals in {currency}"))
    for number, one in enumerate(data.get("groups", ())):
        is_packages = one["mode"] == Mode.PACKAGES
        if is_packages != (one.get("size") is not None and one.get("price") is not None):
            faults.append((f"#/groups/{number}", "`size` and `price` are needed for packages, and for them alone"))
        elif is_packages == bool(one.get("tiers")):
            faults.append((f"#/groups/{number}/tiers", "needed for graduated and volume prices, and for them alone"))
    content = Content(
        tuple(
            PriceRow(
                one["price"], *_days(one), one.get("country", ""), one.get("operator", "").strip(),
                one.get("sender_type", ""),
            )
            for one in data["prices"]
        ),
        tuple(_group(one) for one in data.get("groups", ())),
        tuple(
            FeeRow(one["name"].strip(), FeeKind(one["kind"]), one["amount"] // unit, *_days(one))
            for one in data.get("fees", ())
        ),
    )  # fmt: skip
    return content, faults


def _group(one: dict[str, Any]) -> GroupRow:
    tiers = tuple(Tier(tier["up_to"], tier["price"], tier.get("fixed", 0)) for tier in one.get("tiers", ()))
    countries, mode = tuple(sorted(set(one["countries"]))), Mode(one["mode"])
    return GroupRow(
        one["name"].strip(), countries, mode, *_days(one), tiers, one.get("size") or 0, one.get("price") or 0
    )  # fmt: skip


def _days(one: dict[str, Any]) -> tuple[date, date | None]:
    last = one.get("last_day")
    return one["first_day"], last + DAY if last else None


def rows_shown(content: Content, currency: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows as answers have them."""
    return {
        "prices": [price_shown(row) for row in content.prices],
        "groups": [group_shown(row) for row in content.groups],
        "fees": [fee_shown(row, currency) for row in content.fees],
    }


def price_shown(row: PriceRow) -> dict[str, Any]:
    key = {"country": row.country, "operator": row.operator, "sender_type": row.sender_type}
    return key | {"price": row.micro, "first_day": row.valid_from, "last_day": last_day(row)}


def group_shown(row: GroupRow) -> dict[str, Any]:
    is_packages = row.mode == Mode.PACKAGES
    return {
        "name": row.name,
        "countries": list(row.countries),
        "mode": str(row.mode),
        "tiers": [{"up_to": tier.up_to, "price": tier.micro, "fixed": tier.flat_micro} for tier in row.tiers],
        "size": row.size if is_packages else None,
        "price": row.micro if is_packages else None,
        "first_day": row.valid_from,
        "last_day": last_day(row),
    }


def fee_shown(row: FeeRow, currency: str) -> dict[str, Any]:
    amount = to_micro(row.minor, currency)
    days = {"first_day": row.valid_from, "last_day": last_day(row)}
    return {"name": row.name, "kind": str(row.kind), "amount": amount} | days
