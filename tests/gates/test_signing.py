"""Signatures of requests as receivers verify them: the standard's vector, its packages in Python and JavaScript."""

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from deliveries.gates.requests import request_of
from deliveries.gates.signing import new_secret, signature_headers
from tests.gates.samples import OLD_SECRET, REPORT, SECRET, endpoint, report, sender

ROOT = Path(__file__).parents[2]
# Reads cases as JSON and prints for each whether the npm package accepts it.
VERIFIER = """
import { Webhook } from "standardwebhooks";
let text = "";
for await (const piece of process.stdin) text += piece;
const isValid = ({ secret, body, headers }) => {
  try { new Webhook(secret).verify(body, headers); return true; } catch { return false; }
};
console.log(JSON.stringify(JSON.parse(text).map(isValid)));
"""


def test_standards_own_example():
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signature_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [SECRET], at=at)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_zone_of_the_time_does_not_matter():
    at = datetime(2026, 11, 20, 9, 37, 40, 900_000, tzinfo=UTC)
    there = at.astimezone(timezone(timedelta(hours=2)))
    assert signature_headers("a", b"{}", [SECRET], at=there) == signature_headers("a", b"{}", [SECRET], at=at)
    assert signature_headers("a", b"{}", [SECRET], at=there)["webhook-timestamp"] == str(int(at.timestamp()))


def test_new_secrets_differ_and_have_32_bytes():
    made = {new_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(len(base64.b64decode(secret.removeprefix("whsec_"))) == 32 for secret in made)


@pytest.mark.parametrize("body", ["link", "event"])
@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_python_package_verifies_with_either_secret_of_a_rotation(body, secret):
    request = request_of(sender(body=body, secrets=(SECRET, OLD_SECRET)), endpoint(), [REPORT], at=datetime.now(UTC))
    read = Webhook(secret).verify(request.body, request.headers)
    assert (read["data"]["message_id"] if body == "event" else read["id"]).startswith("Dcshuhod0PMAAAFQ+/PbnR3x")


def test_python_package_refuses_what_was_changed():
    request = request_of(sender(), endpoint(), [REPORT], at=datetime.now(UTC))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.body.replace(b"1001", b"1006"), request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.body, request.headers | {"webhook-id": "dlr_BVldZyQt_816"})
    late = request_of(sender(), endpoint(), [REPORT], at=datetime.now(UTC) - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify(late.body, late.headers)


@pytest.mark.needs_node
def test_javascript_package_verifies_with_either_secret_of_a_rotation():
    now = datetime.now(UTC)
    rotating = sender(secrets=(SECRET, OLD_SECRET))
    requests = [
        request_of(rotating, endpoint(), [REPORT], at=now),
        request_of(sender(body="event", secrets=(SECRET, OLD_SECRET)), endpoint(), [REPORT], at=now),
        request_of(rotating, endpoint(), [REPORT, report(inbox_id=816)], at=now),
    ]
    cases = [
        {"secret": secret, "body": request.body.decode(), "headers": request.headers}
        for request in requests
        for secret in (SECRET, OLD_SECRET)
    ]
    changed = [
        cases[0] | {"body": cases[0]["body"].replace("1001", "1006")},
        cases[0] | {"secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        cases[0] | {"headers": cases[0]["headers"] | {"webhook-timestamp": str(int(now.timestamp()) + 1)}},
    ]
    found = subprocess.run(
        ["node", "--input-type=module", "-e", VERIFIER],
        cwd=ROOT, input=json.dumps(cases + changed), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(found.stdout) == [True] * len(cases) + [False] * len(changed)
