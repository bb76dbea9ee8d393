"""Typed client of the SMS reporting portal's API: `Client`, `AsyncClient`, the command `sms-portal`.

It imports nothing of the portal; the API is its only contract.
"""

from sms_portal.async_client import AsyncClient
from sms_portal.async_reading import AsyncResource, AsyncRows, AsyncStream
from sms_portal.client import Client
from sms_portal.common import VERSION
from sms_portal.errors import (
    BadAddress,
    BadRequest,
    Conflict,
    ConnectionFailed,
    CursorLost,
    FieldError,
    FileDamaged,
    FileNotMade,
    Gone,
    Invalid,
    KeyRefused,
    NotFinished,
    NotFound,
    PortalError,
    Problem,
    ScopeMissing,
    ServerProblem,
    TooManyRequests,
    UnexpectedAnswer,
)
from sms_portal.exchange import Retry
from sms_portal.reading import Resource, Rows, Stream

__version__ = VERSION
__all__ = [
    "AsyncClient",
    "AsyncResource",
    "AsyncRows",
    "AsyncStream",
    "BadAddress",
    "BadRequest",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "CursorLost",
    "FieldError",
    "FileDamaged",
    "FileNotMade",
    "Gone",
    "Invalid",
    "KeyRefused",
    "NotFinished",
    "NotFound",
    "PortalError",
    "Problem",
    "Resource",
    "Retry",
    "Rows",
    "ScopeMissing",
    "ServerProblem",
    "Stream",
    "TooManyRequests",
    "UnexpectedAnswer",
]
