"""Destinations that are refused, when a URL is typed and again when something is sent; and the public ones."""

import asyncio
from ipaddress import ip_address

import aiohttp
import pytest

from portal.common.egress import Egress, SendError, check_url
from portal.common.egress.addresses import Guard, is_of_this_machine
from portal.common.egress.client import outcome_of
from portal.common.egress.resolver import CheckedConnector, CheckedResolver
from tests.gates.receivers import Receiver

REFUSED = [
    # this machine
    "http://127.0.0.1/", "http://127.0.0.1:8000/", "http://127.255.255.254/", "http://0.0.0.0/", "http://[::1]/",
    "http://[::]/", "http://localhost/", "http://LOCALHOST/", "http://app.localhost/",
    "http://localhost.localdomain/",
    # odd spellings of it
    "http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/",
    "http://127.1/", "http://127.0.1/", "http://0/", "http://0x/", "http://127.0.0.01/", "http://127.0.0.0x1/",
    "http://1/", "http://127.0.0.1./", "http://127.0.0.1../", "http://127%2e0%2e0%2e1/", "http://%31%32%37.0.0.1/",
    "http://１２７.0.0.1/", "http://127。0。0。1/", "http://127.0.0.①/", "http://ⓛocalhost/", "http://4294967297/",
    "http://127.0.0.1.1/", "http://256.256.256.256/", "http://4.3.2.0x1/",
    # private, shared, link-local, metadata
    "http://10.0.0.1/", "http://10.255.255.255/", "http://172.16.0.1/", "http://172.31.255.255/",
    "http://192.168.1.1/", "http://100.64.0.1/", "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/", "http://168.63.129.16/",
    "http://192.0.0.192/", "http://metadata.google.internal/", "http://metadata/",
    # special purposes
    "http://0.1.2.3/", "http://192.0.0.8/", "http://192.0.2.1/", "http://198.18.0.1/", "http://198.19.255.255/",
    "http://198.51.100.1/", "http://203.0.113.1/", "http://192.88.99.1/", "http://224.0.0.1/",
    "http://239.255.255.255/", "http://240.0.0.1/", "http://255.255.255.255/",
    # IPv6: IPv4 inside, translated, tunnels, private, link-local, site-local, multicast, documentation, metadata
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::ffff:8.8.8.8]/", "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::8.8.8.8]/",
    "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/", "http://[2002:c0a8:101::1]/", "http://[2001::1]/",
    "http://[2001:0:7f00:1::]/", "http://[2001:10::1]/", "http://[2001:20::1]/", "http://[2001:db8::1]/",
    "http://[3fff::1]/", "http://[100::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[fec0::1]/", "http://[ff02::1]/",
    "http://[5f00::1]/", "http://[4000::1]/", "http://[v1.a]/", "http://[::1", "http://[127.0.0.1]/", "http://::1/",
    # parts of the URL that look like another host
    "http://8.8.8.8@127.0.0.1/", "http://127.0.0.1@8.8.8.8/", "http://user:password@sms.example.com/",
    "http://@sms.example.com/", "http://8.8.8.8\\@127.0.0.1/", "http://8.8.8.8 @127.0.0.1/", "http://127.0.0.1\t/",
    "http://\n127.0.0.1/", "http://sms.example.com#@127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/",
    "http://127.0.0.1:80:80/", "//127.0.0.1/", "http://sms.example.com／@127.0.0.1/", "http://sms%00.example.com/",
    "http://sms..example.com/", "http://-a.example.com/",
    # names that are not of the internet, other schemes and ports
    "http://postgres/", "http://db.internal/", "http://printer.local/", "http://router.lan/", "http://nas.home.arpa/",
    "http://a.test/", "http://a.onion/", "ftp://sms.example.com/", "file:///etc/passwd", "gopher://sms.example.com/",
    "unix:///run/redis.sock", "javascript:alert(1)", "do://drop", "", "sms.example.com", "https://", "https://:443/",
    "http://sms.example.com:22/", "http://sms.example.com:25/", "http://sms.example.com:0/",
    "http://sms.example.com:1023/", "http://sms.example.com:5432/", "http://sms.example.com:6379/",
    "http://sms.example.com:11211/", "http://sms.example.com:65536/", "http://sms.example.com:-1/",
    "http://sms.example.com:８０/", "http://sms.example.com:80a/", "https://sms.example.com/#a",
]  # fmt: skip

PERMITTED = [
    "https://sms.example.com", "http://sms.example.com/", "https://sms.example.com:8443/dlr?a=b%20c",
    "http://8.8.8.8:80/", "https://[2606:4700:4700::1111]/", "https://SMS.Example.COM/",
    "https://käyttäjä.example.com/ä", "https://a_b.example.com/", "https://xn--kyttj-gua.example.com/",
    "https://1.example.com/", "http://172.32.0.1/", "http://100.128.0.1/", "http://11.0.0.1/",
    "https://sms.example.com:65535/", "https://sms.example.com/a@b:c", "https://sms.example.com?to=http://127.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_refuses_a_destination_when_it_is_typed(url):
    with pytest.raises(ValueError, match=r"^\w.*\.$"):
        check_url(url)


def test_refuses_the_same_destinations_when_it_sends():
    async def run() -> list[tuple[str, int]]:
        found = []
        async with Egress(dns_servers=["127.0.0.1:1"]) as egress:  # none: no name is looked up
            for url in REFUSED:
                with pytest.raises(SendError) as caught:
                    await egress.send("POST", url, {}, b"")
                found.append((caught.value.outcome, caught.value.ms))
        return found

    assert len(REFUSED) > 100
    assert set(asyncio.run(run())) == {("blocked_destination", 0)}


@pytest.mark.parametrize("url", PERMITTED)
def test_permits_what_is_public(url):
    check_url(url)


@pytest.mark.parametrize("length", [2000, 2001])
def test_a_url_has_at_most_2000_characters(length):
    url = "https://sms.example.com/".ljust(length, "a")
    if length == 2000:
        check_url(url)
    else:
        with pytest.raises(ValueError, match="2000 characters"):
            check_url(url)


def test_refuses_the_portals_own_names(settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    settings.ALLOWED_HOSTS = ["portal.example.com", ".wild.example.com"]

    for host in ("portal.example.com", "PORTAL.example.com", "a.wild.example.com"):
        with pytest.raises(ValueError, match="this portal itself"):
            check_url(f"https://{host}/")
    check_url("https://other.example.com/")


def test_an_allowed_network_permits_its_addresses_and_names_of_an_intranet(settings):
    settings.GATE_ALLOWED_NETWORKS = ["10.1.0.0/16", "fd00:1::/64"]

    for url in ("http://10.1.2.3:8080/", "http://[fd00:1::5]/", "http://receiver/", "http://receiver.internal/"):
        check_url(url)
    for url in (
        "http://10.2.0.1/",
        "http://127.0.0.1/",
        "http://167772673/",
        "http://[::ffff:10.1.2.3]/",
        "http://10.1.2.3:5432/",
    ):
        with pytest.raises(ValueError):
            check_url(url)


@pytest.mark.parametrize(
    ("text", "is_permitted"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("fe80::1%eth0", False),
        ("2606:4700::1%eth0", False),
        ("localhost", False),
    ],
)
def test_guard_reads_addresses_as_the_system_writes_them(text, is_permitted):
    assert Guard().permits(text) is is_permitted


def test_own_addresses_are_refused_although_they_are_public():
    assert not Guard(own=["8.8.8.8"]).permits("8.8.8.8")
    assert Guard(own=["8.8.8.8"], allowed=["8.8.8.0/24"]).permits("8.8.8.8")


def test_the_system_tells_which_addresses_are_this_machines():
    assert is_of_this_machine(ip_address("127.0.0.1"))
    assert not is_of_this_machine(ip_address("8.8.8.8"))
    assert not is_of_this_machine(ip_address("2606:4700::1"))


def test_a_machine_with_a_public_address_is_refused(monkeypatch):
    # No interface of a machine of the tests has one, so its loopback address counts as public here.
    monkeypatch.setattr("portal.common.egress.addresses.is_public", lambda address: True)

    assert not Guard().permits("127.0.0.1")
    assert Guard().permits("8.8.8.8")


def test_connects_to_no_refused_address_whatever_the_url_is():
    async def run(url: str) -> str | None:
        guard = Guard()
        connector = CheckedConnector(guard, resolver=CheckedResolver(guard))
        async with aiohttp.ClientSession(connector=connector) as session:
            with pytest.raises(aiohttp.ClientError) as caught:
                await session.post(url)
        return outcome_of(caught.value)

    with Receiver() as receiver:
        assert asyncio.run(run(receiver.url())) == "blocked_destination"
        assert receiver.connections == 0
