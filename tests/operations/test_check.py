"""bin/check: each check finds a fault of its kind, and the hooks of pre-commit are these checks."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]

FAULTS = {
    "format": ("portal/example.py", "x  =  1\n"),
    "lint": ("portal/example.py", "import os\n"),
    "templates": ("templates/example.html", "<button>Save</button>\n"),
    "spelling": ("docs/example.md", "Two acounts.\n"),
}


def check(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(["bin/check", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path) -> Path:
    """A project with the checks and their configuration, and without any source."""
    for name in ("bin/check", "pyproject.toml", "_typos.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    for name in ("portal", "templates", "docs", ".ci"):
        (tmp_path / name).mkdir()
    (tmp_path / "portal" / "sound.py").write_text('GREETING = "hello"\n')
    (tmp_path / "templates" / "sound.html").write_text('<button type="submit">Save</button>\n')
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    return tmp_path


def test_checks_say_what_has_passed(project):
    assert check(project, *FAULTS) == (0, "".join(f"{name}: passed\n" for name in FAULTS))


@pytest.mark.parametrize("name", FAULTS)
def test_check_finds_its_fault(project, name):
    path, text = FAULTS[name]
    (project / path).write_text(text)
    code, said = check(project, name)

    assert code == 1
    assert said.startswith(f"{name}: FAILED\n")
    assert Path(path).name in said
    assert said.endswith(f"failed: {name}\n")


def test_unknown_check_is_refused():
    code, said = check(REPOSITORY, "no-such-check")

    assert code == 2
    assert said.startswith("no-such-check is no check; there are: format ")


def test_hooks_are_the_checks():
    (local,) = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())["repos"]
    _, names = check(REPOSITORY, "--list")

    assert local["repo"] == "local"  # nothing is loaded
    assert [hook["entry"] for hook in local["hooks"]] == [f"bin/check {name}" for name in names.split()]
