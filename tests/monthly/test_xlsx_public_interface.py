"""The workbook is written through openpyxl's public interface: no private name, no XML and no archive of our own."""

import ast
from pathlib import Path

import pytest

from reports.monthly import writers

FILES = sorted(Path(writers.__file__).parent.glob("xlsx*.py"))
FORBIDDEN = {"zipfile", "xml", "lxml", "et_xmlfile", "ElementTree"}


def forbidden(source: str) -> list[str]:
    """Return each private attribute of another object and each import of a private name or of XML and ZIP modules."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=owner, attr=name) if is_private(name):
                if not (isinstance(owner, ast.Name) and owner.id in ("self", "cls")):
                    found.append(ast.unparse(node))
            case ast.Call(func=ast.Name("getattr" | "setattr"), args=[_, ast.Constant(str(name)), *_]):
                found += [ast.unparse(node)] * is_private(name)
            case ast.Import(names=names):
                found += [alias.name for alias in names if is_forbidden(alias.name)]
            case ast.ImportFrom(module=module, names=names):
                paths = [f"{module or ''}.{alias.name}" for alias in names]
                found += [path for path in paths if is_forbidden(path)]
    return found


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_forbidden(path: str) -> bool:
    return any(is_private(part) or part in FORBIDDEN for part in path.split("."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_module_uses_nothing_private(path):
    assert forbidden(path.read_text()) == []


def test_writer_and_its_parts_are_looked_at():
    assert {"xlsx.py", "xlsx_cells.py", "xlsx_styles.py"} <= {path.name for path in FILES}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("sheet._writer.out", ["sheet._writer"]),
        ("self.sheet._writer", ["self.sheet._writer"]),
        ("getattr(cell, '_style')", ["getattr(cell, '_style')"]),
        ("from openpyxl.worksheet._write_only import A", ["openpyxl.worksheet._write_only.A"]),
        ("from openpyxl.cell import _writer", ["openpyxl.cell._writer"]),
        ("from xml.etree import ElementTree", ["xml.etree.ElementTree"]),
        ("from xml.sax.saxutils import escape", ["xml.sax.saxutils.escape"]),
        ("import zipfile", ["zipfile"]),
        ("import lxml.etree", ["lxml.etree"]),
        ("from openpyxl.xml.functions import Element", ["openpyxl.xml.functions.Element"]),
        ("self._sheet.title; cls._one; cell.__class__; import os", []),
    ],
)
def test_what_is_private_is_found(source, found):

    assert forbidden(source) == found
