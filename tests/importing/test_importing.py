"""Archives imported by import_dlrs: what is in, what is said of it, and how it is taken up again."""

import gzip
import threading
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from deliveries.applying.accounting import balances_between
from deliveries.applying.apply import apply_waiting
from deliveries.applying.import_counts import ImportOutcome, outcome_of
from deliveries.applying.quarantine import replay
from deliveries.applying.replay import replay_inbox
from deliveries.counts.feed_counts import hour_of
from deliveries.importing import load
from deliveries.importing.archives.errors import ArchiveError
from deliveries.importing.archives.reading import open_archive
from deliveries.importing.load import import_archive
from deliveries.models import ImportCount, ImportRun, InboxRow, IngestCount, Message, QuarantinedRow, WaitingRow
from tests.deliveries.helpers import dlr

pytestmark = pytest.mark.django_db
LIMIT = 1_048_576


def line(name: str, **fields) -> bytes:
    return orjson.dumps(dlr(name, timestamp="2026-11-20T10:00:03Z", **fields))


LINES = [line(f"m{n}") for n in range(12)]


@pytest.fixture
def archive(tmp_path) -> Path:
    path = tmp_path / "dlrs.ndjson"
    path.write_bytes(b"\n".join([*LINES, b"", b"broken", b""]))
    return path


def run_command(capsys, path: Path, **options) -> tuple[str, str, int]:
    """Return what import_dlrs prints, its error, and its exit code."""
    error, code = "", 0
    try:
        call_command("import_dlrs", str(path), feed="main", **options)
    except CommandError as raised:
        error, code = str(raised), raised.returncode
    return capsys.readouterr().out, error, code


def assert_balanced(run: ImportRun) -> ImportOutcome:
    """Everything that the run counts is what stands in the inbox."""
    outcome = outcome_of(run)
    assert outcome.waiting == 0
    assert run.rows == InboxRow.objects.filter(import_run=run).count()
    assert run.rows + outcome.replayed == outcome.reports + outcome.duplicates + outcome.quarantined
    waiting = QuarantinedRow.objects.filter(import_run=run).exclude(state="replayed")
    assert waiting.count() == outcome.quarantined
    received = InboxRow.objects.order_by("id").first().received_at
    assert [
        p for balance in balances_between(hour_of(received), received.replace(year=2100)) for p in balance.problems
    ] == []
    return outcome


def test_import_says_what_became_of_its_rows(feed, tenant, archive, tmp_path, capsys):
    out, error, code = run_command(capsys, archive)
    assert out == (
        "13 rows are in the inbox by link-main/main\n"
        "No applier runs, so they are applied here; Ctrl-C ends this, and loses nothing\n"
        "Of 13 rows: 12 new reports, 0 duplicates, 1 quarantined (1 not JSON)\n"
    )
    assert error == f"{archive}: 7.7% of its rows are quarantined; bin/portal quarantine lists them."
    assert code == 1
    assert Message.objects.count() == 12
    run = ImportRun.objects.get()
    assert (run.rows, run.position, run.file_size, run.problem) == (13, run.file_size, archive.stat().st_size, "")
    assert_balanced(run)

    packed = tmp_path / "dlrs.ndjson.gz"
    packed.write_bytes(gzip.compress(archive.read_bytes()))
    out, _error, _code = run_command(capsys, packed)
    assert out.endswith("Of 13 rows: 0 new reports, 12 duplicates, 1 quarantined (1 not JSON)\n")
    assert_balanced(ImportRun.objects.latest("id"))


@pytest.mark.parametrize(("bad", "code"), [(0, 0), (1, 0), (2, 1)])
def test_exit_code_is_1_where_more_than_one_percent_is_quarantined(feed, tmp_path, capsys, bad, code):
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join([line(f"m{n}") for n in range(100 - bad)] + [b"broken"] * bad))
    assert run_command(capsys, path)[2] == code


def test_no_wait_ends_at_once_and_says_so(feed, archive, capsys):
    out, error, code = run_command(capsys, archive, no_wait=True)
    assert "how many are new reports, duplicates or quarantined is not known yet" in out
    assert (error, code) == ("", 0)
    assert WaitingRow.objects.count() == InboxRow.objects.count() == 13
    # the same command without it says what became of them, and imports nothing again
    apply_waiting()
    out, _error, code = run_command(capsys, archive)
    assert out.splitlines()[0].startswith(f"{archive} was imported on ")
    assert out.splitlines()[-1] == "Of 13 rows: 12 new reports, 0 duplicates, 1 quarantined (1 not JSON)"
    assert (code, InboxRow.objects.count()) == (1, 13)


def test_applier_that_runs_is_waited_for(feed, archive, capsys, monkeypatch):
    waits = []

    def wait(_seconds):
        waits.append(outcome_of(ImportRun.objects.get()).waiting)
        apply_waiting(limit=64 * 3)  # as the applier does beside it

    monkeypatch.setattr(load.time, "sleep", wait)
    with connection.cursor() as cursor:
        cursor.execute("SET application_name = 'portal applier'")
    try:
        out, _error, _code = run_command(capsys, archive)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET application_name")
    assert waits == [13]
    assert out.splitlines()[1] == "Waiting until the applier has applied them; Ctrl-C ends this, and loses nothing"


def test_interrupted_wait_says_that_all_is_stored(feed, archive, capsys, monkeypatch):
    def interrupt(**_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(load, "apply_slices", interrupt)
    _out, error, code = run_command(capsys, archive)
    assert error == "stopped waiting. All 13 rows are in the inbox and lose nothing; an applier applies them."
    assert (code, WaitingRow.objects.count()) == (130, 13)


class KilledError(Exception):
    pass


def stop_at(rows: int):
    def stop(_place, reached):
        if reached == rows:
            raise KilledError

    return stop


def opened(path: Path):
    return open_archive(path, limit=LIMIT)


def test_import_goes_on_where_it_was_stopped(feed, tenant, archive, capsys, monkeypatch):
    monkeypatch.setattr(load, "CHUNK_ROWS", 5)
    with pytest.raises(KilledError):
        import_archive(archive=opened(archive), feed=feed, progress=stop_at(10))
    assert (ImportRun.objects.get().rows, InboxRow.objects.count()) == (10, 10)
    out, _error, _code = run_command(capsys, archive)
    assert out.splitlines()[-1] == "Of 13 rows: 12 new reports, 0 duplicates, 1 quarantined (1 not JSON)"
    run = ImportRun.objects.get()
    assert [bytes(row.body) for row in InboxRow.objects.order_by("id")] == [*LINES, b"broken"]
    assert_balanced(run)


@pytest.mark.parametrize("size", [40, 2 * LIMIT])
def test_changed_file_is_not_taken_for_the_old_one(feed, tmp_path, monkeypatch, size):
    """Also where the first MiB and the size are the same."""
    path = tmp_path / "a.ndjson"
    padding = b" " * size + b"\n"
    path.write_bytes(b"\n".join([*LINES[:4], padding, LINES[4], LINES[5]]))
    monkeypatch.setattr(load, "CHUNK_ROWS", 2)
    with pytest.raises(KilledError):
        import_archive(archive=opened(path), feed=feed, progress=stop_at(4))
    path.write_bytes(b"\n".join([*LINES[:4], padding, LINES[6], LINES[7]]))
    run = import_archive(archive=opened(path), feed=feed)
    assert run.rows == 6
    assert {bytes(row.body) for row in InboxRow.objects.filter(import_run=run)} == {*LINES[:4], *LINES[6:8]}
    assert ImportRun.objects.filter(finished_at=None).get().rows == 4

    changed = tmp_path / "b.ndjson"
    changed.write_bytes(b"\n".join([*LINES[:4], padding, LINES[8], LINES[9]]))
    assert load.finished_run(archive=opened(path), feed=feed, accept_days=None) == run
    assert load.finished_run(archive=opened(changed), feed=feed, accept_days=None) is None


def test_import_is_known_by_its_feed_and_its_days_too(feed, archive, capsys):
    from portal.tenants.models import Feed

    other = Feed.objects.create(account=feed.account, name="other", dialect="link")
    for door, days in ((feed, None), (feed, 4000), (other, None)):
        call_command("import_dlrs", str(archive), feed=door.name, accept_days=days, no_wait=True)
    assert "was imported on" not in capsys.readouterr().out
    assert [(run.feed_id, run.accept_days, run.rows) for run in ImportRun.objects.order_by("id")] == [
        (feed.id, None, 13),
        (feed.id, 4000, 13),
        (other.id, None, 13),
    ]
    assert set(InboxRow.objects.values_list("import_run__accept_days", "accept_days")) == {(None, None), (4000, 4000)}


def test_open_import_with_other_days_is_not_taken_up(feed, archive, monkeypatch):
    monkeypatch.setattr(load, "CHUNK_ROWS", 5)
    with pytest.raises(KilledError):
        import_archive(archive=opened(archive), feed=feed, progress=stop_at(5))
    run = import_archive(archive=opened(archive), feed=feed, accept_days=4000)
    assert run.rows == 13


def test_old_times_count_only_where_the_window_is_widened(feed, tmp_path):
    old, plain = tmp_path / "old.ndjson", tmp_path / "plain.ndjson"
    old.write_bytes(orjson.dumps(dlr("old", timestamp="2020-01-05T10:00:00Z")))
    plain.write_bytes(orjson.dumps(dlr("plain", timestamp="2020-01-05T10:00:00Z")))
    call_command("import_dlrs", str(old), feed="main", accept_days=5000)
    call_command("import_dlrs", str(plain), feed="main")
    assert list(Message.objects.filter(sent_at__year=2020).values_list("message_id", flat=True)) == ["old"]


def test_archive_that_is_in_is_imported_again_only_where_it_is_wanted(feed, archive, capsys):
    call_command("import_dlrs", str(archive), feed="link-main/main", no_wait=True)
    call_command("import_dlrs", str(archive), feed="main", no_wait=True)
    assert InboxRow.objects.count() == 13
    out, _error, _code = run_command(capsys, archive, again=True)
    assert InboxRow.objects.count() == 26
    assert out.splitlines()[-1] == "Of 13 rows: 0 new reports, 12 duplicates, 1 quarantined (1 not JSON)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-file"], "no-such-file: no such file"),
        (["{file}", "--feed", "nobody"], "--feed: no feed is called nobody; there are: link-main/main"),
        (["{file}", "--accept-days", "0"], "--accept-days: from 1 to 36500"),
    ],
)
def test_wrong_arguments_are_said(feed, archive, arguments, message):
    words = [word.format(file=archive) for word in arguments]
    if "--feed" not in words:
        words += ["--feed", "main"]
    with pytest.raises(CommandError) as error:
        call_command("import_dlrs", *words)
    assert (str(error.value), error.value.returncode) == (message, 2)


def test_line_over_the_limit_is_put_aside_and_the_rest_goes_on(feed, tenant, tmp_path, settings, capsys):
    settings.INGEST_MAX_BODY = 2000
    long = b'{"id":"' + b"x" * 3000 + b'"}'
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join([LINES[0], long, LINES[1], long[:2500], LINES[2]]))
    out, _error, code = run_command(capsys, path)
    assert out.splitlines()[-1] == "Of 5 rows: 3 new reports, 0 duplicates, 2 quarantined (2 too long)"
    assert code == 1
    assert [(row.detail, bytes(row.body)) for row in QuarantinedRow.objects.order_by("id")] == [
        ("number 2 in the archive: 3,009 bytes, at most 2,000; its first 1,000 are kept", long[:1000]),
        ("number 4 in the archive: 2,500 bytes, at most 2,000; its first 1,000 are kept", long[:1000]),
    ]
    assert IngestCount.objects.get().quarantined == 2
    assert_balanced(ImportRun.objects.get())


def test_few_large_reports_are_stored_in_small_transactions(feed, tmp_path, monkeypatch):
    monkeypatch.setattr(load, "CHUNK_BYTES", 1000)
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join(line(f"m{n}", refId="x" * 400) for n in range(6)))
    steps = []
    import_archive(archive=opened(path), feed=feed, progress=lambda _place, rows: steps.append(rows))
    assert steps == [3, 6]


def test_broken_archive_keeps_what_was_read_and_the_whole_one_completes_it(feed, tenant, tmp_path, capsys):
    lines = [line(f"m{n}", refId=f"{n * 7919 % 1000:x}" * 5) for n in range(3000)]
    whole = gzip.compress(b"\n".join(lines) + b"\n")
    path = tmp_path / "cut.ndjson.gz"
    path.write_bytes(whole[: len(whole) // 2])
    out, error, code = run_command(capsys, path)
    run = ImportRun.objects.get()
    assert 1000 < run.rows < 3000
    assert out.splitlines()[-1] == f"Of {run.rows:,} rows: {run.rows:,} new reports, 0 duplicates, 0 quarantined"
    assert error.startswith(
        f"{path}: the gzip archive is cut off at byte {len(whole) // 2:,}; the report that is cut in two there"
        " is left out."
        f" {run.rows:,} rows are in the inbox,"
    )
    assert code == 1
    assert [bytes(row.body) for row in InboxRow.objects.order_by("id")] == lines[: run.rows]
    assert_balanced(run)
    assert run_command(capsys, path)[1:] == (error, 1)  # and is not read again
    assert InboxRow.objects.count() == run.rows

    path.write_bytes(whole)
    out, _error, code = run_command(capsys, path)
    assert out.splitlines()[-1] == (
        f"Of 3,000 rows: {3000 - run.rows:,} new reports, {run.rows:,} duplicates, 0 quarantined"
    )
    assert (code, Message.objects.count()) == (0, 3000)


def test_trailing_garbage_is_said_with_its_place(feed, tmp_path, capsys):
    good = gzip.compress(LINES[0] + b"\n" + LINES[1] + b"\n")
    path = tmp_path / "a.gz"
    path.write_bytes(good + b"garbage!")
    out, error, code = run_command(capsys, path)
    assert "Of 2 rows: 2 new reports" in out
    assert (
        f"breaks at byte {len(good):,}: what follows there is no gzip data. 2 rows are in the inbox, from before that"
        in error
    )
    assert code == 1


@pytest.mark.parametrize(
    "text",
    [
        b"[" + b",\n".join(LINES) + b"]",
        b"\n".join(orjson.dumps(orjson.loads(one), option=orjson.OPT_INDENT_2) for one in LINES),
        b"\r".join(LINES),
        b"\n".join(LINES).decode().encode("utf-16"),
        b"\xef\xbb\xbf" + b"\r\n\xef\xbb\xbf".join(LINES),
    ],
    ids=["array", "pretty", "cr", "utf-16", "marks"],
)
def test_array_pretty_print_marks_and_wide_encodings_come_in(feed, tenant, tmp_path, capsys, text):
    path = tmp_path / "archive"
    path.write_bytes(text)

    out, _error, code = run_command(capsys, path)

    assert (out.splitlines()[-1], code) == ("Of 12 rows: 12 new reports, 0 duplicates, 0 quarantined", 0)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_file_of_two_encodings_says_what_is_not_in(feed, tmp_path, capsys, encoding):
    path = tmp_path / "a.ndjson"
    second = LINES[1] + b"\n"
    path.write_bytes((LINES[0] + b"\n").decode().encode(encoding) + second + b" " * (1 - len(second) % 2))
    out, error, code = run_command(capsys, path)
    assert (out.splitlines()[-1], code) == ("Of 1 row: 1 new report, 0 duplicates, 0 quarantined", 1)
    for text in (
        f"begins in {encoding.upper()}-LE and ends in the middle of a character: it is cut off, or a part of it is in",
        "import each encoding as a file of its own",
        "1 row is in the inbox, from before that. Import the whole file when it is there, or the parts that are",
    ):
        assert text in error

    path.write_bytes(second)
    assert run_command(capsys, path)[2] == 0
    assert Message.objects.count() == 2


def test_texts_that_cannot_be_stored_are_quarantined_alone(feed, tenant, tmp_path, capsys):
    bad = [
        b'{"id":"\xff","resultCode":1001}',
        b'{"id":"a\\u0000","resultCode":1001}',
        b'{"id":"\\ud800","resultCode":1001}',
        b"\0",
        b'{"id":"x\0","resultCode":1001}',
    ]
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join([LINES[0], *bad, LINES[1]]))
    out, _error, code = run_command(capsys, path)
    assert out.splitlines()[-1].startswith("Of 7 rows: 2 new reports, 0 duplicates, 5 quarantined (")
    assert code == 1
    assert {bytes(row.body) for row in QuarantinedRow.objects.all()} == set(bad)


def test_refused_file_stores_nothing(feed, tmp_path, capsys):
    path = tmp_path / "dlrs.csv"
    path.write_bytes(b"id,resultCode,timestamp\nA,1001,2026-11-20T10:00:03Z\n")
    _out, error, code = run_command(capsys, path)
    assert error.startswith(f"{path}: it seems to be CSV with the columns id, resultCode, timestamp.")
    assert (code, InboxRow.objects.count(), ImportRun.objects.count()) == (2, 0, 0)
    path.write_bytes(b"\n")
    assert run_command(capsys, path) == (f"{path} holds no delivery report; nothing was stored\n", "", 0)


def test_file_that_changes_while_it_is_read_is_said_and_not_known_afterwards(feed, tmp_path, capsys, monkeypatch):
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join(LINES))
    hashed = opened(path)
    path.write_bytes(b"\n".join([*LINES[:11], line("xx")]))
    monkeypatch.setattr("deliveries.management.importing.open_archive", lambda *_args, **_options: hashed)
    _out, error, code = run_command(capsys, path)
    assert "the file was changed while it was read. 12 rows are in the inbox, from before that" in error
    assert code == 1
    assert load.finished_run(archive=hashed, feed=feed, accept_days=None) is None


def test_import_beside_another_one_of_the_same_file_is_refused(feed, archive, capsys):
    """The other one is a connection of its own that holds the run."""
    import psycopg

    from portal.common.database import connection_string

    run = ImportRun.objects.create(feed=feed, sha256=opened(archive).sha256, file_name="x")
    with psycopg.connect(connection_string(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('portal.import'), %s)", [run.id])
        _out, error, code = run_command(capsys, archive)
        assert (error, code) == (f"{archive}: another process is importing this file", 2)
        assert InboxRow.objects.count() == 0
    assert run_command(capsys, archive, no_wait=True)[2] == 0


def test_run_that_another_process_moved_is_left_alone(feed, archive, monkeypatch):
    """As after a lost connection, which takes the lock along."""
    monkeypatch.setattr(load, "CHUNK_ROWS", 5)

    def move(_place, _rows):
        ImportRun.objects.update(rows=10)

    with pytest.raises(ArchiveError, match="another process is importing this file"):
        import_archive(archive=opened(archive), feed=feed, progress=move)
    assert InboxRow.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_store_it_once(feed, tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join(line(f"m{n}") for n in range(8000)))
    archive, results = opened(path), []

    def run() -> None:
        try:
            results.append(import_archive(archive=archive, feed=feed).rows)
        except ArchiveError as error:
            results.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(8000) == InboxRow.objects.count() / 8000
    runs = list(ImportRun.objects.all())
    assert sum(run.rows for run in runs) == InboxRow.objects.count()
    assert all("another process" in result for result in results if result != 8000)


def test_replays_keep_the_balance(feed, tenant, archive, capsys):
    run_command(capsys, archive)
    run = ImportRun.objects.get()
    received = InboxRow.objects.order_by("id").first().received_at
    assert replay(actor="a test", now=received) == 1
    assert outcome_of(run).waiting == 1
    apply_waiting()
    assert assert_balanced(run) == ImportOutcome(rows=13, reports=12, reasons={"not JSON": 1})
    assert replay_inbox(start=received, end=received.replace(year=2100), actor="a test") == 12
    assert outcome_of(run).waiting == 12
    apply_waiting()
    assert assert_balanced(run) == ImportOutcome(
        rows=13, reports=12, duplicates=12, replayed=12, reasons={"not JSON": 1}
    )


def test_rows_of_other_ways_count_for_no_import(feed):
    from tests.deliveries.helpers import apply

    apply(feed, LINES[0], b"broken")
    assert not ImportCount.objects.exists()
    assert set(QuarantinedRow.objects.values_list("import_run", flat=True)) == {None}


def test_failed_batch_counts_nothing(feed, archive, monkeypatch):
    """The counts are of the transaction that applies the rows."""
    call_command("import_dlrs", str(archive), feed="main", no_wait=True)
    run = ImportRun.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'away' USING"
            " ERRCODE = 'connection_failure'; END$$; CREATE TRIGGER refuse BEFORE INSERT ON import_count"
            " EXECUTE FUNCTION refuse()"
        )
    from django.db import OperationalError, transaction

    with pytest.raises(OperationalError), transaction.atomic():
        apply_waiting()
    assert (outcome_of(run).waiting, Message.objects.count(), WaitingRow.objects.count()) == (13, 0, 13)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON import_count")
    apply_waiting()
    assert outcome_of(run) == ImportOutcome(rows=13, reports=12, reasons={"not JSON": 1})


def test_file_that_cannot_be_read_on_is_taken_up_later(feed, archive, capsys, monkeypatch):
    hashed, whole = opened(archive), open

    class Failing:
        """A file whose disk fails after its first bytes."""

        def __init__(self, file) -> None:
            self._file, self._reads = file, 0

        def __enter__(self):
            return self

        def __exit__(self, *_error) -> None:
            self._file.close()

        def read(self, _size: int) -> bytes:
            self._reads += 1
            if self._reads > 1:
                raise OSError(5, "Input/output error")
            return self._file.read(300)

    monkeypatch.setattr(Path, "open", lambda path, mode: Failing(whole(path, mode)))
    with pytest.raises(load.ImportStoppedError, match="Input/output error; 4 rows of it are in the inbox"):
        import_archive(archive=hashed, feed=feed)
    monkeypatch.undo()
    assert InboxRow.objects.count() == ImportRun.objects.get().rows == 4
    run_command(capsys, archive)
    assert [bytes(row.body) for row in InboxRow.objects.order_by("id")] == [*LINES, b"broken"]
