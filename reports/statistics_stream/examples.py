"""Example of totals. A test checks it against its schema."""

from reports.figures.examples import FIGURES

TOTALS = {
    "from": "2026-10-31",
    "to": "2026-10-31",
    "timezone": "Europe/Helsinki",
    "data_as_of": "2026-10-31T06:15:02.123456Z",
    "group_by": ["day"],
    "provisional_from": "2026-10-31",
    "whole": True,
    "groups": [{"key": {"day": "2026-10-31"}, **FIGURES}],
    "next_cursor": "9f86d081884c7d65",
}
