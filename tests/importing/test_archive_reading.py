"""Archives on disk: what is refused before anything is stored, and what broken ones give."""

import bz2
import codecs
import gzip
import io
import lzma
import os
import sqlite3
import tarfile
import zipfile
import zlib
from pathlib import Path

import orjson
import pytest

from deliveries.importing.archives.errors import ArchiveError, BrokenArchiveError, ChangedFileError
from deliveries.importing.archives.reading import LOOKED_AT, Archive, open_archive

A, B = b'{"id":"a","resultCode":1001}', b'{"id":"b","resultCode":1001}'
LIMIT = 1_048_576


@pytest.fixture
def opened(tmp_path):
    def open_it(data: bytes) -> Archive:
        path = tmp_path / "archive"
        path.write_bytes(data)
        return open_archive(path, limit=LIMIT)

    return open_it


def read(archive: Archive) -> tuple[list[bytes], str]:
    """Return the bodies of an archive's pieces, and what is wrong with it."""
    bodies = []
    try:
        for piece in archive.pieces(limit=LIMIT):
            bodies.append(piece.body)  # noqa: PERF401 (those before the error count)
    except BrokenArchiveError as error:
        return bodies, str(error)
    return bodies, ""


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(name, A)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as packed:
        entry = tarfile.TarInfo("dlrs.ndjson")
        entry.size = len(A)
        packed.addfile(entry, io.BytesIO(A))
    return file.getvalue()


def database(folder: Path) -> bytes:
    path = folder / "some.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE dlr (id text)")
    connection.commit()
    connection.close()
    return path.read_bytes()


OTHERS = [
    (zipped("dlrs.ndjson"), "a zip archive"),
    (zipped("xl/workbook.xml"), "an Excel workbook"),
    (b"PK\x05\x06" + bytes(18), "an empty zip archive"),
    (tarred(), "a tar archive"),
    (gzip.compress(tarred()), "a tar archive"),
    (gzip.compress(zipped("a")), "a zip archive"),
    (gzip.compress(gzip.compress(A)), "a gzip archive within a gzip archive"),
    (bz2.compress(A), "a bzip2 archive"),
    (lzma.compress(A), "an xz archive"),
    (b"\x28\xb5\x2f\xfd\x24" + A, "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c" + bytes(30), "a 7-Zip archive"),
    (b"PAR1" + bytes(30) + b"PAR1", "a Parquet file"),
    (b"%PDF-1.7\n%\xe2\xe3\n" + A, "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "an old Microsoft Office document"),
    (zlib.compress(A), "binary data"),
    (bytes(1000), "binary data"),
    (b'<?xml version="1.0"?>\n<dlr><id>a</id></dlr>', "XML"),
    (b"<!DOCTYPE html>\n<html><script>\nvar x = 1\n</script>", "an HTML page"),
    (b"<dlr><id>a</id></dlr>", "XML or HTML"),
    (b"id,resultCode,timestamp\nA,1001,2026-11-20T10:00:03Z\n", "CSV with the columns id, resultCode, timestamp"),
    (codecs.BOM_UTF8 + b'"id";"resultCode"\r\n"A";"1001"\r\n', "CSV with the columns id, resultCode"),
    ("id,resultCode\nÄ,1001\n".encode("utf-16"), "CSV with the columns id, resultCode"),
    (b"id\tresultCode\nA\t1001\n", "tab-separated text with the columns id, resultCode"),
    (b"A,1001,2026-11-20\n" * 3, "CSV"),
    (b'cb({"id":"a","resultCode":1001})', "text that is no JSON"),
    (gzip.compress(b"id,resultCode\nA,1001\n"), "CSV with the columns id, resultCode"),
    (b"-- a dump\nINSERT INTO dlr VALUES ('a', 1001);\n", "SQL"),
    (b"COPY dlr (id) FROM stdin;\na\n", "SQL"),
    (b"id=a&resultCode=1001\nid=b&resultCode=1001\n", "form pairs"),
    (b"{'id': 'a', 'resultCode': 1001}\n", "objects in another form than JSON"),
    (b"---\n- id: a\n", "YAML"),
    (b"2026-11-20 10:00:03 delivered\n2026-11-20 10:00:04 failed\n", "text that is no JSON"),
    (b"42\n", "a JSON value that is no object"),
    (b'"a text"', "a JSON value that is no object"),
    (b"null", "a JSON value that is no object"),
    (b'[1, 2, ["a"]]', "a JSON array without objects"),
    (b'{"count":2,"reports":[' + A + b"," + B + b"]}", "one JSON object around an array “reports”"),
    (orjson.dumps({"reports": [orjson.loads(A)] * 2}, option=orjson.OPT_INDENT_2), "one JSON object around an array"),
    (b'{"reports": [\n' + A + b",\n" + B + b"\n]}", "one JSON object around an array “reports”"),
    (b'{"reports":[' + (A + b",") * (LIMIT // 20) + B + b"]}", "one JSON object around an array “reports”"),
    (b"x" * (LOOKED_AT + 10) + b"\n" + A, "text that is no JSON"),
]


@pytest.mark.parametrize(("data", "kind"), OTHERS, ids=[kind for _data, kind in OTHERS])
def test_what_is_no_json_is_refused_with_what_it_seems_to_be(opened, data, kind):
    with pytest.raises(ArchiveError) as error:
        opened(data)
    assert str(error.value).startswith(f"it seems to be {kind}")
    assert "the keys id and resultCode" in str(error.value)


def test_database_file_is_refused(opened, tmp_path):
    with pytest.raises(ArchiveError, match="an SQLite database"):
        opened(database(tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n \r\n",
        codecs.BOM_UTF8,
        codecs.BOM_UTF16_LE,
        (codecs.BOM_UTF8 + b"\n") * 3,
        b"[]",
        b"[ ]\n",
        gzip.compress(b""),
        gzip.compress(b"\n\n"),
    ],
)
def test_archive_without_anything_is_empty(opened, data):
    assert opened(data).is_empty


@pytest.mark.parametrize(
    "data",
    [
        b"garbage\n" + A,
        b'{"id":"\xff"',
        b"{}",
        b'{"id":"a","resultCode":1001,"tags":[{"x":1}]}',
        b'{"tags":[{"x":1}],"id":"a","resultCode":1001}',
        b"{\n",
        b'{"id":"' + b"x" * 2 * LIMIT + b'"}',
    ],
)
def test_what_begins_like_reports_is_taken(opened, data):
    assert not opened(data).is_empty


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "no such file"),
        ("pipe", "this is no regular file"),
        (".", "this is a directory"),
        ("x" * 300, "it cannot be read: File name too long"),
    ],
    ids=["missing", "pipe", "directory", "long-name"],
)
def test_paths_that_are_no_files_are_refused(tmp_path, name, message):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ArchiveError, match=message):
        open_archive(tmp_path / name, limit=LIMIT)


MEMBER = gzip.compress(A + b"\n" + B + b"\n", mtime=0)
LINES = [b'{"id":"%d","resultCode":1001,"refId":"%x"}' % (n, hash(str(n)) & 0xFFFFFFFF) for n in range(5000)]
LONG = gzip.compress(b"\n".join(LINES) + b"\n", mtime=0)


@pytest.mark.parametrize(
    ("data", "count", "problem"),
    [
        (MEMBER + MEMBER, 4, ""),
        (MEMBER + bytes(1000), 2, ""),
        (MEMBER + bytes(10) + MEMBER, 4, ""),
        (gzip.compress(codecs.BOM_UTF8 + A) + gzip.compress(codecs.BOM_UTF8 + B), 2, ""),
        (gzip.compress((codecs.BOM_UTF16_LE.decode("utf-16-le") + A.decode()).encode("utf-16-le")), 1, ""),
        (MEMBER + b"garbage!", 2, f"breaks at byte {len(MEMBER)}: what follows there is no gzip data"),
        (MEMBER + MEMBER[:7], 2, f"is cut off at byte {len(MEMBER) + 7}"),
        (MEMBER[:-1], 2, "is cut off at byte"),
        (MEMBER[:-8] + bytes(8), 2, "its content may be damaged"),
        (MEMBER[:-4] + bytes(4), 2, "its content may be damaged"),
    ],
)
def test_gzip_members_are_read_until_they_break(opened, data, count, problem):
    bodies, found = read(opened(data))
    assert (len(bodies), problem in found, bool(found)) == (count, True, bool(problem))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.99])
def test_truncated_gzip_gives_all_whole_lines_before_the_cut(opened, share):
    packed = LONG[: int(len(LONG) * share)]
    there = zlib.decompressobj(31).decompress(packed)
    bodies, problem = read(opened(packed))
    assert bodies == LINES[: there.count(b"\n")]
    assert f"is cut off at byte {len(packed):,}" in problem


def test_damaged_gzip_gives_all_lines_before_the_damage(opened):
    place = len(LONG) // 2
    damaged = LONG[:place] + b"\xff" * 2000 + LONG[place + 2000 :]
    before = zlib.decompressobj(31).decompress(LONG[:place]).count(b"\n")
    bodies, problem = read(opened(damaged))
    assert bodies[:before] == LINES[:before]
    assert "the gzip archive" in problem


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b", b"\x1f\x8b\x08" + b"x" * 50, LONG[:12]], ids=["mark-alone", "no-gzip", "header-alone"]
)
def test_archive_that_breaks_before_its_first_line_is_refused(opened, data):
    with pytest.raises(ArchiveError, match="nothing can be read of it: the gzip archive"):
        opened(data)


def test_archive_is_unpacked_in_bounded_memory(opened):
    archive = opened(gzip.compress(A + b"\n" + b" " * 64_000_000 + B))
    sizes = [len(chunk) for chunk in _unpacked(archive)]
    assert max(sizes) <= 1024 * 1024
    assert read(archive) == ([A, B], "")


def _unpacked(archive: Archive):
    from deliveries.importing.archives.unpacking import unpacked

    return unpacked(iter([archive.path.read_bytes()]))


def test_hash_is_of_all_bytes(opened):
    one = opened(A + b"\n" * 2_000_000 + A)
    other = opened(A + b"\n" * 2_000_000 + B)
    assert (one.size, one.sha256 != other.sha256) == (other.size, True)


@pytest.mark.parametrize("change", ["grow", "shrink", "change"])
def test_file_that_changes_while_it_is_read_is_noticed(opened, change):
    archive = opened((A + b"\n") * 20_000)
    pieces = archive.pieces(limit=LIMIT)
    next(pieces)
    with archive.path.open("r+b") as file:
        if change == "grow":
            file.seek(0, os.SEEK_END)
            file.write(B)
        elif change == "shrink":
            file.truncate(400_000)
        else:
            file.seek(-100, os.SEEK_END)
            file.write(B)
    with pytest.raises(ChangedFileError, match="was changed while it was read"):
        list(pieces)
