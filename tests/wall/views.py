"""Views that only the tests have: what a request sees, errors, streams. Used as a urlconf."""

from django.contrib.auth import logout
from django.db import ProgrammingError, connection
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from campaigns.models import Campaign
from portal.accounts.models import AuditEntry
from portal.tenants.scope import web_scope
from portal.tenants.wall import ROLES
from tests.wall.rows import rows
from tests.wall.scopes import staff_scope

handler404 = "tests.wall.views.not_found"
handler500 = "tests.wall.views.server_error"


def names() -> list[str]:
    return list(Campaign.objects.order_by("name").values_list("name", flat=True))


def role() -> str:
    return rows("SELECT current_user")[0][0]


def seen(request, tenant_slug=None):
    return JsonResponse({"role": role(), "campaigns": names()})


def become(request, tenant_slug=None):
    """Try to be each other role, and the owner again."""
    became = []
    for other in (*ROLES, "portal", "postgres"):
        try:
            if other != role():
                rows("SELECT set_config('role', %s, true)", [other])
                became.append(other)
        except ProgrammingError:
            pass
    login = rows("SELECT session_user")[0][0]
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    return JsonResponse({"login": login, "became": became, "after reset": role()})


def careless(request):
    """Make SQL of a parameter, as no page of the portal does."""
    return JsonResponse({"name": rows(f"SELECT '{request.GET['name']}'")[0][0]})


def add_then(status: int):
    def view(request, tenant_slug):
        AuditEntry.objects.create(tenant=request.access.tenant, actor="test", action=f"then {status}")
        return HttpResponse(status=status)

    return view


def add_then_raise(request, tenant_slug):
    AuditEntry.objects.create(tenant=request.access.tenant, actor="test", action="then raise")
    raise RuntimeError("the view fails")


def add_then_break(request, tenant_slug):
    """Break the transaction as a forgotten database error does."""
    AuditEntry.objects.create(tenant=request.access.tenant, actor="test", action="then break")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def add_then_fail_to_render(request, tenant_slug):
    AuditEntry.objects.create(tenant=request.access.tenant, actor="test", action="then fail to render")
    return TemplateResponse(request, "no-such-template.html")


def leave(request):
    logout(request)
    return JsonResponse({"campaigns": names()})


def staff_inside(request, tenant_slug):
    """Look past the wall for a moment, as a service may; the request's own scope holds again after it."""
    with staff_scope():
        inside = names()
    return JsonResponse({"inside": inside, "after": names(), "role": role()})


def stream_lazily(request, tenant_slug):
    """Ask the database when the request's transaction is over, in no scope."""

    def lines():
        yield f"{len(names())} campaigns\n"

    return StreamingHttpResponse(lines())


def stream_in_scope(request, tenant_slug):
    tenant_ids = request.access.tenant_ids

    def lines():
        for _ in range(2):
            with web_scope(tenant_ids):
                line = ",".join(names()) + "\n"
            yield line

    return StreamingHttpResponse(lines())


def not_found(request, exception):
    return HttpResponse("nothing here", status=404)


def server_error(request):
    return HttpResponse("it was us", status=500)


urlpatterns = [
    path("seen/", seen),
    path("leave/", leave),
    path("admin/seen/", seen),
    path("careless/", careless),
    path("become/", become),
    path("admin/become/", become),
    path("accounts/become/", become),
    path("t/<slug:tenant_slug>/become/", become),
    path("t/<slug:tenant_slug>/seen/", seen),
    path("t/<slug:tenant_slug>/200/", add_then(200)),
    path("t/<slug:tenant_slug>/404/", add_then(404)),
    path("t/<slug:tenant_slug>/503/", add_then(503)),
    path("t/<slug:tenant_slug>/raise/", add_then_raise),
    path("t/<slug:tenant_slug>/break/", add_then_break),
    path("t/<slug:tenant_slug>/render/", add_then_fail_to_render),
    path("t/<slug:tenant_slug>/staff-inside/", staff_inside),
    path("t/<slug:tenant_slug>/stream-lazily/", stream_lazily),
    path("t/<slug:tenant_slug>/stream-in-scope/", stream_in_scope),
]
