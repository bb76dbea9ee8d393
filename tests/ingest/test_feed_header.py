"""Feeds that ask for a header of their own, alone or beside Basic credentials."""

import httpx
import pytest
from django.conf import settings

from portal.tenants import tokens
from tests.ingest.conftest import BASIC, PLAIN, bodies
from tests.ingest.test_feed_access import RIGHT, becomes, everything
from tests.running import until
from tests.servers import running_server

ONE = b'{"id":"a","resultCode":1001}'
VALUE = "a value: of the gateway"
GOOD = {"X-Portal-Key": VALUE}
BAD = [{}, {"X-Portal-Key": ""}, {"X-Portal-Key": VALUE[:-1]}, {"X-Portal-Kez": VALUE}, {"X-Portal-Key": VALUE + "ä"}]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


@pytest.fixture
def asking(http, outside, world):
    """The plain and the basic feed ask for the header, as the server has read."""

    def ask(name: str, digest: str) -> None:
        outside.execute(
            "UPDATE tenants_feed SET header_name = %s, header_value_digest = %s WHERE id = ANY (%s)",
            [name, digest, [world.plain.id, world.basic.id]],
        )

    ask("X-Portal-Key", tokens.digest(VALUE, purpose="feed-header"))
    becomes(http, f"/dlr/{PLAIN}/", 401)
    outside.execute("DELETE FROM inbox_todo")
    outside.execute("DELETE FROM inbox")
    yield
    ask("", "")
    becomes(http, f"/dlr/{PLAIN}/", 200)


@pytest.mark.usefixtures("asking")
def test_header_opens_the_door_and_nothing_else_does(http):
    for headers in BAD:
        given = {name: value.encode("latin-1") for name, value in headers.items()}
        refused = http.post(f"/dlr/{PLAIN}/", content=ONE, headers=given)
        assert everything(refused) == everything(http.post("/dlr/no-such-token-at-all/", content=ONE, headers=given))
        assert refused.status_code == 401
    for headers in (GOOD, {"x-portal-key": VALUE}, GOOD):
        assert http.post(f"/dlr/{PLAIN}/", content=ONE, headers=headers).status_code == 200
    assert http.post(f"/dlr/{PLAIN}/", content=ONE, headers={"X-Portal-Key": "wrong"}).status_code == 401
    assert len(bodies()) == 3


@pytest.mark.usefixtures("asking")
def test_feed_with_header_and_basic_asks_for_both(http):
    statuses = [
        http.post(f"/dlr/{BASIC}/", content=ONE, headers=headers).status_code
        for headers in (RIGHT, GOOD, RIGHT | GOOD, RIGHT | {"X-Portal-Key": "wrong"}, RIGHT | GOOD)
    ]
    assert statuses == [401, 401, 200, 401, 200]


def test_value_of_a_header_is_valid_under_a_former_secret_key(http, outside, world, tmp_path):
    outside.execute(
        "UPDATE tenants_feed SET header_name = 'X-Portal-Key', header_value_digest = %s WHERE id = %s",
        [tokens.digest(VALUE, purpose="feed-header"), world.plain.id],
    )
    try:
        keys = {"SECRET_KEY": "another key, as long as it is random " * 2, "SECRET_KEY_FALLBACKS": settings.SECRET_KEY}
        with running_server(keys, folder=tmp_path) as server, httpx.Client(base_url=server.url) as client:
            assert until(
                lambda: client.post(f"/dlr/{PLAIN}/", content=ONE, headers=GOOD).status_code == 200, "it is taken"
            )
            assert client.post(f"/dlr/{PLAIN}/", content=ONE).status_code == 401
    finally:
        outside.execute(
            "UPDATE tenants_feed SET header_name = '', header_value_digest = '' WHERE id = %s", [world.plain.id]
        )
        becomes(http, f"/dlr/{PLAIN}/", 200)
