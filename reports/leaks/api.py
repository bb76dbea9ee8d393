"""GET /api/v1/leaks/: messages that cost without need, as the page Money leaks has them."""

import json

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from deliveries.search.find import SearchTooSlow
from portal.api.operations import Operation
from portal.api.parameters import CURSOR, SIZE, Parameter
from portal.api.problems import BadParameter, TooSlow
from portal.api.views import ApiView
from portal.tenants import tokens
from portal.tenants.models import Tenant
from reports.leaks.cards import TITLES, LeakRow, card_of
from reports.leaks.serializers import LeaksSerializer
from reports.leaks.window import DAYS, SECONDS, Window

_CURSOR = "leaks-cursor"
_EXAMPLE = {
    "data_as_of": "2026-11-20T12:00:00.123456Z",
    "timezone": "Europe/Helsinki",
    "kind": "repeats",
    "tenant": "nordic-retail",
    "first": "2026-11-14",
    "last": "2026-11-20",
    "until": "2026-11-20T12:00:00Z",
    "has_history": True,
    "rows": 1,
    "messages": 120,
    "parts": 240,
    "next_cursor": None,
    "data": [
        {
            "messages": 120,
            "leak": "gAAAAABnT2",
            "parts": 240,
            "number": None,
            "result_code": None,
            "campaign": "October sale",
            "variant": None,
            "ref_id": None,
            "recipients": 118,
            "first_at": "2026-11-19T08:02:11Z",
            "last_at": "2026-11-19T08:09:40Z",
            "parts_before": None,
            "parts_after": None,
            "extra_parts": None,
            "country": None,
            "first_day": None,
        }
    ],
}


class LeaksView(ApiView):
    """Money leaks of one kind."""

    operations = {
        "GET": Operation(
            id="list_leaks",
            tag="Reports",
            summary="List money leaks",
            text=(
                "Messages of the last days that cost without need, as the page “Money leaks” shows them. `numbers`:"
                " numbers that always fail. `parts`: campaigns whose messages became longer, from which minute on."
                " `repeats`: messages sent again to one recipient within 10 minutes. `countries`: countries without"
                " earlier messages. Phone numbers are masked unless the key has the scope `numbers`. Customers below"
                " are not looked at; name one by `tenant`. A key of an account gets 404."
            ),
            parameters=(
                Parameter(
                    name="kind",
                    text="What to look for.",
                    kind="choice",
                    choices=tuple(TITLES),
                    default=next(iter(TITLES)),
                    example="repeats",
                ),
                Parameter(
                    name="days",
                    text="The last days, today included. Each look reads the messages, so there are at most 31.",
                    kind="choice",
                    choices=tuple(map(str, DAYS)),
                    default=str(DAYS[0]),
                ),
                Parameter(
                    name="tenant", text="The customer, by slug; without it the key's own.", example="nordic-retail"
                ),
                CURSOR,
                SIZE,
            ),
            sample={"kind": "repeats"},
            answer=LeaksSerializer,
            answer_text="A page of leaks.",
            answer_example=_EXAMPLE,
            problems=("too-slow", "not-found"),
        )
    }

    def get(self, request: Request) -> Response:
        if self.access.account is not None:
            raise NotFound("Money leaks are of a customer; this key is an account's.")
        kind = self.given.choice("kind")
        assert kind is not None  # it has a default
        named = self.given.tenants(self.access)
        tenant = Tenant.objects.get(id=next(iter(named.values()))) if named else self.access.tenant
        assert tenant is not None  # every key has one
        as_of = no_writes_before()
        asked = [kind, self.given.choice("days"), tenant.slug]
        window, start = self._begun(asked, tenant)
        size = self.given.size()
        try:
            card = card_of(kind, window, self.access.masking)
            shown = card.show(card.rows[start : start + size])
        except SearchTooSlow as error:
            raise TooSlow(
                f"Looking through the messages took more than {SECONDS:g} seconds. Ask for fewer days."
            ) from error
        has_more = start + size < len(card.rows)
        return self.answer(
            {
                "data_as_of": as_of,
                "timezone": tenant.timezone,
                "kind": kind,
                "tenant": tenant.slug,
                "window": window,
                "has_history": card.has_history,
                "rows": len(card.rows),
                "messages": card.messages,
                "parts": card.parts,
                "next_cursor": _seal(asked, window, start + size) if has_more else None,
                "data": [_row(row) for row in shown],
            }
        )

    def _begun(self, asked: list, tenant: Tenant) -> tuple[Window, int]:
        """Return the window and the first row of the requested page; later pages keep the first one's window."""
        if not (cursor := self.given.text("cursor")):
            return Window.of_days(tenant, int(asked[1]), now=timezone.now()), 0
        opened = tokens.unseal(cursor, purpose=_CURSOR)
        kept = json.loads(opened) if opened else {}
        if kept.get("asked") != asked:
            raise BadParameter("cursor", "not a cursor of this list")
        return Window.from_json(kept["window"]), kept["start"]


def _seal(asked: list, window: Window, start: int) -> str:
    return tokens.seal(json.dumps({"asked": asked, "window": window.as_json(), "start": start}), purpose=_CURSOR)


def _row(row: LeakRow) -> dict:
    newest = row.newest
    return {
        "messages": row.messages,
        "leak": row.opens.seal() if row.opens else None,
        "parts": row.parts,
        "number": row.number or None,
        "result_code": newest.code.number if newest else None,
        "campaign": row.campaign or None,
        "variant": row.variant or None,
        "ref_id": row.ref_id or None,
        "recipients": row.recipients,
        "first_at": row.since,
        "last_at": row.until,
        "parts_before": row.before,
        "parts_after": row.after,
        "extra_parts": row.extra_parts,
        "country": row.country or (newest.country if newest else None) or None,
        "first_day": row.first_day,
    }
