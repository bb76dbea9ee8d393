"""The builder: a new or changed definition, with a preview on real rows while a person chooses."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.models import User
from portal.tenants.models import Tenant
from reports.models import ReportDefinition
from reports.models.definitions import MAX_NAME
from reports.schedules import recipients
from reports.schedules.definitions import NameTaken, change_definition, create_definition, may_change
from reports.schedules.kinds import KINDS
from reports.schedules.pages.form import BuilderForm
from reports.schedules.pages.initial import of_definition, of_typed, of_values
from reports.schedules.pages.presets import may_make, presets_for
from reports.schedules.pages.preview import Preview, preview_of
from reports.schedules.pages.rows import readable
from reports.schedules.recipient_views import NOT_ADDED, recipient_rows
from reports.schedules.rights import MAKE

_FIRST_KIND = ReportDefinition.Kind.VOLUMES


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(MAKE)
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Build a new report; `ready` names a ready-made one, `copy` a saved one, that it begins with."""
    return _builder(request, tenant, None, _begun(request) if request.method != "POST" else {})


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(MAKE)
def change(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """Change a definition; the person becomes its owner."""
    definition = get_object_or_404(readable(request.access), id=definition_id, archived_at=None)
    if not may_change(request.access, definition, request.user):
        raise Http404
    return _builder(request, tenant, definition, of_definition(definition))


def _begun(request: PageRequest) -> dict[str, Any]:
    """Return the values with which a new report begins."""
    if ready := request.GET.get("ready"):
        preset = presets_for(request.access).get(ready)
        if preset is None:
            raise Http404
        return of_values({"name": str(preset.name), **preset.values})
    if (copied := request.GET.get("copy", "")).isdecimal() and len(copied) < 18:
        definition = get_object_or_404(readable(request.access), id=int(copied))
        values = of_definition(definition)
        name = _("Copy of %(name)s") % {"name": definition.name}
        return values | {"name": name[:MAX_NAME], "members": []}
    if (kind := request.GET.get("kind", _FIRST_KIND)) not in KINDS:
        raise Http404
    return of_values({"kind": kind, "period": KINDS[kind].periods[0], "formats": [KINDS[kind].formats[0]]})


def _builder(
    request: PageRequest, tenant: Tenant, definition: ReportDefinition | None, begun: dict[str, Any]
) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    kind = (typed.get("kind", "") if typed is not None else "") or begun.get("kind", _FIRST_KIND)
    if kind not in KINDS or not may_make(request.access, kind):
        kind = _FIRST_KIND
    given: dict[str, Any] = {"request": request, "tenant": tenant, "kind": kind, "held": definition}
    if typed is None:
        return _page(request, definition, BuilderForm(initial=begun, **given))
    if "refresh" in typed:
        form = BuilderForm(**given)
        return _page(request, definition, BuilderForm(initial=of_typed(form, typed, kind), **given))
    is_part = bool(request.headers.get("HX-Request"))
    filled = typed.copy()
    if is_part and not typed.get("name"):  # tables can be seen before the report has a name
        filled["name"] = _("New saved report")
    form = BuilderForm(filled, **given)
    is_valid = form.is_valid()
    if "preview" in typed or is_part:
        shown = _preview(request, form, definition) if is_valid else None
        if is_part:
            return render(request, "reports/saved/_preview.html", {"form": form, "preview": shown})
        return _page(request, definition, form, preview=shown, status=200 if is_valid else 422)
    if not is_valid:
        return _page(request, definition, form, status=422)
    try:
        saved = _save(request, tenant, definition, form)
    except NameTaken:
        form.add_error("name", _("Name: another saved report has this name."))
        return _page(request, definition, form, status=422)
    return redirect("reports:definition", tenant.slug, saved.id)


def _preview(request: PageRequest, form: BuilderForm, definition: ReportDefinition | None) -> Preview:
    has_outside = bool(form.cleaned_data.get("addresses")) or (
        definition is not None and recipients.recipients_of(definition).filter(address__isnull=False).exists()
    )
    return preview_of(form.definition(), request.access, has_outside=has_outside, now=timezone.now())


def _page(
    request: PageRequest,
    definition: ReportDefinition | None,
    form: BuilderForm,
    *,
    preview: Preview | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "page": "reports",
        "definition": definition,
        "form": form,
        "preview": preview,
        "outside": [row for row in recipient_rows(definition) if not row["recipient"].user_id] if definition else [],
    }
    return render(request, "reports/saved/builder.html", context, status=status)


def _save(
    request: PageRequest, tenant: Tenant, definition: ReportDefinition | None, form: BuilderForm
) -> ReportDefinition:
    now = timezone.now()
    with transaction.atomic():
        if definition is None:
            saved = create_definition(tenant=tenant, owner=request.user, values=form.values)
        else:
            saved = change_definition(definition=definition, values=form.values, actor=request.user, now=now)
        _set_members(saved, form.cleaned_data["members"], request.user)
    messages.success(request, _("The report is saved."))
    for address in form.cleaned_data.get("addresses", []):
        try:
            recipients.add_address(
                definition=saved, email=address, language=tenant.language, actor=request.user, now=now
            )
        except recipients.NotAdded as refused:
            limits = {"most": recipients.MAX_RECIPIENTS, "asked": recipients.MAX_ASKED_PER_DAY}
            messages.warning(request, f"{address}: {str(NOT_ADDED[refused.reason]) % limits}")
    return saved


def _set_members(definition: ReportDefinition, chosen: list[str], actor: User) -> None:
    """Add the chosen members, and remove those of the recipients that are chosen no more."""
    now, wanted = timezone.now(), {int(one) for one in chosen}
    held = {one.user_id: one for one in recipients.recipients_of(definition) if one.user_id}
    for user_id, recipient in held.items():
        if user_id not in wanted:
            recipients.remove(recipient=recipient, actor=actor.email, now=now)
    for user in User.objects.filter(id__in=wanted - held.keys()).order_by("id"):
        recipients.add_member(definition=definition, user=user, actor=actor, now=now)
