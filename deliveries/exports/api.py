"""/api/v1/exports/: whole searches as files, requested, listed, fetched, cancelled and deleted."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.exports import asking
from deliveries.exports.examples import CANCELLED, EXPORT, QUEUED
from deliveries.exports.files import MEDIA_TYPES, open_file
from deliveries.exports.serializers import AskForExportSerializer, ExportPageSerializer, ExportSerializer
from deliveries.message_pages.filters_api import FILTERS, read_query, searched_texts
from deliveries.models import Export
from deliveries.search.number_searches_api import count_searches
from deliveries.search.query import BadFilter, conditions, tenants_with_campaigns
from portal.accounts.access import Access
from portal.accounts.models import record
from portal.api.operations import EXPORTING, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import Parameter
from portal.api.problems import BadParameter, Gone, NotReady, TooManyRequests
from portal.api.views import ApiView
from portal.common.file_response import file_response

EXPORT_PATH = {
    "export_id": Parameter(name="export_id", text="The export's `id`.", kind="number", most=ROW_ID_MAX, example=42)
}
_RETRY_AFTER = 30  # seconds, when too many exports are open


class ExportsView(ApiView):
    """The key's exports, newest first, and new requests."""

    operations = {
        "GET": Operation(
            id="list_exports",
            tag="Exports",
            summary="List exports",
            text="The exports that this key requested, newest first. A row is deleted 30 days after its request.",
            parameters=(
                Parameter(
                    name="state",
                    text="Only with this state.",
                    kind="choice",
                    choices=tuple(Export.State.values),
                    example="done",
                ),
                *LISTED,
            ),
            sample={"state": "done"},
            answer=ExportPageSerializer,
            answer_text="A page of exports.",
            answer_example=PAGE_EXAMPLE | {"data": [EXPORT]},
        ),
        "POST": Operation(
            id="request_export",
            tag="Exports",
            summary="Request an export",
            text=(
                "Queue a whole search as a file. The query parameters are the filters of `list_messages`; without a"
                " period it finds messages of any time. Poll the export until its `state` is `done`, `failed` or"
                " `cancelled`, then fetch its file within 7 days. Phone numbers are masked unless the key has the scope"
                " `numbers` when the file is made."
            ),
            scope=EXPORTING,
            parameters=FILTERS,
            body=AskForExportSerializer,
            body_example={"format": "parquet", "columns": ["sent_at", "message_id", "number", "status"]},
            sample={"period": "last_month", "campaign": "October sale"},
            answer=ExportSerializer,
            answer_text="The export is queued; `Location` is its URL.",
            answer_example=QUEUED,
            status=202,
            headers={"Location": "The export's address."},
            problems=("bad-parameter",),
        ),
    }

    def get(self, request: Request) -> Response:
        exports = visible(self.access)
        if state := self.given.choice("state"):
            exports = exports.filter(state=state)
        return self.answer(page_of(exports, self.given, self.access, lambda page: [shown(export) for export in page]))

    def post(self, request: Request) -> Response:
        assert self.access.tenant is not None  # every key has one
        query, statuses = read_query(self.given, self.access)
        if statuses == []:
            raise BadParameter("counts_as", "no message has one of these statuses and counts as one of these")
        body = self.body(request)
        count_searches(request, searched_texts(query))
        try:
            tenants_with_campaigns(query)
            conditions(query)
        except BadFilter as error:
            raise BadParameter(error.field, error.text) from error
        try:
            export = asking.ask(
                tenant=self.access.tenant,
                access=self.access,
                user=None,
                query=query,
                title=" ".join(
                    f"{name}={text}" for name, texts in request.query_params.lists() for text in texts if text
                ),
                format=body["format"],
                columns=body["columns"],
            )
        except asking.TooMany as error:
            raise too_many(error) from error
        return self.answer(shown(export), Location=reverse("api:export", args=[export.id]))


class ExportView(ApiView):
    """One export and how far it is; ending it."""

    operations = {
        "GET": Operation(
            id="get_export",
            tag="Exports",
            summary="One export",
            text="An export and its progress. Poll every few seconds; `download_url` is set when it is done.",
            path=EXPORT_PATH,
            answer=ExportSerializer,
            answer_text="The export.",
            answer_example=EXPORT,
        ),
        "DELETE": Operation(
            id="cancel_export",
            tag="Exports",
            summary="Cancel or delete an export",
            text=(
                "Cancel an export that waits or is being made (it stops after its present step), or delete the file of"
                " one that has ended. Repeating it changes nothing."
            ),
            scope=EXPORTING,
            path=EXPORT_PATH,
            answer=ExportSerializer,
            answer_text="The export as it is now.",
            answer_example=CANCELLED,
        ),
    }

    def get(self, request: Request, export_id: int) -> Response:
        return self.answer(shown(_export(self.access, export_id)))

    def delete(self, request: Request, export_id: int) -> Response:
        export, actor = _export(self.access, export_id), str(self.access.key)
        if not asking.cancel(export, actor=actor):
            asking.delete(export, actor=actor, now=timezone.now())
        export.refresh_from_db()
        return self.answer(shown(export))


class ExportDownloadView(ApiView):
    """A finished export's file; who fetched it is written down."""

    operations = {
        "GET": Operation(
            id="download_export",
            tag="Exports",
            summary="An export's file",
            text=(
                "The file of an export that is done, for the key that requested it. Each download is recorded in the"
                " audit log."
            ),
            path=EXPORT_PATH,
            answer_text="The file.",
            media=MEDIA_TYPES[Export.Format.XLSX],
            also_media=("text/csv", MEDIA_TYPES[Export.Format.PARQUET]),
            headers={"Content-Disposition": "The file's name."},
            problems=("not-ready", "gone"),
        )
    }

    def get(self, request: Request, export_id: int) -> HttpResponse:
        export = _export(self.access, export_id)
        if export.state != Export.State.DONE:
            raise NotReady(f"This export is not ready: {export.state}.")
        if export.in_full and not self.access.masking.in_full:
            raise Gone("The file has phone numbers in full, which this key may not see any more. Request it again.")
        try:
            file = open_file(export, now=timezone.now())
        except FileNotFoundError as error:
            raise Gone("The file of this export was deleted. Request it again.") from error
        record("export.downloaded", actor=str(self.access.key), tenant=export.tenant, subject=export.file_name)
        media = MEDIA_TYPES[export.format]
        return file_response(request._request, file, export.file_name, content_type=media)


def visible(access: Access) -> QuerySet[Export]:
    """Return the exports that the key requested."""
    return Export.objects.select_related("tenant").filter(tenant=access.tenant, key=access.key)


def too_many(error: asking.TooMany) -> TooManyRequests:
    """Return the problem that an exceeded limit is answered with."""
    return TooManyRequests(f"{error.most} exports wait or are being made, the most at once.", _RETRY_AFTER)


def shown(export: Export) -> dict:
    """Return an export as the API shows it."""
    is_done = export.state == Export.State.DONE
    return {
        "id": export.id,
        "kind": export.kind,
        "tenant": export.tenant.slug,
        "timezone": export.tenant.timezone,
        "search": export.title,
        "format": export.format,
        "columns": export.columns,
        "state": export.state,
        "problem": export.problem or None,
        "rows_done": export.done,
        "rows": export.total if is_done or export.total else None,
        "requested_at": export.created_at,
        "finished_at": export.finished_at,
        "data_as_of": export.as_of,
        "numbers": ("full" if export.in_full else "masked") if is_done else None,
        "bytes": export.bytes,
        "sha256": export.sha256 or None,
        "expires_at": export.expires_at,
        "deleted": export.gone or None,
        "url": reverse("api:export", args=[export.id]),
        "download_url": reverse("api:export_download", args=[export.id]) if export.has_file else None,
    }


def _export(access: Access, export_id: int) -> Export:
    return get_object_or_404(visible(access), id=min(export_id, ROW_ID_MAX))
