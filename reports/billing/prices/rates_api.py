"""/api/v1/exchange-rates/: the issuer's exchange rates listed, entered and deleted."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.api.bodies import Faults, refuse
from portal.api.operations import BILLING, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import Parameter
from portal.api.views import ApiView
from portal.common.setting_choices import currency_choices
from reports.billing.closings_api import issuer_of
from reports.billing.prices.rates import NANO, RateRow, delete_rate, read_rate, set_rates
from reports.billing.prices.rates_serializers import (
    ENTERED,
    MAX_RATES,
    RATE,
    EnteredRatesAnswer,
    RateAnswer,
    RatesAnswer,
    RatesBody,
)
from reports.billing.prices.table import Unreadable
from reports.models import ExchangeRate

_TAG = "Price lists"
_PATH = {"rate_id": Parameter(name="rate_id", text="The rate's `id`.", kind="number", most=ROW_ID_MAX, example=12)}


class RatesView(ApiView):
    """The rates of the key's tenant, newest first. POST enters some."""

    operations = {
        "GET": Operation(
            id="list_exchange_rates",
            tag=_TAG,
            summary="List exchange rates",
            text="The exchange rates that the key's tenant has entered for its statements, newest first.",
            scope=BILLING,
            parameters=(
                Parameter(name="base", text="Only with this base, ISO 4217.", pattern="^[A-Z]{3}$", example="EUR"),
                Parameter(name="quote", text="Only of this currency, ISO 4217.", pattern="^[A-Z]{3}$", example="SEK"),
                Parameter(name="day", text="Only of this day.", kind="day", example="2026-10-30"),
                *LISTED,
            ),
            sample={"base": "EUR", "quote": "SEK"},
            answer=RatesAnswer,
            answer_text="A page of rates.",
            answer_example=PAGE_EXAMPLE | {"data": [RATE]},
        ),
        "POST": Operation(
            id="enter_exchange_rates",
            tag=_TAG,
            summary="Enter exchange rates",
            text=(
                f"Enter 1 to {MAX_RATES} rates, all or none, each in place of one of the same day and currencies. The"
                " same rates again change nothing. Issued statements keep the rate that they fixed."
            ),
            scope=BILLING,
            body=RatesBody,
            body_example={"rates": [{"day": "2026-10-30", "base": "EUR", "quote": "SEK", "rate": "11.2345"}]},
            answer=EnteredRatesAnswer,
            answer_text="The rates as they are now, in the order of the body.",
            answer_example=ENTERED,
        ),
    }

    def get(self, request: Request) -> Response:
        rows = _rates(self.access)
        for name in ("base", "quote"):
            if name in self.given:
                rows = rows.filter(**{name: self.given.text(name)})
        if (day := self.given.day("day")) is not None:
            rows = rows.filter(day=day)
        return self.answer(
            page_of(
                rows, self.given, self.access, lambda page: [_shown(rate) for rate in page], created="entered_at"
            )
        )  # fmt: skip

    def post(self, request: Request) -> Response:
        issuer = issuer_of(self.access)
        rows = _read(self.body(request)["rates"], currency=issuer.currency)
        changed = set_rates(issuer, rows, actor=str(self.access.key), now=timezone.now())
        days = {row.day for row in rows}
        found = {(one.day, one.base, one.quote): one for one in _rates(self.access).filter(day__in=days)}
        shown = [_shown(found[row.day, row.base, row.quote]) for row in rows]
        return self.answer({"changed": changed, "rates": shown})


class RateView(ApiView):
    """One exchange rate; DELETE deletes it."""

    operations = {
        "GET": Operation(
            id="get_exchange_rate",
            tag=_TAG,
            summary="One exchange rate",
            text="A rate of the key's tenant.",
            scope=BILLING,
            path=_PATH,
            answer=RateAnswer,
            answer_text="The rate.",
            answer_example=RATE,
        ),
        "DELETE": Operation(
            id="delete_exchange_rate",
            tag=_TAG,
            summary="Delete an exchange rate",
            text="Delete a rate; the response is the rate as it was. Issued statements keep the rate that they fixed.",
            scope=BILLING,
            path=_PATH,
            answer=RateAnswer,
            answer_text="The deleted rate.",
            answer_example=RATE,
        ),
    }

    def get(self, request: Request, rate_id: int) -> Response:
        return self.answer(_shown(_found(self.access, rate_id)))

    def delete(self, request: Request, rate_id: int) -> Response:
        rate = _found(self.access, rate_id)
        answer = self.answer(_shown(rate))
        delete_rate(rate, actor=str(self.access.key))
        return answer


def _read(given: Sequence[Mapping[str, Any]], *, currency: str) -> list[RateRow]:
    """Return the rates of a body. Raises BadFields with all that is wrong; `currency` is the issuer's own."""
    currencies = {code for code, _name in currency_choices("en", present=currency)}
    rows: dict[tuple, RateRow] = {}
    faults: Faults = []
    for number, one in enumerate(given):
        at = f"#/rates/{number}"
        unknown = [name for name in ("base", "quote") if one[name] not in currencies]
        faults += [(f"{at}/{name}", "no currency in use, such as EUR (ISO 4217)") for name in unknown]
        if one["base"] == one["quote"]:
            faults.append((f"{at}/quote", "another currency than base"))
        if (key := (one["day"], one["base"], one["quote"])) in rows:
            faults.append((at, "an earlier item has a rate of the same day and currencies"))
        try:
            rows[key] = RateRow(*key, read_rate(one["rate"]))
        except Unreadable:
            faults.append((f"{at}/rate", "above 0 and at most 1000000000, with at most 9 decimals, such as 11.2345"))
    refuse(faults)
    return list(rows.values())


def _rates(access: Access) -> QuerySet[ExchangeRate]:
    return ExchangeRate.objects.filter(issuer=issuer_of(access)).select_related("issuer")


def _found(access: Access, rate_id: int) -> ExchangeRate:
    rate = _rates(access).filter(pk=min(rate_id, ROW_ID_MAX)).first()
    if rate is None:
        raise Http404
    return rate


def _shown(rate: ExchangeRate) -> dict[str, Any]:
    return {
        "id": rate.pk,
        "day": rate.day,
        "base": rate.base,
        "quote": rate.quote,
        "rate": f"{(Decimal(rate.rate) / NANO).normalize():f}",
        "entered_by": rate.entered_by,
        "entered_at": rate.entered_at,
        "url": reverse("api:exchange_rate", args=[rate.pk]),
    }
