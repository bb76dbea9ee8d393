"""Comparison of messages' tenants with the owners of their platformPartnerIds. A move repairs differences.

Sealed days are left out, and platformPartnerIds with an open move, which moves their messages anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from deliveries.models import PartnerMove
from deliveries.rederiving.moves import wake
from portal.common.jobs import open_jobs
from portal.tenants.models import PartnerId


@dataclass(frozen=True, slots=True)
class OwnerDifference:
    """Messages of one platformPartnerId that one tenant has, and another one owns by the time of sending."""

    account_id: int
    partner_id: int
    value: str
    tenant_id: int
    owner_id: int
    messages: int

    def __str__(self) -> str:
        place = f"account_id={self.account_id} partner_id={self.value} tenant_id={self.tenant_id}"
        return f"message: {place}: {self.messages} messages belong to tenant_id={self.owner_id}"


# A period ends where the next one begins; NULLs stand for no beginning and for no end.
_COMPARE = """
WITH period AS (
    SELECT partner_id, tenant_id, lag(until_at) OVER (PARTITION BY partner_id ORDER BY until_at) AS from_at, until_at
    FROM (
        SELECT partner_id, tenant_id, until_at FROM tenants_earlierowner
        UNION ALL
        SELECT id, tenant_id, NULL FROM tenants_partnerid
    ) AS owner
)
SELECT m.account_id, p.id, p.value, m.tenant_id, o.tenant_id, count(*)
FROM message m
JOIN tenants_partnerid p ON p.account_id = m.account_id AND p.value = m.partner_id
JOIN period o ON o.partner_id = p.id
    AND (o.from_at IS NULL OR m.sent_at >= o.from_at) AND (o.until_at IS NULL OR m.sent_at < o.until_at)
JOIN tenants_tenant t ON t.id = o.tenant_id
LEFT JOIN retention_mark had ON had.tenant_id = m.tenant_id
LEFT JOIN retention_mark gets ON gets.tenant_id = o.tenant_id
WHERE m.tenant_id <> o.tenant_id
    AND (had.messages_before IS NULL OR m.day >= had.messages_before)
    AND (gets.messages_before IS NULL OR (m.sent_at AT TIME ZONE t.timezone)::date >= gets.messages_before)
    AND NOT EXISTS (SELECT FROM partner_move v WHERE v.partner_id = p.id AND v.state IN ('queued', 'running'))
GROUP BY m.account_id, p.id, p.value, m.tenant_id, o.tenant_id
ORDER BY m.account_id, p.value, m.tenant_id, o.tenant_id
"""


def find_owner_differences() -> list[OwnerDifference]:
    """Compare all messages with the owners of their platformPartnerIds in one statement, in the caller's snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE)
        return [OwnerDifference(*row) for row in cursor.fetchall()]


def queue_moves(differences: Iterable[OwnerDifference]) -> None:
    """Queue a move of each platformPartnerId to each owner that lacks messages, and wake the worker."""
    totals: dict[tuple[int, int], int] = {}
    for difference in differences:
        key = (difference.partner_id, difference.owner_id)
        totals[key] = totals.get(key, 0) + difference.messages
    if not totals:
        return
    with transaction.atomic():
        partner_ids = {partner_id for partner_id, _owner_id in totals}
        # Locked, so that a move which ends just now does not count as open (moves.py).
        list(PartnerId.objects.select_for_update(of=("self",)).filter(id__in=partner_ids).order_by("id"))
        moves = [
            open_jobs(PartnerMove).get_or_create(tenant_id=owner_id, partner_id=partner_id, defaults={"total": total})[
                0
            ]
            for (partner_id, owner_id), total in totals.items()
        ]
        transaction.on_commit(lambda: wake([move.id for move in moves]), robust=True)
