""".ci/tests: what fails beside the others and passes by itself is let through, and named."""

import os
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


def run_tests(folder: Path, *, code: int) -> list[str]:
    """Run the tests of a folder as .ci/run does, which ends with `code`; return its last lines."""
    ini = folder / "pytest.ini"
    ini.write_text("[pytest]\n")
    done = subprocess.run(
        # A folder of its own: pytest closes the usual one to the engines of tests beside this one.
        [".ci/tests", "-c", str(ini), "--basetemp", str(folder / "temp"), str(folder)],
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # these tests need no portal
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    return lines[max(number for number, line in enumerate(lines) if line.startswith("====")) + 1 :]


@pytest.mark.parametrize(
    ("files", "code", "last_lines"),
    [
        (
            {"steady": STEADY, "unsteady": UNSTEADY},
            0,
            [
                "== 1 of the tests failed beside the others and passed by themselves",
                "unsteady: test_unsteady.py::test_unsteady",
            ],
        ),
        (
            {"broken": BROKEN, "unsteady": UNSTEADY},
            1,
            [
                "broken: test_broken.py::test_broken",
                "== 1 of the tests failed beside the others and passed by themselves",
                "unsteady: test_unsteady.py::test_unsteady",
            ],
        ),
        ({"wrong": "import nothing_of_that_name\n"}, 2, []),
    ],
)
def test_unsteady_tests_are_named_and_broken_ones_fail(tmp_path, files, code, last_lines):
    for name, text in files.items():
        (tmp_path / f"test_{name}.py").write_text(text)

    assert run_tests(tmp_path, code=code) == last_lines
