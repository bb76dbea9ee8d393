"""The billed codes are those that docs/link.md lists."""

import re
from pathlib import Path

from deliveries.dialects.registry import DIALECTS

ROW = re.compile(r"^\| (\d+) \| [^|]+ \| (?:yes|no) \| (?:yes|no|\?) \| (yes|no|\?) \|", re.MULTILINE)


def test_billed_codes_are_those_of_the_table_of_codes():
    text = (Path(__file__).resolve().parents[2] / "docs" / "link.md").read_text()
    listed = {int(code): billed for code, billed in ROW.findall(text)}

    assert listed.keys() == DIALECTS["link"].codes.keys()
    assert {code for code, billed in listed.items() if billed == "yes"} == DIALECTS["link"].billed
    assert {code for code, billed in listed.items() if billed == "?"} == {4, 5, 1010}
