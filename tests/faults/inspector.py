"""One process of the portal that answers questions: starting Django anew for each would take most of a test's time."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.engines.conftest import REPOSITORY, Home

# Reads a line of JSON (a piece of Python that sets `result`), runs it, answers with a line of JSON.
_LOOP = """
import json, os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
import django
django.setup()
from django.db import close_old_connections
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    names = {"result": None}
    close_old_connections()
    exec(json.loads(line), names)
    close_old_connections()
    print(json.dumps(names["result"]), file=answers, flush=True)
"""


class Inspector:
    """Ends when it is closed; it holds no database connection between two questions."""

    def __init__(self, home: Home, log) -> None:
        self._process = subprocess.Popen(
            [home.python, "-c", _LOOP], cwd=REPOSITORY, env=home.environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip

    def ask(self, code: str) -> Any:
        """Run `code` there and return its `result`. Raises AssertionError when it failed (its log says why)."""
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the inspector failed at: {code}"
        return json.loads(answer)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
