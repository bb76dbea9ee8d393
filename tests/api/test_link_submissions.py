"""POST /api/v1/messages/ with NDJSON and with what LINK's API was sent and has answered."""

import json

import pytest

from deliveries.applying.apply import apply_waiting
from deliveries.models import InboxRow, Message, WaitingRow

pytestmark = pytest.mark.django_db

SENT_AT = "2026-11-02T10:00:00Z"
ONE = {"message_id": "a", "submitted_at": SENT_AT, "partner_id": "nr-fi", "destination": "+358401234567"}
REQUEST = {
    "source": "ExampleShop",
    "sourceTON": "ALPHANUMERIC",
    "destination": "+358401234567",
    "userData": "a secret text",
    "platformId": "ACME",
    "platformPartnerId": "nr-fi",
    "refId": "sale|A",
    "useDeliveryReport": True,
    "customParameters": {"shop": "7"},
}
RESPONSE = {"messageId": "Dcshuhod0PMAAAFQ+/PbnR3x", "resultCode": 1005, "description": "Queued"}


@pytest.fixture
def lines(client, mine):
    """Return a function that posts lines as NDJSON."""

    def post(*items: object, **headers: str):
        body = b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in items)
        return client.post(
            "/api/v1/messages/", body, content_type="application/x-ndjson", headers=mine.headers | headers
        )

    return post


def test_request_and_response_of_one_message_are_a_submission(mine, tenant):
    answer = mine.post("messages/", {"request": REQUEST, "response": RESPONSE, "submitted_at": SENT_AT})
    apply_waiting()

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "refused": []})
    message = Message.objects.get()
    assert (message.message_id, message.tenant_id, message.ref_id) == (RESPONSE["messageId"], tenant.id, "sale|A")
    assert (message.source, message.sender_type, message.destination) == (
        "ExampleShop", "alphanumeric", "+358401234567",
    )  # fmt: skip
    assert (message.country, message.custom_parameters) == ("FI", {"shop": "7"})


def test_text_of_a_message_is_not_stored(mine):
    mine.post("messages/", {"request": REQUEST, "response": RESPONSE})

    assert b"secret" not in bytes(InboxRow.objects.get().body)


def test_batch_is_read_with_its_shared_fields(mine):
    shared = {name: REQUEST[name] for name in ("source", "platformPartnerId", "userData")}
    request = shared | {
        "customParameters": {"shop": "of all", "wave": "2"},
        "sendRequestMessages": [
            {"destination": "+358401234567", "refId": "x", "customParameters": {"shop": "7", "tier": "gold"}},
            {"destination": "+46701234567", "source": "Other", "refId": "y"},
            {"destination": "+4790000000", "refId": "z"},
        ],
    }
    response = [
        {"messageId": "one", "refId": "x", "resultCode": 1005, "message": "Queued"},
        {"messageId": "two", "refId": "y", "resultCode": 1005, "message": "Queued"},
        {"messageId": "", "refId": "z", "resultCode": 2101, "message": "Invalid destination"},
    ]

    answer = mine.post("messages/", {"request": request, "response": response, "submitted_at": SENT_AT})
    apply_waiting()

    assert answer.json() == {
        "accepted": 2,
        "refused": [
            {
                "item": 0,
                "message": 2,
                "pointer": "#/response",
                "detail": "the gateway did not take this message: 2101 Invalid destination",
            }
        ],
    }
    assert list(
        Message.objects.order_by("message_id").values_list("message_id", "source", "ref_id", "custom_parameters")
    ) == [
        ("one", "ExampleShop", "x", {"shop": "of all", "wave": "2", "tier": "gold"}),
        ("two", "Other", "y", {"shop": "of all", "wave": "2"}),
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"request": REQUEST}, "#/response"),
        ({"request": [], "response": RESPONSE}, "#/request"),
        ({"request": REQUEST, "response": RESPONSE, "text": "x"}, "#/text"),
        ({"request": REQUEST | {"sendRequestMessages": [{}]}, "response": []}, "#/response"),
        ({"request": REQUEST | {"sendRequestMessages": []}, "response": []}, "#/sendRequestMessages"),
        ({"request": REQUEST | {"sendRequestMessages": [7]}, "response": [7]}, "#"),
        ({"request": REQUEST | {"customParameters": 7}, "response": RESPONSE}, "#/customParameters"),
        ({"request": REQUEST | {"platformPartnerId": "unknown"}, "response": RESPONSE}, "#/partner_id"),
    ],
)
def test_pair_that_cannot_be_read_is_told(mine, body, pointer):
    answer = mine.post("messages/", body)

    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    assert [refused["pointer"] for refused in answer.json()["refused"]] == [pointer]
    assert WaitingRow.objects.count() == 0


def test_valid_lines_are_stored_although_others_are_not(lines):
    answer = lines(
        ONE,
        b"{not json",
        ONE | {"message_id": "b", "destination": "0401234567"},
        ONE | {"message_id": "c", "colour": "red"},
        {"request": REQUEST, "response": RESPONSE},
        b"[]",
    )
    apply_waiting()

    assert answer.status_code == 202
    assert [(one["item"], one["pointer"]) for one in answer.json()["refused"]] == [
        (1, "#"), (2, "#/destination"), (3, "#/colour"), (5, "#"),
    ]  # fmt: skip
    assert answer.json()["accepted"] == 2
    assert set(Message.objects.values_list("message_id", flat=True)) == {"a", RESPONSE["messageId"]}


def test_ten_thousand_lines_are_one_body_and_one_more_is_none(lines, django_assert_max_num_queries):
    lines(ONE)  # makes the account's feed
    many = [ONE | {"message_id": f"m{number}"} for number in range(10_000)]
    with django_assert_max_num_queries(25):
        answer = lines(*many)
    assert answer.json() == {"accepted": 10_000, "refused": []}
    assert WaitingRow.objects.count() == 10_001

    assert lines(*many, ONE).status_code == 400
    assert lines(b"").status_code == 422  # of an empty body the test client names no type


def test_lines_are_retried_by_their_idempotency_key(lines):
    """A body of more than a form may have, which Django would refuse to keep."""
    many = [ONE | {"message_id": f"m{number}", "ref_id": "x" * 250} for number in range(9000)]

    answers = [lines(*many, **{"Idempotency-Key": "night"}) for _ in range(2)]

    assert [(answer.status_code, answer.headers.get("Idempotent-Replayed")) for answer in answers] == [
        (202, None), (202, "true"),
    ]  # fmt: skip
    assert WaitingRow.objects.count() == 9000


def test_recipient_that_is_no_number_is_refused(mine):
    answer = mine.post("messages/", ONE | {"destination": "somebody"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/destination")
