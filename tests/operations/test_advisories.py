"""`.ci/advisories` finds a package with a known advisory, and says so when it has nothing to compare with."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ADVISORY = {
    "id": "TEST-2026-1",
    "summary": "a planted advisory",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


@contextmanager
def advisories(known: dict[str, list[dict]]) -> Iterator[tuple[str, list[str]]]:
    """Answer OSV's query API from `known` (package: advisories); yields the address and the packages asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(query["package"]["name"])
            found = known.get(query["package"]["name"])
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
        finally:
            server.shutdown()
            thread.join()


def run(url: str | None) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if name != "ADVISORIES_URL"}
    if url is not None:
        environment |= {"ADVISORIES_URL": url, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [".ci/advisories"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_package_with_an_advisory_fails_the_check():
    with advisories({"django": [ADVISORY]}) as (url, _asked):
        code, text = run(url)

    assert code == 1
    assert "TEST-2026-1" in text


def test_packages_without_advisories_pass_and_every_pinned_one_was_asked_for():
    pinned = [line.split("==")[0].split("[")[0] for line in (REPOSITORY / "requirements.txt").read_text().splitlines()]
    with advisories({}) as (url, asked):
        code, text = run(url)

    assert (code, "No known vulnerabilities found" in text) == (0, True)
    assert {name.lower().replace("_", "-") for name in pinned} <= set(asked)


def test_no_copy_of_the_advisories_is_said_and_not_taken_for_good():
    assert run(None) == (0, "advisories: NOT checked (ADVISORIES_URL names no copy of them)\n")
