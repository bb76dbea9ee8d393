"""The lock files hold every pin of the requirements files, each with hashes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


def pins(name):
    return {
        re.sub(r"[-_.]+", "-", package).lower(): version for package, version in PIN.findall((ROOT / name).read_text())
    }


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_pin_is_in_the_lock(name):
    wanted = pins(f"{name}.txt")
    locked = pins(f"{name}.lock")
    assert wanted
    assert {package: locked.get(package) for package in wanted} == wanted


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_locked_package_has_hashes(name):
    entries = re.split(r"^(?=[A-Za-z0-9])", (ROOT / f"{name}.lock").read_text(), flags=re.MULTILINE)
    assert [entry.split()[0] for entry in entries if PIN.match(entry) and "--hash=sha256:" not in entry] == []
