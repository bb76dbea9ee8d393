"""A template's file: a zip of parts, read within limits; what a template may not hold is refused."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from reports.workbook_templates.xml_spans import Element, XmlError, elements

MAX_BYTES = 5 * 1024 * 1024
"""Maximum size of a template's file."""
MAX_UNPACKED = 40 * 1024 * 1024
"""Maximum size of its parts together, as they are unpacked."""
MAX_PARTS = 2000

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_TYPES = "[Content_Types].xml"
# By the names that parts have: programs, data from elsewhere, and files of other programs.
_FORBIDDEN: Mapping[str, re.Pattern[str]] = {
    "macros": re.compile(r"vbaProject|macrosheets/|\.bin\.vba|vbaData", re.IGNORECASE),
    "external_link": re.compile(r"(^|/)externalLinks/", re.IGNORECASE),
    "connection": re.compile(r"(^|/)(connections\.xml|queryTables/|webextensions/|model/)", re.IGNORECASE),
    "embedded": re.compile(r"(^|/)(embeddings|activeX|ctrlProps)/", re.IGNORECASE),
}
_LINKS = re.compile(r"(https?|mailto):", re.IGNORECASE)  # what a link may lead to


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a template from being used: a code of problem_texts.py, where, and what fills the text."""

    code: str
    where: str = ""
    values: tuple[str, ...] = ()


class Unusable(ValueError):
    """The file cannot be a template."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(f"{p.code} {p.where} {' '.join(p.values)}".strip() for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of a template in the order of its file."""

    infos: tuple[ZipInfo, ...]
    parts: Mapping[str, bytes]
    workbook: str
    sheets: Mapping[str, str]  # title → part

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the part's relationships: id → type's last word and target part."""
        return _related(self.parts, part)

    def written(self, changed: Mapping[str, bytes]) -> bytes:
        """Return the file with some parts changed; all others are the same bytes in the same order."""
        file = BytesIO()
        with ZipFile(file, "w") as archive:
            for info in self.infos:
                copy = ZipInfo(info.filename, info.date_time)
                copy.compress_type, copy.external_attr = info.compress_type, info.external_attr
                archive.writestr(copy, changed.get(info.filename, self.parts[info.filename]))
        return file.getvalue()


def read_package(content: bytes) -> Package:
    """Return a template's parts. Raises Unusable where the file is no workbook, too large, or holds what it may not."""
    if len(content) > MAX_BYTES:
        raise Unusable(Problem("too_large", values=(str(-(-len(content) // 1024)), str(MAX_BYTES // 1024))))
    infos, parts = _unpacked(content)
    found = [Problem(code, name) for name in parts for code, is_one in _FORBIDDEN.items() if is_one.search(name)]
    if found:
        raise Unusable(*found)
    try:
        types = elements(parts.get(_TYPES, b""))
        main = [e.attributes.get("PartName", "") for e in types if e.attributes.get("ContentType") == WORKBOOK_TYPE]
        if any("macroEnabled" in element.attributes.get("ContentType", "") for element in types):
            raise Unusable(Problem("macros", _TYPES))
        if len(main) != 1 or (workbook := main[0].lstrip("/")) not in parts:
            raise Unusable(Problem("no_workbook"))
        _check_relationships(parts)
        return Package(infos, parts, workbook, _sheets(parts, workbook))
    except XmlError as error:
        raise Unusable(Problem("bad_xml", values=(str(error),))) from error


def _unpacked(content: bytes) -> tuple[tuple[ZipInfo, ...], dict[str, bytes]]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            infos = tuple(info for info in archive.infolist() if not info.is_dir())
            names = [info.filename for info in infos]
            if len(names) > MAX_PARTS or len(set(map(str.lower, names))) != len(names):
                raise Unusable(Problem("too_many_parts", values=(str(MAX_PARTS),)))
            if any(info.flag_bits & 1 for info in infos):
                raise Unusable(Problem("encrypted"))
            if any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in names):
                raise Unusable(Problem("no_workbook"))
            parts, room = {}, MAX_UNPACKED
            for info in infos:  # the sizes that a zip states may be wrong
                with archive.open(info) as member:
                    parts[info.filename] = member.read(room + 1)
                room -= len(parts[info.filename])
                if room < 0:
                    raise Unusable(Problem("unpacked_too_large", values=(str(MAX_UNPACKED // 1024 // 1024),)))
            return infos, parts
    except (BadZipFile, ZlibError, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Unusable):
            raise
        raise Unusable(Problem("no_workbook")) from error


def _check_relationships(parts: Mapping[str, bytes]) -> None:
    problems = [
        Problem("outside", name, (element.attributes.get("Target", "")[:200],))
        for name, content in parts.items()
        if name.endswith(".rels")
        for element in elements(content)
        if element.attributes.get("TargetMode") == "External"
        and not (
            element.attributes.get("Type", "").endswith("/hyperlink")
            and _LINKS.match(element.attributes.get("Target", ""))
        )
    ]
    if problems:
        raise Unusable(*problems)


def _related(parts: Mapping[str, bytes], part: str) -> dict[str, tuple[str, str]]:
    folder, name = posixpath.split(part)
    content = parts.get(f"{folder}/_rels/{name}.rels", b"")
    found = {}
    for element in elements(content) if content else []:
        kind = element.attributes.get("Type", "").rpartition("/")[2]
        target = element.attributes.get("Target", "")
        if element.local == "Relationship" and element.attributes.get("TargetMode") != "External":
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            found[element.attributes.get("Id", "")] = (kind, path)
    return found


def _sheets(parts: Mapping[str, bytes], workbook: str) -> dict[str, str]:
    related = _related(parts, workbook)
    sheets = {}
    for element in elements(parts[workbook]):
        if element.local == "sheet":
            kind, part = related.get(_relation(element), ("", ""))
            if kind == "worksheet" and part in parts:
                sheets[element.attributes.get("name", "")] = part
    if not sheets:
        raise Unusable(Problem("no_workbook"))
    return sheets


def _relation(element: Element) -> str:
    return next((value for name, value in element.attributes.items() if name.endswith(":id")), "")
