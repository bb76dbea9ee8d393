"""Downloads in the audit log."""

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

from portal.accounts.models import record


def record_download(request: HttpRequest | Request, action: str, *, actor: str, **what: Any) -> None:
    """Write down that a file was fetched, as `record` does. HEAD fetches none, so it leaves no entry."""
    if request.method != "HEAD":
        record(action, actor=actor, **what)
