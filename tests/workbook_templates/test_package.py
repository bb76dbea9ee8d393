"""Files that cannot be templates are refused, whatever they say of themselves."""

import struct
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from reports.workbook_templates.package import MAX_BYTES, MAX_UNPACKED, Problem, Unusable, read_package
from tests.workbook_templates.sample import parts_of, saved, template, with_parts

RELS = "xl/_rels/workbook.xml.rels"


def plain() -> bytes:
    return saved(openpyxl.Workbook())


def problems_of(content: bytes) -> tuple[Problem, ...]:
    with pytest.raises(Unusable) as refused:
        read_package(content)
    return refused.value.problems


def with_relationship(target: str, kind: str) -> bytes:
    parts = parts_of(plain())
    new = f'<Relationship Id="rX" Type="http://x/{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    return with_parts(plain(), {RELS: parts[RELS].replace(b"</Relationships>", new.encode())})


def test_parts_of_a_template_are_read():
    package = read_package(template())

    assert list(package.sheets) == ["Our month", "Days & more", "Other", "Untouched"]
    assert package.written({}) != b""
    assert parts_of(package.written({})) == parts_of(template())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/macrosheets/sheet1.xml", "macros"),
        ("xl/externalLinks/externalLink1.xml", "external_link"),
        ("xl/connections.xml", "connection"),
        ("xl/queryTables/queryTable1.xml", "connection"),
        ("xl/embeddings/oleObject1.bin", "embedded"),
        ("xl/activeX/activeX1.xml", "embedded"),
    ],
)
def test_programs_and_outside_data_are_refused(name, code):
    assert problems_of(with_parts(plain(), {name: b"<a/>"})) == (Problem(code, name),)


def test_workbook_with_macros_is_refused_by_its_type():
    types = parts_of(plain())["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )

    assert problems_of(with_parts(plain(), {"[Content_Types].xml": types})) == (
        Problem("macros", "[Content_Types].xml"),
    )


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("http://attacker.example.com/x.png", "image"),
        ("file:///etc/passwd", "hyperlink"),
        ("\\\\attacker\\share", "hyperlink"),
        ("https://attacker.example.com/t.xltx", "attachedTemplate"),
    ],
)
def test_targets_outside_are_refused(target, kind):
    assert problems_of(with_relationship(target, kind)) == (Problem("outside", RELS, (target,)),)


def test_links_to_web_pages_are_kept():
    assert read_package(with_relationship("https://example.com/", "hyperlink")).sheets


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"no zip at all", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)], ids=str
)
def test_other_files_are_refused(content):
    assert problems_of(content) == (Problem("no_workbook"),)


def test_large_files_are_refused():
    assert problems_of(bytes(MAX_BYTES + 1)) == (Problem("too_large", "", ("5121", "5120")),)


def test_zip_bomb_is_refused_whatever_size_it_states():
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", bytes(MAX_UNPACKED + 1))
    content = bytearray(file.getvalue())
    assert len(content) < MAX_BYTES
    assert problems_of(bytes(content)) == (Problem("unpacked_too_large", "", ("40",)),)

    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 10)  # the unpacked size, as it is stated
    assert problems_of(bytes(content))[0].code in ("unpacked_too_large", "no_workbook")


def test_entities_are_refused():
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>'

    assert problems_of(with_parts(plain(), {"xl/workbook.xml": bomb})) == (
        Problem("bad_xml", "", ("a document type",)),
    )


def test_names_outside_the_folder_are_refused():
    assert problems_of(with_parts(plain(), {"../evil.xml": b"<a/>"})) == (Problem("no_workbook"),)
