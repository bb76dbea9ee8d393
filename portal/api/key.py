"""GET /api/v1/key/: what the key that asks is."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.operations import Operation
from portal.api.serializers import KeySerializer
from portal.api.views import ApiView


class KeyView(ApiView):
    """The key itself; the first thing to try a new one with."""

    operations = {
        "GET": Operation(
            id="get_key",
            tag="Keys",
            summary="Get the API key",
            text=(
                "Owner, scopes and expiry of the key that sends the request. Any valid key may call this: use it"
                " to test a new key."
            ),
            scope="",
            answer=KeySerializer,
            answer_text="The key.",
            answer_example={
                "name": "warehouse",
                "prefix": "srk_AbCdEfGh",
                "tenant": "nordic-retail",
                "account": None,
                "timezone": "Europe/Helsinki",
                "country": "FI",
                "scopes": ["read", "submit"],
                "created_at": "2026-10-01T08:30:00Z",
                "expires_at": None,
                "last_used_at": "2026-11-02T10:00:05Z",
                "requests_per_minute": 600,
            },
        )
    }

    def get(self, request: Request) -> Response:
        key = self.access.key
        return self.answer(
            {
                "name": key.name,
                "prefix": key.prefix,
                "tenant": None if key.account else key.tenant.slug,
                "account": key.account.name if key.account else None,
                "timezone": key.tenant.timezone,
                "country": key.tenant.country or None,
                "scopes": key.scopes,
                "created_at": key.created_at,
                "expires_at": key.expires_at,
                "last_used_at": key.last_used_at,
                "requests_per_minute": settings.API_KEY_PER_MINUTE or None,
            }
        )
