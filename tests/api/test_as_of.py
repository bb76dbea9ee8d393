"""Every read of the API tells the instant of its figures, their maturity, and the zone of its days and times."""

from collections.abc import Iterator

import pytest

from portal.api.schema import document

pytestmark = pytest.mark.django_db

_SHAPES = document()["components"]["schemas"]
# Answers without an instant or a zone, by the reason.
WITHOUT = {
    "names and rules that are part of the portal, and the key itself": {
        "/api/v1/",
        "/api/v1/countries/",
        "/api/v1/key/",
        "/api/v1/result-codes/",
        "/api/v1/schema/",
    },
    "one stored record, as a row of its list: it has no figures of messages, and its instants have their offset": {
        "/api/v1/alert-rules/{rule_id}/",
        "/api/v1/alerts/{alert_id}/",
        "/api/v1/billing/closings/{closing_id}/",
        "/api/v1/exchange-rates/{rate_id}/",
        "/api/v1/api-keys/{key_id}/",
        "/api/v1/conversions/kinds/{kind_id}/",
        "/api/v1/conversions/window/",
        "/api/v1/conversions/{conversion_id}/",
        "/api/v1/gates/{gate_id}/",
        "/api/v1/gates/{gate_id}/replays/{replay_id}/",
        "/api/v1/members/invitations/{invitation_id}/",
        "/api/v1/members/{membership_id}/",
        "/api/v1/partner-ids/requests/{request_id}/",
        "/api/v1/partner-ids/{partner_id}/",
        "/api/v1/price-lists/{price_list_id}/",
        "/api/v1/reports/definitions/{definition_id}/",
        "/api/v1/reports/definitions/{definition_id}/mails/{report_mail_id}/",
        "/api/v1/reports/definitions/{definition_id}/recipients/{recipient_id}/",
        "/api/v1/tenants/{slug}/",
    },
    "written once and never changed": {
        "/api/v1/price-lists/{price_list_id}/revisions/{revision}/",
        "/api/v1/gates/{gate_id}/attempts/",
        "/api/v1/gates/{gate_id}/attempts/{attempt_id}/",
        "/api/v1/statements/{statement_id}/",  # `counted_at` says of when it is
        "/api/v1/statements/{statement_id}/lines/",
    },
    "a file": {"/api/v1/reports/definitions/{definition_id}/runs/{saved_run_id}/files/{format_name}/"},
}


def answers() -> Iterator[tuple[str, dict]]:
    """Yield the path and the shape of every read that answers JSON and has an end."""
    for path, methods in document()["paths"].items():
        content = methods["get"]["responses"]["200"].get("content", {}) if "get" in methods else {}
        if "application/json" in content and not path.endswith("/stream/"):
            yield path, shape_of(content["application/json"]["schema"])


def shape_of(schema: dict) -> dict:
    return _SHAPES[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def rates_without_maturity(shape: dict, *, is_known: bool = False) -> Iterator[str]:
    """Yield the titles of shapes with numbers of delivered messages that have no maturity, nor have those around."""
    fields = shape.get("properties", {})
    is_known |= "maturity" in fields
    if not is_known and all(fields.get(name, {}).get("type") == "integer" for name in ("messages", "delivered")):
        yield shape["description"]
    for field in fields.values():
        for part in (field, field.get("items", {}), *field.get("oneOf", ()), *field.get("allOf", ())):
            if "$ref" in part:
                yield from rates_without_maturity(shape_of(part), is_known=is_known)


def test_every_answer_tells_its_instant_and_its_zone():
    missing = {
        path: sorted({"data_as_of", "timezone"} - shape.get("properties", {}).keys()) for path, shape in answers()
    }

    assert {path for path, names in missing.items() if names} == set().union(*WITHOUT.values())


def test_every_delivery_rate_has_its_maturity():
    assert {path: found for path, shape in answers() if (found := set(rates_without_maturity(shape)))} == {}


def test_zone_is_the_one_in_which_times_are_shown(mine, messages):
    in_utc, in_finland = (mine.get("messages/", **zone).json() for zone in ({}, {"timezone": "Europe/Helsinki"}))

    assert [(one["timezone"], one["data"][0]["sent_at"]) for one in (in_utc, in_finland)] == [
        ("UTC", "2026-11-02T10:00:00Z"),
        ("Europe/Helsinki", "2026-11-02T12:00:00+02:00"),
    ]
