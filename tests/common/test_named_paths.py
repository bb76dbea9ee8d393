"""Every file and folder that documents, docstrings and comments name is there: they go stale in silence otherwise."""

import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "portal", "campaigns", "deliveries", "reports", "tests", "benchmarks", "docs", "bin", "docker", "templates",
    "static", ".ci",
)  # fmt: skip
NAMED = re.compile(rf"(?<![\w./<>{{}}$:@-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]+")
# Django looks for templates and static files below these, the reports' folder of files is the portal's home's.
BELOW = ("", "templates", "static", "docs")
TEXTS = {".md", ".html", ".js", ".css", ".yml", ".yaml", ".toml", ".sql", ".conf", ".sh", ""}


@cache
def tracked() -> frozenset[str]:
    """Return the project's files, without what git or a set-up leaves beside them."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        return frozenset(listed.stdout.splitlines())
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    return frozenset(str(path.relative_to(ROOT)) for path in (*files, *ROOT.glob("*.*")))


def told(path: Path) -> str:
    """Return what a file tells people: all of it, of Python the comments and the texts in three quotes."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    texts = (token for token in tokens if token.type == tokenize.COMMENT or '"""' in token.string[:5])
    return "\n".join(token.string for token in texts)


def missing(text: str) -> list[str]:
    """Return the paths in a text that lead nowhere."""
    found = {match.group().rstrip("./-*") for match in NAMED.finditer(text)}
    return sorted(name for name in found if not any((ROOT / folder / name).exists() for folder in BELOW))


@pytest.mark.parametrize(
    "name", sorted(name for name in tracked() if Path(name).suffix in TEXTS | {".py"} and (ROOT / name).is_file())
)
def test_paths_that_a_file_names_exist(name):
    try:
        text = told(ROOT / name)
    except UnicodeDecodeError:
        return
    assert missing(text) == []


def test_path_that_leads_nowhere_is_found():
    text = "see portal/common/msisdn.py, `deliveries/nowhere/gone.py`, /api/v1/reports/17/ and docs/link.md."
    assert missing(text) == ["deliveries/nowhere/gone.py"]
