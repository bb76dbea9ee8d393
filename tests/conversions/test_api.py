"""Conversion events by the API: each is stored once, every refusal names the field, and no number is kept."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.models import ConversionEvent
from deliveries.conversions.api import MAX_BYTES, MAX_EVENTS, MAX_LINES
from deliveries.messages.recipients import recipient_keys
from deliveries.models import ConversionDue
from portal.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
AT = f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
NUMBER = "+358401234567"


def event(event_id: str = "order-1", **more) -> dict:
    values = {"event_id": event_id, "kind": "purchase", "occurred_at": AT, "destination": NUMBER} | more
    return {name: value for name, value in values.items() if value is not None}


def results(answer) -> list[tuple]:
    assert answer.status_code == 200, answer.content
    return [
        (row["event_id"], row["result"], [error["pointer"] for error in row["errors"]])
        for row in answer.json()["results"]
    ]


def lines(sender, body: bytes):
    return sender.client.post("/api/v1/conversions/", body, content_type="application/x-ndjson", headers=sender.headers)


def test_event_is_stored_without_its_number_and_noted(sender, tenant, kinds, caplog):
    caplog.set_level(logging.DEBUG)
    answer = sender.post("conversions/", event(value=49.9, currency="EUR", campaign="October sale"))

    assert answer.json() == {
        "stored": 1, "refused": 0, "results": [{"event_id": "order-1", "result": "stored", "errors": []}]
    }  # fmt: skip
    stored = ConversionEvent.objects.get()
    key = recipient_keys().of_number(NUMBER[1:], tenant_id=tenant.id)
    assert (bytes(stored.recipient_key), stored.value, stored.currency) == (key, 49_900_000, "EUR")
    assert (stored.kind, stored.campaign.name, stored.source) == (kinds["purchase"], "October sale", "api")
    assert (stored.occurred_at, stored.reason, stored.tenant) == (NOW - timedelta(hours=1), "not_yet", tenant)
    assert list(ConversionDue.objects.values_list("tenant_id", "event_pk")) == [(tenant.id, stored.id)]
    assert [entry.getMessage() for entry in caplog.records if "1234567" in entry.getMessage()] == []


@pytest.mark.parametrize("text", ["040 123 4567", "00358401234567", "+358 (0)40-1234567", "358401234567"])
def test_destination_is_read_in_any_notation_of_the_tenants_country(sender, tenant, text):
    assert sender.post("conversions/", event(destination=text)).status_code == 200
    key = recipient_keys().of_number(NUMBER[1:], tenant_id=tenant.id)
    assert bytes(ConversionEvent.objects.get().recipient_key) == key


def test_repeated_event_has_the_same_answer_and_other_content_is_a_conflict(sender):
    body = {"events": [event("a"), event("b", value="1.50", currency="EUR"), event("a")]}
    first, again = sender.post("conversions/", body), sender.post("conversions/", body)

    assert first.json() == again.json()
    assert results(first) == [("a", "stored", []), ("b", "stored", []), ("a", "stored", [])]
    changed = {"events": [event("b", value="1.51", currency="EUR"), event("c"), event("c", kind="sign-up")]}
    assert results(sender.post("conversions/", changed)) == [
        ("b", "conflict", ["#/0/event_id"]), ("c", "stored", []), ("c", "conflict", ["#/2/event_id"])
    ]  # fmt: skip
    alone = sender.post("conversions/", event("b", value="2", currency="EUR"))
    assert (alone.status_code, "event_id b" in alone.json()["detail"]) == (409, True)
    assert sorted(ConversionEvent.objects.values_list("event_id", "value", "kind__name")) == [
        ("a", None, "purchase"), ("b", 1_500_000, "purchase"), ("c", None, "purchase")
    ]  # fmt: skip
    assert ConversionDue.objects.count() == 3


@pytest.mark.parametrize(
    ("more", "pointers"),
    [
        ({"event_id": ""}, ["#/event_id"]),
        ({"event_id": "x" * 201}, ["#/event_id"]),
        ({"event_id": "a\nb"}, ["#/event_id"]),
        ({"event_id": 7}, ["#/event_id"]),
        ({"kind": "theirs"}, ["#/kind"]),
        ({"kind": None}, ["#/kind"]),
        ({"occurred_at": "yesterday"}, ["#/occurred_at"]),
        ({"occurred_at": "2026-10-01T10:00:00"}, ["#/occurred_at"]),
        ({"occurred_at": "2001-01-01T00:00:00Z"}, ["#/occurred_at"]),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, ["#/occurred_at"]),
        ({"value": 1}, ["#/currency"]),
        ({"currency": "EUR"}, ["#/value"]),
        ({"value": "1,50", "currency": "EUR"}, ["#/value"]),
        ({"value": "0.0000001", "currency": "EUR"}, ["#/value"]),
        ({"value": True, "currency": "EUR"}, ["#/value"]),
        ({"value": 1e30, "currency": "EUR"}, ["#/value"]),
        ({"value": 1, "currency": "euro"}, ["#/currency"]),
        ({"destination": None}, ["#"]),
        ({"message_id": "m1"}, ["#"]),
        ({"destination": "nobody"}, ["#/destination"]),
        ({"destination": None, "message_id": "m1$0"}, ["#/message_id"]),
        ({"destination": None, "message_id": "m1", "account": "other"}, ["#/account"]),
        ({"destination": None, "message_id": "m1", "campaign": "October sale"}, ["#/campaign"]),
        ({"destination": None, "parameter_key": "order"}, ["#/parameter_value"]),
        ({"destination": None, "parameter_value": "7"}, ["#/parameter_key"]),
        ({"campaign": "no such"}, ["#/campaign"]),
        ({"account": "link-main"}, ["#/account"]),
        ({"price": 1}, ["#/price"]),
        ({"a/b~": 1, "kind": "x", "occurred_at": "x"}, ["#/a~1b~0", "#/kind", "#/occurred_at"]),
    ],
)
def test_every_error_names_its_field(sender, more, pointers):
    answer = sender.post("conversions/", event(**more))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert ConversionEvent.objects.count() == 0


def test_lines_are_taken_one_by_one(sender):
    body = "\n".join([json.dumps(event("a")), "{broken", "[1]", "", json.dumps(event("b", kind="x"))])

    assert results(lines(sender, body.encode())) == [
        ("a", "stored", []), (None, "invalid", ["#/1"]), (None, "invalid", ["#/2"]), ("b", "invalid", ["#/3/kind"])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * (MAX_BYTES + 1), "application/json", 413),
        (b"x" * (MAX_BYTES + 1), "application/x-ndjson", 413),
        (b"{}\n" * (MAX_LINES + 1), "application/x-ndjson", 400),
        (b"\n\n", "application/x-ndjson", 400),
        (json.dumps({"events": [{}] * (MAX_EVENTS + 1)}).encode(), "application/json", 422),
        (b'{"events": []}', "application/json", 422),
        (b'{"events": {}}', "application/json", 422),
        (b'{"events": [{}], "kind": "x"}', "application/json", 422),
        (b"[]", "application/json", 400),
        ('{"event_id": "ä"}'.encode("latin-1"), "application/json", 400),
        (b"event_id;kind", "text/csv", 415),
        (json.dumps({f"k{n}": n for n in range(5000)}).encode(), "application/json", 422),
    ],
    ids=lambda value: str(value)[:30],
)
def test_body_that_is_none_is_refused_whole(sender, body, kind, status):
    answer = sender.client.post("/api/v1/conversions/", body, content_type=kind, headers=sender.headers)

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert len(answer.content) < 5000


def test_message_and_parameter_events_are_stored_as_sent(sender, account):
    by_message = event("m", destination=None, message_id="m1")
    by_parameter = event("p", destination=None, parameter_key="order", parameter_value="7")
    assert sender.post("conversions/", {"events": [by_message, by_parameter]}).json()["stored"] == 2

    columns = ("account_id", "message_id", "parameter_key", "parameter_value", "recipient_key")
    assert list(ConversionEvent.objects.order_by("event_id").values_list(*columns)) == [
        (account.id, "m1", None, None, None), (None, None, "order", "7", None)
    ]  # fmt: skip


def test_key_needs_the_scope_and_a_customer(call, tenant, account, kinds):
    assert call(tenant, "read", "submit").post("conversions/", event()).status_code == 403
    whole = call(account.pool, "read", "convert", account=account)
    assert [whole.post("conversions/", event()).status_code, whole.get("conversions/").status_code] == [403, 403]


def test_list_is_filtered_and_paged_and_hides_numbers(sender, tenant):
    for n in range(3):
        occurred = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) - timedelta(days=n)
        sender.post("conversions/", event(f"o{n} {NUMBER}", occurred_at=f"{occurred:%Y-%m-%dT%H:%M:%SZ}"))
    sender.post("conversions/", event("s", kind="sign-up"))

    page = sender.get("conversions/", size=2).json()
    rest = sender.get("conversions/", size=2, cursor=page["next_cursor"]).json()
    assert [row["event_id"] for row in page["data"] + rest["data"]] == [
        "s", *(f"o{n} +358 •••••••67" for n in (2, 1, 0))
    ]  # fmt: skip
    assert rest["next_cursor"] is None
    found = {
        text: len(sender.get("conversions/", **query).json()["data"])
        for text, query in {
            "kind": {"kind": "sign-up"},
            "reason": {"reason": "not_yet"},
            "attributed": {"attributed": "yes"},
            "not": {"attributed": "no"},
            "last": {"to": f"{NOW - timedelta(days=2):%Y-%m-%d}"},
        }.items()
    }
    assert found == {"kind": 1, "reason": 4, "attributed": 0, "not": 4, "last": 1}
    assert sender.get("conversions/", kind="theirs").status_code == 400


def test_event_is_deleted_once_and_a_frozen_one_stays(sender, tenant, call, other_tenant):
    sender.post("conversions/", {"events": [event("a"), event("b")]})
    first, frozen = ConversionEvent.objects.order_by("event_id")
    ConversionEvent.objects.filter(id=frozen.id).update(is_frozen=True)

    def delete(by, id_: int) -> int:
        return by.client.delete(f"/api/v1/conversions/{id_}/", headers=by.headers).status_code

    assert delete(call(other_tenant, "read", "convert"), first.id) == 404
    assert [delete(sender, first.id), delete(sender, first.id), delete(sender, frozen.id)] == [200, 404, 409]
    assert ConversionEvent.objects.get() == frozen
    assert AuditEntry.objects.get(action="conversion.deleted").subject == "a"


def test_a_thousand_events_take_as_many_statements_as_one(sender, django_assert_max_num_queries):
    events = [event(f"e{n}", destination=f"+35840{n:07d}") for n in range(300)]
    with django_assert_max_num_queries(30):
        assert sender.post("conversions/", {"events": events}).json()["stored"] == 300
