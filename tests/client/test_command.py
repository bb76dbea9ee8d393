"""The command `sms-portal` as people run it, against a running portal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from csv import DictReader
from io import StringIO
from pathlib import Path

import pytest

from sms_portal import Client
from sms_portal.command.output import clean
from tests.client.conftest import COMMAND, DAY, MESSAGES, MONTH, OWN, SALE, KeyMaker, post, report
from tests.client.scripted import Scripted, problem
from tests.faults.portal import Portal

pytestmark = pytest.mark.any_python

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(portal: Portal, make_key: KeyMaker, tmp_path: Path) -> dict[str, str]:
    """The environment of the command: no settings of whoever runs the tests are in it."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    key = make_key("read", "partner_ids", "export", "submit")
    folder = {"HOME": str(tmp_path), "SMS_PORTAL_CONFIG": str(tmp_path / "config.toml")}
    return kept | folder | {"SMS_PORTAL_URL": portal.url, "SMS_PORTAL_KEY": key}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    def run(*words: str, said: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {name: text for name, text in (environment | variables).items() if text}
        return subprocess.run(
            [COMMAND, *words], env=env, cwd=tmp_path, input=said, stdin=None if said else subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False, start_new_session=True,
        )  # fmt: skip

    return run


def printed(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_figures_of_a_month_are_a_table_with_their_total(run: Run):
    lines = printed(run("stats", "--group-by", "country", "--month", MONTH, "--campaign", SALE)).splitlines()

    assert [line.split() for line in lines[:3]] == [
        ["country", "messages", "parts", "delivered", "failed", "pending", "unknown", "delivery", "rate", "median"],
        ["FI", "7", "7", "3", "4", "0", "0", "42.86", "%", "5.1", "s"],
        ["total", "7", "7", "3", "4", "0", "0", "42.86", "%", "5.1", "s"],
    ]
    assert lines[3].startswith(f"{MONTH}-01 to {MONTH}-")


def test_figures_as_json_and_csv_are_the_portals_own(run: Run, client: Client):
    words = ("stats", "--group-by", "status", "--from", str(DAY), "--to", str(DAY), "--filter", f"campaign={SALE}")
    query = {"group_by": "status", "from_": DAY, "to": DAY, "campaign": SALE}

    found = json.loads(printed(run(*words, "--json")))
    rows = list(DictReader(StringIO(printed(run(*words, "--csv")).removeprefix("\ufeff"))))

    assert found["groups"] == client.request("GET", "statistics/", **query)["groups"]
    assert [(row["status"], row["messages"]) for row in rows] == [("failed", "4"), ("delivered", "3")]


def test_messages_are_listed_and_no_text_steers_the_terminal(run: Run):
    table = printed(run("messages", "--month", MONTH, "--campaign", SALE, "--limit", "3"))
    rows = [
        json.loads(line) for line in printed(run("messages", "--campaign", SALE, "--all", "--json")).split("\n")[:-1]
    ]

    assert (table.count("sale\\u2028of\\u0085\\u000bautumn"), SALE in table) == (3, False)
    assert "The first 3; more with --limit or --all." in table
    assert sorted(row["id"] for row in rows) == [f"m{number}" for number in range(MESSAGES)]
    assert clean("a\x1b[31mb\u202ec\nd") == "a\\u001b[31mb\\u202ec\\u000ad"


def test_tail_begins_where_it_ended(run: Run, tmp_path: Path):
    words = ("tail", "--cursor-file", "cursor", "--json", "--count")
    first = printed(run(*words, "3", "--after", "oldest")).split("\n")[:-1]
    second = printed(run(*words, "4")).split("\n")[:-1]

    events = [json.loads(line) for line in (*first, *second)]
    assert sorted(event["report"]["message_id"] for event in events) == [f"m{number}" for number in range(MESSAGES)]
    assert (tmp_path / "cursor").read_text() == events[-1]["cursor"] + "\n"
    refused = run(*words, "1", "--after", "oldest")
    assert (refused.returncode, "cursor has a cursor already" in refused.stderr) == (2, True)


@contextlib.contextmanager
def started(environment: dict[str, str], errors: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command, whose standard error goes to a file; one that does not end is killed."""
    with errors.open("wb") as file:
        process = subprocess.Popen(
            [COMMAND, *words], env=environment, stdout=subprocess.PIPE, stderr=file, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
        )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_figures_are_followed_until_ctrl_c(environment: dict[str, str], run: Run, tmp_path: Path):
    words = ("stats", "--follow", "--from", str(DAY), "--to", str(DAY))
    with started(environment, tmp_path / "errors", *words) as process:
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    with started(environment, tmp_path / "errors", *words, "--group-by", "tenant", "--json") as process:
        found = json.loads(process.stdout.readline())

    assert (lines[0].split()[:2], lines[1].split()[0]) == (["day", "messages"], str(DAY))
    assert lines[2].startswith(f"{DAY} to {DAY}, as of ")
    assert [group["key"] for group in found["groups"]] == [{"day": str(DAY), "tenant": "nordic"}]
    for wrong in (("--csv",), ("--compare", "year"), ("--limit", "3"), ("--group-by", "country")):
        refused = run(*words, *wrong)
        assert (refused.returncode, "--follow: " in refused.stderr) == (2, True), wrong


def test_ctrl_c_ends_tail_without_a_traceback(environment: dict[str, str], tmp_path: Path):
    errors = tmp_path / "errors"
    with started(environment, errors, "tail", "--after", "oldest") as process:
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert ("+358 •••••••67" in line, errors.read_text()) == (True, "\nsms-portal: Stopped.\n")


def test_reader_that_leaves_ends_tail_without_a_traceback(environment: dict[str, str], portal: Portal, tmp_path: Path):
    errors = tmp_path / "errors"
    with started(environment, errors, "tail", "--after", "oldest") as process:
        process.stdout.readline()
        process.stdout.close()
        post(portal, report("nobody-reads-it", 1001))
        assert process.wait(60) == 1
    assert errors.read_text() == ""


def test_partner_ids_are_declared_from_arguments_and_files(run: Run, tmp_path: Path):
    (tmp_path / "new.csv").write_text("value;tenant\nfrom-file;child\n")
    (tmp_path / "new.ndjson").write_text('{"value": "from-lines", "tenant": "nobody"}\n')

    table = printed(run("declare", "from-words", "--account", OWN, "--tenant", "nordic", "--file", "new.csv"))
    refused = run("declare", "--account", OWN, "--file", "new.ndjson", "--json")

    assert [line.split() for line in table.splitlines()] == [
        ["result", "value", "account", "tenant", "why"],
        ["declared", "from-words", OWN, "nordic"],
        ["declared", "from-file", OWN, "child"],
    ]
    assert (refused.returncode, json.loads(refused.stdout)["result"]) == (1, "refused")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "value,shop\n1,2\n", "line 1: unknown column 'shop'; there are: account, value, tenant, from"),
        ("a.csv", "tenant\nchild\n", "line 1: there is no column “value”"),
        ("a.csv", "value\na,b\n", "line 2: it has more columns than the first line"),
        ("a.ndjson", '{"value": "a"}\n{"value": 7}\n', "line 2: Expected `str`, got `int`"),
    ],
)
def test_file_that_cannot_be_read_is_told_with_its_line(run: Run, tmp_path: Path, name: str, text: str, said: str):
    (tmp_path / name).write_text(text)
    done = run("declare", "--file", name)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_export_is_made_with_a_progress_bar_and_downloaded(environment: dict[str, str], exporter: None, tmp_path: Path):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "export", "--format", "csv", "--columns", "message_id", "--campaign", SALE, "-o", "sale.csv"],
        env=environment | {"TERM": "xterm", "COLUMNS": "100"}, cwd=tmp_path,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, text=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with process, contextlib.suppress(OSError):  # the end of a terminal is an error
        while data := os.read(ours, 4096):
            shown += data
    os.close(ours)

    assert (process.returncode, len((tmp_path / "sale.csv").read_text().splitlines())) == (0, MESSAGES + 1)
    assert (b"Export " in shown, b"Download" in shown, b"100 %" in shown) == (True, True, True)


def test_export_without_rows_says_so(run: Run, exporter: None):
    done = run("export", "--format", "csv", "--campaign", "no such campaign", "-o", "none.csv")

    assert (done.returncode, done.stdout, done.stderr) == (
        0, "none.csv\n", "No message matches: the file has no rows.\n",
    )  # fmt: skip


def test_errors_are_one_line_with_an_exit_code_each(run: Run):
    def failed(*words: str, **variables: str) -> tuple[int, str]:
        done = run(*words, **variables)
        return done.returncode, done.stderr

    with Scripted(problem(429, "too-many-requests", ("Retry-After", "3600"))) as busy:
        code, said = failed("key", SMS_PORTAL_URL=busy.url)
        assert (code, said) == (3, "sms-portal: too-many-requests (429): the too-many-requests\n")
    code, said = failed("--attempts", "1", "key", SMS_PORTAL_URL=busy.url)  # it is gone
    assert (code, "no answer; attempts: 1" in said) == (3, True)
    code, said = failed("stats", "--country", "XX")
    assert (code, said.startswith("sms-portal: country: ")) == (1, True)
    assert failed("key", SMS_PORTAL_KEY="srk_unknown")[0] == 4
    assert failed("key", SMS_PORTAL_KEY="") == (
        2, "Error: No key. Set SMS_PORTAL_KEY, or run: sms-portal configure\n",
    )  # fmt: skip
    code, said = failed("--url", "http://portal.example.com", "key")
    assert (code, "unencrypted" in said) == (2, True)
    assert failed("stats", "--month", MONTH, "--period", "7d")[0] == 2


def test_key_in_a_file_is_its_owners_alone(run: Run, portal: Portal, make_key: KeyMaker, tmp_path: Path):
    done = run("configure", said=f"{portal.url}\n{make_key('read')}\n", SMS_PORTAL_KEY="", SMS_PORTAL_URL="")
    path = tmp_path / "config.toml"

    assert (done.returncode, path.stat().st_mode & 0o777) == (0, 0o600)
    assert make_key("read") not in done.stdout + done.stderr
    found = json.loads(printed(run("key", "--json", SMS_PORTAL_KEY="", SMS_PORTAL_URL="")))
    assert (found["tenant"], found["scopes"]) == ("nordic", ["read"])
    path.chmod(0o640)
    refused = run("key", SMS_PORTAL_KEY="", SMS_PORTAL_URL="")
    assert (refused.returncode, f"Run: chmod 600 {path}" in refused.stderr) == (2, True)
