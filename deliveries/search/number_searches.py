"""Searches by whole phone numbers from people and keys that see masked numbers: recorded, and limited by the hour.

Such a search reveals whether messages went to a number; without a limit, numbers could be found by trying. The count is
in the cache, which falls back to process memory without Redis (portal/common/cache.py), so nobody is locked out.
"""

import time
from collections.abc import Iterable

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from deliveries.messages.number_hashes import hashed
from portal.accounts.models import record
from portal.common.cache import count_up
from portal.common.masking import Masking
from portal.common.msisdn import read_number
from portal.tenants import tokens
from portal.tenants.models import Tenant
from portal.tenants.partner_owners import held_by

HOUR = 3600  # seconds
NOWHERE = 0  # in place of a tenant's id


class TooManyNumberSearches(Exception):
    """The hour's searches by numbers are used up; `filter` is the one that was not searched by."""

    def __init__(self, filter_: str, quota: int, seconds: int) -> None:
        self.filter, self.quota, self.seconds = filter_, quota, seconds
        super().__init__(
            f"People who see masked numbers may search by at most {quota} phone numbers an hour. Try again in"
            f" {seconds} seconds."
        )

    @property
    def text(self) -> str:
        """Text for the page."""
        text = _(
            "Limit reached: people who see masked numbers may search by at most %(quota)d phone numbers an"
            " hour. Try again in %(minutes)d min."
        )
        return text % {"quota": self.quota, "minutes": -(-self.seconds // 60)}


def count_number_searches(
    request: HttpRequest, filters: Iterable[tuple[str, str]], *, tenant: Tenant | None, is_next_page: bool = False
) -> None:
    """Record and count each filter (name, text) that is or holds a phone number. Raises TooManyNumberSearches.

    `number` is one in any case, other texts where they would be masked; declared partner IDs are none. A number counts
    once an hour; further pages of its list are not recorded again. Who sees numbers in full is not limited.
    """
    access = request.access
    if access.masking.in_full or access.share:  # the filters of a shared link are fixed, and without numbers
        return
    who = f"key-{access.key.id}" if access.key else f"person-{request.user.id}"
    actor = str(access.key) if access.key else request.user.email
    for name, text in filters:
        number = _number(name, text, tenant)
        if not number or (name == "partner_id" and held_by(access.tenant_ids).filter(value=text).exists()):
            continue
        is_counted = _count(who, actor, tenant, name, number)
        if is_counted or not is_next_page:
            details = {"filter": name, "number": Masking(in_full=False).text(number)}
            record(
                "message.number_searched", actor=actor, tenant=tenant, subject=_hash(number, tenant), details=details
            )


def _number(name: str, text: str, tenant: Tenant | None) -> str:
    if name == "number":
        return read_number(text, tenant.country if tenant else "").text
    return text if text and Masking(in_full=False).hides(text) else ""


def _count(who: str, actor: str, tenant: Tenant | None, name: str, number: str) -> bool:
    """Count a number; return whether it is new in this hour."""
    now, quota = time.time(), settings.NUMBER_SEARCHES_PER_HOUR
    place = f"number-search:{who}:{int(now // HOUR)}"
    mark = f"{place}:{tokens.digest(number, purpose='number-search')}"
    if cache.get(mark):
        return False
    if quota and count_up(place, seconds=2 * HOUR) > quota:
        if cache.add(f"{place}:refused", 1, timeout=2 * HOUR):
            record("message.number_searches_limited", actor=actor, tenant=tenant, details={"an_hour": quota})
        raise TooManyNumberSearches(name, quota, HOUR - int(now % HOUR))
    cache.set(mark, 1, timeout=2 * HOUR)
    return True


def _hash(number: str, tenant: Tenant | None) -> str:
    """Return the beginning of the number's keyed hash: the same one that an erasure of it has in the log."""
    return hashed(number, tenant_id=tenant.id if tenant else NOWHERE)[:13]
