"""/api/v1/segments/: the segment keys of a key's tenants listed, chosen and given up."""

from collections.abc import Collection, Mapping

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import segments
from campaigns.models import SegmentKey
from deliveries.models import SegmentCount
from deliveries.rederiving.segment_keys import SegmentKeyError, TooManyKeys, choose, remove
from deliveries.search.segment_keys import SearchKey, search_keys
from portal.accounts.access import Access
from portal.api.administration import named_tenant
from portal.api.operations import SETTINGS, Operation
from portal.api.pages import PAGE_EXAMPLE
from portal.api.parameters import CURSOR, SIZE, TENANT, Parameter, Parameters
from portal.api.problems import BadField, BadParameter, Conflict
from portal.api.views import ApiView
from portal.common import keyset
from portal.common.changes import Writers, no_writes_before
from portal.tenants import tokens
from portal.tenants.models import Tenant
from reports.segments.examples import CHOSEN, KEY
from reports.segments.serializers import NewSegmentKeyBody, SegmentKeyAnswer, SegmentKeysAnswer

_CURSOR = "segment-cursor"


class SegmentKeysView(ApiView):
    """The chosen keys of the key's tenants; POST chooses one."""

    operations = {
        "GET": Operation(
            id="list_segment_keys",
            tag="Segments",
            summary="List segment keys",
            text=(
                "The keys that the tenants have chosen for figures and searches: custom parameters, and labels of the"
                " refId scheme as `ref:` and the label's name. An account's key sees those with figures at its account."
            ),
            parameters=(
                TENANT,
                Parameter(name="key", text="Only this key, such as one that is being counted.", example="shop"),
                CURSOR,
                SIZE,
            ),
            answer=SegmentKeysAnswer,
            answer_text="A page of keys.",
            answer_example=PAGE_EXAMPLE | {"data": [KEY]},
        ),
        "POST": Operation(
            id="choose_segment_key",
            tag="Segments",
            summary="Choose a segment key",
            text=(
                "Choose a custom parameter, or `ref:` and a label of the refId scheme. Stored messages are then indexed"
                " and counted: `done` of `total` say how far that is, here and in the list; the figures are there once"
                f" the tenant is among `tenants`. A tenant has at most {segments.MAX_KEYS} keys. A key with nearly as"
                " many values as messages is found by the search and has no figures: `refused` says so. Choosing one"
                " again changes nothing, or starts over where it has failed. A key of a gateway account cannot choose"
                " one."
            ),
            scope=SETTINGS,
            body=NewSegmentKeyBody,
            body_example={"key": "shop"},
            answer=SegmentKeyAnswer,
            answer_text="The chosen key; `Location` is the address of its figures.",
            answer_example=CHOSEN,
            status=201,
            also={200: "The key, which was chosen already."},
            headers={"Location": "Path of its figures."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        tenants, as_of = self.given.tenants(self.access), no_writes_before(Writers.ROWS)
        keys = keys_of(self.access, self.access.tenant_ids if tenants is None else tenants.values())
        if "key" in self.given:
            keys = {key: one for key, one in keys.items() if key == self.given.text("key")}
        slugs = _slugs(self.access)
        shown, cursor = page_of_texts(sorted((key,) for key in keys), self.given)
        rows = [_shown(keys[key], slugs) for (key,) in shown]
        return self.answer({"data": rows, "next_cursor": cursor, "data_as_of": as_of})

    def post(self, request: Request) -> Response:
        body, now = self.body(request), timezone.now()
        _refuse_accounts(self.access)
        tenant = named_tenant(self.access, body.get("tenant"))
        try:
            row = choose(tenant=tenant, key=body["key"], actor=str(self.access.key), now=now)
        except TooManyKeys as error:
            raise Conflict(error.text) from error
        except SegmentKeyError as error:
            raise BadField("key", error.text) from error
        answer = _shown_now(self.access, row.key)
        if row.created_at != now:
            return self.answer(answer, 200)
        return self.answer(answer, Location=answer["url"])


def keys_of(access: Access, tenant_ids: Collection[int]) -> dict[str, SearchKey]:
    """Return the keys of these tenants that the API key sees, of an account's key those counted at the account."""
    found = search_keys(set(tenant_ids))
    if access.account is not None:
        for key, one in found.items():
            rows = SegmentCount.objects.filter(
                tenant_id__in=one.counted, key=key, account=access.account, messages__gt=0
            )
            one.counted = set(rows.values_list("tenant_id", flat=True).distinct())
            one.ready, one.making, one.failed, one.refused = set(one.counted), set(), set(), {}
            one.done = one.total = 0
        found = {key: one for key, one in found.items() if one.counted}
    return {key: one for key, one in found.items() if not access.masking.hides(key)}


def give_up(access: Access, key: str, tenants: Mapping[str, int] | None) -> dict:
    """Give up the key of the named tenant, without one of the API key's own; return the key as it is now.

    Raises Http404, PermissionDenied for an account's key.
    """
    _refuse_accounts(access)
    own = access.tenant
    assert own is not None  # every key has one
    row = SegmentKey.objects.filter(tenant_id__in=[own.id] if tenants is None else tenants.values(), key=key).first()
    if row is None:
        raise Http404
    remove(key=row, actor=str(access.key), now=timezone.now())
    return _shown_now(access, key)


def _refuse_accounts(access: Access) -> None:
    if access.account is not None:
        raise PermissionDenied("Segment keys belong to a customer: use a key of the customer, not of an account.")


def _shown_now(access: Access, key: str) -> dict:
    """Return a key as the list shows it; one that no tenant has any more is empty."""
    return _shown(keys_of(access, access.tenant_ids).get(key) or SearchKey(key), _slugs(access))


def _shown(one: SearchKey, slugs: Mapping[int, str]) -> dict:
    return {
        "key": one.key,
        "tenants": sorted(slugs[id_] for id_ in one.counted),
        "counting": sorted(slugs[id_] for id_ in one.making),
        "done": one.done,
        "total": one.total,
        "failed": sorted(slugs[id_] for id_ in one.failed),
        "refused": {slugs[id_]: why.value for id_, why in sorted(one.refused.items())},
        "figures_from": one.figures_from,
        "url": reverse("api:segment", args=[one.key]),
    }


def _slugs(access: Access) -> dict[int, str]:
    return dict(Tenant.objects.filter(id__in=access.tenant_ids).values_list("id", "slug"))


def page_of_texts(rows: list[tuple[str, ...]], given: Parameters) -> tuple[list[tuple[str, ...]], str | None]:
    """Return the page of the sorted rows that `cursor` and `size` ask for, and the next page's cursor.

    A cursor is sealed: a value may hold a number that is masked.
    """
    size, cursor = given.size(), given.text("cursor")
    if cursor:
        opened = tokens.unseal(cursor, purpose=_CURSOR)
        try:
            after, backwards = keyset.decode(opened or "", length=len(rows[0]) if rows else 1)
        except keyset.BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        if backwards or not all(isinstance(part, str) for part in after):
            raise BadParameter("cursor", "not a cursor of this list")
        rows = [row for row in rows if row > tuple(after)]
    page = rows[:size]
    return page, tokens.seal(keyset.encode(page[-1]), purpose=_CURSOR) if len(rows) > size else None
