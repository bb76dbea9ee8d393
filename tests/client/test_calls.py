"""Requests as values: queries, paths, addresses, bodies."""

from datetime import UTC, date, datetime

import pytest

from sms_portal import BadAddress, Client
from sms_portal.calls import absolute, call, checked_url, path_of, query_pairs


def test_query_has_a_pair_for_each_value():
    query = {
        "from_": date(2026, 10, 1),
        "updated_since": datetime(2026, 10, 1, 8, tzinfo=UTC),
        "country": ["FI", "SE"],
        "custom_parameters": {"shop": "7"},
        "final": True,
        "size": 5,
        "to": None,
    }
    assert query_pairs(query) == (
        ("from", "2026-10-01"),
        ("updated_since", "2026-10-01T08:00:00+00:00"),
        ("country", "FI"),
        ("country", "SE"),
        ("custom_parameters[shop]", "7"),
        ("final", "true"),
        ("size", "5"),
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [({"from_": datetime(2026, 10, 1)}, "from: the time"), ({"a": object()}, "a: a text, number, day or time")],  # noqa: DTZ001 (the very thing that is refused)
)
def test_value_that_no_query_can_hold_is_named(query, text):
    with pytest.raises((ValueError, TypeError), match=text):
        query_pairs(query)


def test_posts_have_an_idempotency_key_and_others_none():
    first, second = (call("POST", "reports/", dict, body={"month": "2026-10"}) for _ in range(2))

    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]
    assert call("POST", "reports/", dict, idempotency_key="mine").headers["Idempotency-Key"] == "mine"
    assert "Idempotency-Key" not in call("PATCH", "gates/1/", dict, body={}).headers


def test_paths_stay_below_the_api():
    assert absolute("key/") == absolute("/api/v1/key/") == "/api/v1/key/"
    assert path_of("gates", "a/b?", 7) == "gates/a%2Fb%3F/7/"
    for path in ("/admin/", "../admin/", "https://elsewhere.example/", "messages/?size=1", "//elsewhere.example/"):
        with pytest.raises(BadAddress):
            absolute(path if path.startswith(("/", ".")) or "?" in path else f"/{path}")


def test_key_is_not_sent_in_clear_to_other_hosts():
    assert checked_url("https://portal.example.com/api/v1/") == "https://portal.example.com"
    assert checked_url("http://localhost:8000/") == "http://localhost:8000"
    assert checked_url("http://portal.internal", allow_http=True) == "http://portal.internal"
    for url in ("http://portal.internal", "portal.example.com", "https://me:secret@portal.example.com", "https://p/x/"):
        with pytest.raises(BadAddress, match="url: "):
            checked_url(url)


@pytest.mark.parametrize("key", ["", "srk_a b", "srk_\n", "srk_ä"])
def test_key_with_other_signs_is_refused(key):
    with pytest.raises(BadAddress, match="key: "):
        Client("https://portal.example.com", key)
