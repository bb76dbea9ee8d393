"""Archives taken in by import_dlrs."""

import gzip
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from deliveries.models import ImportRun, InboxRow, Message, WaitingRow
from deliveries.services import importing
from deliveries.services.apply import apply_waiting
from tests.deliveries.helpers import dlr

pytestmark = pytest.mark.django_db


@pytest.fixture
def archive(tmp_path) -> Path:
    path = tmp_path / "dlrs.ndjson"
    lines = [orjson.dumps(dlr(f"m{n}", timestamp="2020-01-05T10:00:00Z")) for n in range(12)]
    path.write_bytes(b"\n".join([*lines, b"", b"broken", b""]))
    return path


def test_plain_and_gzipped_archives_come_in_by_the_inbox(feed, archive, tmp_path, capsys):
    packed = tmp_path / "dlrs.ndjson.gz"
    packed.write_bytes(gzip.compress(archive.read_bytes()))
    for path in (archive, packed):
        call_command("import_dlrs", str(path), feed="main")
    assert (
        capsys.readouterr().out
        == "14 lines are in the inbox by link-main/main; the applier takes them from there\n" * 2
    )
    assert InboxRow.objects.count() == WaitingRow.objects.count() == 26
    result = apply_waiting()
    assert (result.reports, result.duplicates, result.quarantined) == (12, 12, 2)


def test_import_goes_on_where_it_was_stopped(feed, archive, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK_LINES", 5)

    class Killed(Exception):
        pass

    def stop(_place, lines):
        if lines == 10:
            raise Killed

    with pytest.raises(Killed):
        importing.import_archive(path=archive, feed=feed, progress=stop)
    assert (ImportRun.objects.get().lines, InboxRow.objects.count()) == (10, 10)
    run = importing.import_archive(path=archive, feed=feed)
    assert (run.lines, InboxRow.objects.count(), ImportRun.objects.count()) == (14, 13, 1)


def test_archive_that_is_in_is_not_taken_in_twice_unless_wanted(feed, archive, capsys):
    call_command("import_dlrs", str(archive), feed="link-main/main")
    call_command("import_dlrs", str(archive), feed="main")
    assert "was taken in on" in capsys.readouterr().out.splitlines()[-1]
    assert InboxRow.objects.count() == 13
    call_command("import_dlrs", str(archive), feed="main", again=True)
    assert InboxRow.objects.count() == 26


def test_old_times_count_only_where_the_window_is_widened(feed, archive, tmp_path):
    old = tmp_path / "old.ndjson"
    old.write_bytes(orjson.dumps(dlr("old", timestamp="2020-01-05T10:00:00Z")))
    call_command("import_dlrs", str(old), feed="main", accept_days=5000)
    call_command("import_dlrs", str(archive), feed="main")
    apply_waiting()
    assert list(Message.objects.filter(sent_at__year=2020).values_list("message_id", flat=True)) == ["old"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-file"], "no-such-file: no such file"),
        (["{file}", "--feed", "nobody"], "--feed: no feed is called nobody; there are: link-main/main"),
        (["{file}", "--accept-days", "0"], "--accept-days: from 1 to 36500"),
    ],
)
def test_wrong_arguments_are_told(feed, archive, arguments, message):
    words = [word.format(file=archive) for word in arguments]
    if "--feed" not in words:
        words += ["--feed", "main"]
    with pytest.raises(CommandError) as error:
        call_command("import_dlrs", *words)
    assert str(error.value) == message


def test_line_over_the_limit_stops_the_import_and_is_named(feed, archive, settings):
    settings.INGEST_MAX_BODY = 40
    with pytest.raises(CommandError, match=r"line 1 is longer than 40 bytes"):
        call_command("import_dlrs", str(archive), feed="main")


def test_cut_gzip_archive_keeps_what_was_read_and_says_so(feed, tmp_path):
    path = tmp_path / "cut.ndjson.gz"
    path.write_bytes(gzip.compress(b'{"id":"a","resultCode":1001}\n' * 2000)[:-10])
    with pytest.raises(CommandError, match="cannot be read to its end"):
        call_command("import_dlrs", str(path), feed="main")
