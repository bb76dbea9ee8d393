"""Docstrings begin with what the thing is or does, never with a question word (docs/style.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("portal", "campaigns", "deliveries", "reports", "benchmarks", "tests")
QUESTION_WORDS = (
    "What", "Who", "Whom", "Whose", "Which", "Whatever", "Whoever", "Whichever", "When", "Whenever", "Where",
    "Wherever", "Whether", "How", "However", "Why",
)  # fmt: skip


def first_lines(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, first line) of the docstrings of a module, its classes and its public functions."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        is_private = getattr(node, "name", "").startswith("_")
        text = None if is_private else ast.get_docstring(node)
        if text:
            yield node.body[0].lineno, text.splitlines()[0]


def questions(source: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in first_lines(source) if line.split()[0].strip(",:") in QUESTION_WORDS]


@pytest.mark.parametrize("package", PACKAGES)
def test_first_line_of_a_docstring_is_no_question(package):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in questions(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_question_is_found_in_modules_classes_and_functions():
    source = '"""Who may."""\nclass Count:\n    """How many."""\n\n    def get(self):\n        """Return it."""\n'
    assert questions(source) == [(1, "Who may."), (3, "How many.")]
