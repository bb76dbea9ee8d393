"""Logs of submitted messages imported by import_messages: CSV and NDJSON, resumed, with errors by number."""

import gzip
import re

import orjson
import pytest
from django.core.management import CommandError, call_command

from deliveries.applying.apply import apply_waiting
from deliveries.importing import load
from deliveries.importing.archives.errors import ArchiveError, BrokenArchiveError
from deliveries.importing.csv_logs import open_csv
from deliveries.models import ImportRun, InboxRow, Message, QuarantinedRow
from tests.deliveries.helpers import apply, dlr
from tests.importing.test_importing import assert_balanced

pytestmark = pytest.mark.django_db

LIMIT = 1_048_576
AT = "2026-11-20T10:00:00Z"
HEADER = "message_id;submitted_at;partner_id;ref_id;destination;custom_parameters.shop"


def line(name: str, **fields) -> dict:
    return {"message_id": name, "submitted_at": AT, "partner_id": "nr-fi", "destination": "+358401234567"} | fields


def ndjson(path, *lines: object):
    path.write_bytes(b"\n".join(one if isinstance(one, bytes) else orjson.dumps(one) for one in lines))
    return path


def run_command(capsys, path, **options) -> tuple[str, str, int]:
    """Return what import_messages prints, its error, and its exit code."""
    error, code = "", 0
    try:
        call_command("import_messages", str(path), **({"account": "link-main"} | options))
    except CommandError as raised:
        error, code = str(raised), raised.returncode
    return capsys.readouterr().out, error, code


def details() -> list[tuple[str, str]]:
    return list(QuarantinedRow.objects.order_by("id").values_list("reason", "detail"))


def test_ndjson_is_imported_with_errors_by_number(feed, tenant, tmp_path, capsys):
    path = ndjson(
        tmp_path / "log.ndjson",
        line("a", ref_id="sale", custom_parameters={"shop": "7"}, account="link-main"),
        line("b", destination="0401234567"),
        b"broken",
        line("c", account="elsewhere"),
        line("d", text="Hello"),
        line("a"),
    )

    out, error, code = run_command(capsys, path)

    reasons = "1 not JSON, 1 not allowed, 1 out of range, 1 unknown field"
    assert out.splitlines()[-1] == f"Of 6 rows: 1 new submission, 1 duplicate, 4 quarantined ({reasons})"
    assert (code, error.startswith(f"{path}: 66.7% of its rows are quarantined")) == (1, True)
    assert [detail.partition(": ")[0] for _reason, detail in details()] == [
        f"number {number} in the file" for number in (2, 3, 4, 5)
    ]
    assert details()[0] == (
        "out of range",
        "number 2 in the file: destination: a phone number with its country code, such as +358401234567",
    )
    message = Message.objects.get()
    assert (message.message_id, message.tenant_id, message.ref_id) == ("a", tenant.id, "sale")
    assert_balanced(ImportRun.objects.get())


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_imported_by_its_header(feed, tenant, tmp_path, capsys, delimiter):
    rows = [
        HEADER,
        f'a;{AT};nr-fi;"two\nlines";+358 40 1234567;7',
        "",
        f"b;{AT};nr-fi;;;",
        f"c;{AT};nr-fi",
        "d;yesterday;nr-fi;;;",
    ]
    path = tmp_path / "log.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).replace(";", delimiter).encode())

    out, _error, code = run_command(capsys, path)

    assert out.splitlines()[-1].startswith("Of 4 rows: 2 new submissions, 0 duplicates, 2 quarantined")
    assert code == 1
    first, second = Message.objects.order_by("message_id")
    assert (first.destination, first.ref_id, first.custom_parameters) == ("+358401234567", "two\nlines", {"shop": "7"})
    assert (second.destination, second.ref_id) == (None, None)
    assert [(reason, detail[:21]) for reason, detail in details()] == [
        ("not an object", "number 3 in the file:"),
        ("unreadable time", "number 4 in the file:"),
    ]
    assert_balanced(ImportRun.objects.get())


def test_report_and_submission_of_a_log_make_one_message(feed, tenant, tmp_path, capsys):
    apply(feed, dlr("a", 1001, customParameters={"destination": "+358401234567"}))
    path = ndjson(tmp_path / "log.ndjson", line("a", destination="+8816123456789", ref_id="sale"))

    assert run_command(capsys, path)[2] == 0

    message = Message.objects.get()
    assert (message.ref_id, message.country, message.destination) == ("sale", "FI", "+358401234567")


def test_import_goes_on_where_it_was_killed(feed, tenant, tmp_path, capsys, monkeypatch):
    rows = [HEADER, *(f"m{number};{AT};nr-fi;;;" for number in range(10))]
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress("\n".join(rows).encode()))
    monkeypatch.setattr(load, "CHUNK_ROWS", 4)
    stored, store = [], load._store

    def killed(*arguments) -> None:
        if len(stored) == 2:
            raise KeyboardInterrupt
        stored.append(store(*arguments))

    monkeypatch.setattr(load, "_store", killed)
    assert run_command(capsys, path)[2] == 130
    assert InboxRow.objects.count() == 8
    monkeypatch.setattr(load, "_store", store)

    out, _error, code = run_command(capsys, path)
    again = run_command(capsys, path)

    assert out.splitlines()[-1] == "Of 10 rows: 10 new submissions, 0 duplicates, 0 quarantined"
    assert (code, InboxRow.objects.count(), Message.objects.count()) == (0, 10, 10)
    assert again[0].startswith(f"{path} was imported on ")
    out, _error, _code = run_command(capsys, path, again=True)
    assert out.splitlines()[-1] == "Of 10 rows: 0 new submissions, 10 duplicates, 0 quarantined"


def test_old_times_are_accepted_if_asked(feed, tenant, tmp_path, capsys):
    path = ndjson(tmp_path / "log.ndjson", line("old", submitted_at="2023-01-01T00:00:00Z"))

    assert run_command(capsys, path)[2] == 1
    assert details()[0][1].startswith("number 1 in the file: submitted_at: from ")
    assert run_command(capsys, path, accept_days=2000)[2] == 0
    apply_waiting()
    assert Message.objects.get().sent_at.year == 2023


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("message_id;when", "its column 'when' is no field of a submission"),
        ("message_id;submitted_at;destinatoin", "did you mean destination?"),
        ("message_id;partner_id", "its header has no column 'submitted_at'"),
        ("message_id;submitted_at;message_id", "its column 'message_id' is there twice"),
        ("message_id;submitted_at;custom_parameters.", "is no field of a submission"),
        (";".join(["x"] * 201), "its header has 201 columns, at most 200 are read"),
    ],
)
def test_header_that_names_no_submission_is_refused(tmp_path, header, said):
    path = tmp_path / "log.csv"
    path.write_text(f"{header}\n1;2\n")

    with pytest.raises(ArchiveError, match=re.escape(said)):
        open_csv(path, limit=LIMIT)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (b'a;"x', "its line 3 is no CSV (unexpected end of data); is a quote missing?"),
        (b"a;\xff\n", "its line 3 is no UTF-8; save it as UTF-8"),
        (b"a;" + b"x" * 5000, "its line 3 is longer than 1,000 bytes"),
    ],
)
def test_what_is_before_a_broken_line_is_read(tmp_path, rest, said):
    path = tmp_path / "log.csv"
    path.write_bytes(b"message_id;submitted_at\nfirst;x\n" + rest)
    found = []

    with pytest.raises(BrokenArchiveError) as broken:
        found.extend(open_csv(path, limit=1000).pieces(limit=1000))

    assert str(broken.value) == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"account": "nobody"}, "--account: no account is called nobody; there are: link-main"),
        ({"accept_days": 0}, "--accept-days: from 1 to 36500"),
    ],
)
def test_wrong_argument_is_refused(feed, tmp_path, capsys, options, said):
    path = ndjson(tmp_path / "log.ndjson", line("a"))

    assert run_command(capsys, path, **options)[1:] == (said, 2)
    assert InboxRow.objects.count() == 0


def test_empty_file_holds_nothing(feed, tmp_path, capsys):
    path = tmp_path / "log.csv"
    path.write_bytes(b"")

    assert run_command(capsys, path) == (f"{path} holds no message; nothing was stored\n", "", 0)
