"""Template context of every page."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from portal.brands.brand import Brand
from portal.brands.middleware import shown_brand
from portal.tenants.models import Tenant
from portal.tenants.waiting import waiting

# What a person chose, in cookies; the first value holds where nothing was.
LOOKS = {"theme": ("auto", "light", "dark"), "density": ("compact", "comfortable")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A tenant that the person may switch to; `depth` is 0 to 2 levels below another choice."""

    id: int
    slug: str
    name: str
    timezone: str
    depth: int


def portal(request: HttpRequest) -> dict:
    """Return the request's access, its tenant and, by a lazy query, the other tenants that the person reaches."""
    access = getattr(request, "access", None)
    return {
        "access": access,
        "tenant": access.tenant if access else None,
        "brand": _brand(request),
        "reachable_tenants": lambda: choices(access.reached) if access else [],
        "csv_form": access.tenant.csv_form if access and access.tenant else None,
        "inbox": lambda: waiting(timezone.now()),
    } | {name: _chosen(request, name) for name in LOOKS}


def _brand(request: HttpRequest) -> Brand:
    """Return the brand of the page's tenant or person, without them that of the host that led to it."""
    access, user = getattr(request, "access", None), getattr(request, "user", None)
    if access and (access.share or (user and user.is_authenticated)):
        return access.brand
    return shown_brand(request)


def _chosen(request: HttpRequest, name: str) -> str:
    value = request.COOKIES.get(name)
    return value if value in LOOKS[name] else LOOKS[name][0]


def choices(tenant_ids: frozenset[int]) -> list[Choice]:
    """Return these tenants by name, each followed by its children."""
    below: dict[int | None, list[Tenant]] = {}
    for tenant in Tenant.objects.filter(id__in=tenant_ids).order_by("name", "id"):
        below.setdefault(tenant.parent_id if tenant.parent_id in tenant_ids else None, []).append(tenant)

    def walk(parent_id: int | None, depth: int) -> list[Choice]:
        found = []
        for tenant in below.get(parent_id, []):
            found.append(Choice(tenant.id, tenant.slug, tenant.name, tenant.timezone, min(depth, 2)))
            found += walk(tenant.id, depth + 1)
        return found

    return walk(None, 0)
