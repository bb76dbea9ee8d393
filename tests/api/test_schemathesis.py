"""schemathesis against the served portal: its checks, two tenants' keys, and calls that follow each other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deliveries.messages import event_log
from portal.accounts.models import User
from tests.api.test_schema import world
from tests.conftest import make_user
from tests.schedules.conftest import files
from tests.servers import REPOSITORY, running_server

__all__ = ["files", "world"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_python]

# A valid request may be refused for what no schema can say: a cursor or an id of no row, parameters that exclude each
# other (400, 422), the state of a row (409), a file or a cursor that is gone (410), a body or an address of
# too many bytes (413, 414). An invalid one may be refused for its length, too, which schemathesis does not expect.
CONFIG = """
hooks = "tests.api.schemathesis_hooks"
continue-on-failure = true
request-timeout = 60

[auth.wfc]
path = "{auth}"
peers = ["nordic-retail", "baltic-parcel"]

[generation]
database = "none"
no-shrink = true

[phases.stateful]
max-steps = 4

[checks]
max_response_time = 60  # the stream waits for 30 seconds if it is asked to

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "404", "409", "410", "413", "414", "422"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "428", "429"]

[[operations]]  # which answer for each item of a body (tests/api/schemathesis_hooks.py)
include-operation-id = ["submit_messages", "send_conversions", "declare_partner_ids"]
checks.negative_data_rejection.expected-statuses = ["2xx", "400", "401", "404", "409", "413", "414", "415", "422"]
"""
# Things that there are, to which paths lead (tests/api/schemathesis_hooks.py).
KNOWN = {
    "run_id": ("done", "waiting", "gone"),
    "export_id": ("exported", "queued"),
    "report_mail_id": ("mail",),
    "membership_id": ("member",),
    "saved_run_id": ("made",),
    "key_id": ("key",),
} | {
    f"{name}_id": (name,)
    for name in (
        *("alert", "attempt", "budget", "campaign", "check", "conversion", "definition", "gate", "invitation", "kind"),
        *("closing", "partner", "price_list", "rate", "recipient", "replay", "request", "rule", "statement"),
    )
}
NAMES = {"slug": ["nordic-retail"], "account": ["link-main"], "message_id": ["a", "b"], "key": ["shop", "tier"]}
NO_LIMITS = {"PORTAL_API_KEY_PER_MINUTE": "0"} | {
    f"PORTAL_{limit}": "1000000"
    for limit in (
        *("EXPORTS_PER_PERSON", "EXPORTS_PER_TENANT", "GATES_PER_TENANT", "GATE_TESTS_PER_HOUR"),
        *("GATE_TESTS_PER_MINUTE", "NUMBER_SEARCHES_PER_HOUR", "NEW_CAMPAIGNS_PER_DAY", "NEW_PARTNER_IDS_PER_DAY"),
    )
}
SHORT = ("examples,fuzzing,stateful", "1", 0)
# --long: every phase of both callers, each by itself. It ends by its number of examples, within some minutes.
LONG = [
    (phases, examples, first)
    for phases, examples in (("examples,coverage", "1"), ("fuzzing", "50"), ("stateful", "20"))
    for first in (0, 1)
]


@pytest.mark.parametrize(
    ("phases", "examples", "first"),
    [SHORT, *(pytest.param(*each, marks=[pytest.mark.long, pytest.mark.timeout(1800)]) for each in LONG)],
)
def test_every_answer_is_as_described(world, call, tenant, other_tenant, tmp_path, phases, examples, first):
    event_log.prepare()
    owners = User.objects.get(email="owner@example.com"), make_user("other@example.com", other_tenant, "owner")
    callers = [call(owner, holder_id=person.pk) for owner, person in zip((tenant, other_tenant), owners, strict=True)]
    callers = [callers[first], callers[not first]]  # the first one calls, the second one tries to read what it got
    auth = tmp_path / "auth.json"
    auth.write_text(
        json.dumps(
            {
                "auth": [
                    {"name": caller.key.tenant.slug, "fixedHeaders": [{"name": n, "value": v} for n, v in head.items()]}
                    for caller in callers
                    for head in [caller.headers]
                ]
            }
        )
    )
    known = {name: [world[row] for row in rows] for name, rows in KNOWN.items()} | NAMES
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(auth=auth))
    known["key_id"] += [caller.key.id for caller in callers]

    with running_server(NO_LIMITS, folder=tmp_path) as server:
        program = [str(Path(sys.executable).with_name("st")), "--no-color", "--config-file", str(config), "run"]
        done = subprocess.run(
            [*program, f"{server.url}/api/v1/schema/", "--phases", phases, "-n", examples, "--checks", "all",
             "--seed", "1", "--warnings", "off"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env=os.environ | {
                "PYTHONPATH": str(REPOSITORY),
                "KEPT": json.dumps({name: [str(value) for value in values] for name, values in known.items()}),
            },
        )  # fmt: skip

    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-2000:]
