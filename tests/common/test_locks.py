"""The lock files: they agree with the requirements files and with each other, and pip can read every line."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
LOCKED = re.compile(r"([A-Za-z0-9._-]+)==(\S+)(?: ; .+?)?(?: --hash=sha256:[0-9a-f]{64})+")
OWN_CLIENT = "--no-deps --no-build-isolation --editable portal/client"
NAMES = ("requirements", "requirements-dev", "requirements-node")


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def pins(name: str) -> dict[str, str]:
    return {normal(package): version for package, version in PIN.findall((ROOT / f"{name}.txt").read_text())}


def lines(name: str) -> list[str]:
    """Return the lines of a lock as pip reads them: without comments, continued lines joined."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / f"{name}.lock").read_text(), flags=re.MULTILINE)
    return re.sub(r" *\\\n *", " ", text).splitlines()


def locked(name: str) -> dict[str, str]:
    return {normal(match[1]): match[2] for match in map(LOCKED.fullmatch, lines(name)) if match}


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_a_lock_is_a_version_with_hashes(name):
    assert [line for line in lines(name) if not LOCKED.fullmatch(line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_pin_is_in_the_lock(name):
    wanted = pins(name)
    assert wanted
    assert {package: locked(name).get(package) for package in wanted} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_lock_names_no_package_that_was_taken_out_of_the_requirements(name):
    text = (ROOT / f"{name}.lock").read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    named = {normal(entry.split("==")[0]) for entry in entries if f"-r {name}.txt" in entry}
    assert named == pins(name).keys()


def test_both_set_ups_take_the_same_versions():
    runtime, dev = locked("requirements"), locked("requirements-dev")
    assert {package: dev.get(package) for package in runtime} == runtime


@pytest.mark.parametrize("path", ["bin/setup", "Dockerfile"])
def test_packages_are_installed_only_from_locks_with_hashes(path):
    text = re.sub(r"\\\n\s*", "", (ROOT / path).read_text())
    installs = re.findall(r"^.*pip install.*$", text, re.MULTILINE)
    assert installs
    # The client is a part of this repository: it alone is installed, with none of the packages that it needs.
    installs = [line for line in installs if not line.endswith(OWN_CLIENT)]
    assert [line for line in installs if "--require-hashes" not in line] == []
    assert "requirements.txt" not in text
