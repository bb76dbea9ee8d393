"""Fields of a body as its serializer reads them, with everything that is wrong by JSON Pointer (RFC 6901)."""

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers

from portal.api.problems import BadFields

Faults = list[tuple[str, str]]  # (JSON Pointer, text)

_TYPES = (
    (serializers.CharField, str, "a text is needed"),
    (serializers.BooleanField, bool, "true or false is needed"),
    (serializers.IntegerField, int, "a whole number is needed"),
    (serializers.FloatField, int | float, "a number is needed"),
)


def checked(kind: type[serializers.Serializer], data: object, *, is_partial: bool = False) -> dict[str, Any]:
    """Return the fields of a body. Raises BadFields with all that is wrong, unknown fields of nested objects too."""
    serializer = kind(data=data, partial=is_partial)
    faults = list(_unknown(serializer, data, "#"))
    if not serializer.is_valid():
        faults += _flat(serializer.errors, "#")
    named = {pointer for pointer, _text in faults}
    faults += [fault for fault in _mistyped(serializer, data, "#") if fault[0] not in named]
    refuse(faults)
    return serializer.validated_data


def refuse(faults: Faults) -> None:
    """Raise BadFields with all faults, if there is any."""
    if faults:
        raise BadFields("; ".join(f"{pointer[2:]}: {text}" for pointer, text in faults), faults)


def escaped(name: str) -> str:
    """Return a name as a JSON Pointer holds it (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")[:100]


def _unknown(serializer: serializers.BaseSerializer, data: object, at: str) -> Iterator[tuple[str, str]]:
    """Yield the fields that a body must not have, those of nested objects included."""
    if isinstance(serializer, serializers.ListSerializer):
        for number, one in enumerate(data if isinstance(data, list) else ()):
            if isinstance(serializer.child, serializers.BaseSerializer):
                yield from _unknown(serializer.child, one, f"{at}/{number}")
    elif isinstance(serializer, serializers.Serializer) and isinstance(data, Mapping):
        for name, value in data.items():
            field = serializer.fields.get(name)
            if field is None:
                yield f"{at}/{escaped(name)}", f"unknown field; allowed: {', '.join(serializer.fields)}"
            elif isinstance(field, serializers.BaseSerializer):
                yield from _unknown(field, value, f"{at}/{name}")


def _mistyped(field: serializers.Field, data: object, at: str) -> Iterator[tuple[str, str]]:
    """Yield the values of another type than described, which serializers convert: a number as a text, and so on."""
    if isinstance(field, serializers.Serializer):
        for name, value in data.items() if isinstance(data, Mapping) else ():
            if name in field.fields:
                yield from _mistyped(field.fields[name], value, f"{at}/{name}")
    elif isinstance(field, serializers.ListSerializer | serializers.ListField):
        for number, one in enumerate(data if isinstance(data, list) else ()):
            yield from _mistyped(field.child, one, f"{at}/{number}")
    elif data is not None:
        for kind, type_, text in _TYPES:
            if isinstance(field, kind) and (
                not isinstance(data, type_) or (type_ is not bool and isinstance(data, bool))
            ):
                yield at, text


def _flat(errors: object, at: str) -> Faults:
    """Return a serializer's errors by JSON Pointer."""
    if isinstance(errors, Mapping):
        here = [(at, str(text)) for text in errors.get("non_field_errors", ())]
        named = ((name, part) for name, part in errors.items() if name != "non_field_errors")
        return here + [fault for name, part in named for fault in _flat(part, f"{at}/{escaped(str(name))}")]
    if isinstance(errors, list) and any(isinstance(one, Mapping) for one in errors):
        return [fault for number, one in enumerate(errors) for fault in _flat(one, f"{at}/{number}")]
    return [(at, str(text)) for text in errors] if isinstance(errors, list) else [(at, str(errors))]
