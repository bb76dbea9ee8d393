"""A small client of LINK's Gate API, written from docs/link.md section 6 alone: nothing of the portal is in it."""

from __future__ import annotations

from urllib.parse import quote

import httpx


class LinkFault(Exception):
    """An error answer: the HTTP status, LINK's code and its description."""

    def __init__(self, answer: httpx.Response) -> None:
        body = answer.json()
        assert set(body) == {"status", "description", "translatedDescription"}
        super().__init__(f"{answer.status_code} {body}")
        self.http, self.code, self.description = answer.status_code, body["status"], body["description"]
        self.translated = body["translatedDescription"]


class LinkClient:
    """Gates of one partner."""

    def __init__(self, http: httpx.Client, base: str, user: str, password: str, *, platform: str, partner: str) -> None:
        self._http, self._base, self._auth = http, base, httpx.BasicAuth(user, password)
        self._partner = f"/partnergate/platform/{quote(platform, safe='')}/partner/{quote(partner, safe='')}"

    def add(self, gate: dict) -> str:
        """Create a gate and return its id."""
        answer = self._send("POST", "/partnergate", 201, gate)
        assert answer.content == b""
        return answer.headers["Location"].rpartition("/")[2]

    def get(self, gate_id: str) -> dict:
        return self._send("GET", f"{self._partner}/id/{quote(gate_id, safe='')}", 200).json()

    def by_ref_id(self, ref_id: str) -> dict:
        return self._send("GET", f"{self._partner}/refid/{quote(ref_id, safe='')}", 200).json()

    def list(self) -> list[dict]:
        return self._send("GET", self._partner, 200).json()

    def update(self, gate_id: str, gate: dict) -> None:
        self._send("PUT", f"{self._partner}/id/{quote(gate_id, safe='')}", 204, gate)

    def delete(self, gate_id: str) -> None:
        self._send("DELETE", f"{self._partner}/id/{quote(gate_id, safe='')}", 204)

    def _send(self, method: str, path: str, expected: int, body: object = None) -> httpx.Response:
        answer = self._http.request(method, self._base + path, json=body, auth=self._auth)
        if answer.status_code != expected:
            raise LinkFault(answer)
        return answer
