"""Fixtures of gates: a Gate API on the loopback, and an account with access to it."""

from collections.abc import Iterator

import pytest

from deliveries.gates.at_link.access import seal
from portal.tenants.models import GateApi
from tests.gates.link_server import PASSWORD, USER, LinkServer, serving
from tests.pages.conftest import plain_storages
from tests.people.conftest import worker

__all__ = ["plain_storages", "worker"]

OWNER = "acme-oy"


@pytest.fixture
def link(settings) -> Iterator[LinkServer]:
    settings.GATE_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    settings.PUBLIC_URL = "https://portal.example.com"
    with serving() as server:
        yield server


@pytest.fixture
def api(link, account, feed, tenant) -> GateApi:
    """An access with one partner that owns all gates; the account's declared partner ID is nr-fi."""
    return GateApi.objects.create(
        account=account,
        address=link.address,
        username=USER,
        password_sealed=seal(PASSWORD),
        partner_id=OWNER,
        feed=feed,
    )


@pytest.fixture
def staff(client, staff_user):
    client.force_login(staff_user)
    return client


@pytest.fixture
def person(client, manager):
    """Return the client of a manager."""
    client.force_login(manager)
    return client
