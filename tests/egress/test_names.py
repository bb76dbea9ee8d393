"""Names that a real name server answers: mixed addresses, answers that change, none."""

import asyncio

import pytest

from portal.common.egress import Egress, SendError
from tests.gates.receivers import Receiver
from tests.name_server import dns_server

__all__ = ["dns_server"]
HOST = "sms.example.com"


def send(egress: Egress, url: str):
    """Return the status of the answer, or the outcome without one."""

    async def run():
        try:
            return (await egress.send("POST", url, {}, b"dlr")).status
        except SendError as error:
            return error.outcome

    return run()


def outcomes(url: str, *, times: int = 1, own_hosts: tuple[str, ...] = (), **options) -> list:
    async def run() -> list:
        async with Egress(**({"dns_cache_s": 0, "total_s": 5.0} | options)) as egress:
            await egress.refuse_hosts(own_hosts)
            return [await send(egress, url) for _ in range(times)]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1", "192.168.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "::1"],
        ["8.8.8.8", "::ffff:127.0.0.1"],
        ["2606:4700::1", "fd00::1"],
        ["169.254.169.254", "2606:4700::1"],
    ],
)
def test_all_addresses_of_a_name_must_be_public(dns_server, addresses):
    dns_server.addresses[HOST] = [addresses]

    with Receiver() as receiver:
        assert outcomes(receiver.url(name=HOST)) == ["blocked_destination"]
        assert receiver.connections == 0
    assert dns_server.asked == [HOST, HOST]


def test_a_name_whose_addresses_change_is_checked_at_each_connection(dns_server):
    dns_server.addresses[HOST] = [["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1"]]
    allowed = ["127.0.0.0/8"]

    async def run(url: str) -> list:
        found = []
        for _ in range(3):
            async with Egress(dns_cache_s=0, allowed_networks=allowed) as egress:
                found.append(await send(egress, url))
        return found

    with Receiver() as receiver:
        assert asyncio.run(run(receiver.url(name=HOST))) == [200, "blocked_destination", 200]


def test_connects_to_the_address_that_it_checked(dns_server):
    """Between check and connection nobody is asked again: a second answer would be the forbidden one."""
    dns_server.addresses[HOST] = [["127.0.0.1"], ["10.0.0.1"]]

    with Receiver() as receiver:
        url = receiver.url(name=HOST)
        assert outcomes(url, times=2, allowed_networks=["127.0.0.0/8"]) == [200, 200]  # one connection
        assert receiver.connections == 1
        assert receiver.requests[0].headers["host"] == f"{HOST}:{receiver.port}"
    assert len(dns_server.asked) == 2


def test_a_name_without_addresses_is_a_dns_error(dns_server):
    assert outcomes("http://nobody.example.com/") == ["dns_error"]


def test_a_silent_name_server_is_a_dns_error(dns_server, monkeypatch):
    monkeypatch.setattr("portal.common.egress.resolver.WITHIN", 0.2)
    dns_server.is_silent = True

    assert outcomes(f"http://{HOST}/") == ["dns_error"]


def test_addresses_of_the_portals_own_names_are_refused(dns_server):
    dns_server.addresses |= {"portal.example.com": [["8.8.8.8"]], HOST: [["8.8.8.8"]]}

    assert outcomes(f"http://{HOST}/", own_hosts=("portal.example.com", "none.example.com")) == ["blocked_destination"]
    assert outcomes("http://9.9.9.9/", own_hosts=("9.9.9.9",)) == ["blocked_destination"]


def test_localhost_is_the_loopback_address_where_it_is_allowed(dns_server):
    with Receiver() as receiver:
        assert outcomes(receiver.url(name="localhost"), allowed_networks=["127.0.0.0/8"]) == [200]
    assert dns_server.asked == []
