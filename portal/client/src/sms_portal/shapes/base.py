"""The base of all answers' shapes, and pages of them."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

Row = TypeVar("Row")


class Shape(Struct, frozen=True, kw_only=True):
    """An answer; fields that a newer portal adds are ignored. The portal's API reference explains each field."""


class Page(Shape, Generic[Row], frozen=True, kw_only=True):
    """A page of a list; `data_as_of` is there for lists that can be read by changes."""

    data: list[Row]
    next_cursor: str | None = None
    data_as_of: datetime | None = None
