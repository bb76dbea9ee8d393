"""Lighthouse scores of the pages: speed, accessibility, good practice. Uses two months of simulated traffic."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.figure import Figure
from benchmarks.programs import REPOSITORY
from benchmarks.stage import Stage
from deliveries.applying.apply import apply_slices
from deliveries.importing.archives.reading import open_archive
from deliveries.importing.load import import_archive
from deliveries.management.commands.simulate import months_back
from deliveries.messages.slices import SLICES
from deliveries.models import Message
from deliveries.simulation.traffic import generate
from portal.accounts.models import User
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.runs.runs import build_report, request_run

PINNED = REPOSITORY / "benchmarks" / "lighthouse"
OWNER, TENANT = "anna@example.com", "nordic-retail"
CATEGORIES = ("performance", "accessibility", "best-practices")
MESSAGES, MESSAGES_QUICK = 50_000, 3000
SECONDS = 180  # for one page, on a busy machine


def lighthouse(stage: Stage) -> Iterator[Figure]:
    """Yield lighthouse's mark (0 to 100) of each category for each page, on its slow phone.

    Needs Chromium and npm with Node.js 18.16; lighthouse itself is installed into PORTAL_HOME the first time.
    """
    if missing := [program for program in ("chromium", "npm") if shutil.which(program) is None]:
        yield Figure("lighthouse", None, "of 100", note=f"needs {' and '.join(missing)}")
        return
    folder = _install()
    call_command("collectstatic", interactive=False, verbosity=0)
    _fill(stage)
    client = Client()
    client.force_login(User.objects.get(email=OWNER))
    cookie = f"sessionid={client.cookies['sessionid'].value}; language=en"
    with stage.web() as (_program, port):
        for name, path in _paths().items():
            report = _run(folder, f"http://localhost:{port}{path}", "" if name == "sign-in" else cookie)
            painted = report["audits"]["largest-contentful-paint"]["displayValue"]
            for category in CATEGORIES:
                yield Figure(
                    f"lighthouse {name} {category}",
                    round(100 * report["categories"][category]["score"]),
                    "of 100",
                    note=f"largest paint {painted}" if category == "performance" else _faults(report, category),
                )
    stage.empty()


def _paths() -> dict[str, str]:
    message = Message.objects.filter(tenant__slug=TENANT).select_related("account").order_by("-sent_at").first()
    return {
        "sign-in": reverse("account_login"),
        "overview": reverse("reports:overview", args=[TENANT]),
        "messages": reverse("messages:list", args=[TENANT]),
        "message": reverse("messages:message", args=[TENANT, message.account.name, message.message_id]),
        "reports": reverse("reports:months", args=[TENANT]),
        "settings": reverse("settings:tenant", args=[TENANT]),
    }


def _install() -> Path:
    """Install what the lock file pins, unless it is there, and return the folder."""
    folder = Path(settings.PORTAL_HOME) / "lighthouse"
    folder.mkdir(parents=True, exist_ok=True)
    installed = folder / ".installed"
    wanted = (PINNED / "package-lock.json").read_text()
    if not installed.exists() or installed.read_text() != wanted:
        for source in (PINNED / "package.json", PINNED / "package-lock.json", REPOSITORY / ".npmrc"):
            shutil.copy(source, folder)
        subprocess.run(["npm", "ci", "--silent"], cwd=folder, check=True)
        installed.write_text(wanted)
    return folder


def _fill(stage: Stage) -> None:
    """Store and apply two months of traffic, and make last month's report."""
    stage.empty()
    now = datetime.now(UTC).replace(microsecond=0)
    messages = MESSAGES_QUICK if stage.quick else MESSAGES
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as archive:
        for dlr in generate(seed=1, messages=messages, start=months_back(now, 2), end=now):
            archive.write(dlr + b"\n")
        archive.flush()
        opened = open_archive(Path(archive.name), limit=settings.INGEST_MAX_BODY)
        import_archive(archive=opened, feed=stage.feed)
    while apply_slices(slices=range(SLICES)).claimed:
        pass
    tenant = Tenant.objects.get(slug=TENANT)
    month = Month(now.year, now.month).previous()
    run = request_run(tenant=tenant, month=month, requested_by="bench", now=timezone.now())
    build_report(run_id=run.id, now=timezone.now())


def _run(folder: Path, url: str, cookie: str) -> dict:
    """Return lighthouse's report about an address. Raises RuntimeError with what it said when there is none."""
    words = [
        "node",
        str(folder / "node_modules" / "lighthouse" / "cli" / "index.js"),
        url,
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    if cookie:
        words.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    env = os.environ | {"CHROME_PATH": shutil.which("chromium")}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"lighthouse could not look at {url}:\n{done.stderr[-3000:]}")
    report = json.loads(done.stdout)
    if report["finalDisplayedUrl"].partition("?")[0] != url or report.get("runtimeError"):
        raise RuntimeError(f"lighthouse came to {report['finalDisplayedUrl']}: {report.get('runtimeError')}")
    return report


def _faults(report: dict, category: str) -> str:
    """Return the audits that lowered the scores."""
    references = report["categories"][category]["auditRefs"]
    found = (reference["id"] for reference in references if reference["weight"])
    return " ".join(name for name in found if report["audits"][name]["score"] not in (None, 1))
