"""The demo: the whole portal, three months of made-up traffic by the real door, past months' reports by the worker."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from tqdm import tqdm

from portal import engines

REPOSITORY = Path(__file__).resolve().parents[1]
PROVISIONING = REPOSITORY / "docs" / "examples" / "demo.yaml"
MESSAGES = 50_000
MONTHS = 3  # calendar months: also on a month's first day the last 30 days and those before are full
NEW_CUSTOMER = {
    "slug": "arctic-foods", "name": "Arctic Foods Oy", "timezone": "Europe/Helsinki", "language": "fi",
    "country": "FI", "currency": "EUR", "values": ["arctic-fi"], "owner_email": "arctic@example.com",
}  # fmt: skip
OWN_MESSAGES = 1_200  # of the account that is one customer's own
SEED = 1
START_WITHIN = 120  # seconds
APPLY_WITHIN = 600


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


@dataclass
class State:
    """State that a second run needs, kept in PORTAL_HOME/demo.json, readable by its owner only."""

    token: str = field(default_factory=lambda: f"demo-{secrets.token_urlsafe(24)}")
    own_token: str = field(default_factory=lambda: f"demo-{secrets.token_urlsafe(24)}")
    passwords: dict[str, str] = field(default_factory=dict)
    shared: str = ""
    added: int = 0  # id of the customer that was added as on the admin's page
    end: str = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).isoformat())
    simulated: bool = False

    @staticmethod
    def path() -> Path:
        return engines.portal_home() / "demo.json"

    @classmethod
    def load(cls) -> "State":
        return cls(**json.loads(cls.path().read_text())) if cls.path().exists() else cls()

    def save(self) -> None:
        part = self.path().with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(self), indent=1))
        part.replace(self.path())


def main() -> None:
    """Start the portal, fill it on the first run, print what to look at, and serve until Ctrl-C."""
    os.environ.setdefault("PORT", "8000")
    address = f"http://localhost:{os.environ['PORT']}"
    os.environ.setdefault("PUBLIC_URL", address)
    os.environ.setdefault("PORTAL_STAFF_MFA", "false")  # staff may look around; a banner says so
    os.environ.setdefault("PORTAL_ENVIRONMENT", "demo")
    server = subprocess.Popen([sys.executable, "-m", "portal.serve"], cwd=REPOSITORY)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: server.terminate())
    try:
        _wait_until_ready(server, f"http://127.0.0.1:{os.environ['PORT']}/readyz")
        state = _fill(server)
        _tell(state, address)
    except DemoError as error:
        server.terminate()
        server.wait()
        sys.exit(str(error))
    except BaseException:
        server.terminate()
        server.wait()
        raise
    code = server.wait()
    sys.exit(0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else code)


def _wait_until_ready(server: subprocess.Popen, url: str) -> None:
    give_up = time.monotonic() + START_WITHIN
    while time.monotonic() < give_up:
        if server.poll() is not None:
            raise DemoError("The portal did not start (see above).")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise DemoError(f"The portal did not become ready within {START_WITHIN} s; its logs are in PORTAL_HOME/log.")


def _fill(server: subprocess.Popen) -> State:
    """Provision and simulate what is not there yet, and make the reports that are due."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    state = State.load()
    if not state.simulated:
        _provision(state)
        _simulate(state, server)
        _wait_until_applied(server)
        _add_logo()
        state.simulated = True
        state.save()
    _make_reports(server)
    _share(state)
    _save_view()
    add_customer(state)
    _save_search(server)
    return state


def _provision(state: State) -> None:
    from django.utils import timezone

    from portal.provisioning.apply import provision

    document = provisioning(state)
    state.save()  # before anything uses it: a demo that is stopped half way goes on with the same
    outcome = provision(yaml.safe_dump(document), str(PROVISIONING), now=timezone.now())
    print(f"Tenants, feed and people: {len(outcome.changes)} things set up from {PROVISIONING.relative_to(REPOSITORY)}")


def provisioning(state: State) -> dict:
    """Return the example file with the demo's tokens and passwords; its hand-over begins the last full month.

    The file names a fixed date; the demo's traffic ends on the day it is first started.
    """
    from deliveries.management.commands.simulate import months_back

    document = yaml.safe_load(PROVISIONING.read_text())
    document["gateway_accounts"][0]["feeds"][0]["token"] = state.token
    document["gateway_accounts"][1]["feeds"][0]["token"] = state.own_token
    for user in document["users"]:
        user["password"] = state.passwords.setdefault(user["email"], secrets.token_urlsafe(12))
    day = months_back(datetime.fromisoformat(state.end), 2).date()
    for tenant in document["tenants"]:
        for claims in tenant.get("partner_ids", {}).values():
            for claim in claims:
                if isinstance(claim, dict) and "from" in claim:
                    claim["from"] = day
    return document


def _add_logo() -> None:
    """Draw the logo of the demo's partner and give it to its brand."""
    from io import BytesIO

    from PIL import Image, ImageDraw

    from portal.brands.logos import read_logo
    from portal.brands.models import TenantBrand

    image = Image.new("RGBA", (320, 160))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 159, 159), radius=36, fill="#7a1f3d")
    for left, top in ((32, 88), (68, 56), (104, 32)):  # bars that grow, as on the portal's own mark
        draw.rectangle((left, top, left + 24, 128), fill="#ffffff")
    draw.ellipse((184, 24, 296, 136), outline="#7a1f3d", width=20)
    file = BytesIO()
    image.save(file, "PNG")
    logo = read_logo(file.getvalue())
    TenantBrand.objects.filter(tenant__slug="hansa-group").update(
        logo=logo.png, icon=logo.icon, logo_digest=logo.digest, logo_width=logo.width, logo_height=logo.height
    )


def _simulate(state: State, server: subprocess.Popen) -> None:
    from deliveries.management.commands.simulate import months_back
    from deliveries.simulation.customers import DEFAULT_PROFILE
    from deliveries.simulation.sender import SendError, send
    from deliveries.simulation.stories import last_month_stories
    from deliveries.simulation.traffic import DLRS_PER_MESSAGE, generate

    # The end is kept: a second try makes the same messages, which changes nothing.
    end = datetime.fromisoformat(state.end)
    url = f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.token}/"
    time.sleep(1.5)  # the ingest reads its feeds once a second
    print(f"Sending the delivery reports of {MESSAGES:,} messages over HTTP:")
    start = months_back(end, MONTHS)
    profile = replace(DEFAULT_PROFILE, stories=last_month_stories(start=start, end=end))
    dlrs = generate(seed=SEED, messages=MESSAGES, start=start, end=end, profile=profile)
    with tqdm(total=round(MESSAGES * DLRS_PER_MESSAGE), unit=" DLRs") as bar:
        try:
            result = send(dlrs, url=url, progress=bar.update)
        except SendError as error:
            raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error
        bar.total = result.sent
    print(f"{result.acknowledged:,} delivery reports were acknowledged in {result.seconds:.0f} s.")
    _simulate_own_account(state, end)


def _simulate_own_account(state: State, end: datetime) -> None:
    """Let a few messages wait in the pool of the account that is one customer's own, for its people to declare."""
    from deliveries.management.commands.simulate import months_back
    from deliveries.simulation.customers import DEFAULT_PROFILE
    from deliveries.simulation.sender import SendError, send
    from deliveries.simulation.traffic import generate

    by_id = {partner.partner_id: partner for partner in DEFAULT_PROFILE.partners}
    partners = (
        replace(by_id["hansa-de"], partner_id="hansa-at", share=0.7, countries={"DE": 1.0}),
        replace(by_id["hansa-dk"], partner_id="hansa-se", share=0.3, countries={"SE": 1.0}),
    )
    profile = replace(DEFAULT_PROFILE, partners=partners, zone="Europe/Berlin", recipients=500)
    dlrs = generate(seed=SEED, messages=OWN_MESSAGES, start=months_back(end, 2), end=end, profile=profile)
    try:
        send(dlrs, url=f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.own_token}/")
    except SendError as error:
        raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error


def _wait_until_applied(server: subprocess.Popen) -> None:
    from deliveries.models import WaitingRow

    left = WaitingRow.objects.count()
    give_up = time.monotonic() + APPLY_WITHIN
    print("The applier processes the delivery reports:")
    with tqdm(total=left, unit=" DLRs") as bar:
        while left := WaitingRow.objects.count():
            bar.update(bar.total - left - bar.n)
            _check(server, give_up, f"{left:,} delivery reports are still waiting")
            time.sleep(0.5)
        bar.update(bar.total - bar.n)


def _make_reports(server: subprocess.Popen) -> None:
    """Queue what is due, as the clock does, and wait for the worker."""
    from django.utils import timezone

    from portal.common.jobs import open_jobs
    from reports.models import ReportRun
    from reports.runs.due_months import queue_due_runs

    queue_due_runs(now=timezone.now())
    open_runs = open_jobs(ReportRun)
    if not (left := open_runs.count()):
        return
    print("The Celery worker creates the reports that are due:")
    give_up = time.monotonic() + APPLY_WITHIN
    with tqdm(total=left, unit=" reports") as bar:
        while left := open_runs.count():
            bar.update(bar.total - left - bar.n)
            _check(server, give_up, f"{left} reports are not created yet")
            time.sleep(0.3)
        bar.update(bar.total - bar.n)


def _share(state: State) -> None:
    """Make the demo's shared link, by an owner of its tenant; a new one where the last has ended."""
    from django.utils import timezone

    from portal.accounts.models import Membership, Role
    from portal.shares import links

    now = timezone.now()
    if state.shared and links.find_link(state.shared, now=now):
        return
    owner = Membership.objects.select_related("tenant", "user").get(tenant__slug="nordic-retail", role=Role.OWNER)
    _link, state.shared = links.create_link(
        tenant=owner.tenant, kind="overview", name="Demo", query="period=30d&compare=previous",
        maker_id=owner.user_id, made_by=owner.user.email, now=now, expires_at=now + timedelta(days=30),
    )  # fmt: skip
    state.save()


def _save_view() -> None:
    """Save a view for an owner, once."""
    from portal.accounts.models import Membership, Role
    from portal.saved_views import store

    owner = Membership.objects.select_related("tenant").get(tenant__slug="nordic-retail", role=Role.OWNER)
    if not store.views_of(owner.user_id, owner.tenant).exists():
        query = "counts_as=failed&period=7d"
        store.save(
            user_id=owner.user_id, tenant=owner.tenant, page="messages", name="Epäonnistuneet, 7 päivää", query=query
        )


def add_customer(state: State) -> None:
    """Add a customer as the admin's page does, once: its partner ID has no messages, its owner is invited."""
    from django.utils import timezone

    from campaigns.ref_ids import RefIdScheme
    from portal.accounts.models import User
    from portal.staff import onboarding
    from portal.tenants.models import GatewayAccount

    if state.added:
        return
    account = GatewayAccount.objects.get(name="link-main")
    data = NEW_CUSTOMER | {"account": account, "new_account": "", "scheme": RefIdScheme("|", ("campaign", "variant"))}
    operator = User.objects.filter(is_superuser=True).order_by("id")[0]
    state.added = onboarding.add_customer(data, actor=operator, now=timezone.now()).pk
    state.save()


def _save_search(server: subprocess.Popen) -> None:
    """Let a manager save the failed messages of a month as a workbook, unless that was done before."""
    from deliveries.exports.asking import ask
    from deliveries.message_pages.columns import COLUMNS
    from deliveries.models import Export
    from deliveries.search.query import MessageQuery
    from portal.accounts.access import access_of
    from portal.accounts.models import Membership, Role

    if Export.objects.exists():
        return
    owner = Membership.objects.select_related("tenant", "user").get(tenant__slug="nordic-retail", role=Role.OWNER)
    access = access_of(owner.user, slug=owner.tenant.slug)
    query = MessageQuery(tenant_ids=access.tenant_ids, statuses=("failed", "expired", "rejected"))
    export = ask(
        tenant=owner.tenant, access=access, user=owner.user, query=query, title="Epäonnistuneet viestit",
        format=Export.Format.XLSX, columns=list(COLUMNS),
    )  # fmt: skip
    give_up = time.monotonic() + APPLY_WITHIN
    while export.is_open:
        _check(server, give_up, f"the export {export.file_name} is not made yet")
        time.sleep(0.3)
        export.refresh_from_db()


def _check(server: subprocess.Popen, give_up: float, what: str) -> None:
    if server.poll() is not None:
        raise DemoError(f"The portal ended while {what}.")
    if time.monotonic() > give_up:
        raise DemoError(f"After {APPLY_WITHIN} s {what}. See the logs in PORTAL_HOME/log.")


def _tell(state: State, address: str) -> None:
    from django.core.files.storage import default_storage

    from deliveries.models import QuarantinedRow
    from reports.models import ReportRun

    print(f"\nThe portal: {address}/\n\nSign in as")
    people = {user["email"]: user for user in yaml.safe_load(PROVISIONING.read_text())["users"]}
    for email, password in state.passwords.items():
        user = people.get(email, {})
        roles = ", ".join(f"{role} of {tenant}" for tenant, role in (user.get("memberships") or {}).items())
        print(f"  {email:22} {password:18} {roles or 'staff: ' + address + '/admin/'}")
    print("\nPast months' reports, ready to download on each tenant's Reports page, and here:")
    runs = ReportRun.objects.filter(state=ReportRun.State.DONE).select_related("tenant", "account")
    latest = {(run.tenant_id, run.month): run for run in runs.order_by("id")}
    for run in sorted(latest.values(), key=lambda run: (run.month, run.tenant_id)):
        whose = f"account {run.account.name}" if run.account else run.tenant.slug
        print(f"  {whose:22} {run.month:%Y-%m}  {run.messages:>7,} messages  {default_storage.path(run.file)}")
    waiting = QuarantinedRow.objects.filter(state=QuarantinedRow.State.WAITING).count()
    print(
        "\nWhat to look at\n"
        f"  {address}/t/nordic-retail/overview/     the Overview: a slow operator, a campaign whose variant B wins\n"
        f"{_ab_test(address)}"
        f"  {address}/t/baltic-parcel/overview/     numbers of one country that went bad\n"
        f"  {address}/t/hansa-group/overview/       a parent: each of its tenants, and all together\n"
        f"  {address}/t/nordic-retail/reports/      the Reports page, in Finnish; make this month's too\n"
        f"  {address}/t/nordic-retail/exports/      a saved file: every failed message as a workbook\n"
        f"  {address}/share/{state.shared}/\n"
        "                                          a shared link: the same Overview for people without an account\n"
        f"  {address}/t/hansa-group/reports/        a parent: its report sums its children\n"
        f"  {address}/t/hansa-norge/overview/       a customer of a partner: in the brand of Hansa Group\n"
        f"  {address}/t/hansa-group/partner-ids/    partner IDs that wait to be declared, in an account of its own\n"
        f"  {address}/admin/onboarding/             an operator adds a customer; this one was just added:\n"
        f"  {address}/admin/onboarding/{state.added}/\n"
        f"                                          {NEW_CUSTOMER['name']}: waits for its first messages; its Undo\n"
        f"  {address}/admin/tenants/tenant/{state.added}/view-as/\n"
        "                                          its first page leads through the first steps, with a sample\n"
        f"  {address}/admin/                        feeds, runs, quarantine ({waiting} rows), the audit log\n"
        f"  {address}/admin/reports/reportrun/      jobs: progress, attempts, errors; retried and cancelled there\n"
        "  bin/portal monthly_report --account link-main --month YYYY-MM --out FILE.xlsx\n"
        "                                          every platformPartnerId of the account by country\n"
        "  bin/portal reconcile                    counts against messages\n"
        "\nCtrl-C ends it; its data stay, and bin/demo starts again with them.",
        flush=True,
    )


def _ab_test(address: str) -> str:
    """Return the line about the newest sale, whose variant B is delivered better; '' if there was none."""
    from campaigns.models import Campaign

    sale = Campaign.objects.filter(tenant__slug="nordic-retail", name__endswith="-sale").order_by("-id").first()
    if sale is None:
        return ""
    return f"  {address}/t/nordic-retail/campaigns/{sale.id}/ab/\n{' ' * 42}the A/B test of {sale.name}\n"


if __name__ == "__main__":
    try:
        main()
    except engines.EnginesError as error:
        sys.exit(str(error))
