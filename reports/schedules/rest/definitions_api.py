"""/api/v1/reports/definitions/: saved reports listed, created, changed, paused, resumed, archived and restored."""

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.operations import REPORTS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import BadField, Conflict
from reports.models import ReportDefinition
from reports.schedules import definitions
from reports.schedules.rest import bodies
from reports.schedules.rest.examples import DEFINITION, NEW_DEFINITION
from reports.schedules.rest.reached import DEFINITION_PATH, SavedReportView, as_manager
from reports.schedules.rest.serializers import (
    DefinitionAnswer,
    DefinitionBody,
    DefinitionsAnswer,
    EmptyBody,
    NewDefinitionBody,
)
from reports.schedules.rest.shown import shown_definitions

NAME_TAKEN = "Another saved report of this tenant has this name."

ARCHIVED = {"no": False, "yes": True, "all": None}


class DefinitionsView(SavedReportView):
    """The saved reports of the key's tenants, newest first. POST saves one."""

    operations = {
        "GET": Operation(
            id="list_report_definitions",
            tag="Saved reports",
            summary="List saved reports",
            text=(
                "The saved reports of the key's tenant and of all below it, newest first. They"
                " belong to tenants: an account's key has none."
            ),
            parameters=(
                TENANT,
                Parameter(
                    name="kind",
                    text="Only of this kind.",
                    kind="choice",
                    choices=tuple(ReportDefinition.Kind.values),
                    example="volumes",
                ),
                Parameter(
                    name="archived",
                    text="Whether archived reports are listed instead of the others, or `all`.",
                    kind="choice",
                    choices=tuple(ARCHIVED),
                    default="no",
                ),
                *LISTED,
            ),
            sample={"kind": "volumes"},
            answer=DefinitionsAnswer,
            answer_text="A page of saved reports.",
            answer_example=PAGE_EXAMPLE | {"data": [DEFINITION]},
        ),
        "POST": Operation(
            id="create_report_definition",
            tag="Saved reports",
            summary="Save a report",
            text=(
                "Save a report for the tenant or one below it: what it shows, of which days, in which formats and when"
                " it is made by itself. It belongs to the holder of the key: its files are made with the rights that"
                " person has then. A message log needs the scope `export`, too. Add recipients afterwards."
            ),
            scope=REPORTS,
            body=NewDefinitionBody,
            body_example=NEW_DEFINITION,
            answer=DefinitionAnswer,
            answer_text="The saved report.",
            answer_example=DEFINITION,
            status=201,
            headers={"Location": "Path of the saved report."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        rows = self.definitions(archived=ARCHIVED[self.given.choice("archived") or "no"])
        if (asked := self.given.tenants(self.access)) is not None:
            rows = rows.filter(tenant_id__in=asked.values())
        if kind := self.given.choice("kind"):
            rows = rows.filter(kind=kind)
        masking = self.access.masking
        return self.answer(page_of(rows, self.given, self.access, lambda page: shown_definitions(page, masking)))

    def post(self, request: Request) -> Response:
        body = self.body(request)
        self.refuse_without_holder()
        self.refuse_kind(body["kind"])
        tenant = self.tenant(body.pop("tenant", None))
        values = bodies.new_values(body, as_manager(self.access, tenant))
        try:
            with transaction.atomic():
                made = definitions.create_definition(tenant=tenant, owner=self.key, values=values)
        except definitions.NameTaken as error:
            raise BadField("name", NAME_TAKEN) from error
        made.refresh_from_db()
        (answer,) = shown_definitions([made], self.access.masking)
        return self.answer(answer, Location=answer["url"])


class DefinitionView(SavedReportView):
    """One saved report; PATCH changes it, DELETE archives it."""

    http_method_names = ["get", "head", "options", "patch", "delete"]
    operations = {
        "GET": Operation(
            id="get_report_definition",
            tag="Saved reports",
            summary="One saved report",
            text="A saved report.",
            path=DEFINITION_PATH,
            answer=DefinitionAnswer,
            answer_text="The saved report.",
            answer_example=DEFINITION,
        ),
        "PATCH": Operation(
            id="change_report_definition",
            tag="Saved reports",
            summary="Change a saved report",
            text=(
                "Change the fields that are given; `parameters` are replaced as a whole. It belongs to the holder of"
                " this key from now on, and a paused one goes on."
            ),
            scope=REPORTS,
            path=DEFINITION_PATH,
            body=DefinitionBody,
            body_example={"formats": ["xlsx", "pdf"], "at": "06:30"},
            answer=DefinitionAnswer,
            answer_text="The changed report.",
            answer_example=DEFINITION,
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="delete_report_definition",
            tag="Saved reports",
            summary="Delete a saved report",
            text=(
                "Archive the report: it is made no more, and its open runs are made to their end. Its files stay until"
                " they expire. It can be restored."
            ),
            scope=REPORTS,
            path=DEFINITION_PATH,
            answer=DefinitionAnswer,
            answer_text="The archived report.",
            answer_example=DEFINITION | {"next_at": None},
        ),
    }

    def get(self, request: Request, definition_id: int) -> Response:
        return self.answer(shown_definitions([self.definition(definition_id)], self.access.masking)[0])

    def patch(self, request: Request, definition_id: int) -> Response:
        body, definition = self.body(request, is_partial=True), self.definition(definition_id)
        self.refuse_without_holder()
        self.refuse_kind(body.get("kind", definition.kind))
        values = bodies.changed_values(body, definition, as_manager(self.access, definition.tenant))
        return self._changed(definition, values)

    def delete(self, request: Request, definition_id: int) -> Response:
        definition = self.definition(definition_id)
        definitions.archive_definition(definition=definition, actor=str(self.key), now=timezone.now())
        definition.refresh_from_db()
        return self.answer(shown_definitions([definition], self.access.masking)[0])

    def _changed(self, definition: ReportDefinition, values: dict) -> Response:
        try:
            with transaction.atomic():
                definitions.change_definition(definition=definition, values=values, actor=self.key, now=timezone.now())
        except definitions.NameTaken as error:
            raise BadField("name", NAME_TAKEN) from error
        return self.answer(shown_definitions([definition], self.access.masking)[0])


class PauseDefinitionView(SavedReportView):
    """Pausing a schedule."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="pause_report_definition",
            tag="Saved reports",
            summary="Pause a saved report",
            text="Stop its schedule. It can still be run on request. Pausing again changes nothing. The body is `{}`.",
            scope=REPORTS,
            path=DEFINITION_PATH,
            body=EmptyBody,
            body_example={},
            answer=DefinitionAnswer,
            answer_text="The paused report.",
            answer_example=DEFINITION
            | {"next_at": None, "stopped_at": "2026-11-02T10:00:05Z", "stopped_reason": "by_person"},
        )
    }

    def post(self, request: Request, definition_id: int) -> Response:
        self.body(request)
        definition = self.definition(definition_id)
        definitions.stop_definition(
            definition=definition,
            reason=ReportDefinition.Stopped.BY_PERSON,
            actor=str(self.key),
            now=timezone.now(),
        )
        definition.refresh_from_db()
        return self.answer(shown_definitions([definition], self.access.masking)[0])


class ResumeDefinitionView(SavedReportView):
    """Letting a paused report go on."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="resume_report_definition",
            tag="Saved reports",
            summary="Resume a saved report",
            text=(
                "Let a paused report go on. It belongs to the holder of this key from now on. What it is about must"
                " still exist; otherwise the 422 says what is missing. The body is `{}`."
            ),
            scope=REPORTS,
            path=DEFINITION_PATH,
            body=EmptyBody,
            body_example={},
            answer=DefinitionAnswer,
            answer_text="The report.",
            answer_example=DEFINITION,
            problems=("conflict",),
        )
    }

    def post(self, request: Request, definition_id: int) -> Response:
        self.body(request)
        definition = self.definition(definition_id)
        self.refuse_without_holder()
        self.refuse_kind(definition.kind)
        bodies.check_stored(definition, as_manager(self.access, definition.tenant))
        definitions.change_definition(definition=definition, values={}, actor=self.key, now=timezone.now())
        return self.answer(shown_definitions([definition], self.access.masking)[0])


class RestoreDefinitionView(SavedReportView):
    """Restoring an archived report."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="restore_report_definition",
            tag="Saved reports",
            summary="Restore an archived report",
            text=(
                "Undo the archiving of a saved report; its schedule goes on with its next due time. Another report may"
                " have its name by now: rename that one first (`conflict`). The body is `{}`."
            ),
            scope=REPORTS,
            path=DEFINITION_PATH,
            body=EmptyBody,
            body_example={},
            answer=DefinitionAnswer,
            answer_text="The report.",
            answer_example=DEFINITION,
            problems=("conflict",),
        )
    }

    def post(self, request: Request, definition_id: int) -> Response:
        self.body(request)
        definition = self.definition(definition_id, archived=True)
        self.refuse_kind(definition.kind)
        try:
            with transaction.atomic():
                definitions.restore_definition(definition=definition, actor=str(self.key), now=timezone.now())
        except definitions.NameTaken as error:
            raise Conflict(NAME_TAKEN) from error
        definition.refresh_from_db()
        return self.answer(shown_definitions([definition], self.access.masking)[0])
