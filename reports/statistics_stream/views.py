"""/t/<slug>/live/: server-sent events by which an open page hears that figures have changed."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from deliveries.stream import server_sent
from deliveries.stream.opening import opening_of
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.places import NoPlaceLeft
from portal.tenants.models import Tenant
from reports.statistics_stream.page_signals import SIGNAL, PageGranted


@require_safe
@member_may("see_figures")
def live(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Answer with the first signal; the streams' app goes on (reports/statistics_stream/page_signals.py).

    429 for a person with too many open pages: the page asks by itself now and then.
    """
    opening = opening_of(request)
    try:
        if opening is not None:
            opening.grant(PageGranted(request.user.pk, request.access.tenant_ids))
    except NoPlaceLeft:
        return HttpResponse(status=429, content_type="text/plain")
    response = HttpResponse(server_sent.start() + SIGNAL, content_type=server_sent.MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response
