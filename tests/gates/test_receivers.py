"""The tests' own receivers, asked by another client than the portal's."""

import httpx
import pytest

from tests.gates.certificates import Authority
from tests.gates.receivers import Receiver, answers, held


def test_records_requests_and_answers_in_turn():
    with Receiver(answers(503, retry_after="5"), answers(200, b"yes"), at={"/gone": answers(410)}) as receiver:
        with httpx.Client() as http:
            first = http.post(receiver.url("/dlr?a=1"), content=b"one", headers={"X-Key": "k"})
            second = http.post(receiver.url("/dlr"), content=b"two")
            gone = http.post(receiver.url("/gone"))
        assert (first.status_code, first.headers["retry-after"]) == (503, "5")
        assert (second.status_code, second.content) == (200, b"yes")
        assert gone.status_code == 410
        one, two, _ = receiver.wait(3)
        assert (one.method, one.path, one.headers["x-key"], one.body) == ("POST", "/dlr?a=1", "k", b"one")
        assert two.body == b"two"
        assert receiver.connections == 1


def test_holds_an_answer_until_it_may_go_on():
    with Receiver(held(200, b"late")) as receiver:
        with httpx.Client() as http, pytest.raises(httpx.ReadTimeout):
            http.post(receiver.url(), timeout=0.05)
        receiver.go_on()
        assert httpx.post(receiver.url()).content == b"late"


def test_speaks_tls_by_a_certificate_of_the_test_authority(tmp_path):
    authority = Authority(tmp_path)
    with Receiver(answers(200), tls=authority.server("127.0.0.1")) as receiver:
        assert httpx.post(receiver.url(), verify=authority.trusted()).status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.post(receiver.url())
