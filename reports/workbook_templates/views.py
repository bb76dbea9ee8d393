"""Pages of a tenant's templates: the list with the upload, one template, its choice, download and removal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant
from reports.models import WorkbookTemplate
from reports.workbook_templates import services
from reports.workbook_templates.forms import TemplateForm
from reports.workbook_templates.package import MAX_BYTES, Problem
from reports.workbook_templates.problem_texts import problem_text

RIGHT = "change_settings"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(RIGHT)
def templates_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the templates, and add one: with problems it is refused, and each is shown with its cell."""
    form = TemplateForm(request.POST or None, request.FILES or None)
    problems: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        given, name = form.cleaned_data["file"], form.cleaned_data["name"]
        if given.size > MAX_BYTES:
            form.add_error("file", _size_text(given.size))
            return _page(request, tenant, form, problems, status=422)
        try:
            added = services.add_template(
                tenant=tenant, name=name, content=given.read(), actor=request.user.email
            )  # fmt: skip
        except services.Refused as refused:
            problems = [(problem.where, problem_text(problem)) for problem in refused.checked.problems]
        except services.NameTaken:
            form.add_error("name", _("There is a template of this name. Choose another name."))
        except services.TooMany:
            form.add_error("file", _("There are %(most)d templates, the limit.") % {"most": services.MAX_TEMPLATES})
        else:
            messages.success(request, _("The template has no problems. Look at what is filled in, then use it."))
            return redirect("reports:template", tenant.slug, added.id)
    return _page(request, tenant, form, problems, status=422 if request.method == "POST" else 200)


@require_safe
@member_may(RIGHT)
def template_page(request: PageRequest, tenant: Tenant, template_id: int) -> HttpResponse:
    """Show what a template fills in, cell by cell."""
    found = _found(tenant, template_id)
    checked = services.check_monthly(bytes(found.content), tenant)
    problems = [(problem.where, problem_text(problem)) for problem in checked.problems]
    context = {"page": "reports", "template": found, "uses": checked.uses, "problems": problems}
    return render(request, "reports/templates/template.html", context)


@posted_from("reports:templates")
@member_may(RIGHT)
def template_choose(request: PageRequest, tenant: Tenant, template_id: int) -> HttpResponse:
    """Use a template for monthly reports, or no longer."""
    found = _found(tenant, template_id)
    is_chosen = request.POST.get("use") == "yes"
    services.choose_monthly(template=found, is_chosen=is_chosen, actor=request.user.email)
    if is_chosen:
        messages.success(request, _("Monthly reports are filled into “%(name)s” from now on.") % {"name": found.name})
    else:
        messages.success(request, _("Monthly reports are the portal's own workbook again."))
    return redirect("reports:templates", tenant.slug)


@posted_from("reports:templates")
@member_may(RIGHT)
def template_remove(request: PageRequest, tenant: Tenant, template_id: int) -> HttpResponse:
    """Delete a template."""
    found = _found(tenant, template_id)
    services.remove_template(template=found, actor=request.user.email)
    messages.success(request, _("The template “%(name)s” was removed.") % {"name": found.name})
    return redirect("reports:templates", tenant.slug)


@require_safe
@member_may(RIGHT)
def template_file(request: PageRequest, tenant: Tenant, template_id: int) -> HttpResponse:
    """Hand out the workbook as it was uploaded."""
    found = _found(tenant, template_id)
    response = HttpResponse(bytes(found.content), content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="template-{found.id}.xlsx"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(
    request: PageRequest, tenant: Tenant, form: TemplateForm, problems: list[tuple[str, str]], *, status: int
) -> HttpResponse:
    names = services.known_names(tenant)
    mask, used = request.access.masking.text, services.saved_reports_of(tenant)
    rows = [(one, ", ".join(map(mask, used.get(one.id, [])))) for one in services.templates_of(tenant)]
    context = {"page": "reports", "form": form, "problems": problems, "templates": rows}
    return render(request, "reports/templates/list.html", context | {"names": names}, status=status)


def _size_text(size: int) -> str:
    return problem_text(Problem("too_large", values=(str(-(-size // 1024)), str(MAX_BYTES // 1024))))


def _found(tenant: Tenant, template_id: int) -> WorkbookTemplate:
    return get_object_or_404(WorkbookTemplate, tenant=tenant, id=min(template_id, 2**63 - 1))
