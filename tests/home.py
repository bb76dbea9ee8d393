"""Loaded before the settings (pyproject.toml): tests have a home of their own, beside no demo's data."""

import os
from pathlib import Path

os.environ.setdefault("PORTAL_HOME", str(Path(__file__).resolve().parent.parent / "var" / "test"))
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # of several at once each has engines of its own
    os.environ["PORTAL_HOME"] += f"/{worker}"
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("PORTAL_API_ADDRESS_PER_MINUTE", "0")  # all tests have one address; theirs switch it on
os.environ.setdefault("PORTAL_STAFF_MFA", "false")  # tests of the second factor switch it on
# The static files' middleware warns where the folder is missing, and warnings are errors.
(Path(os.environ["PORTAL_HOME"]) / "static").mkdir(parents=True, exist_ok=True)
