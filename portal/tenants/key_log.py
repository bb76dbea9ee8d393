"""The log of a key's requests, kept for 30 days."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from portal.tenants.models import ApiKey, ApiRequest

KEPT = timedelta(days=30)
PAGE = 100
MAX_ROUTE = 200
_PORTION = 50_000
ERRORS = Q(status__gte=400)


def note_request(
    *,
    key: ApiKey,
    now: datetime,
    request_id: str,
    method: str,
    route: str,
    status: int,
    milliseconds: int,
    address: str | None,
) -> None:
    """Insert a request's row. The caller's transaction holds the key's tenant."""
    ApiRequest.objects.create(
        tenant_id=key.tenant_id,
        key=key,
        at=now,
        request_id=request_id,
        method=method[:7],
        route=route[:MAX_ROUTE],
        status=status,
        milliseconds=milliseconds,
        address=address,
    )


def requests_of(key: ApiKey, *, only_errors: bool = False, before: int | None = None) -> QuerySet[ApiRequest]:
    """Return a key's requests, newest first; those before an id."""
    rows = ApiRequest.objects.filter(key=key).order_by("-id")
    if only_errors:
        rows = rows.filter(ERRORS)
    return rows if before is None else rows.filter(id__lt=before)


def forget(*, now: datetime) -> int:
    """Delete requests older than KEPT in portions; return the number."""
    deleted = 0
    while True:
        old = ApiRequest.objects.filter(at__lt=now - KEPT).order_by("at").values("id")[:_PORTION]
        number, _by_model = ApiRequest.objects.filter(id__in=old).delete()
        deleted += number
        if number < _PORTION:
            return deleted
