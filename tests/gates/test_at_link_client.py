"""Errors of LINK's Gate API, and the addresses that the portal calls."""

import socket

import pytest
from django.core.exceptions import ValidationError

from deliveries.gates.at_link import client as gate_client
from deliveries.gates.at_link.addresses import check_reachable, normalised
from deliveries.gates.at_link.client import Access, GateApiClient
from deliveries.gates.at_link.errors import SENTENCES, GateApiError, Problem
from tests.gates.link_server import PASSWORD, USER, LinkServer, Refused
from tests.ports import free_port


def problem(link: LinkServer, *, password: str = PASSWORD, platform_id: str = "ACME", seconds: float = 5) -> str:
    """Return the problem of listing a partner's gates, with LINK's code."""
    access = Access(link.address, USER, password)
    with (
        pytest.raises(GateApiError) as caught,
        GateApiClient(access, platform_id=platform_id, answer_seconds=seconds) as client,
    ):
        client.gates("acme-oy")
    assert PASSWORD not in str(caught.value) + repr(access)
    return f"{caught.value.problem} {caught.value.code}"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, 0, "credentials 0"), (401, 103100, "credentials 103100"), (403, 0, "denied 0"),
        (403, 103101, "denied 103101"), (400, 103201, "platform 103201"), (400, 103202, "partner 103202"),
        (400, 103211, "ref_id 103211"), (409, 103212, "conflict 103212"), (400, 103300, "incomplete 103300"),
        (400, 103301, "invalid 103301"), (400, 103302, "invalid 103302"), (404, 0, "not_found 0"),
        (405, 0, "gone 0"), (409, 0, "conflict 0"), (429, 0, "throttled 0"), (302, 0, "redirected 0"),
        (500, 0, "server 0"), (503, 103000, "server 103000"), (418, 0, "unexpected 0"), (400, 0, "invalid 0"),
    ],
)  # fmt: skip
def test_each_answer_of_link_has_its_problem(link, status, code, expected):
    link.refused = {"GET": Refused(status, code, "said by LINK")}

    assert problem(link) == expected


def test_every_problem_has_a_sentence():
    assert set(SENTENCES) == set(Problem)


def test_wrong_password_and_platform_are_told_apart(link):
    assert problem(link, password="wrong") == "credentials 103100"
    assert problem(link, platform_id="OTHER") == "platform 103201"


def test_no_gates_are_an_empty_list(link):
    with GateApiClient(Access(link.address, USER, PASSWORD), platform_id="ACME") as client:
        assert client.gates("acme-oy") == []
        link.body = b""
        assert client.gates("acme-oy") == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[1]", b"[" * 100_000, b"\xff"])
def test_answer_that_is_no_list_of_gates_is_unreadable(link, body):
    link.body = body

    assert problem(link) == "unreadable 0"


def test_answer_without_end_is_cut_off(link, monkeypatch):
    monkeypatch.setattr(gate_client, "MAX_ANSWER", 1000)
    link.body = b"[" + b" " * 1000 + b"]"

    assert problem(link) == "too_large 0"


def test_hanging_and_absent_servers(link):
    link.hangs = {"GET"}
    assert problem(link, seconds=0.2) == "timed_out 0"
    link.address = f"http://127.0.0.1:{free_port()}"
    assert problem(link) == "unreachable 0"


def test_certificate_is_verified(link):
    """The server speaks no TLS at all, so its certificate cannot be verified."""
    link.address = link.address.replace("http:", "https:")

    assert problem(link) == "certificate 0"


def test_next_page_at_another_host_is_not_asked(link):
    """The credentials stay with the host that they were entered for."""
    link.page_size = 1
    for number in range(2):
        link.gates[str(number)] = {"id": str(number), "refId": str(number), "platformPartnerId": "acme-oy"}
    port = link.address.rpartition(":")[2]
    with GateApiClient(Access(link.address, USER, PASSWORD), platform_id="ACME") as client:
        assert len(client.gates("acme-oy")) == 2
        client._address = f"http://127.0.0.2:{port}"
        with pytest.raises(GateApiError) as caught:
            client._next(client._send("GET", f"{link.address}/gate/partnergate/platform/ACME/partner/acme-oy")[0])
    assert caught.value.problem == Problem.REDIRECTED


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("gates.example.com", "https://gates.example.com"),
        (" https://gates.example.com/gate/ ", "https://gates.example.com"),
        ("https://gates.example.com:8443", "https://gates.example.com:8443"),
        ("https://192.88.99.7", "https://192.88.99.7"),
        ("http://10.1.2.3:8080", "http://10.1.2.3:8080"),
        ("https://10.1.2.3", "https://10.1.2.3"),
    ],
)
def test_address_is_kept_as_scheme_host_and_port(settings, text, address):
    settings.GATE_ALLOWED_NETWORKS = ["10.1.0.0/16"]
    assert normalised(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *("http://gates.example.com", "ftp://gates.example.com", "https://", "https://user:secret@gates.example.com"),
        *("https://gates.example.com/other", "https://gates.example.com/?a=b", "https://gates.example.com/#a"),
        *("https://gates.example.com:99999", "https://[::1", "https://127.0.0.1", "https://10.0.0.1"),
        *("https://169.254.169.254", "https://[::1]", "https://[::ffff:10.0.0.1]", "https://224.0.0.1"),
        *("http://10.0.0.1", "http://8.8.8.8", "https://gates.exa mple.com"),
    ],
)
def test_other_addresses_are_refused(text):
    with pytest.raises(ValidationError):
        normalised(text)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["8.8.8.8"], None),
        (["8.8.8.8", "10.0.0.1"], Problem.ADDRESS),
        (["::1"], Problem.ADDRESS),
        (["fe80::1%eth0"], Problem.ADDRESS),
        ([], Problem.UNREACHABLE),
    ],
)
def test_name_that_leads_to_an_internal_address_is_refused(monkeypatch, found, expected):
    def names(host, port, **options):
        if not found:
            raise socket.gaierror
        return [(0, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    if expected is None:
        check_reachable("https://gates.example.com")
        return
    with pytest.raises(GateApiError) as caught:
        check_reachable("https://gates.example.com")
    assert caught.value.problem == expected


def test_stored_address_that_is_not_allowed_any_more_is_refused(settings):
    settings.GATE_ALLOWED_NETWORKS = []
    with pytest.raises(GateApiError, match="may not call this address"):
        check_reachable("http://10.1.2.3")
