"""One served portal for the main job's tests: provisioned, sent to, reported on; all of it once."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from deliveries.simulation.sender import send
from deliveries.simulation.traffic import generate
from tests.e2e import oddities
from tests.e2e.expected import Customer, Row, place
from tests.e2e.recount import Message, recount
from tests.running import Running, say, until

SEED = 20
MESSAGES = 3000
ODD_MESSAGES = 900
TOKEN, DEFAULTED_TOKEN = "main-token-of-the-whole-job", "second-token-of-the-whole-job"
PASSWORD = "a password of the tests"
ACCOUNT, ACCOUNT_ZONE = "link-main", "Europe/Helsinki"

BAR = {"delimiter": "|", "fields": ("campaign", "variant")}
SEMICOLON = {"delimiter": ";", "fields": ("campaign", "store", "variant"), "parent": "hansa-group"}
CUSTOMERS = (
    Customer("nordic-retail", "Nordic Retail Oy", "Europe/Helsinki", "fi", ("nr-fi", "nr-se"), **BAR),
    Customer("hansa-group", "Hansa Group", "Europe/Berlin", "en"),
    Customer("hansa-norge", "Hansa Norge", "Europe/Oslo", "en", ("hansa-no",), **SEMICOLON, currency="NOK"),
    Customer("hansa-danmark", "Hansa Danmark", "Europe/Copenhagen", "en", ("hansa-dk",), **SEMICOLON),
    Customer("hansa-deutschland", "Hansa Deutschland", "Europe/Berlin", "en", ("hansa-de",), **SEMICOLON),
    Customer("baltic-parcel", "Baltic Parcel OÜ", "Europe/Tallinn", "en", ("baltic-ee", "baltic-lv", "baltic-lt")),
    Customer("kiwi", "=Kiwi & Co", "Pacific/Auckland", "en", ("kiwi-1", "4711"), "|", ("-", "campaign")),
    Customer("golden-gate", "Golden Gate", "America/Los_Angeles", "fi", ("gg",)),
)


def newest_end(now: datetime) -> datetime:
    """Return the last noon (UTC) of a month's fifth day: by then every zone's last month is final."""
    this_month = now.replace(day=5, hour=12, minute=0, second=0, microsecond=0)
    before = (now.replace(day=1) - timedelta(days=1)).replace(day=5, hour=12, minute=0, second=0, microsecond=0)
    return this_month if this_month <= now else before


@dataclass
class Job:
    """The served portal and what it was sent."""

    portal: Running
    now: datetime
    end: datetime
    customers: tuple[Customer, ...] = CUSTOMERS
    messages: list[Message] = field(default_factory=list)
    account_reports: list[tuple[Customer, ...]] = field(default_factory=list)  # by revision: the customers of then

    @property
    def month(self) -> date:
        """The month before `end`'s, by its first day."""
        return (self.end.replace(day=1) - timedelta(days=1)).date().replace(day=1)

    def rows(self) -> list[Row]:
        """Return the recounted messages with what their owners' rules make of them now."""
        return place(self.messages, self.customers, account_zone=ACCOUNT_ZONE)

    def below(self, customer: Customer) -> list[Row]:
        """Return the rows of a customer and of those below it."""
        labels = {c.label for c in self.customers if customer.slug in (c.slug, c.parent)}
        return [row for row in self.rows() if row.owner in labels]

    def serve(self) -> None:
        """Start the portal and wait until it is ready."""
        self.portal.launch("serve", "bin/serve")
        until(self.portal.answers, "the portal is ready", within=180)

    def report_of_the_account(self, path: Path, *words: str) -> Path:
        """Make the account's report of the month: a new revision where the customers have changed since the last."""
        month = f"{self.month:%Y-%m}"
        self.portal.command("monthly_report", "--account", ACCOUNT, "--month", month, "--out", str(path), *words)
        if self.customers not in self.account_reports[-1:]:
            self.account_reports.append(self.customers)
        return path

    def provision(self, *words: str) -> str:
        """Bring the customers as they are now into the portal, by its command."""
        path = self.portal.logs / "provisioning.yaml"
        path.write_text(yaml.safe_dump(self._document(), allow_unicode=True))
        return self.portal.command("provision", str(path), *words)

    def _document(self) -> dict:
        feeds = [
            {"name": "main", "dialect": "link", "token": TOKEN},
            {"name": "second", "dialect": "link", "token": DEFAULTED_TOKEN, "default_partner_id": "gg"},
        ]
        return {
            "gateway_accounts": [{"name": ACCOUNT, "platform_id": "ACME", "timezone": ACCOUNT_ZONE, "feeds": feeds}],
            "tenants": [_tenant(customer) for customer in self.customers],
            "users": [
                {
                    "email": "all@example.com",
                    "password": PASSWORD,
                    "memberships": {c.slug: "manager" for c in CUSTOMERS},
                }
            ],
        }

    def send_everything(self) -> None:
        """Post all reports, wait until they are applied, and recount them."""
        start = datetime(self.month.year, self.month.month, 1, tzinfo=UTC)
        period = {"start": start - timedelta(days=2), "end": self.end}
        simulated = list(generate(seed=SEED, messages=MESSAGES, **period))
        partner_ids = [value for customer in CUSTOMERS for value in customer.partner_ids] + ["trial-77", "=danger()"]
        month = {"start": start, "end": self.end.replace(day=1, hour=0)}
        odd = oddities.make(seed=SEED, messages=ODD_MESSAGES, partner_ids=partner_ids, **month)
        without = [body.replace(b'"odd', b'"without') for body in odd if b"PartnerId" not in body and b'"odd' in body]
        main, second = (f"{self.portal.url}/dlr/{token}/" for token in (TOKEN, DEFAULTED_TOKEN))
        for url, first in ((main, simulated[0]), (second, without[0])):  # they come again below: duplicates
            until(lambda url=url, first=first: httpx.post(url, content=first).is_success, "the ingest knows the feed")
        assert send(simulated, url=main).acknowledged == len(simulated)
        # One after the other: where reports contradict each other the first one in stays.
        assert send(odd, url=main, concurrency=1).acknowledged == len(odd)
        assert send(without, url=second, concurrency=1).acknowledged == len(without)
        with self.portal.database() as database:
            until(lambda: not database.execute("SELECT 1 FROM inbox_todo LIMIT 1").fetchone(), "everything is applied")
        self.messages = recount([*simulated, *odd], received_at=self.now)
        self.messages += recount(without, received_at=self.now, default_partner_id="gg")
        count = len(simulated) + len(odd) + len(without)
        say(f"seed {SEED}, end {self.end}: {count} DLRs, {len(self.messages)} messages")


def _tenant(customer: Customer) -> dict:
    wanted = {
        "slug": customer.slug,
        "name": customer.name,
        "timezone": customer.zone,
        "language": customer.language,
        "currency": customer.currency,
        "parent": customer.parent,
    }
    if customer.partner_ids:
        wanted["partner_ids"] = {ACCOUNT: list(customer.partner_ids)}
    if customer.fields:
        wanted["ref_id"] = {"delimiter": customer.delimiter, "fields": list(customer.fields)}
    return wanted


class Browser:
    """A person at the pages, as far as plain HTML goes."""

    def __init__(self, url: str) -> None:
        # It keeps nothing open: several tests share it.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=30, limits=limits)

    def sign_in(self) -> None:
        self.submit("/accounts/login/", "/accounts/login/", login="all@example.com", password=PASSWORD)
        assert "sessionid" in self.http.cookies

    def submit(self, page: str, action: str, **values: str) -> httpx.Response:
        """Post a form of a page, with the secret that stands in it."""
        text = self.http.get(page).raise_for_status().text
        (secret, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        answer = self.http.post(action, data={"csrfmiddlewaretoken": secret, **values})
        return answer.raise_for_status()

    def row_of(self, slug: str, month: date) -> str:
        """Return the HTML of a month's row on the Reports page."""
        text = self.http.get(f"/t/{slug}/reports/").raise_for_status().text
        (row,) = re.findall(rf'<tr [^>]*id="m{month:%Y-%m}"[^>]*>.*?</tr>', text, re.DOTALL)
        return row


@pytest.fixture(scope="session")
def job(tmp_path_factory, fill_home) -> Iterator[Job]:
    path = Path(tempfile.mkdtemp(prefix="portal-e2e-"))
    path.chmod(0o755)
    fill_home(path)
    (path / "postgres" / "custom.conf").write_text("synchronous_commit = off\n")  # nothing is killed here
    portal = Running(path, logs=tmp_path_factory.mktemp("job"))
    now = datetime.now(UTC)
    job = Job(portal, now, newest_end(now))
    try:
        job.serve()
        job.provision()
        job.send_everything()
        yield job
    finally:
        portal.remove()


@pytest.fixture(scope="session")
def browser(job: Job) -> Iterator[Browser]:
    browser = Browser(job.portal.url)
    with browser.http:
        browser.sign_in()
        yield browser


@pytest.fixture(scope="session")
def workbooks(job: Job, browser: Browser, tmp_path_factory) -> dict[str, Path]:
    """Last month's workbook of every customer: asked for on the page, made by the worker, downloaded."""
    for customer in CUSTOMERS:
        page = f"/t/{customer.slug}/reports/"
        browser.submit(page, f"{page}make/", month=f"{job.month:%Y-%m}")
    return {c.slug: download(browser, c.slug, job.month, tmp_path_factory.mktemp("workbooks")) for c in CUSTOMERS}


def download(browser: Browser, slug: str, month: date, folder: Path) -> Path:
    """Wait until the month's newest report is ready, and save it."""

    def ready() -> re.Match | None:
        row = browser.row_of(slug, month)
        return None if "status-open" in row else re.search(r'btn-primary" href="(/t/[^"]+/download/)"', row)

    link = until(ready, f"the report of {slug} is ready", pause=0.2)
    answer = browser.http.get(link[1]).raise_for_status()
    assert answer.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    path = folder / f"{slug}.xlsx"
    path.write_bytes(answer.content)
    return path
