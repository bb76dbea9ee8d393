"""A customer with four weeks of traffic, and looks at simulated times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

from deliveries.messages.partitions import ensure_months
from deliveries.models import DailyCount
from portal import celery_app
from portal.tenants.models import Tenant
from tests.conftest import NOW

MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(days=7)

# One message every `every` seconds; of each twenty `failed` fail, the others take `seconds`.
_TRAFFIC = """
INSERT INTO message (tenant_id, day, account_id, message_id, partner_id, partner_rank, campaign_id, variant, source,
    sender_type, country, operator, parts, status, result_code, final, flags, sent_at, sent_at_rank, delivered_at,
    received_at)
SELECT %(tenant)s, at::date, %(account)s, 'm' || nextval('traffic'), 'nr-fi', 1, %(campaign)s, '', 'NORDIC', 'text',
    'FI', %(operator)s, 1, CASE WHEN n %% 20 < %(failed)s THEN 'sent' ELSE 'delivered' END, 1000, true, 0, at, 1,
    CASE WHEN n %% 20 < %(failed)s THEN NULL ELSE at + %(seconds)s * interval '1 second' END, at
FROM (SELECT at, row_number() OVER (ORDER BY at) AS n
    FROM generate_series(%(begin)s, %(end)s - interval '1 second', %(every)s * interval '1 second') AS at) AS times
"""

Send = Callable[..., None]


@pytest.fixture
def send(tenant, account) -> Send:
    """Return a function that stores messages of an operator between two times."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP SEQUENCE traffic")

    def store(begin: datetime, end: datetime, *, operator: str = "fi.elisa", every: float = 3, failed: int = 1,
              seconds: int = 5, campaign: int = 0, of: Tenant = tenant) -> None:  # fmt: skip
        ensure_months([begin.date(), end.date()])
        values = {"tenant": of.pk, "account": account.pk, "begin": begin, "end": end, "operator": operator}
        with connection.cursor() as cursor:
            cursor.execute(
                _TRAFFIC, values | {"every": every, "failed": failed, "seconds": seconds, "campaign": campaign}
            )
        DailyCount.objects.get_or_create(
            tenant=of, day=end.date(), account=account, partner_id="nr-fi", country="FI", operator="fi.elisa",
            sender_type="text", status="delivered", result_code=1000, defaults={"messages": 1, "parts": 1},
        )  # fmt: skip

    yield store
    with connection.cursor() as cursor:
        cursor.execute("DROP SEQUENCE traffic")


@pytest.fixture
def four_weeks(send) -> None:
    """Two operators with 20 messages a minute at the same time of the past four weeks, of which 95% arrive."""
    for number in range(1, 5):
        at = NOW - number * WEEK
        for operator in ("fi.elisa", "fi.telia"):
            send(at - 120 * MINUTE, at + 120 * MINUTE, operator=operator)


@pytest.fixture
def eager() -> Iterator[None]:
    """Run the tasks that are sent at once, as a worker would."""
    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = True
    yield
    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = False
