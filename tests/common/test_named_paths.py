"""Every file and folder that documents, docstrings and comments name is there: they go stale in silence otherwise."""

import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

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


def told(text: str) -> str:
    """Return what a Python file tells people: the comments and the texts in three quotes."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    texts = (token for token in tokens if token.type == tokenize.COMMENT or '"""' in token.string[:5])
    return "\n".join(token.string for token in texts)


def missing(text: str) -> list[str]:
    """Return the paths in a text that lead nowhere."""
    found = {match.group().rstrip("./-*") for match in NAMED.finditer(text)}
    return sorted(name for name in found if not any((ROOT / folder / name).exists() for folder in BELOW))


def missing_in(path: Path) -> list[str]:
    """Return the paths in a file that lead nowhere; of Python's files, those that it tells people."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    found = missing(text)
    return missing(told(text)) if found and path.suffix == ".py" else found


def test_paths_that_files_name_exist():
    """One test for all files: as a test each, they cost ten times as much."""
    names = sorted(name for name in tracked() if Path(name).suffix in TEXTS | {".py"} and (ROOT / name).is_file())

    assert len(names) > 1000
    assert {name: gone for name in names if (gone := missing_in(ROOT / name))} == {}


def test_path_that_leads_nowhere_is_found():
    text = "see portal/common/msisdn.py, `deliveries/nowhere/gone.py`, /api/v1/reports/17/ and docs/link.md."
    assert missing(text) == ["deliveries/nowhere/gone.py"]


def test_comments_and_docstrings_of_python_are_looked_at_and_its_data_is_not(tmp_path):
    path = tmp_path / "named.py"
    path.write_text('''"""See docs/gone.md."""\n# and bin/gone\nNAME = "tests/gone.py"\n''')

    assert missing_in(path) == ["bin/gone", "docs/gone.md"]
