"""/api/v1/reports/definitions/{id}/runs/: runs of saved reports started, followed, cancelled, retried; their files."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.models import record
from portal.api.operations import REPORTS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, page_of
from portal.api.parameters import Parameter
from portal.api.problems import Conflict, Gone, NotReady
from portal.common.file_response import file_response
from reports.models import DefinitionRun, ReportDefinition
from reports.schedules import runs
from reports.schedules.files import MEDIA_TYPES, download_name, edition_of, open_file, suffix_of
from reports.schedules.rest.examples import QUEUED_RUN, RUN
from reports.schedules.rest.reached import (
    DEFINITION_PATH,
    DEFINITION_RUN_PATH,
    SavedReportView,
    as_manager,
)
from reports.schedules.rest.serializers import DefinitionRunAnswer, DefinitionRunsAnswer, EmptyBody
from reports.schedules.rest.shown import shown_runs
from reports.schedules.rights import may_read

FILE_PATH = DEFINITION_RUN_PATH | {
    "format_name": Parameter(
        name="format_name",
        text="The format of the file.",
        kind="choice",
        choices=tuple(ReportDefinition.Format.values),
        example="xlsx",
    )
}


class DefinitionRunsView(SavedReportView):
    """The runs of a saved report, newest first. POST starts one."""

    operations = {
        "GET": Operation(
            id="list_definition_runs",
            tag="Saved reports",
            summary="List runs of a saved report",
            text="The runs, newest first, with their files.",
            path=DEFINITION_PATH,
            parameters=LISTED,
            answer=DefinitionRunsAnswer,
            answer_text="A page of runs.",
            answer_example=PAGE_EXAMPLE | {"data": [RUN]},
        ),
        "POST": Operation(
            id="run_report_definition",
            tag="Saved reports",
            summary="Run a saved report",
            text=(
                "Make the report now, of the days that its period has today. A run of the same days that is still open"
                " is the answer in place of a second one. Poll it, or let a gate tell `report.ready`. The body is `{}`."
            ),
            scope=REPORTS,
            path=DEFINITION_PATH,
            body=EmptyBody,
            body_example={},
            answer=DefinitionRunAnswer,
            answer_text="The run is queued, or was already.",
            answer_example=QUEUED_RUN,
            status=202,
            headers={"Location": "Path of the run."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, definition_id: int) -> Response:
        definition = self.definition(definition_id)
        access = as_manager(self.access, definition.tenant)
        rows = DefinitionRun.objects.filter(definition=definition).select_related("tenant", "definition")

        def shown(page: list[DefinitionRun]) -> list[dict]:
            return shown_runs([run for run in page if may_read(access, run)], access)

        return self.answer(page_of(rows, self.given, self.access, shown))

    def post(self, request: Request, definition_id: int) -> Response:
        self.body(request)
        definition = self.definition(definition_id)
        self.refuse_kind(definition.kind)
        try:
            run = runs.request_definition_run(
                definition=definition,
                requested_by=str(self.key),
                cause=DefinitionRun.Cause.API,
                now=timezone.now(),
            )
        except runs.DefinitionArchived as error:
            raise Conflict("The saved report was deleted meanwhile.") from error
        run.refresh_from_db()
        (answer,) = shown_runs([run], as_manager(self.access, definition.tenant))
        return self.answer(answer, Location=answer["url"])


class DefinitionRunView(SavedReportView):
    """One run; DELETE cancels it."""

    operations = {
        "GET": Operation(
            id="get_definition_run",
            tag="Saved reports",
            summary="One run of a saved report",
            text="A run, its progress and its files. Poll every few seconds until `state` is final.",
            path=DEFINITION_RUN_PATH,
            answer=DefinitionRunAnswer,
            answer_text="The run.",
            answer_example=RUN,
        ),
        "DELETE": Operation(
            id="cancel_definition_run",
            tag="Saved reports",
            summary="Cancel a run of a saved report",
            text="Cancel a run that waits or is being made. One that has ended is a `conflict`.",
            scope=REPORTS,
            path=DEFINITION_RUN_PATH,
            answer=DefinitionRunAnswer,
            answer_text="The run; one that is being made ends within seconds.",
            answer_example=QUEUED_RUN | {"state": "cancelled", "finished_at": "2026-11-02T10:00:07Z"},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, definition_id: int, saved_run_id: int) -> Response:
        run, access = self.run_of(definition_id, saved_run_id)
        return self.answer(shown_runs([run], access)[0])

    def delete(self, request: Request, definition_id: int, saved_run_id: int) -> Response:
        run, access = self.run_of(definition_id, saved_run_id)
        if not runs.cancel(run, actor=str(self.key)):
            raise Conflict(f"The run has ended already: {run.state}.")
        run.refresh_from_db()
        return self.answer(shown_runs([run], access)[0])


class RetryDefinitionRunView(SavedReportView):
    """Making a run again."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="retry_definition_run",
            tag="Saved reports",
            summary="Retry a run of a saved report",
            text="Queue a failed or cancelled run again, of the same days; any other is a `conflict`. Body: `{}`.",
            scope=REPORTS,
            path=DEFINITION_RUN_PATH,
            body=EmptyBody,
            body_example={},
            answer=DefinitionRunAnswer,
            answer_text="The run is queued again.",
            answer_example=QUEUED_RUN | {"cause": "retry"},
            status=202,
            problems=("conflict",),
        )
    }

    def post(self, request: Request, definition_id: int, saved_run_id: int) -> Response:
        self.body(request)
        run, access = self.run_of(definition_id, saved_run_id)
        self.refuse_kind(run.definition.kind)
        if not runs.retry(run, requested_by=str(self.key)):
            raise Conflict("Only a run that failed or was cancelled can be made again.")
        run.refresh_from_db()
        return self.answer(shown_runs([run], access)[0])


class DefinitionRunFileView(SavedReportView):
    """A file of a run; who fetched it is written down."""

    operations = {
        "GET": Operation(
            id="download_definition_run",
            tag="Saved reports",
            summary="A file of a saved report",
            text=(
                "A file of a run that is done; tables as CSV and Parquet are in an archive (zip). Each download is"
                " recorded in the audit log. A key without the scope `numbers` gets the edition with masked phone"
                " numbers. A file never changes: with its `ETag` as `If-None-Match` the response is 304 without it."
            ),
            path=FILE_PATH,
            answer_text="The file.",
            media="application/octet-stream",
            also_media=tuple(sorted({*MEDIA_TYPES.values()})),
            also={304: "The file still has the `ETag` in `If-None-Match`."},
            headers={"Content-Disposition": "The file's name.", "ETag": "The file's SHA-256."},
            problems=("not-ready", "gone"),
        )
    }

    def get(self, request: Request, definition_id: int, saved_run_id: int, format_name: str) -> HttpResponse:
        run, access = self.run_of(definition_id, saved_run_id)
        if run.state != DefinitionRun.State.DONE:
            raise NotReady(f"This run is not ready: {run.state}.")
        file = edition_of(run, format_name, access.masking)
        if file is None:
            raise Http404
        file.run = run
        etag = f'"{file.sha256}"'
        try:
            content = open_file(file)
        except FileNotFoundError as error:
            raise Gone("The file was deleted. Run the report again.") from error
        if (unchanged := get_conditional_response(request._request, etag=etag)) is not None:
            content.close()
            return unchanged
        name = download_name(file)
        details = {"run": run.pk, "format": file.format, "edition": file.edition}
        record(
            "definition_run.downloaded",
            actor=str(self.key),
            tenant=run.tenant,
            subject=name,
            details=details,
        )
        response = file_response(request._request, content, name, content_type=MEDIA_TYPES[suffix_of(file)])
        response.headers["ETag"] = etag
        return response
