"""What every page knows."""

from django.http import HttpRequest


def portal(request: HttpRequest) -> dict:
    """Return the request's access, and its tenant, to templates."""
    access = getattr(request, "access", None)
    return {"access": access, "tenant": access.tenant if access else None}
