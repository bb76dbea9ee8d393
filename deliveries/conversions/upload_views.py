"""Pages of an upload of events: choosing a file, its columns, progress, errors, cancelling and undoing."""

import io

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import ConversionKind, ConversionUpload
from deliveries.conversions import files, uploads
from deliveries.conversions.error_texts import FILE_PROBLEMS, file_text, line_text
from deliveries.conversions.files import FileProblem, Row
from deliveries.conversions.forms import MappingForm, UploadForm
from deliveries.conversions.selectors import by_outcome
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.csv_file import ENCODING, write_rows
from portal.common.masking import Masking
from portal.common.templatetags import figures
from portal.tenants.models import Tenant

LISTED = 50  # refused lines on a page; the file has all


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("upload_conversions")
def upload(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Take a file, and lead to the page where its columns are chosen."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            if given.size > files.MAX_BYTES:
                raise FileProblem("too_large")
            begun = uploads.begin(
                tenant=tenant, user=request.user, name=given.name, content=given.read(), now=timezone.now()
            )
        except FileProblem as problem:
            form.add_error("file", file_text(problem.code, problem.line))
        else:
            return redirect("conversions:upload_one", tenant.slug, begun.id)
    context = {
        "page": "campaigns",
        "form": form,
        "has_kinds": ConversionKind.objects.filter(tenant=tenant).exists(),
        "may_change": request.access.may("change_settings"),
    }
    return render(request, "conversions/upload.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("upload_conversions")
def upload_one(request: PageRequest, tenant: Tenant, upload_id: int) -> HttpResponse:
    """Show an upload: its columns until they are chosen, then its progress, its counts and its refused lines.

    These are in pages: `page` is a number from 1 on. 404 for a page that there is not.
    """
    found = _found(tenant, upload_id)
    context = {"page": "campaigns", "upload": found}
    if found.problem == uploads.NOT_CONFIRMED:
        return _columns(request, tenant, found, context)
    if request.method == "POST":
        messages.error(request, _("This upload is confirmed already."))
        return redirect("conversions:upload_one", tenant.slug, found.id)
    code, _space, line = found.problem.partition(" ")
    refused = _refused(found)
    paginator = Paginator(list(refused.items()), LISTED)
    number = request.GET.get("page", "1")
    is_number = number.isascii() and number.isdecimal() and len(number) < 7
    if not is_number or not 1 <= int(number) <= paginator.num_pages:
        raise Http404
    stored = by_outcome(found)
    context |= {
        "problem": file_text(code, int(line or 0)) if code in FILE_PROBLEMS else "",
        "refused": paginator.page(int(number)),
        "stored": stored,
        "are_all_stored": stored.events == found.added,
        "events": f"{reverse('conversions:events', args=[tenant.slug])}?upload={found.id}",
    }
    is_part = "HX-Request" in request.headers
    response = render(request, "conversions/_upload.html" if is_part else "conversions/upload_one.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _refused(upload: ConversionUpload) -> dict[int, list[str]]:
    """Return the refused lines, each with all that is wrong with it."""
    found: dict[int, list[str]] = {}
    for line, *error in upload.errors:
        found.setdefault(line, []).append(line_text(*error))
    return found


def _columns(request: PageRequest, tenant: Tenant, found: ConversionUpload, context: dict) -> HttpResponse:
    try:
        head, *rows = uploads.preview(uploads.content_of(found))
        names = files.names_of(head)
        for place, name in enumerate(names, 1):
            if name == "" or name in names[: place - 1]:
                raise FileProblem("names", place)
    except FileProblem as problem:
        context |= {"problem": file_text(problem.code, problem.line)}
        return render(request, "conversions/columns.html", context, status=410 if problem.code == "gone" else 422)
    form = MappingForm(request.POST or None, names=names, guessed=uploads.guessed(names, uploads.remembered(tenant)))
    if request.method == "POST" and form.is_valid():
        if not uploads.confirm(found, form.mapping(), actor=request.user.email):
            messages.error(request, _("This upload is confirmed already."))
        return redirect("conversions:upload_one", tenant.slug, found.id)
    context |= {"form": form, "names": names, "rows": [_preview(row, request.access.masking) for row in rows]}
    response = render(request, "conversions/columns.html", context, status=422 if request.method == "POST" else 200)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _preview(row: Row, masking: Masking) -> list[str]:
    return [masking.text(files.text_of_cell(cell)) for cell in row.cells]


@posted_from("conversions:index")
@member_may("upload_conversions")
def cancel(request: PageRequest, tenant: Tenant, upload_id: int) -> HttpResponse:
    """Cancel an upload that waits or is being read."""
    found = _found(tenant, upload_id)
    if uploads.cancel(found, actor=request.user.email):
        messages.success(request, _("The upload is cancelled. Undo it to delete the events that were read before."))
    else:
        messages.error(request, _("The upload has ended already."))
    return redirect("conversions:upload_one", tenant.slug, found.id)


@posted_from("conversions:index")
@member_may("upload_conversions")
def undo(request: PageRequest, tenant: Tenant, upload_id: int) -> HttpResponse:
    """Delete the events of an upload."""
    found = _found(tenant, upload_id)
    removed = uploads.undo(found, actor=request.user.email, now=timezone.now())
    if removed is None:
        messages.error(request, _("The upload is still being read, or is undone already."))
    else:
        text = _("The upload is undone. Deleted events: %(deleted)s.") % {"deleted": figures.count(removed.deleted)}
        if removed.kept:
            kept = _("Kept, because their messages are past the retention period: %(kept)s.")
            text = f"{text} {kept % {'kept': figures.count(removed.kept)}}"
        messages.success(request, text)
    return redirect("conversions:upload_one", tenant.slug, found.id)


@require_safe
@member_may("upload_conversions")
def errors(request: PageRequest, tenant: Tenant, upload_id: int) -> HttpResponse:
    """Hand out all refusals of an upload as a CSV file."""
    found = _found(tenant, upload_id)
    file = io.StringIO()
    rows = [(line, line_text(*error)) for line, *error in found.errors]
    write_rows(file, tenant.csv_form, [(_("Line"), _("Problem")), *rows])
    response = HttpResponse(file.getvalue().encode(ENCODING), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="upload-{found.id}-errors.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _found(tenant: Tenant, upload_id: int) -> ConversionUpload:
    return get_object_or_404(
        ConversionUpload.objects.select_related("tenant"), tenant=tenant, id=min(upload_id, 2**63 - 1)
    )
