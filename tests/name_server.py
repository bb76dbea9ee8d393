"""A real name server on the loopback address, for TXT records and addresses."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest


class NameServer:
    """A server over UDP; `records` maps names to TXT values, `is_silent` answers nothing.

    `addresses` maps names to the addresses of the first look-up, the second and so on; the last ones stay.
    """

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.addresses: dict[str, list[list[str]]] = {}
        self.is_silent = False
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if wire == b"stop":
                return
            if not self.is_silent:
                self._socket.sendto(self._answer(dns.message.from_wire(wire)).to_wire(), client)

    def _answer(self, query: dns.message.QueryMessage) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        self.asked.append(name)
        texts = self.records.get(name)
        if turns := self.addresses.get(name):
            self._add_addresses(answer, question, turns)
        elif texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.TXT:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", "TXT", [f'"{t}"' for t in texts]))
        return answer

    def _add_addresses(self, answer: dns.message.Message, question: dns.rrset.RRset, turns: list[list[str]]) -> None:
        of_four = question.rdtype == dns.rdatatype.A
        found = [address for address in turns[0] if (":" in address) is not of_four]
        if found and question.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            kind = dns.rdatatype.to_text(question.rdtype)
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        if of_four and len(turns) > 1:  # the second question of a look-up
            del turns[0]

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"stop", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


@pytest.fixture
def dns_server(settings):
    server = NameServer()
    settings.DNS_SERVERS = [server.address]
    yield server
    server.close()
