"""A stored file as an answer: to be saved, never cached, and sent in chunks."""

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.core.files import File
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse

CHUNK = 256 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_response(request: HttpRequest, file: File, name: str, *, content_type: str = XLSX) -> HttpResponse:
    """Answer with the file, as `name`, to be saved and never cached; it is closed afterwards."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    if request.method == "HEAD":
        file.close()  # nobody reads it
        return HttpResponse(headers=response.headers)
    if not isinstance(request, ASGIRequest):
        return response  # type: ignore[return-value] # views answer with an HttpResponse; no caller reads its content
    # Under ASGI Django would read all of a plain iterator into memory before it sends the first byte.
    return StreamingHttpResponse(_chunks(file), headers=response.headers)  # type: ignore[return-value] # as above


async def _chunks(file: File) -> AsyncIterator[bytes]:
    read = sync_to_async(file.read, thread_sensitive=False)
    try:
        while chunk := await read(CHUNK):
            yield chunk
    finally:
        file.close()
