"""Recipients of a campaign: to how many different numbers it was sent, and how many of them it reached.

Each number counts once, by its recipient key (deliveries/messages/recipients.py), so an erased number counts as before.
The recipients themselves are listed by recipient_lists.py.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from deliveries.dialects.codes import COUNTS_AS

# One row for the messages without a key as well: a single pass.
_RECIPIENTS = """
WITH recipient AS (
    SELECT recipient_key, count(*) AS messages, min({rank}) AS best
    FROM message WHERE tenant_id = %(tenant)s AND campaign_id = ANY (%(campaigns)s){where} GROUP BY recipient_key
)
SELECT count(recipient_key) FILTER (WHERE best = 0), count(recipient_key) FILTER (WHERE best = 1),
       count(recipient_key) FILTER (WHERE best = 2), count(recipient_key) FILTER (WHERE best = 3),
       coalesce(sum(messages) FILTER (WHERE recipient_key IS NULL), 0)
FROM recipient
"""

OF_ACCOUNT = " AND account_id = %(account)s"  # a condition of statements on messages

# What a status counts as, the best first: a recipient counts as the best of its messages.
BEST_FIRST = ("delivered", "pending", "unknown", "failed")
STATUSES = {kind: [status for status, counts in COUNTS_AS.items() if counts == kind] for kind in BEST_FIRST}
# The place of a message's status among BEST_FIRST, in SQL with STATUSES as parameters.
RANK = f"CASE {' '.join(f'WHEN status = ANY (%({kind})s) THEN {n}' for n, kind in enumerate(BEST_FIRST))} END"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Different recipients by the best that is known of them; messages without a readable number are counted apart.

    `delivered` got at least one message. Of the others, `pending` still have one on its way, `unknown` have one about
    which the gateway cannot tell, and for `failed` every message failed.
    """

    delivered: int
    pending: int
    unknown: int
    failed: int
    messages_without_number: int

    @property
    def total(self) -> int:
        return self.delivered + self.pending + self.unknown + self.failed


def recipients_of(*, tenant_id: int, campaign_ids: Collection[int], account_id: int | None = None) -> Recipients:
    """Return the recipients of these campaigns of a tenant, all their messages together; reads each message.

    With `account_id` only messages of that gateway account.
    """
    values = {"tenant": tenant_id, "campaigns": sorted(campaign_ids), "account": account_id, **STATUSES}
    with connection.cursor() as cursor:
        cursor.execute(_RECIPIENTS.format(rank=RANK, where="" if account_id is None else OF_ACCOUNT), values)
        return Recipients(*map(int, cursor.fetchone()))
