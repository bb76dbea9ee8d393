"""Loaded before the settings (pyproject.toml): tests have a home of their own, beside no demo's data."""

import os
from pathlib import Path

os.environ.setdefault("PORTAL_HOME", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("PORTAL_STAFF_MFA", "false")  # tests of the second factor switch it on
