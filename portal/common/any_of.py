"""The lookup `any_of`: equal to one of many values, which are one parameter.

`in` prepares and writes each value by itself, several times a page for each of a hundred days or result codes.
PostgreSQL plans both alike.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import DateField, IntegerField, Lookup


@DateField.register_lookup
@IntegerField.register_lookup
class AnyOf(Lookup):
    """`Q(day__any_of=days)`; values of the column's own type, none for a condition that nothing meets."""

    lookup_name = "any_of"

    def get_prep_lookup(self) -> list[Any]:
        values: Iterable[Any] = self.rhs
        return list(values)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple]:
        left, parameters = self.process_lhs(compiler, connection)
        column = self.lhs.output_field.db_type(connection)
        return f"{left} = ANY (%s::{column}[])", (*parameters, self.rhs)
