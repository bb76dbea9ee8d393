"""First steps of the demo: its tenants, and the traffic that is sent to the portal."""

import os
import secrets
import subprocess
import time
from dataclasses import replace
from datetime import datetime

import yaml
from tqdm import tqdm

from portal.demo.state import APPLY_WITHIN, PROVISIONING, REPOSITORY, DemoError, State, check_in_time

MESSAGES = 50_000
MONTHS = 3  # calendar months: also on a month's first day the last 30 days and those before are full
MYLINK_MESSAGES = 3_000
OWN_MESSAGES = 1_200  # of the account that is one customer's own
SEED = 1


def set_up(state: State) -> None:
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
    document["gateway_accounts"][2]["feeds"][0]["token"] = state.mylink_token
    for user in document["users"]:
        user["password"] = state.passwords.setdefault(user["email"], secrets.token_urlsafe(12))
    day = months_back(datetime.fromisoformat(state.end), 2).date()
    for tenant in document["tenants"]:
        for claims in tenant.get("partner_ids", {}).values():
            for claim in claims:
                if isinstance(claim, dict) and "from" in claim:
                    claim["from"] = day
    return document


def send_traffic(state: State, server: subprocess.Popen) -> None:
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
    _simulate_mylink(state, end)


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


def _simulate_mylink(state: State, end: datetime) -> None:
    """Send the messages of the customer that uses MyLINK, as that API writes them."""
    from deliveries.management.commands.simulate import months_back
    from deliveries.simulation.customers import LAKESIDE_LIBRARIES, Partner, Profile
    from deliveries.simulation.mylink import mylink_sms
    from deliveries.simulation.sender import SendError, send
    from deliveries.simulation.traffic import generate

    partner = Partner("lakeside", LAKESIDE_LIBRARIES, 1.0, {"FI": 1.0})
    profile = Profile((partner,), recipients=2_000)
    dlrs = generate(seed=SEED, messages=MYLINK_MESSAGES, start=months_back(end, MONTHS), end=end, profile=profile)
    try:
        send(mylink_sms(dlrs), url=f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.mylink_token}/", shape="array")
    except SendError as error:
        raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error


def wait_until_applied(server: subprocess.Popen) -> None:
    from deliveries.models import WaitingRow

    left = WaitingRow.objects.count()
    give_up = time.monotonic() + APPLY_WITHIN
    print("The applier processes the delivery reports:")
    with tqdm(total=left, unit=" DLRs") as bar:
        while left := WaitingRow.objects.count():
            bar.update(bar.total - left - bar.n)
            check_in_time(server, give_up, f"{left:,} delivery reports are still waiting")
            time.sleep(0.5)
        bar.update(bar.total - bar.n)
