"""Parameters of the page of segments: the keys, the order, the page, and the two values that are compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest

from campaigns.models import ConversionKind
from deliveries.search.segment_keys import SearchKey, search_keys
from portal.common.masking import Masking
from reports.overview.asked import AskedFigures

COLUMNS = (
    "name", "messages", "recipients", "delivery_rate", "conversion_rate", "revenue", "difference", "median", "p95",
)  # fmt: skip
TIMES = ("median", "p95")  # columns for which every row's times to delivery are read
DEFAULT_ORDER = "-messages"
ORDERS = tuple(sign + column for column in COLUMNS for sign in ("-", ""))
KEPT = ("key", "by", "sort", "a", "b", "recipients", "kind", "costs")


@dataclass(frozen=True, slots=True)
class AskedSegments:
    """The keys that have figures, the chosen one and the second one of a table ('' for none), and what is wrong.

    `waiting` are keys whose stored messages are still being counted. `wrong` are parameters that cannot be followed:
    they are left out, and the answer is 422. `kinds` are the names of the kinds of conversion events, `kind` is the
    chosen one ('' for all).
    """

    keys: Mapping[str, SearchKey]
    waiting: Mapping[str, SearchKey]
    key: str
    by: str
    order: str
    page: int
    first: str
    second: str
    kinds: tuple[str, ...]
    kind: str
    wrong: tuple[tuple[str, str], ...]

    @property
    def chosen(self) -> dict[str, SearchKey]:
        """The chosen keys in their order."""
        return {key: self.keys[key] for key in (self.key, self.by) if key}

    @property
    def tenant_ids(self) -> list[int]:
        """The tenants that have chosen all of the keys."""
        return sorted(set.intersection(*(key.counted for key in self.chosen.values()))) if self.key else []


def asked_segments(request: HttpRequest, asked: AskedFigures, masking: Masking) -> AskedSegments:
    """Read the parameters. Raises Http404 for an order or a page that there is not."""
    order, number = request.GET.get("sort") or DEFAULT_ORDER, request.GET.get("page", "1")
    is_number = number.isascii() and number.isdecimal() and len(number) < 7 and int(number)
    if order not in ORDERS or not is_number:
        raise Http404
    found = {key: one for key, one in search_keys(asked.tenant_ids).items() if not masking.hides(key)}
    keys = {key: one for key, one in found.items() if one.counted}
    wrong: list[tuple[str, str]] = []
    chosen = []
    for name in ("key", "by"):
        value = request.GET.get(name, "")
        if value and value not in keys:
            wrong.append((name, value[:80]))
            value = ""
        chosen.append(value)
    key, by = chosen
    names = (
        ConversionKind.objects.filter(tenant_id__in=asked.tenant_ids).order_by("name").values_list("name", flat=True)
    )
    kinds = tuple(dict.fromkeys(names))
    kind = request.GET.get("kind", "")
    if kind and kind not in kinds:
        wrong.append(("kind", kind[:80]))
        kind = ""
    key = key or next(iter(keys), "")
    return AskedSegments(
        keys=keys,
        waiting={name: one for name, one in found.items() if one.making},
        key=key,
        by=by if by != key else "",
        order=order,
        page=int(number),
        first=request.GET.get("a", ""),
        second=request.GET.get("b", ""),
        kinds=kinds,
        kind=kind,
        wrong=tuple(wrong),
    )
