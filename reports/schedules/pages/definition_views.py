"""A definition's page: what it makes and when, its runs with their files, and what a person can do with it."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant
from reports.models import DefinitionRun, ReportDefinition
from reports.schedules import definitions, runs
from reports.schedules.checking import WrongDefinition, check_definition
from reports.schedules.pages.rows import readable, run_rows
from reports.schedules.pages.wording import PROBLEMS, due_texts, parameter_lines, period_text, schedule_text
from reports.schedules.recipient_views import recipient_rows
from reports.schedules.rights import MAKE, READ

RUNS_PER_PAGE = 20
_PAGE = "reports:definition"


@require_safe
@member_may(READ)
def definition_page(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """Show a definition with its runs; htmx gets the runs alone."""
    definition = get_object_or_404(readable(request.access), id=definition_id)
    found = DefinitionRun.objects.filter(definition=definition).select_related("definition").order_by("-id")
    shown = Paginator(found, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    rows = run_rows(definition, list(shown.object_list), request.access, request.user)
    may = definitions.may_change(request.access, definition, request.user)
    context = {
        "page": "reports",
        "definition": definition,
        "page_obj": shown,
        "rows": rows,
        "is_open": any(row.run.is_open for row in rows),
        "may_change": may and definition.archived_at is None,
        "may_restore": may and definition.archived_at is not None,
        "may_make": request.access.may(MAKE),
    }
    if request.headers.get("HX-Request"):
        return render(request, "reports/saved/_runs.html", context)
    context |= {
        "lines": parameter_lines(definition, request.access.masking),
        "period": period_text(definition),
        "formats": [ReportDefinition.Format(name).label for name in definition.formats],
        "schedule": schedule_text(definition),
        "due": due_texts(definition, now=timezone.now()) if definition.is_scheduled else [],
        "recipients": recipient_rows(definition) if may else [],
        "is_owner": definition.owner_id == request.user.pk,
    }
    return render(request, "reports/saved/definition.html", context)


@posted_from(_PAGE)
@member_may(MAKE)
def run(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """Ask for a run of the days that it is of now."""

    def ask(definition: ReportDefinition) -> None:
        runs.request_definition_run(
            definition=definition,
            requested_by=request.user.email,
            cause=DefinitionRun.Cause.PERSON,
            now=timezone.now(),
        )
        messages.success(request, _("The report is being made."))

    return _with(request, definition_id, ask)


@posted_from(_PAGE)
@member_may(MAKE)
def stop(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """Stop the schedule."""

    def stop_it(definition: ReportDefinition) -> None:
        definitions.stop_definition(
            definition=definition,
            reason=ReportDefinition.Stopped.BY_PERSON,
            actor=request.user.email,
            now=timezone.now(),
        )
        messages.success(request, _("The schedule is paused. You can still run the report yourself."))

    return _with(request, definition_id, stop_it)


@posted_from(_PAGE)
@member_may(MAKE)
def resume(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """Let a stopped definition go on, as the person's own: its files have that person's rights from now on."""

    def go_on(definition: ReportDefinition) -> None:
        try:
            check_definition(definition, request.access, held_gates=definition.gates)
        except WrongDefinition as wrong:
            messages.error(request, _("It cannot go on as it is. Edit it first.") + " " + str(PROBLEMS[wrong.code]))
            return
        definitions.change_definition(definition=definition, values={}, actor=request.user, now=timezone.now())
        messages.success(request, _("The report is yours now and goes on."))

    return _with(request, definition_id, go_on)


@posted_from(_PAGE)
@member_may(MAKE)
def archive(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """Archive a definition; its page has a button that undoes it."""

    def archive_it(definition: ReportDefinition) -> None:
        definitions.archive_definition(definition=definition, actor=request.user.email, now=timezone.now())

    return _with(request, definition_id, archive_it)


@posted_from(_PAGE)
@member_may(MAKE)
def restore(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """Undo the archiving."""

    def restore_it(definition: ReportDefinition) -> None:
        try:
            definitions.restore_definition(definition=definition, actor=request.user.email, now=timezone.now())
        except definitions.NameTaken:
            messages.error(request, _("Another saved report has this name now. Rename that one first."))
        else:
            messages.success(request, _("The report is restored."))

    return _with(request, definition_id, restore_it, is_archived=True)


@posted_from(_PAGE)
@member_may(MAKE)
def cancel_run(request: PageRequest, tenant: Tenant, definition_id: int, saved_run_id: int) -> HttpResponse:
    """Cancel a run that waits or is being made."""

    def cancel(definition: ReportDefinition) -> None:
        if not runs.cancel(_run(definition, saved_run_id), actor=request.user.email):
            messages.error(request, _("The run has ended already."))

    return _with(request, definition_id, cancel)


@posted_from(_PAGE)
@member_may(MAKE)
def retry_run(request: PageRequest, tenant: Tenant, definition_id: int, saved_run_id: int) -> HttpResponse:
    """Make a failed or cancelled run again, of the same days."""

    def retry(definition: ReportDefinition) -> None:
        if not runs.retry(_run(definition, saved_run_id), requested_by=request.user.email):
            messages.error(request, _("Only a run that failed or was cancelled can be made again."))

    return _with(request, definition_id, retry)


def _with(
    request: PageRequest, definition_id: int, act: Callable[[ReportDefinition], None], *, is_archived: bool = False
) -> HttpResponse:
    """Act on a definition that the person may change and go back to its page; 404 for any other."""
    definition = get_object_or_404(readable(request.access), id=definition_id, archived_at__isnull=not is_archived)
    if not definitions.may_change(request.access, definition, request.user):
        raise Http404
    act(definition)
    return redirect(_PAGE, definition.tenant.slug, definition.id)


def _run(definition: ReportDefinition, run_id: int) -> DefinitionRun:
    found = DefinitionRun.objects.select_related("tenant", "definition")
    return get_object_or_404(found, definition=definition, id=run_id)
