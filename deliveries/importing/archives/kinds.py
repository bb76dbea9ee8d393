"""Names of the kinds of files that are no JSON, by how they begin."""

import re

import orjson

_KEYS = "id and resultCode, and timestamp, sentTimestamp, refId, operator, segments and the like where they are known"
JSON_IS_NEEDED = f"A delivery report is a JSON object with the keys {_KEYS} (docs/link.md, section 3)"

_MAGIC = (
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PK\x07\x08", "a zip archive in parts"),
    (b"\x1f\x8b", "a gzip archive within a gzip archive: unpack it first"),
    (b"\x1f\x9d", "a file packed by compress: unpack it first"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ\0", "an xz archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive: unpack it first"),
    (b"\x04\x22\x4d\x18", "an LZ4 archive: unpack it first"),
    (b"\xff\x06\0\0sNaPpY", "a Snappy archive: unpack it first"),
    (b"LZIP", "an lzip archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive: unpack it first"),
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PGDMP", "a PostgreSQL dump"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document, such as .xls"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"age-encryption.org/", "a file encrypted by age"),
    (b"-----BEGIN PGP", "a file encrypted or signed by PGP"),
    (b"Salted__", "a file encrypted by OpenSSL"),
)
_IN_ZIP = ((b"xl/", "an Excel workbook"), (b"word/", "a Word document"), (b"opendocument", "an OpenDocument file"))
_TAR_AT = 257

_object = re.compile(rb'\{\s*(?:"|\}|\Z)').match
_array_within = re.compile(rb'"([^"\\]{1,100})"\s*:\s*\[\s*(?:\{|\Z)').search
_own_key = re.compile(rb'"(?:id|resultCode)"\s*:').search
_TEXTS = (
    (rb"<\?xml", "XML"),
    (rb"<!doctype html|<html", "an HTML page"),
    (rb"<[a-z!]", "XML or HTML"),
    (rb"(?:--[ \r\n\w]|/\*|create\s|insert\s+into\s|copy\s|drop\s|begin;|set\s+\w+\s*=|use\s+\w+;)", "SQL"),
    (rb"\{", "objects in another form than JSON: JSON has its keys and texts in double quotes"),
    (rb"[\w.]+=[^&\s]*&[\w.]+=", "form pairs"),
    (rb"---\s|[A-Za-z_][\w ]*:\s", "YAML or another text of lines with a colon"),
    (rb"(?:HTTP/|GET |POST )", "a record of HTTP requests"),
)


def packed_kind(head: bytes) -> str | None:
    """Return the kind of a file that is no text by its first bytes (512 at least), None where it may be text."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind.startswith("a zip archive:"):
                return next((known for part, known in _IN_ZIP if part in head), kind)
            return kind
    return "a tar archive: unpack it first" if head[_TAR_AT : _TAR_AT + 5] == b"ustar" else None


def is_like_report(piece: bytes) -> bool:
    """Return whether a piece begins like a JSON object."""
    return _object(piece) is not None


def wrapping_kind(piece: bytes) -> str | None:
    """Return the kind of a first piece that is one object around an array of reports, None where it is none."""
    try:
        data = orjson.loads(piece)
    except orjson.JSONDecodeError:
        data = None
    if type(data) is dict:
        if "id" in data or "resultCode" in data:
            return None
        names = [name for name, value in data.items() if type(value) is list and any(type(i) is dict for i in value)]
        name = names[0] if names else None
    else:
        found = _array_within(piece)
        name = found[1].decode("utf-8", "replace") if found and not _own_key(piece[: found.start()]) else None
    if name is None:
        return None
    return f"one JSON object around an array “{name}”: give the array alone, such as jq '.{name}' FILE makes it"


def text_kind(text: bytes) -> str:
    """Return the kind of a text without a JSON object, by its beginning in UTF-8."""
    text = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _is_binary(text):
        return "binary data"
    for pattern, kind in _TEXTS:
        if re.match(pattern, text, re.IGNORECASE):
            return kind
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        if text.startswith(b"["):
            return "a JSON array without objects"
        return _table_kind(text) or "text that is no JSON"
    return "a JSON array without objects" if type(data) is list else "a JSON value that is no object"


def _is_binary(text: bytes) -> bool:
    sample = text[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1b\x1e" for byte in sample)
    return controls * 20 > len(sample)


def _table_kind(text: bytes) -> str | None:
    """Return CSV and its relatives with the columns that they have, None where the text is no table."""
    lines = [line for line in re.split(rb"[\r\n]+", text[:65536]) if line.strip()][:4]
    for separator, name in ((b"\t", "tab-separated text"), (b";", "CSV"), (b",", "CSV"), (b"|", "text in columns")):
        counts = {line.count(separator) for line in lines[: max(1, len(lines) - 1)]}
        if min(counts, default=0) > 0 and len(counts) == 1:
            cells = [cell.strip(b" \"'") for cell in lines[0].split(separator)]
            if all(re.fullmatch(rb"[^\W\d][\w .-]{0,60}", cell) for cell in cells):
                columns = ", ".join(cell.decode("utf-8", "replace") for cell in cells[:20])
                return f"{name} with the columns {columns}"
            if len(lines) > 2:
                return name
    return None
