"""Messages of several shops and customer groups, in two countries, with every kind of outcome."""

from deliveries.rederiving.segment_keys import choose, run_segment_keys
from tests.conftest import NOW
from tests.deliveries.helpers import dlr

CODES = (1001, 1001, 1001, 1006, 1000, 1010)


def message(
    id_: str,
    code: int = 1001,
    *,
    number: str | None = None,
    day: str = "2026-11-19",
    seconds: int = 5,
    ref_id: str = "sale",
    partner: str = "nr-fi",
    operator: str = "fi.elisa",
    **parameters: str,
) -> dict:
    """Return the report of a message that was sent at 8:00 (UTC) of the day and took some seconds."""
    return dlr(
        id_,
        code,
        refId=ref_id,
        operator=operator,
        sentTimestamp=f"{day}T08:00:00Z",
        timestamp=f"{day}T08:{seconds // 60:02}:{seconds % 60:02}Z",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters=({"destination": number} if number else {}) | parameters,
    )


def chosen(tenant, *keys: str) -> None:
    """Choose segment keys, and count what is stored by them."""
    for key in keys:
        choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)
    run_segment_keys()


def number_of(n: int) -> str:
    return f"+35840{n:07}"
