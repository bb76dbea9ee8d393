"""Notifications of changed counts, which wake those who follow figures (deliveries/stream/waking.py)."""

from collections.abc import Collection

from django.db import connection

CHANNEL = "counts"  # of NOTIFY: "tenant id,tenant id", or nothing for any tenant
_MAX_PAYLOAD = 7000  # characters; PostgreSQL takes 7,999


def tell_changed(tenant_ids: Collection[int]) -> None:
    """Say at the commit that counts of these tenants have changed; in the transaction that changes them."""
    payload = ",".join(map(str, sorted(tenant_ids)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload if len(payload) < _MAX_PAYLOAD else ""])
