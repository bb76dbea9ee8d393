"""Result codes in words for a tenant's people: as the dialects of its accounts mean them."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from deliveries.models import ResultCode
from portal.tenants.models import Feed, GatewayAccount


def code_words(tenant_ids: Collection[int], *, code: int | None = None) -> dict[int, str]:
    """Return the words of each known code, or of one, in the request's language.

    A code with several meanings in the tenants' dialects has all of them. Tenants without an account have every
    dialect's.
    """
    known = ResultCode.objects.order_by("code", "dialect")
    if code is not None:
        known = known.filter(code=code)
    found = list(known.filter(dialect__in=_dialects(tenant_ids))) or list(known)
    words: dict[int, list[str]] = defaultdict(list)
    for row in found:
        text = (row.text_fi if get_language() == "fi" else "") or row.text_en
        if text not in words[row.code]:
            words[row.code].append(text)
    return {number: " / ".join(texts) for number, texts in words.items()}


def _dialects(tenant_ids: Collection[int]) -> QuerySet:
    accounts = GatewayAccount.objects.filter(
        Q(pool_id__in=tenant_ids) | Q(partner_ids__tenant_id__in=tenant_ids)
    )  # fmt: skip
    return Feed.objects.filter(account_id__in=accounts.values("id")).values("dialect")
