"""The kinds of errors that the API answers: one table for the answers, their description and the reference page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem (RFC 9457); `text` says when it comes and what to do, `slug` is its place on the page."""

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
            "Query parameter not accepted",
            "There is no such query parameter, it is there twice, or its value cannot be read. `errors` names each.",
        ),
        ProblemType(
            "bad-body", 400, "Body not readable", "The body is no JSON object (or no array, where several may be sent)."
        ),
        ProblemType(
            "no-key", 401, "No key", "The request has no key. Send it as `Authorization: Bearer srk_…`; see Keys."
        ),
        ProblemType(
            "invalid-key", 401, "Key not known", "There is no such key: it was mistyped, cut off, or belongs elsewhere."
        ),
        ProblemType("revoked-key", 401, "Key revoked", "Somebody ended this key on the page API keys. Use another."),
        ProblemType("expired-key", 401, "Key expired", "The key's last day is over. Make a new one and change over."),
        ProblemType(
            "missing-scope",
            403,
            "Scope missing",
            "The key is valid, but lacks the scope that `detail` names. Scopes are fixed when a key is made.",
        ),
        ProblemType(
            "not-found",
            404,
            "Not found",
            "There is no such thing, or it is another tenant's. All addresses end with “/”.",
        ),
        ProblemType(
            "method-not-allowed", 405, "Method not allowed", "`Allow` in the answer's head lists the methods there are."
        ),
        ProblemType(
            "not-ready",
            409,
            "Not ready",
            "The report has no file yet. Ask for the report itself until its `state` is `done`.",
        ),
        ProblemType(
            "conflict",
            409,
            "Conflict",
            "What is asked for does not fit the state that the thing is in; `detail` says why.",
        ),
        ProblemType(
            "idempotency-key-reused",
            409,
            "Idempotency key used before",
            "The same `Idempotency-Key` came with another body. Take a new one for each thing that shall happen.",
        ),
        ProblemType("gone", 410, "Gone", "The file was there and is not any more. Queue a new report."),
        ProblemType(
            "too-large", 413, "Body too large", "The body is longer than 65,536 bytes; of submissions, than 1,048,576."
        ),
        ProblemType(
            "unsupported-media-type",
            415,
            "Media type not supported",
            "Send bodies as `Content-Type: application/json`.",
        ),
        ProblemType(
            "bad-field",
            422,
            "Field not accepted",
            "A field of the body cannot be taken. `errors` points at each (JSON Pointer).",
        ),
        ProblemType(
            "too-slow",
            422,
            "Search takes too long",
            "Too many messages would have to be looked through. Ask for fewer days, or by number, refId or message id.",
        ),
        ProblemType(
            "too-many-requests",
            429,
            "Too many requests",
            "The limit of this minute is used up. Wait as many seconds as `Retry-After` says.",
        ),
        ProblemType(
            "server-error",
            500,
            "Our fault",
            "The request failed and changed nothing. Quote `request_id` to whoever runs the portal.",
        ),
        ProblemType(
            "unavailable",
            503,
            "Database away",
            "Nothing was changed or stored. Send the same again after as many seconds as `Retry-After` says.",
        ),
    )
}

ALWAYS = ("bad-parameter", "too-many-requests", "server-error", "unavailable")
WITH_KEY = ("no-key", "invalid-key", "revoked-key", "expired-key", "missing-scope")
WITH_BODY = ("bad-body", "too-large", "unsupported-media-type", "bad-field")
