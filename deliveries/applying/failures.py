"""Errors of the applier: whether one is about a row, the database's absence, a statement or the programme."""

from dataclasses import dataclass
from enum import StrEnum

import psycopg
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError

from deliveries.applying.batch_result import BatchResult
from deliveries.stop_reasons import CAUSES, Cause
from portal.common.redaction import redact

DATABASE_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)

# Classes of SQLSTATE that speak of values: data exception, integrity constraint, program limit exceeded (a value that
# is too long for an index, JSON that is too deep); and what a trigger of somebody's own raises.
_OF_VALUES = ("22", "23", "54", "P0001")
_VALUES_WITHOUT_STATE = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)


class Kind(StrEnum):
    """Kind of an error: which part of the system causes it."""

    AWAY = "away"  # the database is not reachable: nothing was done, and it will be again
    ROW = "row"  # the values of a row
    STATEMENT = "statement"  # the statement, the schema, privileges, the server: never one row
    PROGRAMME = "programme"  # our code: one odd row may cause it, or any


@dataclass(frozen=True, slots=True)
class Failure:
    """One error, judged. `signature` is the same for the same error about another row."""

    kind: Kind
    code: str
    words: str
    signature: tuple

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Judge an error that a batch raised."""
        kind = kind_of(error)
        name, state = type(error).__name__, _sqlstate(error)
        if state:
            name = f"{type(error.__cause__ or error).__name__.rstrip('_')} {state}"
        place = _code_place(error) if kind is Kind.PROGRAMME else _table_place(error)
        return cls(kind, name, words_of(error), (type(error), state, place))


class Stopped(Exception):
    """Applying has stopped: what failed is not about a row. Nothing of it was done, and everything still waits."""

    def __init__(self, cause: Cause, failure: Failure, *, rows: list[int] | None = None) -> None:
        which = f", such as rows {', '.join(map(str, rows))} of the inbox" if rows else ""
        super().__init__(f"processing has stopped: {CAUSES[cause]}{which}: {failure.words}")
        self.cause, self.failure = cause, failure
        self.done = BatchResult()  # of the same batch, before


def stop_of(error: Exception) -> Stopped | None:
    """Return the stop for an error of the applier's loop; None if the database is not reachable."""
    if isinstance(error, Stopped):
        return error
    failure = Failure.of(error)
    if failure.kind is Kind.AWAY:
        return None
    return Stopped(Cause.STATEMENT if failure.kind is Kind.STATEMENT else Cause.PROGRAMME, failure)


def kind_of(error: Exception) -> Kind:
    """Return what an error is about, by the database's own code for it where it has one."""
    if not isinstance(error, Error | psycopg.Error):
        return Kind.PROGRAMME
    state = _sqlstate(error)
    if state.startswith(_OF_VALUES) if state else isinstance(error, _VALUES_WITHOUT_STATE):
        return Kind.ROW
    return Kind.AWAY if isinstance(error, DATABASE_AWAY) else Kind.STATEMENT


def words_of(error: Exception) -> str:
    """Return the error in one line that any database takes, without phone numbers; further lines hold people's data."""
    line = redact((str(error).splitlines() or [""])[0])
    return f"{type(error).__name__}: {line}".encode("ascii", "backslashreplace").decode().replace("\0", "")


def _sqlstate(error: Exception) -> str:
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or ""


def _table_place(error: Exception) -> tuple:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return ()
    return cause.diag.table_name, cause.diag.column_name, cause.diag.constraint_name


def _code_place(error: Exception) -> tuple:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ()
