"""Access to feeds, and the responses to rejected requests."""

import base64
from datetime import datetime, timedelta

import httpx
import pytest
from django.utils import timezone

from portal.tenants import tokens
from tests.ingest.conftest import BASIC, NETWORKS, PLAIN, POST_FROM, PROXY, bodies
from tests.running import until

ONE = b'{"id":"a","resultCode":1001}'

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


RIGHT = basic("link", "a secret of the gateway")
WRONG = {
    "no credentials": {},
    "wrong password": basic("link", "a secret of the gatewax"),
    "wrong user": basic("linK", "a secret of the gateway"),
    "nothing in them": basic("", ""),
    "no base64": {"authorization": "Basic ä".encode("latin-1")},
    "no UTF-8 in it": {"authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
    "another scheme": {"authorization": "Bearer a secret of the gateway"},
}


def everything(response: httpx.Response) -> tuple:
    headers = {name: value for name, value in response.headers.items() if name != "date"}
    return response.status_code, headers, response.content


def test_right_credentials_open_the_door(http):
    assert http.post(f"/dlr/{BASIC}/", content=ONE, headers=RIGHT).status_code == 200
    assert bodies() == [ONE]


def test_credentials_that_nobody_asked_for_do_no_harm(http):
    assert http.post(f"/dlr/{PLAIN}/", content=ONE, headers=WRONG["wrong user"]).status_code == 200


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_wrong_token_and_wrong_credentials_get_the_same_answer(http, headers):
    refused = http.post(f"/dlr/{BASIC}/", content=ONE, headers=headers)
    assert everything(refused) == (
        401,
        {
            "content-length": "38",
            "content-type": "application/json",
            "www-authenticate": 'Basic realm="dlr"',
            "server": "granian",
        },
        b'{"error":"wrong token or credentials"}',
    )
    assert everything(http.post("/dlr/no-such-token-at-all/", content=ONE, headers=headers)) == everything(refused)
    assert everything(http.post("/dlr/no-such-token-at-all/", content=ONE, headers=RIGHT)) == everything(refused)
    assert bodies() == []


@pytest.mark.parametrize(
    "path",
    ["/dlr/", "/dlr//", f"/dlr/{PLAIN}/x/", f"/dlr/{PLAIN[:-1]}/", f"/dlr/{PLAIN.upper()}/",
     "/dlr/%ff%fe/", "/dlr/%ed%a0%80/", "/dlr/%00/", "/dlr/ä/", "/dlr/" + "x" * 8000 + "/"],
    ids=range(10),
)  # fmt: skip
def test_path_that_is_no_token_is_refused(http, path):
    assert http.post(path, content=ONE).status_code == 401
    assert bodies() == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_other_method_is_405_with_allow(http, method):
    refused = http.request(method, f"/dlr/{PLAIN}/", content=ONE if method == "PATCH" else None)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST, PUT, GET")
    assert refused.content == (b"" if method == "HEAD" else b'{"error":"send delivery reports by POST, PUT or GET"}')
    assert bodies() == []


def test_other_method_does_not_tell_a_token(http):
    assert everything(http.delete(f"/dlr/{PLAIN}/")) == everything(http.delete("/dlr/no-such-token-at-all/"))


def post_from(server, address: str, *forwarded: str) -> int:
    """Return the status of a post to the feed with networks, sent from one of the loopback's addresses."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(transport=transport, base_url=server.url, timeout=10) as client:
        headers = [("x-forwarded-for", value) for value in forwarded]
        return client.post(f"/dlr/{NETWORKS}/", content=ONE, headers=headers).status_code


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        (POST_FROM, [], 200),
        ("127.0.0.1", [], 403),
        (PROXY, [], 403),
        ("127.0.0.1", ["192.0.2.7"], 403),  # says who is no proxy
        (POST_FROM, ["198.51.100.1"], 200),
        (PROXY, ["192.0.2.7"], 200),
        (PROXY, ["198.51.100.1"], 403),
        (PROXY, ["192.0.2.7, 198.51.100.1"], 403),  # the first is the sender's own word
        (PROXY, ["192.0.2.7", "198.51.100.1"], 403),
        (PROXY, ["198.51.100.1", "192.0.2.7"], 200),
        (PROXY, ["192.0.2.7", PROXY], 200),  # through two proxies, each with a header line of its own
        (PROXY, [f"192.0.2.7,{PROXY} , {PROXY}"], 200),
        (PROXY, ["::ffff:192.0.2.7"], 200),
        (PROXY, [f"192.0.2.7, ::ffff:{PROXY}"], 200),
        (PROXY, ["somebody"], 403),
        (PROXY, ["192.0.2.7, somebody"], 403),
        (PROXY, [", ,"], 403),
        (PROXY, ["192.0.2.7:5060"], 403),
    ],
)
def test_source_network_is_told_by_the_connection_or_a_trusted_proxy(server, address, forwarded, status):
    assert post_from(server, address, *forwarded) == status
    assert bodies() == ([ONE] if status == 200 else [])


def test_refused_network_is_told_so(server):
    with httpx.Client(base_url=server.url) as client:
        refused = client.post(f"/dlr/{NETWORKS}/", content=ONE)
    assert (refused.status_code, refused.json()) == (403, {"error": "this address may not send requests here"})


def peers(outside) -> list[str | None]:
    rows = outside.execute("SELECT host(peer) FROM inbox ORDER BY id").fetchall()
    return [address for (address,) in rows]


def test_address_that_the_database_would_refuse_keeps_nobody_out(server, outside):
    transport = httpx.HTTPTransport(local_address=PROXY)
    with httpx.Client(transport=transport, base_url=server.url, timeout=10) as client:
        for address in ("fe80::1%eth0", "somebody", "::ffff:192.0.2.7", "2001:db8::1"):
            posted = client.post(f"/dlr/{PLAIN}/", content=ONE, headers={"x-forwarded-for": address})
            assert posted.status_code == 200
    assert peers(outside) == ["fe80::1", None, "192.0.2.7", "2001:db8::1"]


def becomes(http, path: str, status: int, *, of: dict[str, str] | None = None) -> bool:
    """Wait until `path` is answered with `status`: the server reads the feeds every second."""
    return until(lambda: http.post(path, content=ONE, headers=of).status_code == status, f"the answer is {status}")


def add(outside, world, token: str, *, expires_at=None) -> str:
    """Give the plain feed one more token, as seen by the server; return its path."""
    outside.execute(
        "INSERT INTO tenants_feedtoken (feed_id, digest, hint, expires_at) VALUES (%s, %s, 'test', %s)",
        [world.plain.id, tokens.digest(token, purpose="feed-token"), expires_at],
    )
    return f"/dlr/{token}/"


def test_two_tokens_are_valid_during_a_rotation_until_the_old_one_expires(http, world, outside):
    old = add(outside, world, "rotated-token-the-old-one", expires_at=timezone.now() + timedelta(hours=1))
    new = add(outside, world, "rotated-token-the-new-one")
    assert becomes(http, new, 200)
    assert http.post(old, content=ONE).status_code == 200

    outside.execute("UPDATE tenants_feedtoken SET expires_at = now() WHERE expires_at IS NOT NULL")
    assert becomes(http, old, 401)
    assert http.post(new, content=ONE).status_code == 200


def test_token_expires_to_the_second_even_when_the_feeds_cannot_be_read(http, world, outside):
    for seconds in (2, 10, 50):  # on a busy machine it may be over before the server has heard of it
        expires_at = timezone.now() + timedelta(seconds=seconds)
        path = add(outside, world, f"token-that-expires-after-{seconds}-s", expires_at=expires_at)
        if was_valid := is_taken_before(http, path, expires_at):
            break
    assert was_valid
    with outside.transaction():
        outside.execute("LOCK TABLE tenants_feedtoken IN ACCESS EXCLUSIVE MODE")
        assert becomes(http, path, 401)
        assert timezone.now() >= expires_at


def is_taken_before(http, path: str, end: datetime) -> bool:
    while timezone.now() < end:
        if http.post(path, content=ONE).status_code == 200:
            return True
    return False


def test_feed_that_is_switched_off_refuses_and_takes_again_when_switched_on(http, world, outside):
    outside.execute("UPDATE tenants_feed SET active = false WHERE id = %s", [world.plain.id])
    assert becomes(http, f"/dlr/{PLAIN}/", 401)
    outside.execute("UPDATE tenants_feed SET active = true WHERE id = %s", [world.plain.id])
    assert becomes(http, f"/dlr/{PLAIN}/", 200)


def test_feed_with_unreadable_networks_is_shut_and_harms_no_other(http, world, outside):
    outside.execute("""UPDATE tenants_feed SET networks = '["nonsense"]' WHERE id = %s""", [world.basic.id])
    assert becomes(http, f"/dlr/{BASIC}/", 401, of=RIGHT)
    assert http.post(f"/dlr/{PLAIN}/", content=ONE).status_code == 200
    outside.execute("UPDATE tenants_feed SET networks = '[]' WHERE id = %s", [world.basic.id])
    assert becomes(http, f"/dlr/{BASIC}/", 200, of=RIGHT)


def test_revoked_token_is_refused(http, world, outside):
    path = add(outside, world, "token-that-is-revoked")
    assert becomes(http, path, 200)
    outside.execute("DELETE FROM tenants_feedtoken WHERE hint = 'test'")
    assert becomes(http, path, 401)


def test_secrets_never_stand_in_the_log(http, server):
    for path in (f"/dlr/{PLAIN}/", f"/dlr/{BASIC}/", "/dlr/wrong-token-that-may-be-anothers/", f"/dlr/{PLAIN}/x/"):
        http.post(path, content=ONE, headers=RIGHT)
        http.get(path)
    log = server.log.read_text()
    assert "Started worker" in log
    for secret in (PLAIN, "wrong-token", RIGHT["authorization"][6:], "a secret of"):
        assert secret not in log
