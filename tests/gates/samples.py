"""A delivery report, a destination and a gate for tests of requests."""

from datetime import UTC, datetime

import msgspec

from deliveries.gates.forwarded import Endpoint, Forwarded, Sender

AT = datetime(2026, 11, 20, 9, 37, 40, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"

REPORT = Forwarded(
    account_id=1,
    campaign_id=7,
    sender_type="alphanumeric",
    inbox_id=815,
    message_id="Dcshuhod0PMAAAFQ+/PbnR3x",
    part=1,
    result_code=1001,
    status_at=datetime(2026, 11, 20, 9, 37, 0, tzinfo=UTC),
    sent_at=datetime(2026, 11, 20, 9, 37, 35, tzinfo=UTC),
    received_at=datetime(2026, 11, 20, 9, 37, 36, 250_000, tzinfo=UTC),
    operator="no.telenor",
    operator_result_code="2",
    segments=2,
    ref_id="sale-ä|B",
    partner_id="nr-fi",
    source="ACME & Co",
    destination="+358401234567",
    custom_parameters={"received": "2026-11-20 10:37:36", "city": "Turku"},
    is_masked=False,
    tenant_slug="nordic-retail",
    tenant_name="Nordic Retail",
    country="FI",
    campaign="sale",
    variant="B",
    labels={"week": "47"},
    segments_of={"city": "Turku"},
    status="delivered",
    final=True,
)
EMPTY = msgspec.structs.replace(
    REPORT,
    **dict.fromkeys(
        ("part", "status_at", "sent_at", "operator", "operator_result_code", "ref_id", "source", "destination")
    ),
    **dict.fromkeys(("campaign", "variant", "partner_id"), ""),
    labels={},
    segments_of={},
    custom_parameters={},
)
ENDPOINT = Endpoint(1, "https://shop.example/dlr", "application/json", "POST", "", "", "", ())
SENDER = Sender("BVldZyQt", "link", {"platformPartnerId": "nr-fi"}, False, (SECRET,))


def report(**changes: object) -> Forwarded:
    """Return the sample report with these changes."""
    return msgspec.structs.replace(REPORT, **changes)


def endpoint(**changes: object) -> Endpoint:
    """Return the sample destination with these changes."""
    return msgspec.structs.replace(ENDPOINT, **changes)


def sender(**changes: object) -> Sender:
    """Return the sample gate with these changes."""
    return msgspec.structs.replace(SENDER, **changes)
