"""Encrypts stored secrets again with the present SECRET_KEY, so that the earlier key can be dropped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Model

from campaigns.models import ConversionUpload
from deliveries.models import Export, Gate, GateDestination, GateEvent, GateReplay, RecipientSecret
from portal.accounts.models import UnsentMail, record
from portal.common.sealed import Unreadable, is_newest, reseal
from portal.tenants.models import GateApi
from reports.models import InvoiceCheck


@dataclass(frozen=True, slots=True)
class Sealed:
    """Columns of a model that hold encrypted texts of one purpose, "" where there is none."""

    model: type[Model]
    columns: tuple[str, ...]
    purpose: str


SEALED = (
    Sealed(Gate, ("secret_sealed", "old_secret_sealed"), "gates"),
    Sealed(GateDestination, ("password_sealed", "headers_sealed"), "gates"),
    Sealed(GateEvent, ("sealed",), "gate-event"),
    Sealed(GateApi, ("password_sealed", "token_sealed", "feed_password_sealed", "feed_header_sealed"), "gate-api"),
    Sealed(RecipientSecret, ("sealed",), "recipient-secret"),  # each `migrate` does it, too
    Sealed(UnsentMail, ("sealed",), "unsent-mail"),
    Sealed(Export, ("sealed",), "export"),
    Sealed(GateReplay, ("sealed", "position_sealed"), "gate-replay"),
    Sealed(ConversionUpload, ("sealed",), "conversion-upload"),
    Sealed(InvoiceCheck, ("sealed",), "invoice-check"),
)
_FACTOR = "second-factor"


@dataclass(slots=True)
class Resealed:
    """Results by table: rows that were encrypted again, and the keys of rows that no known SECRET_KEY reads."""

    changed: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, list[int]] = field(default_factory=dict)


def reseal_all(*, actor: str) -> Resealed:
    """Encrypt every stored secret with the present SECRET_KEY; what has it already is left as it is.

    It may be run again, and beside the running portal: a row that changes meanwhile is left to the next run.
    """
    done = Resealed()
    for sealed in SEALED:
        rows = sealed.model._default_manager.order_by("pk").values("pk", *sealed.columns)
        for row in rows.iterator(chunk_size=1000):
            values = {column: row[column] for column in sealed.columns}
            _change(done, sealed.model, row["pk"], values, partial(_new, purpose=sealed.purpose))
    for pk, data in Authenticator.objects.order_by("pk").values_list("pk", "data").iterator(chunk_size=1000):
        _change(done, Authenticator, pk, {"data": data}, _new_data)
    if done.changed or done.unreadable:
        details = {"resealed": sum(done.changed.values()), "unreadable": sum(map(len, done.unreadable.values()))}
        record("secrets.resealed", actor=actor, details=details)
    return done


def _change(done: Resealed, model: type[Model], pk: int, values: dict[str, Any], new: Callable[[Any], Any]) -> None:
    table = model._meta.db_table
    try:
        changed = {column: new(value) for column, value in values.items()}
    except Unreadable:
        done.unreadable.setdefault(table, []).append(pk)
        return
    # Only what is still as it was read: a secret may be rotated meanwhile.
    if changed != values and model._default_manager.filter(pk=pk, **values).update(**changed):
        done.changed[table] = done.changed.get(table, 0) + 1


def _new(text: str, purpose: str) -> str:
    return reseal(text, purpose=purpose) if text and not is_newest(text, purpose=purpose) else text


def _new_data(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a second factor with its secret, its seed or its codes encrypted again."""
    return dict(_new_items(data))


def _new_items(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if key in ("secret", "seed"):
            yield key, _new(value, _FACTOR)
        elif key == "migrated_codes":
            yield key, [_new(code, _FACTOR) for code in value]
        else:
            yield key, value
