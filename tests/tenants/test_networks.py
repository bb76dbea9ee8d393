"""Source networks: what may be written down, and who is let in."""

import ipaddress

import pytest
from django.core.exceptions import ValidationError

from portal.tenants import networks


def admits(texts: list[str], address: str) -> bool:
    return networks.admits(tuple(map(ipaddress.ip_network, texts)), address)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "", "nonsense"])
def test_no_networks_admit_everybody(address):
    assert admits([], address)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.0", True),
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("198.51.100.7", True),
        ("198.51.100.8", False),
        ("::ffff:192.0.2.1", True),
        ("::ffff:192.0.3.1", False),
        ("2001:db8::ffff", True),
        ("2001:db9::", False),
        ("fe80::1%eth0", False),
        ("192.0.2.1:80", False),
        ("192.0.2", False),
        ("192.0.2.1/32", False),
        (" 192.0.2.1", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_networks_admit_their_addresses_alone(address, expected):
    assert admits(["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"], address) is expected


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.1:80", ""),
        ("192.0.2.0/24", ""),
        ("host.example.com", ""),
        ("", ""),
    ],
)
def test_plain_address_is_one_that_the_database_takes(text, plain):
    assert networks.plain_address(text) == plain


@pytest.mark.parametrize("value", [[], ["192.0.2.0/24"], ["192.0.2.1", "2001:db8::/32"]])
def test_list_of_networks_is_valid(value):
    assert networks.validate(value) is None


@pytest.mark.parametrize("value", [None, "192.0.2.0/24", {"a": 1}, [1], [None], [["192.0.2.0/24"]]])
def test_what_is_no_list_of_texts_is_refused(value):
    with pytest.raises(ValidationError) as refusal:
        networks.validate(value)
    assert refusal.value.messages == ['A list of networks, such as ["192.0.2.0/24"].']


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("192.0.2.1/24", "192.0.2.1/24: 192.0.2.1/24 has host bits set"),
        ("192.0.2.0/33", "192.0.2.0/33: '192.0.2.0/33' does not appear to be an IPv4 or IPv6 network"),
        ("somewhere", "somewhere: 'somewhere' does not appear to be an IPv4 or IPv6 network"),
        ("", ": '' does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_unreadable_network_is_named(item, message):
    with pytest.raises(ValidationError) as refusal:
        networks.validate(["192.0.2.0/24", item])
    assert refusal.value.messages == [message]
