"""Logging: lines or JSON, with numbers and tokens redacted."""

import os

from portal.settings.base import env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.common.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {
            "()": "portal.common.logs.RedactingJsonFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        },
    },
    "filters": {"routes": {"()": "portal.common.logs.RouteFilter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("LOG_FORMAT", "line"),
            "filters": ["routes"],
        },
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {
        name: {"level": os.environ.get("LOG_LEVEL", "INFO")}
        for name in ("portal", "deliveries", "reports", "campaigns", "celery")
    }
    # The server's loggers have handlers of their own, which would not redact.
    | {name: {"level": "INFO", "handlers": ["console"], "propagate": False} for name in ("_granian", "granian.access")},
}
