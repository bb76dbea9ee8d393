"""Searches in the tests of Message Search, and their results."""

from datetime import date, timedelta
from html import unescape

from django.utils import timezone

from portal.common.periods import local_day
from tests.deliveries.helpers import dlr

URL = "/t/nordic-retail/messages/"
NUMBER, DIGITS, MASKED = "+358407654398", "407654398", "+358 •••••••98"
SECOND = "+46701112233"

TODAY = local_day(timezone.now(), "Europe/Helsinki")  # for all tests alike, also when midnight comes between them


def day(ago: int) -> date:
    """Return the tenant's day so many days ago."""
    return TODAY - timedelta(days=ago)


def sent(id_: str, code: int = 1001, *, ago: int = 9, partner: str = "nr-fi", seconds: int = 5, **fields) -> dict:
    """Return a report of a message sent at 10:00 UTC so many days ago, the operator's time `seconds` after."""
    times = {"sentTimestamp": f"{day(ago)}T10:00:00Z", "timestamp": f"{day(ago)}T10:00:{seconds:02}Z"}
    return dlr(id_, code, **times | {"gateCustomParameters": {"platformPartnerId": partner}} | fields)


def ask(client, **query):
    return client.get(URL, query)


def ids(response) -> list[str]:
    return [row.message_id for row in response.context["rows"]]


def text_of(response) -> str:
    return unescape(response.content.decode())
