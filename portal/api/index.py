"""GET /api/v1/: the list of everything the API has."""

from functools import cache

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.operations import Operation
from portal.api.schema import SECURITY_SCHEME, document
from portal.api.serializers import IndexSerializer
from portal.api.views import ApiView

EXAMPLE = {
    "version": "1",
    "documentation": "/api/v1/docs/",
    "schema": "/api/v1/schema/",
    "operations": [
        {
            "id": "get_statistics",
            "method": "GET",
            "path": "/api/v1/statistics/",
            "summary": "Get figures, in total and by group",
            "scope": "read",
        }
    ],
}


class IndexView(ApiView):
    """The index; it names no tenant and needs no key."""

    authentication_classes = []
    permission_classes = []
    cache_control = "public, max-age=300"

    operations = {
        "GET": Operation(
            id="list_operations",
            tag="Keys",
            summary="List all operations",
            text="Every operation with its method, path and scope. No key is needed.",
            scope=None,
            answer=IndexSerializer,
            answer_text="The operations.",
            answer_example=EXAMPLE,
        )
    }

    def get(self, request: Request) -> Response:
        addresses = {"documentation": reverse("api:docs"), "schema": reverse("api:schema")}
        return self.answer({"version": "1", **addresses, "operations": _operations()})


@cache
def _operations() -> list[dict]:
    return [
        {
            "id": operation["operationId"],
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "scope": _scope(operation),
        }
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def _scope(operation: dict) -> str | None:
    """Return the scope that an operation asks for: "" for any key, None without a key."""
    for scheme in operation.get("security", []):
        return "".join(scheme.get(SECURITY_SCHEME, []))
    return None
