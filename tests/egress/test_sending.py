"""Requests to real receivers on loopback addresses, which the tests' `allowed_networks` permit."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from portal.common.egress import Answer, Egress, SendError
from portal.common.egress.client import seconds_of
from portal.common.egress.resolver import IDLE_HOSTS
from tests.gates import receivers
from tests.gates.certificates import Authority
from tests.gates.receivers import Receiver, answers, held, raw, redirects

LOOPBACK = ["127.0.0.0/8", "::1/128"]
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def send(url: str, *, times: int = 1, method: str = "POST", body: bytes = b"dlr", headers=None, **options) -> Answer:
    """Send the same request so many times over one client and return the last answer."""

    async def run() -> Answer:
        async with Egress(**({"allowed_networks": LOOPBACK} | options)) as egress:
            for _ in range(times):
                answer = await egress.send(method, url, headers or {}, body)
        return answer

    return asyncio.run(run())


def outcome(url: str, **options) -> str:
    with pytest.raises(SendError) as caught:
        send(url, **options)
    return caught.value.outcome


def test_sends_what_it_is_given_and_returns_the_answer():
    with Receiver(answers(200, b"accepted")) as receiver:
        answer = send(
            receiver.url("/dlr/%2F?a=b%20c+d&e=%C3%A4"),
            method="PUT",
            body=b'{"id": 1}',
            headers={"Content-Type": "application/json", "X-Key": "k"},
        )
        [request] = receiver.wait(1)

    assert (answer.status, answer.body, answer.is_cut, answer.retry_after) == (200, b"accepted", False, None)
    assert (request.method, request.path) == ("PUT", "/dlr/%2F?a=b%20c+d&e=%C3%A4")
    assert request.body == b'{"id": 1}'
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-type": "application/json",
        "content-length": "9",
        "x-key": "k",
        "user-agent": "sms-reporting-portal",
        "accept": "*/*",
    }


def test_get_has_no_body_and_letters_of_other_alphabets_are_encoded():
    with Receiver() as receiver:
        send(receiver.url("/ä?ö={x}"), method="GET", body=b"")
        [request] = receiver.wait(1)

    assert (request.method, request.path, request.body) == ("GET", "/%C3%A4?%C3%B6=%7Bx%7D", b"")


def test_keeps_a_connection_for_the_next_request():
    with Receiver() as receiver:
        send(receiver.url(), times=3)

        assert len(receiver.requests) == 3
        assert receiver.connections == 1


def test_keeps_no_connection_once_it_has_many(monkeypatch):
    monkeypatch.setattr("portal.common.egress.resolver.IDLE_HOSTS", 0)
    with Receiver() as receiver:
        send(receiver.url(), times=3)

        assert receiver.connections == 3
    assert IDLE_HOSTS < 1024 / 2  # open files


@pytest.mark.parametrize("status", [201, 204, 301, 302, 303, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_every_status_is_an_answer(status):
    with Receiver(answers(status)) as receiver:
        assert send(receiver.url()).status == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_no_redirect(status):
    with Receiver() as elsewhere, Receiver(redirects(elsewhere.url("/secret"), status)) as receiver:
        assert send(receiver.url()).status == status
        assert elsewhere.requests == []


def test_keeps_no_cookies():
    with Receiver(answers(200, set_cookie="session=1; Path=/")) as receiver:
        send(receiver.url(), times=2)

        assert "cookie" not in receiver.wait(2)[1].headers


def test_takes_no_proxy_and_no_password_from_the_environment(monkeypatch, tmp_path):
    with Receiver() as receiver, Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))

        send(receiver.url())

        assert proxy.requests == []
        assert "authorization" not in receiver.wait(1)[0].headers


def test_reads_the_beginning_of_an_endless_answer():
    with Receiver(receivers.endless_body, answers(200)) as receiver:
        answer = send(receiver.url())

        assert (answer.status, len(answer.body), answer.is_cut) == (200, 65536, True)


def test_an_answer_of_just_the_limit_is_whole():
    with Receiver(answers(200, b"a" * 1000)) as receiver:
        whole = send(receiver.url(), max_answer=1000)
        cut = send(receiver.url(), max_answer=999)

    assert (len(whole.body), whole.is_cut) == (1000, False)
    assert (len(cut.body), cut.is_cut) == (999, True)


def test_expands_no_compressed_answer():
    with Receiver(receivers.gzip_bomb()) as receiver:
        answer = send(receiver.url())

        assert answer.body.startswith(b"\x1f\x8b")
        assert len(answer.body) <= 65536
        assert "accept-encoding" not in receiver.wait(1)[0].headers


@pytest.mark.parametrize("behaviour", ["drips_head", "drips_body", "endless_interim"])
def test_ends_a_dripping_answer_by_the_clock(behaviour):
    with Receiver(getattr(receivers, behaviour)) as receiver:
        assert outcome(receiver.url(), total_s=0.3) == "timeout"


def test_ends_a_silent_receiver_by_the_clock():
    with Receiver(held()) as receiver:
        assert outcome(receiver.url(), total_s=0.2) == "timeout"
        assert len(receiver.requests) == 1


def test_ends_connecting_by_the_clock():
    with receivers.no_accepting() as port:
        assert outcome(f"http://127.0.0.1:{port}/", connect_s=0.2) == "timeout"


@pytest.mark.parametrize(
    "behaviour",
    ["closes", "resets", "resets_in_body", "no_http", "endless_headers", "endless_header_line"],
)
def test_an_answer_that_is_broken_is_a_connect_error(behaviour):
    with Receiver(getattr(receivers, behaviour)) as receiver:
        assert outcome(receiver.url()) == "connect_error"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nBad Name: \x00\r\n\r\n",
        b"\x00" * 100,
    ],
)
def test_an_answer_that_is_no_http_is_a_connect_error(data):
    with Receiver(raw(data, then_close=True)) as receiver:
        assert outcome(receiver.url()) == "connect_error"


def test_a_closed_port_is_a_connect_error():
    with receivers.closed_port() as port:
        assert outcome(f"http://127.0.0.1:{port}/") == "connect_error"


def test_sends_over_tls_that_it_can_check(tmp_path):
    authority = Authority(tmp_path)
    with Receiver(tls=authority.server("127.0.0.1")) as receiver:
        assert send(receiver.url(), tls=authority.trusted(), times=2).status == 200
        assert receiver.connections == 1


@pytest.mark.parametrize(
    ("host", "fault"),
    [("127.0.0.1", {"is_expired": True}), ("127.0.0.1", {"is_self_signed": True}), ("sms.example.com", {})],
)
def test_sends_nothing_over_tls_that_it_cannot_check(tmp_path, host, fault):
    authority = Authority(tmp_path)
    with Receiver(tls=authority.server(host, **fault)) as receiver:
        assert outcome(receiver.url(), tls=authority.trusted()) == "tls_error"
        assert receiver.requests == []


def test_trusts_the_usual_authorities_alone_by_default(tmp_path):
    with Receiver(tls=Authority(tmp_path).server("127.0.0.1")) as receiver:
        assert outcome(receiver.url()) == "tls_error"


def test_tls_with_a_receiver_that_has_none_is_a_tls_error():
    with Receiver(receivers.no_http) as receiver:
        assert outcome(receiver.url().replace("http:", "https:")) == "tls_error"


def test_a_header_with_a_line_break_is_not_sent():
    with Receiver() as receiver:
        for value in ("a\r\nX-Evil: b", "a\nb", "a\rb", "a\0b"):
            with pytest.raises(ValueError):
                send(receiver.url(), headers={"X-Key": value})
        assert receiver.requests == []


def test_waiting_for_a_slot_counts_for_no_limit_of_time():
    async def run(url: str) -> list[Answer]:
        async with Egress(allowed_networks=LOOPBACK, limit=1, total_s=5) as egress:
            first = asyncio.create_task(egress.send("POST", url, {}, b"1"))
            second = asyncio.create_task(egress.send("POST", url, {}, b"2"))
            await asyncio.to_thread(receiver.wait, 1)
            assert len(receiver.requests) == 1  # the other one waits
            receiver.go_on()
            return await asyncio.gather(first, second)

    with Receiver(held()) as receiver:
        assert [answer.status for answer in asyncio.run(run(receiver.url()))] == [200, 200]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("Sun, 29 Nov 2026 12:00:30 GMT", 30.0), ("Sun, 29 Nov 2026 11:00:00 GMT", 0.0),
        ("", None), ("soon", None), ("-5", None), ("1.5", None), ("9" * 5000, None),
        ("Sun, 99 Nov 2026 99:00:00 GMT", None),
        ("Sun, 29 Nov 99999999999 12:00:00 GMT", None), ("１２", None),
    ],
)  # fmt: skip
def test_reads_retry_after(text, seconds):
    assert seconds_of(text, now=NOW) == seconds


def test_an_answer_has_its_retry_after():
    later = datetime.now(UTC) + timedelta(days=2)
    with Receiver(
        answers(429, retry_after="7"), answers(503, retry_after=later.strftime("%a, %d %b %Y %X GMT"))
    ) as one:
        assert send(one.url()).retry_after == 7.0
        assert send(one.url()).retry_after == pytest.approx(2 * 86400, abs=60)


def test_a_cancelled_request_leaves_nothing_open():
    async def run(url: str) -> None:
        async with Egress(allowed_networks=LOOPBACK) as egress:
            task = asyncio.create_task(egress.send("POST", url, {}, b"1"))
            await asyncio.to_thread(receiver.wait, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Receiver(held()) as receiver:
        asyncio.run(run(receiver.url()))
