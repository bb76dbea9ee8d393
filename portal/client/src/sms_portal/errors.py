"""Exceptions: problems that the portal answers (RFC 9457), and requests without a usable answer."""

from __future__ import annotations

from msgspec import Struct


class PortalError(Exception):
    """The base of all errors of this package."""


class BadAddress(PortalError):
    """A URL or path that no request may be sent to."""


class ConnectionFailed(PortalError):
    """No answer came, also after retries."""


class UnexpectedAnswer(PortalError):
    """An answer that is not one of the API: of a proxy, or of a version that this client does not know."""


class NotFinished(PortalError):
    """An export or a report was not done within the time that the caller allowed."""


class FileNotMade(PortalError):
    """An export or a report ended without a file."""


class FileDamaged(PortalError):
    """A downloaded file is not the one that the portal has made."""


class FieldError(Struct, frozen=True, kw_only=True):
    """One refused query parameter (`parameter`) or field of the body (`pointer`, a JSON Pointer)."""

    detail: str
    parameter: str | None = None
    pointer: str | None = None

    @property
    def field(self) -> str:
        """The name of the parameter, or the path of the field without the sign of a pointer."""
        return self.parameter or (self.pointer or "").removeprefix("#/")


class ProblemBody(Struct, frozen=True, kw_only=True):
    """The members of a problem."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    instance: str | None = None
    request_id: str | None = None
    errors: tuple[FieldError, ...] = ()


class Problem(PortalError):
    """An error that the portal has answered.

    `kind` is its type, such as `bad-parameter`; `errors` are the refused parameters and fields; `request_id` identifies
    the request in the portal's log; `retry_after` is in seconds.
    """

    def __init__(self, body: ProblemBody, retry_after: float | None = None) -> None:
        self.kind = body.type.rpartition("#")[2]
        self.status, self.title, self.detail = body.status, body.title, body.detail
        self.errors, self.instance, self.request_id = body.errors, body.instance, body.request_id
        self.retry_after = retry_after
        super().__init__(f"{body.title} ({body.status}): {body.detail}")


class BadRequest(Problem):
    """Error 400: a query parameter or the body cannot be read."""


class KeyRefused(Problem):
    """Error 401: there is no key, or it is unknown, revoked, expired or used from another network."""


class ScopeMissing(Problem):
    """Error 403: the key does not have the scope for this."""


class NotFound(Problem):
    """Error 404: there is no such thing for this key."""


class Conflict(Problem):
    """Error 409: the state of the thing does not allow it."""


class Gone(Problem):
    """Error 410: the file was deleted."""


class CursorLost(Gone):
    """Error 410 of the stream: the events behind the cursor are not stored any more."""


class Invalid(Problem):
    """Error 422: fields of the body are refused, or a search is too slow."""


class TooManyRequests(Problem):
    """Error 429: a limit is used up."""


class ServerProblem(Problem):
    """Error 5xx: the portal failed, or its database is away."""


_BY_KIND: dict[str, type[Problem]] = {"cursor-lost": CursorLost}
_BY_STATUS: dict[int, type[Problem]] = {
    400: BadRequest,
    401: KeyRefused,
    403: ScopeMissing,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}


def problem_of(body: ProblemBody, retry_after: float | None) -> Problem:
    """Return the exception of a problem."""
    kind = body.type.rpartition("#")[2]
    by_status = _BY_STATUS.get(body.status, ServerProblem if body.status >= 500 else Problem)
    return _BY_KIND.get(kind, by_status)(body, retry_after)
