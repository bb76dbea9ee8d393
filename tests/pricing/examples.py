"""Price lists and counted messages that the tests of prices share."""

from datetime import date

from reports.pricing.tariff import Basis, Chain, Kind, Per, Price, Tariff
from reports.pricing.usage import Usage

OCTOBER = date(2026, 10, 1)
ACCOUNT = 7


def tariff(*prices, list_id=1, currency="EUR", basis=Basis.SUBMITTED, per=Per.PART, groups=(), fees=(), kind=Kind.SALE):
    by_id = {group.id: group for group in groups}
    return Tariff(list_id, f"List {list_id}", kind, currency, basis, per, tuple(prices), by_id, tuple(fees))


def price(micro=0, **key):
    return Price(micro, **{"valid_from": date(2026, 1, 1)} | key)


def usage(messages, *, day=OCTOBER, **key):
    known = {
        "account_id": ACCOUNT,
        "partner_id": "shop",
        "country": "FI",
        "operator": "Elisa",
        "sender_type": "alphanumeric",
        "status": "delivered",
        "result_code": 1001,
        "parts": messages,
    }
    return Usage(day, messages=messages, **known | key)


def chain_of(*tariffs):
    """Return the function that gives every account the same lists."""
    chain = Chain(tariffs)
    return lambda _account: chain
