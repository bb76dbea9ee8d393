"""Responses of the API match its description for any request, and reveal nothing of another tenant."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.api.schema import document
from tests.api.conftest import CANARY
from tests.api.test_schema import check
from tests.hypothesis_profile import examples

pytestmark = pytest.mark.django_db

OPERATIONS = [(path, method, op) for path, methods in document()["paths"].items() for method, op in methods.items()]
JUNK = st.one_of(
    st.sampled_from(
        ["", "0", "-1", CANARY, f"{CANARY}-1", "a", "1", "\0", "٣", "9" * 30, "2026-02-30", "%", "'", "null"]
    ),
    st.text(max_size=8),
)
FITS = {
    "date": st.dates().map(str),
    "date-time": st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    "integer": st.integers(-2, 2**33).map(str),
    "string": JUNK,
}


def values(parameter: dict) -> st.SearchStrategy[str]:
    """Return values that fit a parameter now and then."""
    schema = parameter["schema"].get("items", parameter["schema"])
    if "enum" in schema:
        return st.one_of(st.sampled_from(schema["enum"]), JUNK)
    return st.one_of(FITS[schema.get("format", schema["type"])], JUNK)


# Most can be taken: what is handed in of another's partner ID cannot.
SUBMISSIONS = st.fixed_dictionaries(
    {
        "message_id": st.one_of(JUNK, st.just("handed-in")),
        "submitted_at": st.sampled_from(["2026-11-20T09:00:00Z", "2026-11-20", ""]),
        "partner_id": st.sampled_from(["nr-fi", CANARY, "no-such"]),
    },
    optional={"account": JUNK, "ref_id": JUNK, "destination": JUNK, "custom_parameters": st.dictionaries(JUNK, JUNK)},
)


@st.composite
def requests(draw) -> tuple:
    path, method, operation = draw(st.sampled_from(OPERATIONS))
    address, query, headers = path, [], {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            text = (
                draw(values(parameter)) if parameter["schema"]["type"] == "string" else str(draw(st.integers(0, 2**70)))
            )
            address = address.replace("{" + parameter["name"] + "}", quote(text, safe="") or "x")
        elif parameter["schema"]["type"] == "object":
            keys = draw(st.lists(st.one_of(st.sampled_from(["shop", "", "]"]), JUNK), max_size=2))
            query += [(f"{parameter['name']}[{key}]", draw(JUNK)) for key in keys]
        elif draw(st.integers(0, 4)) == 0:
            query += [(parameter["name"], draw(values(parameter))) for _ in range(draw(st.integers(1, 2)))]
    body = draw(
        st.one_of(
            st.fixed_dictionaries({}, optional={"month": st.one_of(JUNK, st.just("2026-09")), "tenant": JUNK}).map(
                json.dumps
            ),
            st.lists(SUBMISSIONS, max_size=3).map(json.dumps),
            st.text(max_size=8),
        )
    )
    return path, method, address, query, body, headers


@given(asked=requests())
@examples(75, long=1000)
def test_any_request_is_answered_as_described(client, mine, theirs, messages, asked):
    path, method, address, query, body, headers = asked
    for caller in (mine, theirs):
        send = {"headers": caller.headers | headers}
        if method in ("post", "put", "patch"):
            answer = getattr(client, method)(address, body, content_type="application/json", **send)
        elif method == "delete":
            answer = client.delete(address, **send)
        else:
            answer = client.get(address, {name: [v for n, v in query if n == name] for name, _value in query}, **send)

        shown = b"" if answer.streaming else answer.content
        check(path, method.upper(), answer)
        asked_for = json.dumps([address, query, body], ensure_ascii=False)
        if caller is mine and CANARY not in asked_for:
            assert CANARY.encode() not in shown
