"""Condition for rows of the counts whose messages the gateway has billed."""

from functools import reduce
from operator import or_

from django.db.models import Q

from deliveries.dialects.registry import DIALECTS
from portal.tenants.models import Feed


def is_billed() -> Q:
    """Return the condition for rows with an account and a result code: the code says billed in the account's dialect.

    It needs no query of its own: the accounts are found within the query that uses it.
    """
    of_dialects = [
        Q(
            account_id__in=Feed.objects.filter(dialect=dialect).values("account_id"),
            result_code__any_of=sorted(known.billed),
        )
        for dialect, known in DIALECTS.items()
    ]
    return reduce(or_, of_dialects)
