"""A finished run's workbook on its way to a browser."""

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.core.files import File
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse

CHUNK = 256 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_response(request: HttpRequest, file: File, name: str) -> HttpResponse:
    """Answer with the file, as `name`, to be saved and never cached; it is closed afterwards."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
    response.headers["Cache-Control"] = "private, no-store"
    if not isinstance(request, ASGIRequest):
        return response
    # Under ASGI Django would read all of a plain iterator into memory before it sends the first byte.
    return StreamingHttpResponse(_chunks(file), headers=response.headers)


async def _chunks(file: File) -> AsyncIterator[bytes]:
    read = sync_to_async(file.read, thread_sensitive=False)
    try:
        while chunk := await read(CHUNK):
            yield chunk
    finally:
        file.close()
