"""The kinds of errors that the API answers: one table for the answers, their description and the reference page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One type of problem (RFC 9457); `text` gives cause and remedy, `slug` is the anchor on the reference page."""

    slug: str
    status: int
    title: str
    text: str


PROBLEM_TYPES = {
    kind.slug: kind
    for kind in (
        ProblemType(
            "bad-parameter",
            400,
            "Invalid query parameter",
            "The query parameter is unknown, given twice, or has an invalid value. `errors` lists each.",
        ),
        ProblemType(
            "bad-body", 400, "Invalid body", "The body is not a JSON object (or an array, where arrays are allowed)."
        ),
        ProblemType(
            "no-key", 401, "No key", "The request has no key. Send it as `Authorization: Bearer srk_…`; see Keys."
        ),
        ProblemType(
            "invalid-key",
            401,
            "Unknown key",
            "No key has this value. Check that it is complete and belongs to this portal.",
        ),
        ProblemType("revoked-key", 401, "Key revoked", "The key was revoked on the page API keys. Use another key."),
        ProblemType("expired-key", 401, "Key expired", "The key has expired. Create a new key."),
        ProblemType(
            "network-refused",
            401,
            "Address not allowed",
            "The key may be used from other networks only. The page API keys lists them.",
        ),
        ProblemType(
            "missing-scope",
            403,
            "Scope missing",
            (
                "The key is valid, but does not have the scope named in `detail`, or is a gateway account's where"
                " `detail` asks for a customer's. Scopes are set when a key is created."
            ),
        ),
        ProblemType(
            "not-found",
            404,
            "Not found",
            "The resource does not exist, or the key may not see it. `GET /api/v1/` lists all paths.",
        ),
        ProblemType("method-not-allowed", 405, "Method not allowed", "The header `Allow` lists the allowed methods."),
        ProblemType(
            "not-ready",
            409,
            "Not ready",
            "The report has no file yet. Poll the report until its `state` is `done`.",
        ),
        ProblemType(
            "conflict",
            409,
            "Conflict",
            "The current state of the resource does not allow this. `detail` gives the reason.",
        ),
        ProblemType(
            "still-in-work",
            409,
            "Still in work",
            "A request with the same `Idempotency-Key` has not ended. Retry after the seconds in `Retry-After`.",
        ),
        ProblemType(
            "idempotency-key-reused",
            422,
            "Idempotency key reused",
            "The same `Idempotency-Key` was sent with another path or body. Use a new key for each new request.",
        ),
        ProblemType("gone", 410, "Gone", "The file was deleted. Queue a new report."),
        ProblemType(
            "cursor-lost",
            410,
            "Cursor no longer valid",
            (
                "The cursor is older than 7 days, or the database was restored since. `detail` tells which, and how to"
                " go on without a gap."
            ),
        ),
        ProblemType(
            "too-large", 413, "Body too large", "A body may have at most 65,536 bytes, a body of submissions 1,048,576."
        ),
        ProblemType(
            "unsupported-media-type",
            415,
            "Unsupported media type",
            "Send bodies as `Content-Type: application/json`.",
        ),
        ProblemType(
            "bad-field",
            422,
            "Invalid field",
            "A field of the body has an invalid value. `errors` points at each field (JSON Pointer).",
        ),
        ProblemType(
            "too-slow",
            422,
            "Search takes too long",
            ("The search would read too many messages. Choose fewer days, or search by number, refId or message id."),
        ),
        ProblemType(
            "too-many-requests",
            429,
            "Too many requests",
            "The limit for this minute is used up. Wait for the seconds in `Retry-After`.",
        ),
        ProblemType(
            "server-error",
            500,
            "Our fault",
            "The request failed and changed nothing. Give `request_id` to the people who run the portal.",
        ),
        ProblemType(
            "unavailable",
            503,
            "Database away",
            "Nothing was changed or stored. Retry after the seconds in `Retry-After`.",
        ),
    )
}

ALWAYS = ("bad-parameter", "too-many-requests", "server-error", "unavailable")
WITH_KEY = ("no-key", "invalid-key", "revoked-key", "expired-key", "network-refused", "missing-scope")
WITH_RETRY = ("still-in-work", "idempotency-key-reused")
WITH_BODY = ("bad-body", "too-large", "unsupported-media-type", "bad-field")
