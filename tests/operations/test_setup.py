"""bin/setup's choice of a Python: one that the checks have proven, never one that will not do, a newer one by name.
And what it installs: the packages of the lock, none with another hash."""

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
OLDEST = PROJECT["requires-python"].removeprefix(">=")
PROVEN = [line.rpartition(" ")[2] for line in PROJECT["classifiers"]]
TOOLS = ("bash", "sed", "tr", "dirname", "cat", "id")

# A Python that gives itself out as another version.
OF_VERSION = """#!/bin/sh
[ "$1" = -c ] || exit 9
exec '{python}' -c 'import sys; sys.version_info = ({version}, "final", 0); exec(sys.argv[1])' "$2"
"""
WITHOUT_VENV = """#!/bin/sh
case "$2" in *venv*) exit 1 ;; esac
exec '{python}' "$@"
"""


@pytest.fixture
def path(tmp_path) -> Path:
    """A folder for the PATH with the tools of bin/setup and no Python."""
    for tool in TOOLS:
        found = next(Path(place) / tool for place in ("/bin", "/usr/bin") if (Path(place) / tool).exists())
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def add_python(folder: Path, name: str, version: str, text: str = OF_VERSION) -> None:
    program = folder / name
    program.write_text(text.format(python=sys.executable, version=version.replace(".", ", ")))
    program.chmod(0o755)


def chosen(path: Path, **variables: str) -> tuple[int, str, str]:
    """Return exit code, name of the chosen Python, and what was said."""
    done = subprocess.run(
        ["bin/setup", "--python"], cwd=REPOSITORY, env={"PATH": str(path)} | variables,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, Path(done.stdout.strip()).name, done.stderr


@pytest.mark.parametrize(
    ("pythons", "wanted"),
    [
        ({"python3": "3.11.2"}, "python3"),
        ({"python3": "3.10.12", "python3.11": "3.11.9"}, "python3.11"),
        ({"python3": "3.14.0", "python3.11": "3.11.9"}, "python3.11"),
        ({"python3.11": "3.11.2", "python3.13": "3.13.1"}, "python3.13"),
        ({"python3.12": "3.12.1", "python3.13": "3.13.0", "python3.14": "3.14.0"}, "python3.13"),
        ({"python3.12": "3.12.1", "python3.15": "3.15.0"}, "python3.12"),
        ({"python3.13": "3.13.0", "python3": "3.12.0"}, "python3.13"),
        ({"python3.11": "3.11.1", "python3.12": "3.12.0"}, "python3.12"),
    ],
)
def test_proven_python_is_taken_before_others(path, pythons, wanted):
    for name, version in pythons.items():
        add_python(path, name, version)

    assert chosen(path) == (0, wanted, "")


def test_newer_python_is_taken_where_there_is_no_other_and_named_in_one_line(path):
    add_python(path, "python3", "3.14.2")
    add_python(path, "python3.10", "3.10.1")

    assert chosen(path) == (
        0,
        "python3",
        "python3 is Python 3.14.2, newer than what the tests have proven (3.11.2 to 3.13).\n",
    )


@pytest.mark.parametrize(
    ("pythons", "found"),
    [
        ({}, ""),
        ({"python3": "3.11.1"}, " (python3 is 3.11.1)"),
        ({"python3": "3.9.2", "python3.11": "3.11.0"}, " (python3.11 is 3.11.0, python3 is 3.9.2)"),
    ],
)
def test_python_that_will_not_do_is_refused_by_its_version(path, pythons, found):
    for name, version in pythons.items():
        add_python(path, name, version)

    assert chosen(path) == (1, "", f"Python 3.11.2 or newer is needed and was not found{found}.\n")


def test_python_without_venv_is_named_with_its_package(path):
    add_python(path, "python3", "", WITHOUT_VENV)

    code, _, said = chosen(path)

    assert code == 1
    assert "python3 cannot make virtual environments here. On Debian and Ubuntu: apt install python3-venv" in said


def test_given_python_is_taken_and_no_other(path):
    add_python(path, "python3.13", "3.13.0")
    add_python(path, "mine", "3.12.4")
    add_python(path, "old", "3.11.1")

    assert chosen(path, PYTHON=str(path / "mine")) == (0, "mine", "")
    code, _, said = chosen(path, PYTHON=str(path / "old"))
    assert (code, f"{path / 'old'} is 3.11.1" in said) == (1, True)


@pytest.mark.parametrize("page", ["README.md", "docs/dependencies.md"])
def test_documents_name_the_same_pythons(page):
    sentence = f"Python {OLDEST} or newer (proven: {OLDEST} to {PROVEN[-1]})"

    assert sentence in re.sub(r"\s+", " ", (REPOSITORY / page).read_text())


def test_image_has_one_of_the_same_pythons():
    image = re.search(r"^FROM python:([\d.]+)-slim$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    assert image[1] in PROVEN


WHEEL = "pinned-1.0-py3-none-any.whl"


@pytest.fixture
def project(tmp_path) -> Path:
    """A project with bin/setup, whose only package is a wheel beside it, and with nothing to bundle."""
    folder = tmp_path / "project"
    (folder / "static" / "build").mkdir(parents=True)
    (folder / "node_modules").mkdir()
    (folder / "bin").mkdir()
    for name in ("static/build/base.css", "node_modules/.installed", "package-lock.json", "bin/bundle.mjs"):
        (folder / name).touch()
    for name in ("static/css", "static/js", "templates", "portal", "campaigns", "deliveries", "reports"):
        (folder / name).mkdir()
    (folder / "static" / "build" / "base.css").touch()
    shutil.copy(REPOSITORY / "bin" / "setup", folder / "bin" / "setup")
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr("pinned.py", "")
        wheel.writestr("pinned-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pinned\nVersion: 1.0\n")
        wheel.writestr("pinned-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("pinned-1.0.dist-info/RECORD", "")
    return folder


def set_up(project: Path, lock: str) -> tuple[int, str]:
    (project / "requirements.lock").write_text(lock)
    variables = {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHON": sys.executable, "HOME": str(project.parent),
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project),
    }  # fmt: skip
    done = subprocess.run(["bin/setup"], cwd=project, env=variables, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_package_is_installed_only_with_the_hash_of_the_lock(project):
    digest = hashlib.sha256((project / WHEEL).read_bytes()).hexdigest()
    stamp = project / ".venv" / ".installed"

    code, said = set_up(project, f"pinned==1.0 --hash=sha256:{'0' * 64}\n")
    assert (code, "DO NOT MATCH THE HASHES" in said, stamp.exists()) == (1, True, False)

    code, said = set_up(project, "pinned==1.0\n")
    assert (code, "Hashes are required" in said, stamp.exists()) == (1, True, False)

    code, said = set_up(project, f"pinned==1.0 --hash=sha256:{digest}\n")
    assert code == 0, said
    assert "pinned==1.0" in stamp.read_text()
    assert list((project / ".venv").glob("lib/python3.*/site-packages/pinned.py"))

    assert set_up(project, stamp.read_text()) == (0, "")  # nothing is to be done
    code, said = set_up(project, f"# changed\n{stamp.read_text()}")
    assert (code, "Installing the Python packages" in said) == (0, True)
