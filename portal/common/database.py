"""Plain connections for what runs beside the ORM."""

from django.db import connection
from psycopg.conninfo import make_conninfo


def connection_string() -> str:
    """Return libpq's words for the default database (a test's own one within tests)."""
    settings = connection.settings_dict
    parts = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    extra = {key: value for key, value in settings["OPTIONS"].items() if key not in ("pool", "options")}
    return make_conninfo(**{key: value for key, value in parts.items() if value}, **extra)
