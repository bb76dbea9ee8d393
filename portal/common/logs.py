"""Logging of all processes: formatters that redact, no request paths, uncaught exceptions redacted too."""

import logging
import os
import sys
import threading
import traceback
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from portal.common.redaction import redact

UMASK = 0o027  # logs, reports and backups are for the portal's user and its group


class LineFormatter(logging.Formatter):
    """A line of text, its traceback included, redacted."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class RedactingJsonFormatter(JsonFormatter):
    """A JSON object per line; numbers stay numbers, every other value is redacted text."""

    def process_log_record(self, log_record: dict[str, Any]) -> dict[str, Any]:
        values = super().process_log_record(log_record)
        return {name: _redacted(value) for name, value in values.items() if name != "request"}


class RouteFilter(logging.Filter):
    """Puts the route in the place of a request's path: a path may hold a token, or be one.

    Django's loggers pass the request with a record, and its path among the arguments.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None:
            match = getattr(request, "resolver_match", None)
            route = f"/{match.route}" if match else "(no route)"
            paths = {getattr(request, "path", None), _full_path(request)} - {None}
            if isinstance(record.args, tuple):
                record.args = tuple(
                    route if isinstance(value, str) and value in paths else value for value in record.args
                )
        if record.name.startswith("django.security.") and record.name != "django.security.csrf":
            # These quote what was sent, such as a Host header; which kind it is suffices.
            record.msg, record.args = "%s, refused", (record.name.rpartition(".")[2],)
            record.exc_info = record.exc_text = None
        return True


def prepare_process() -> None:
    """Set what each of the portal's processes needs before it writes anything: the umask, redacted tracebacks."""
    os.umask(UMASK)
    sys.excepthook = _write_exception
    threading.excepthook = lambda given: _write_exception(given.exc_type, given.exc_value, given.exc_traceback)


def _write_exception(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    if error is not None and issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    elif not issubclass(kind, SystemExit):
        sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def _full_path(request: Any) -> str | None:
    try:
        return request.get_full_path()
    except AttributeError:
        return None


def _redacted(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {name: _redacted(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return redact(str(value))
