"""Downloads of saved reports' files."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from portal.accounts.access import PageRequest
from portal.accounts.downloads import record_download
from portal.accounts.guards import member_may
from portal.common.file_response import file_response
from portal.tenants.models import Tenant
from reports.models import DefinitionRun
from reports.pricing.rights import may_see_costs
from reports.schedules.files import MEDIA_TYPES, download_name, edition_of, open_file, suffix_of
from reports.schedules.rights import READ, may_read


@require_safe
@member_may(READ)
def download(request: PageRequest, tenant: Tenant, saved_run_id: int, format: str) -> HttpResponse:
    """Hand out a run's file in one format and write that down; 409 while it is not finished, 410 if it is gone.

    Readers who see numbers masked get the masked edition. The right is checked at each download.
    """
    runs = DefinitionRun.objects.select_related("tenant", "definition", "report_run")
    run = get_object_or_404(runs, tenant=tenant, id=saved_run_id)
    if not may_read(request.access, run):
        raise Http404
    context = {"page": "reports", "run": run}
    if run.state != DefinitionRun.State.DONE:
        return render(request, "reports/saved/no_file.html", context, status=409)
    file = edition_of(run, format, request.access.masking, sees_costs=may_see_costs(request.access))
    if file is None:
        raise Http404
    file.run = run
    try:
        content = open_file(file)
    except FileNotFoundError:
        return render(request, "reports/saved/no_file.html", context | {"file": file, "is_gone": True}, status=410)
    name = download_name(file)
    record_download(
        request, "definition_run.downloaded", actor=request.user.email, tenant=tenant, subject=name,
        details={"run": run.id, "format": file.format, "edition": file.edition},
    )  # fmt: skip
    return file_response(request, content, name, content_type=MEDIA_TYPES[suffix_of(file)])
