"""The linter looks for SQL that is made of variables, and each line that it lets pass says why."""

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("portal", "deliveries", "campaigns", "reports")
# No request reaches them.
WITHOUT_THE_RULE = {"tests/**", "benchmarks/**"}


def python_lines() -> list[tuple[str, str]]:
    """Return the lines of the portal's code, each with the place where it stands."""
    files = [file for package in PACKAGES for file in sorted((REPOSITORY / package).rglob("*.py"))]
    assert len(files) > 200
    return [
        (f"{file.relative_to(REPOSITORY)}:{number}", line)
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
    ]


def test_each_exception_from_the_rule_has_a_reason():
    exceptions = [(place, re.split(r"# noqa: [A-Z0-9, ]*S608", line)) for place, line in python_lines()]
    exceptions = [(place, parts[1]) for place, parts in exceptions if len(parts) > 1]

    assert len(exceptions) > 40
    assert [place for place, reason in exceptions if not re.match(r"  \S+ \S+ \S+", reason)] == []


def test_no_line_and_no_file_is_spared_all_rules():
    spared = [
        place for place, line in python_lines() if re.search(r"# (noqa(?!: [A-Z])|ruff: noqa|flake8: noqa)", line)
    ]

    assert spared == []


def test_rule_is_on_everywhere_but_in_tests_and_benchmarks():
    lint = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    codes = ("S", "S6", "S608")
    without = {files for files, ignored in lint["per-file-ignores"].items() if {*codes} & {*ignored}}

    assert {*codes} & {*lint.get("select", []), *lint.get("extend-select", [])}
    assert not {*codes} & {*lint.get("ignore", []), *lint.get("extend-ignore", [])}
    assert without == WITHOUT_THE_RULE
