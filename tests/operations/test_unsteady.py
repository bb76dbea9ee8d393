""".ci/tests: a test that passes only when it is run again fails the run, unless a list that only shrinks names it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
STEADY = "def test_steady():\n    pass\n"
UNSTEADY = """
from pathlib import Path

def test_unsteady():
    seen = Path(__file__).with_suffix(".seen")
    first = not seen.exists()
    seen.touch()
    assert not first
"""
BROKEN = "def test_broken():\n    assert False\n"


SUMMARY = "== of the tests that failed"
NEW = "unsteady, failed beside the others and passed by itself: test_unsteady.py::test_unsteady"
KNOWN = "known as unsteady: test_unsteady.py::test_unsteady"


def run_tests(folder: Path, *arguments: str, known: str = "", **variables: str) -> tuple[int, str, list[str]]:
    """Run the tests of a folder as .ci/run does; return the exit code, the output and the lines after the summary."""
    ini = folder / "pytest.ini"
    ini.write_text("[pytest]\n")
    (folder / "known").write_text(f"# a list\n{known}")
    done = subprocess.run(
        # A folder of its own: pytest closes the usual one to the engines of tests beside this one.
        [".ci/tests", "-c", str(ini), "--basetemp", str(folder / "temp"), *arguments, str(folder)],
        # these tests need no portal, and know no options of the portal's tests
        env=os.environ
        | {"PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "UNSTEADY": str(folder / "known")}
        | variables,
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    summary = lines[lines.index(SUMMARY) + 1 :] if SUMMARY in lines else []
    return done.returncode, done.stdout + done.stderr, summary


@pytest.mark.parametrize(
    ("files", "known", "code", "summary"),
    [
        ({"steady": STEADY}, "", 0, []),
        ({"steady": STEADY, "unsteady": UNSTEADY}, "", 1, [NEW]),
        ({"steady": STEADY, "unsteady": UNSTEADY}, "test_unsteady.py::test_unsteady\n", 0, [KNOWN]),
        ({"broken": BROKEN, "unsteady": UNSTEADY}, "", 1, ["broken: test_broken.py::test_broken", NEW]),
        ({"broken": BROKEN}, "test_broken.py::test_broken\n", 1, ["broken: test_broken.py::test_broken"]),
        ({"wrong": "import nothing_of_that_name\n"}, "", 2, []),
    ],
)
def test_tests_that_pass_only_when_run_again_fail_the_run_unless_listed(tmp_path, files, known, code, summary):
    for name, text in files.items():
        (tmp_path / f"test_{name}.py").write_text(text)

    found, output, lines = run_tests(tmp_path, known=known)

    assert (found, lines) == (code, summary), output


def test_coverage_is_printed_and_fails_nothing(tmp_path):
    text = "from portal.common.periods import Month\n\ndef test_month():\n    assert Month\n"
    (tmp_path / "test_month.py").write_text(text)

    code, output, _ = run_tests(tmp_path, "-p", "pytest_cov", COVERAGE="yes", COVERAGE_FILE=str(tmp_path / "data"))

    assert code == 0, output
    lines = output[output.index("== coverage") :].splitlines()
    shares = [int(line.split()[-1].removesuffix("%")) for line in lines[2:]]
    assert lines[1].split() == ["Name", "Stmts", "Miss", "Cover"]
    assert lines[-1].startswith("TOTAL")
    assert shares[:10] == [0] * 10  # the ten least covered files
    assert (len(shares), 0 < shares[-1] < 10) == (11, True)


def test_listed_test_that_does_not_exist_fails_the_run(tmp_path):
    (tmp_path / "test_steady.py").write_text(STEADY)

    code, output, _ = run_tests(tmp_path, known="test_steady.py::test_gone\n")

    assert code == 1, output
    assert "names what does not exist:\ntest_steady.py::test_gone\n" in output


@pytest.mark.parametrize(
    ("lists", "code", "said"),
    [
        ([None, "# nothing\n"], 0, ""),
        ([None, "tests/a.py::test_a\n"], 1, ".ci/unsteady has grown, and may only shrink:\ntests/a.py::test_a\n"),
        (["# of old\ntests/a.py::a\ntests/b.py::b\n", "# newer words\ntests/b.py::b\n"], 0, ""),
        (["tests/b.py::b\n", "tests/b.py::b\ntests/a.py::a\n"], 1,
         ".ci/unsteady has grown, and may only shrink:\ntests/a.py::a\n"),
        # Grown two commits ago, or removed and added again.
        (["# nothing\n", "tests/a.py::a\n", "tests/a.py::a\n"], 1,
         ".ci/unsteady has grown, and may only shrink:\ntests/a.py::a\n"),
        (["tests/a.py::a\n", "# nothing\n", "tests/a.py::a\n", None], 1,
         ".ci/unsteady has grown, and may only shrink:\ntests/a.py::a\n"),
    ],
)  # fmt: skip
def test_list_may_only_shrink(tmp_path, lists, code, said):
    ci = tmp_path / ".ci"
    ci.mkdir()
    shutil.copy(REPOSITORY / ".ci" / "grown", ci)

    def git(*words: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for text in lists:
        if text is not None:
            (ci / "unsteady").write_text(text)
        git("add", "--all")
        git("commit", "--allow-empty", "--message", "a change")

    done = subprocess.run([ci / "grown"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (code, said)
