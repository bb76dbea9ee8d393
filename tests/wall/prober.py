"""A client that sends SQL payloads in every parameter of a page, and notes statements that hold them."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from urllib.parse import quote

from django.http import HttpResponse

from tests.pages.test_url_matrix import POSTED, Route
from tests.wall.probed import Probed
from tests.wall.sql_probe import (
    ODD_NAME,
    PAYLOADS,
    cases,
    names_asked_for,
    names_in_addresses,
    options_of,
    posted_fields,
    undone,
    watched,
)

_SENT_AWAY = ("/accounts/login/", "/accounts/reauthenticate/", "/accounts/2fa/authenticate/", "/admin/login/")
# What every page looks for, or sends by a form of its frame: tried one by one on these pages alone.
_OF_THE_FRAME = {"compare", "from", "period", "to", "csrfmiddlewaretoken", "density", "language", "next", "theme"}
_WITH_THE_FRAME = {"reports:overview", "set_language", "set_look", "account_login", "account_logout"}


class Prober:
    """Asks as one person, and keeps what was wrong: a statement with a payload, an answer of 429 or 500."""

    def __init__(self, probed: Probed, person: str) -> None:
        self.probed = probed
        self.client = probed.clients[person]
        self.client.raise_request_exception = False
        self.cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in self.client.cookies.items())
        self.wrong: list[str] = []
        self.reached: set[str] = set()

    def ask(self, method: str, address: str, data: dict | None = None, query: dict | None = None):
        self.client.cookies = SimpleCookie(self.cookies)  # what signs out is undone
        with undone(), watched() as found:
            answer = getattr(self.client, method)(address, data or {}, query_params=query)
            answer.body = answer.getvalue() if answer.streaming else answer.content
        if found or answer.status_code in (429, 500):
            self.wrong.append(f"{method} {address} {data} {query}: {answer.status_code} {found[:1]}")
        return answer

    def probe(self, route: Route, *, one_by_one: bool) -> None:
        """Ask for a page as it is and with payloads in all parameters; on demand in each of those that it looks for."""
        address = self.probed.address(route)
        skipped = set() if route.name in _WITH_THE_FRAME else _OF_THE_FRAME
        page, asked_for = self._probe_query(route, address)
        if one_by_one and (route.model is None or route.page == "changelist"):
            self._probe_each("get", address, asked_for - skipped, self.probed.queries.get(route.name, {}))
        html = page.body.decode(errors="replace") if page.status_code < 400 else ""
        form = posted_fields(html) | POSTED.get(route.name, {})
        posted, asked_for = self._probe_form(address, form)
        if one_by_one and route.model is None:  # the admin's many forms clean each field, whatever is in the others
            self._probe_each("post", address, asked_for - skipped, form)
        if route.page == "changelist":
            for action in options_of(html, "action"):
                self.ask("post", address, {"action": action, "_selected_action": PAYLOADS[0]})
        if _is_reached(page) or _is_reached(posted):
            self.reached.add(route.name)
        for name in re.findall(r"<(?:\w+:)?(\w+)>", route.address):
            for payload in PAYLOADS if one_by_one else PAYLOADS[:1]:
                self.ask("get", self.probed.address(route, **_with_payload(self.probed.ids, name, payload)))

    def _probe_query(self, route: Route, address: str) -> tuple[HttpResponse, set[str]]:
        given = self.probed.queries.get(route.name, {})
        with names_asked_for() as names:
            page = self.ask("get", address, given)
            if _is_reached(page) or names:
                changed = dict.fromkeys(names_in_addresses(page.body.decode(errors="replace")) | names, PAYLOADS[0])
                self.ask("get", address, given | changed | ODD_NAME)
        if route.page == "changelist":  # which refuses all for the first name that it does not know
            self.ask("get", address, ODD_NAME)
        return page, names

    def _probe_form(self, address: str, given: dict[str, str]) -> tuple[HttpResponse, set[str]]:
        with names_asked_for() as names:
            posted = self.ask("post", address, given)
            if _is_reached(posted) or names:
                changed = dict.fromkeys(given.keys() | names, PAYLOADS[0]) | ODD_NAME
                self.ask("post", address, changed, changed)
        return posted, names

    def _probe_each(self, method: str, address: str, names: set[str], given: dict[str, str]) -> None:
        for data in cases(names - ODD_NAME.keys(), given, PAYLOADS[:1]):
            self.ask(method, address, data)


def _is_reached(answer) -> bool:
    """Tell whether a page did its work, and did not refuse it or ask to sign in first."""
    if answer.status_code == 302:
        return not answer.url.startswith(_SENT_AWAY)
    return answer.status_code in (200, 204, 422)


def _with_payload(ids: dict, name: str, payload: str) -> dict:
    text = quote(payload, safe="")
    if name == "object_id":  # of a model's page: what address_of takes it from
        return {name: text, "rows": dict.fromkeys(ids["rows"], type("Row", (), {"pk": text}))}
    return {name: text}
