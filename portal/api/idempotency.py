"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a POST that is sent again gets its first answer.

The answer is stored in the transaction of what the request has done, so both exist or neither does. While that
transaction runs it holds an advisory lock, so a retry beside it is refused. An error changes nothing and is not
stored: the retry is carried out.
"""

import hashlib
import re

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.api.parameters import Parameter
from portal.api.problems import BadParameter, InWork, KeyReused, TooLarge
from portal.common import sealed
from portal.tenants.idempotent_answers import KEPT
from portal.tenants.models import ApiKey, IdempotentAnswer

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
MAX_BODY = 32 * 1024 * 1024  # more than any resource takes
PARAMETER = Parameter(
    name=HEADER,
    text=(
        f"A text of your own for this request, such as a UUID: 1 to {MAX_LENGTH} visible ASCII characters, also in"
        " double quotes. A retry with the same key and body within 24 hours gets the first answer and changes nothing."
    ),
    pattern=f"^[!-~]{{1,{MAX_LENGTH}}}$",
)
REPLAYED = "Idempotent-Replayed"  # the answer's header that tells a stored answer
_PURPOSE = "idempotent-answer"
_KEPT_HEADERS = ("Location",)
_is_value = re.compile(rf"[!-~]{{1,{MAX_LENGTH}}}").fullmatch


class Idempotency:
    """One POST with a key: the stored answer of an earlier one, or where its own is to be stored."""

    def __init__(self, request: HttpRequest, key: ApiKey) -> None:
        """Acquire the lock of the key's value. Raises BadParameter, KeyReused, InWork and TooLarge."""
        value = _unquoted(request.headers[HEADER])
        if not _is_value(value):
            raise BadParameter(HEADER, f"1 to {MAX_LENGTH} visible ASCII characters")
        self.key, self.name, self.request = key, _digest(value.encode()), _digest_of(request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{key.id} {self.name}"])
            if not cursor.fetchone()[0]:
                raise InWork(f"{HEADER}: a request with this key is still in work.", wait=1)
        rows = IdempotentAnswer.objects.filter(key=key, name=self.name)
        rows.filter(at__lte=timezone.now() - KEPT).delete()
        self.stored = rows.first()
        if self.stored is not None and self.stored.request != self.request:
            raise KeyReused(f"{HEADER}: this key was sent before with another path or body.")

    def answer(self) -> HttpResponse | None:
        """Return the stored answer, None where there is none."""
        if self.stored is None:
            return None
        kept = orjson.loads(sealed.unseal(self.stored.answer, purpose=_PURPOSE))
        headers = kept["headers"] | {REPLAYED: "true"}
        return HttpResponse(kept["body"], kept["type"], status=self.stored.status, headers=headers)

    def store(self, response: HttpResponse) -> None:
        """Store a rendered answer that is no error."""
        if not 200 <= response.status_code < 300:
            return
        kept = {
            "body": response.content.decode(),
            "type": response.headers["Content-Type"],
            "headers": {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers},
        }
        IdempotentAnswer.objects.create(
            tenant_id=self.key.tenant_id,
            key=self.key,
            at=timezone.now(),
            name=self.name,
            request=self.request,
            status=response.status_code,
            answer=sealed.seal(orjson.dumps(kept).decode(), purpose=_PURPOSE),
        )


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 2 and value.startswith('"') and value.endswith('"')
    return value[1:-1] if is_quoted else value


def _digest_of(request: HttpRequest) -> str:
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise TooLarge(f"The body is longer than the limit of {MAX_BODY} bytes.")
    request._body = body  # for the parsers; `request.body` would hold to the limit of forms
    media = (request.content_type or "").encode()
    return _digest(b"\0".join((request.method.encode(), request.get_full_path().encode(), media, body)))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
