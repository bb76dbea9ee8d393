"""Gates of the demo: a small receiver on this machine, gates that reach it, one whose receiver is out of order."""

import os
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from portal.demo.state import APPLY_WITHIN, DemoError, State, check_in_time

HOST = "127.0.0.2"  # no name of the portal's own, to which gates may not send
NETWORKS = f"{HOST}/32"
MESSAGES = 60  # that arrive after the gates were created
SEED = 3
ORDERS, WAREHOUSE, EVENTS = "Tilausjärjestelmä", "Tietovarasto", "Tapahtumat"


class Receiver(BaseHTTPRequestHandler):
    """Takes every report, but those of a path that is out of order."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, text = (503, b"out of order") if self.path.startswith("/broken") else (200, b"ok")
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args: object) -> None:
        """Say nothing: the demo prints its guide alone."""


def start_receiver(state: State) -> None:
    """Start the receiver in a thread, on the port of its first run as long as that is free."""
    try:
        server = ThreadingHTTPServer((HOST, state.receiver_port), Receiver)
    except OSError as error:
        print(f"The receiver of the demo's gates did not start ({error}): they fail until the next start.")
        return
    state.receiver_port = server.server_port
    threading.Thread(target=server.serve_forever, name="receiver", daemon=True).start()


def make_gates(state: State, server: subprocess.Popen) -> None:
    """Create the gates once, send reports that arrive now, and wait until those that forward them have tried.

    Their events follow later: a saved report is made, an alert opens.
    """
    from deliveries.gates import changing
    from deliveries.gates.definitions import DestinationInput, GateInput
    from deliveries.models import Gate, GateAttempt
    from portal.accounts.models import Membership, Role

    owner = Membership.objects.select_related("tenant", "user").get(tenant__slug="nordic-retail", role=Role.OWNER)
    if not state.receiver_port or Gate.objects.filter(tenant=owner.tenant).exists():
        return
    state.save()
    address = f"http://{HOST}:{state.receiver_port}"
    orders = GateInput(ORDERS, "orders", (DestinationInput(f"{address}/orders"),))
    warehouse = GateInput(
        WAREHOUSE,
        "broken",
        (DestinationInput(f"{address}/broken"),),
        body=Gate.Body.EVENT,
        final_only=True,
        countries=("FI",),
    )
    events = GateInput(
        EVENTS,
        "events",
        (DestinationInput(f"{address}/events"),),
        forwards_reports=False,
        events=(Gate.Event.REPORT_READY, Gate.Event.ALERT_OPENED),
    )
    for given in (orders, warehouse, events):
        changing.create(owner.tenant, given, actor=owner.user.email)
    _send_reports(state)
    give_up = time.monotonic() + APPLY_WITHIN
    gates = set(Gate.objects.filter(tenant=owner.tenant, forwards_reports=True).values_list("id", flat=True))
    while gates != set(GateAttempt.objects.filter(gate_id__in=gates).values_list("gate_id", flat=True)):
        check_in_time(server, give_up, "the gates have not sent yet")
        time.sleep(0.3)


def _send_reports(state: State) -> None:
    """Send the reports of a few messages of the gates' customer, as of the last hour."""
    from deliveries.simulation.customers import DEFAULT_PROFILE
    from deliveries.simulation.sender import SendError, send
    from deliveries.simulation.traffic import generate

    now = datetime.now(UTC).replace(microsecond=0)
    partners = tuple(replace(one, share=1.0) for one in DEFAULT_PROFILE.partners if one.partner_id == "nr-fi")
    profile = replace(DEFAULT_PROFILE, partners=partners, recipients=500)
    dlrs = generate(seed=SEED, messages=MESSAGES, start=now - timedelta(hours=2), end=now, profile=profile)
    try:
        send(dlrs, url=f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.token}/")
    except SendError as error:
        raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error


def guide(address: str) -> str:
    """Return the part of the printed guide about gates."""
    return (
        f"  {address}/t/nordic-retail/gates/\n"
        f"{' ' * 42}gates: {ORDERS} gets each report, the receiver of {WAREHOUSE} is out of order;\n"
        f"{' ' * 42}{EVENTS} tells when a saved report is made and when an alert opens;\n"
        f"{' ' * 42}the replays of {ORDERS} send reports of a period again\n"
    )
