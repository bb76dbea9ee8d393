"""Causes of a stopped applier in words for people and monitors. Pure, read by /readyz without Django."""

from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """Cause of a stop."""

    STATEMENT = "statement"  # of the statement, the schema, privileges or the server's own
    PROGRAMME = "programme"  # a mistake in the portal's code
    ROWS = "rows"  # several rows fail alone with the same error


CAUSES = {
    Cause.STATEMENT: "the database rejects a statement",
    Cause.PROGRAMME: "a program error",
    Cause.ROWS: "several rows fail with the same error",
}

# What the ingest's role may read of the stop (portal/tenants/wall.py).
READ = "SELECT since, cause, code FROM applier_stop"


def public_words(since: datetime, cause: str, code: str) -> str:
    """Return one line for /readyz, which everybody may read: no text of an error, it may hold people's data."""
    return (
        f"delivery reports are stored but not processed since {since:%Y-%m-%d %H:%M} UTC:"
        f" {CAUSES[Cause(cause)]} ({code}). No report is lost"
    )
