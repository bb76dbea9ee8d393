"""GET /api/v1/schema/: the description of the API, for programs."""

import hashlib
from functools import cache

import orjson
import yaml
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from portal.api.operations import Operation
from portal.api.parameters import Parameter
from portal.api.schema import document
from portal.api.views import ApiView

JSON, YAML = "application/json", "application/yaml"


class SchemaView(ApiView):
    """The OpenAPI document, also the source of the reference page. It holds no secrets, so no key is required."""

    authentication_classes = []
    permission_classes = []
    cache_control = "public, no-cache"  # kept, and asked about by its ETag

    operations = {
        "GET": Operation(
            id="get_schema",
            tag="Description",
            summary="Get this description (OpenAPI 3.1)",
            text=(
                "Every operation with its parameters, responses and errors, for client generators. No key is"
                " required. Send `If-None-Match` to download it only if it changed (304)."
            ),
            scope=None,
            parameters=(
                Parameter(
                    name="format",
                    text="The format of the description.",
                    kind="choice",
                    choices=("json", "yaml"),
                    default="json",
                    example="yaml",
                ),
            ),
            answer_text="The description.",
            media=JSON,
            also_media=(YAML,),
            headers={"ETag": "Changes when the description changes."},
        )
    }

    def get(self, request: Request) -> HttpResponse:
        content, media, etag = written(self.given.choice("format"))
        response = HttpResponse(content, content_type=media, headers={"ETag": etag})
        return get_conditional_response(request._request, etag=etag, response=response)


@cache
def written(form: str) -> tuple[bytes, str, str]:
    """Return the description as bytes in the form, its media type and its ETag."""
    if form == "json":
        content, media = orjson.dumps(document(), option=orjson.OPT_INDENT_2), JSON
    else:
        plain = orjson.loads(orjson.dumps(document()))
        content, media = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120).encode(), YAML
    return content, media, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
