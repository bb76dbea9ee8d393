"""Extensions of schemathesis, which tests/api/test_schemathesis.py runs: bodies in lines, paths to rows, a check."""

import json
import os
import re
from itertools import count
from uuid import uuid4

import schemathesis

KEPT = json.loads(os.environ.get("KEPT", "{}"))  # values of path parameters, by name
PER_ITEM = ("POST /api/v1/messages/", "POST /api/v1/conversions/", "POST /api/v1/partner-ids/batch/")
NOTHING = 2**31 - 1  # an id of nothing
IDEMPOTENCY_KEY = "Idempotency-Key"
_calls = count()
_idempotency_keys: set[str] = set()


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value) -> bytes:
    rows = value if isinstance(value, list) else [value]
    return "\n".join(json.dumps(row) for row in rows).encode()


@schemathesis.hook
def before_call(ctx, case, kwargs) -> None:
    if case.meta is not None:
        _choose_path(case)
        _give_own_idempotency_key(case)


def _choose_path(case) -> None:
    """Let every second path lead to something of KEPT, but never delete that: every later answer would be 404.

    Without the run's own keys it would be 401. Paths that links made, or that are wrong on purpose, stay as they are.
    """
    last = re.search(r"\{(\w+)\}/$", case.operation.path)
    deleted = last[1] if last and case.method == "DELETE" else None
    if str(case.path_parameters.get(deleted)) in KEPT.get(deleted, ()):
        case.path_parameters[deleted] = NOTHING
    if case.meta.phase.name == "stateful" or case.meta.is_negative_at("path") or next(_calls) % 2:
        return
    for name in case.path_parameters:
        if name in KEPT and name != deleted:
            case.path_parameters[name] = KEPT[name][0]


def _give_own_idempotency_key(case) -> None:
    """A second call with the same key and another body would be refused (422), and show nothing."""
    if case.meta.is_negative_at("header"):
        return
    key = case.headers.get(IDEMPOTENCY_KEY)
    if key in _idempotency_keys and re.fullmatch("[!-~]{1,255}", str(key)):
        case.headers[IDEMPOTENCY_KEY] = uuid4().hex
    if key:
        _idempotency_keys.add(key)


@schemathesis.check
def wrong_items_are_refused(ctx, response, case) -> None:
    """Calls that answer for each item of a body refuse there what the schema does not allow."""
    is_wrong = case.meta is not None and case.meta.is_negative_at("body")
    if is_wrong and response.status_code in (200, 202) and case.operation.label in PER_ITEM:
        assert response.json()["refused"], "An item that the schema does not allow was taken."
