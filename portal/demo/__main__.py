"""Start the demo: `python -m portal.demo`."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import yaml

from portal import engines
from portal.demo import (
    alerts,
    budgets,
    conversions,
    gates,
    guide,
    invoices,
    late_reports,
    leaks,
    saved_reports,
    statements,
    steps,
    streams,
    traffic,
)
from portal.demo.state import PROVISIONING, REPOSITORY, DemoError, State
from portal.serve import is_prepared

START_WITHIN = 120  # seconds, from when the database is prepared


def main() -> None:
    """Start the portal, fill it on the first run, print what to look at, and serve until Ctrl-C."""
    os.environ.setdefault("PORT", "8000")
    address = f"http://localhost:{os.environ['PORT']}"
    os.environ.setdefault("PUBLIC_URL", address)
    os.environ.setdefault("PORTAL_STAFF_MFA", "false")  # staff may look around; a banner says so
    os.environ.setdefault("PORTAL_ENVIRONMENT", "demo")
    os.environ.setdefault("GATE_ALLOWED_NETWORKS", gates.NETWORKS)
    server = subprocess.Popen([sys.executable, "-m", "portal.serve"], cwd=REPOSITORY)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: server.terminate())
    try:
        _wait_until_ready(server, f"http://127.0.0.1:{os.environ['PORT']}/readyz")
        state = _fill(server, f"http://127.0.0.1:{os.environ['PORT']}")
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
    """Wait for the first answer: without a limit while migrations go on, which show their progress."""
    give_up = None
    while give_up is None or time.monotonic() < give_up:
        if server.poll() is not None:
            raise DemoError("The portal did not start (see above).")
        if give_up is None and is_prepared(server.pid, engines.portal_home()):
            give_up = time.monotonic() + START_WITHIN
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise DemoError(f"The portal did not become ready within {START_WITHIN} s; its logs are in PORTAL_HOME/log.")


def _fill(server: subprocess.Popen, address: str) -> State:
    """Provision and simulate what is not there yet, and make the reports that are due."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    state = State.load()
    if not state.simulated:
        traffic.set_up(state)
        traffic.send_traffic(state, server)
        traffic.wait_until_applied(server)
        steps.add_logo()
        state.simulated = True
        state.save()
    steps.make_reports(server)
    late_reports.revise_month(state, server)
    steps.share_overview(state)
    steps.save_view()
    steps.add_template()
    steps.describe_campaigns(state)
    steps.add_customer(state)
    steps.save_search(server)
    conversions.send_events(address)
    gates.start_receiver(state)
    gates.make_gates(state, server)
    saved_reports.schedule_reports(server)  # its event is sent by a gate
    leaks.send_leaks(state, server)
    alerts.open_alerts(state, server)
    invoices.check_invoice(server)
    statements.make_statements()
    budgets.make_budgets()
    streams.make_key(state)
    streams.start_campaign(state)
    return state


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
        f"{guide.of_campaigns(address)}"
        f"  {address}/t/baltic-parcel/overview/     numbers of one country that went bad\n"
        f"  {address}/t/hansa-group/overview/       a parent: each of its tenants, and all together\n"
        f"  {address}/t/nordic-retail/reports/      the Reports page, in Finnish: a revised month with its causes,\n"
        f"{' ' * guide.TEXT_AT}the running month's forecast; make this month's report too\n"
        f"  {address}/t/nordic-retail/alerts/       an alert that is open: the last minutes' messages do not arrive\n"
        f"  {address}/t/hansa-group/alerts/         a parent: Hansa Norge below it sends more than usual\n"
        f"  {address}/t/nordic-retail/exports/      a saved file: every failed message as a workbook\n"
        f"{saved_reports.guide(address)}"
        f"{leaks.guide(address)}"
        f"{gates.guide(address)}"
        f"{streams.guide(state, address)}"
        f"  {address}/share/{state.shared}/\n"
        "                                          a shared link: the same Overview for people without an account\n"
        f"  {address}/t/hansa-group/reports/        a parent: its report sums its children\n"
        f"  {address}/t/hansa-group/billing/statements/\n"
        f"{' ' * guide.TEXT_AT}what it charges its companies: drafts, paid and unpaid invoices, a credit note\n"
        f"{budgets.guide(address)}"
        f"  {address}/t/hansa-norge/overview/       a customer of a partner: in the brand of Hansa Group\n"
        f"  {address}/t/hansa-group/partner-ids/    partner IDs that wait to be declared, in an account of its own\n"
        f"  {address}/admin/onboarding/             an operator adds a customer; this one was just added:\n"
        f"  {address}/admin/onboarding/{state.added}/\n"
        f"{' ' * 42}{steps.NEW_CUSTOMER['name']}: waits for its first messages; its Undo\n"
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


if __name__ == "__main__":
    try:
        main()
    except engines.EnginesError as error:
        sys.exit(str(error))
