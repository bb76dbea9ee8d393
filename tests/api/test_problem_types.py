"""The documents name every kind of error with its status."""

import re
from pathlib import Path

from portal.api.problem_types import PROBLEM_TYPES

DOCUMENT = Path(__file__).parents[2] / "docs" / "rest-api.md"


def test_table_of_errors_names_every_type_with_its_status():
    table = DOCUMENT.read_text().partition("\n## Errors\n")[2].partition("\n## ")[0]
    named: dict[str, set[int]] = {}
    for status, types in re.findall(r"^\| ([\d, ]+) \| (`[^|]+) \|", table, re.MULTILINE):
        for slug in re.findall(r"`([^`]+)`", types):
            named.setdefault(slug, set()).update(map(int, status.split(", ")))
    assert named.keys() == PROBLEM_TYPES.keys()
    assert {slug: kind.status for slug, kind in PROBLEM_TYPES.items() if kind.status not in named[slug]} == {}
