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
# other (400, 422), the state of a row (409), a file or a cursor that is gone (410).
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
expected-statuses = ["2xx", "400", "404", "409", "410", "422"]
"""
SHORT = ("examples,fuzzing,stateful", "1")
LONG = [("coverage", "1"), ("fuzzing", "20"), ("stateful", "20")]


@pytest.mark.parametrize(
    ("phases", "examples"),
    [SHORT, *(pytest.param(*each, marks=[pytest.mark.long, pytest.mark.timeout(3600)]) for each in LONG)],
)
def test_every_answer_is_as_described(world, call, tenant, other_tenant, tmp_path, phases, examples):
    event_log.prepare()
    owners = User.objects.get(email="owner@example.com"), make_user("other@example.com", other_tenant, "owner")
    callers = [call(owner, holder_id=person.pk) for owner, person in zip((tenant, other_tenant), owners, strict=True)]
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
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(auth=auth))
    no_limits = {"PORTAL_API_KEY_PER_MINUTE": "0", "PORTAL_NUMBER_SEARCHES_PER_HOUR": "1000000"}

    with running_server(no_limits, folder=tmp_path) as server:
        program = [str(Path(sys.executable).with_name("st")), "--no-color", "--config-file", str(config), "run"]
        done = subprocess.run(
            [*program, f"{server.url}/api/v1/schema/", "--phases", phases, "-n", examples, "--checks", "all",
             "--seed", "1", "--warnings", "off"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env=os.environ | {
                "PYTHONPATH": str(REPOSITORY), "OWN_KEYS": ",".join(str(caller.key.id) for caller in callers)
            },
        )  # fmt: skip

    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-2000:]
