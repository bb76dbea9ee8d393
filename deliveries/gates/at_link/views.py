"""Page of the administration about one account's gates at LINK: access, last result, runs."""

from datetime import datetime, timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from deliveries.gates.at_link.access import add_kept_token
from deliveries.gates.at_link.errors import sentence
from deliveries.gates.at_link.forms import GateApiForm
from deliveries.gates.at_link.planning import State
from deliveries.gates.at_link.sync import RUN_SECONDS, ask
from portal.accounts.access import PageRequest
from portal.accounts.models import record
from portal.tenants.models import GateApi, GatewayAccount

PAGE = "admin:tenants_gatewayaccount_gates"
LOST_AFTER = timedelta(seconds=RUN_SECONDS + 300)  # a run that has not ended by then never will

# Label, colour, and the sentence for people.
STATES = {
    State.RIGHT: (_("right"), "success", _("Gates that are as they should be.")),
    State.DIFFERS: (_("differs"), "warning", _("Gates that feed the portal and are not as they should be.")),
    State.MISSING: (_("missing"), "warning", _("Partner IDs without a gate: their reports do not reach the portal.")),
    State.CREATED: (_("created"), "success", _("Gates that the last run created.")),
    State.CORRECTED: (_("corrected"), "success", _("Gates that the last run corrected.")),
    State.SURPLUS: (
        _("belongs to nobody"),
        "warning",
        _("Gates that feed the portal although no declared partner ID needs them. Delete them at LINK."),
    ),
    State.TAKEN: (
        _("refId taken"),
        "danger",
        _("Gates with a refId of the portal that deliver elsewhere. The portal leaves them: rename them at LINK."),
    ),
    State.FAILED: (_("failed"), "danger", _("Gates that LINK did not accept.")),
}


@require_http_methods(["GET", "HEAD", "POST"])
def gates_at_link(request: PageRequest, account_id: int) -> HttpResponse:
    """Show the page; a POST saves the access, starts a run, adds a token, or removes the access."""
    if not request.user.has_perm("tenants.change_gatewayaccount"):
        raise PermissionDenied
    account = get_object_or_404(GatewayAccount, pk=account_id)
    api = GateApi.objects.select_related("account", "feed__account").filter(account=account).first()
    action = request.POST.get("action", "")
    if request.method == "POST" and api is not None and action in ACTIONS:
        ACTIONS[action](request, api)
        return redirect(PAGE, account.pk)
    is_saved = request.method == "POST" and action == "save"
    form = GateApiForm(request.POST if is_saved else None, instance=api, account=account)
    if is_saved and form.is_valid():
        form.save()
        # Values stay out of the audit log: some are secrets.
        record("gate_api.saved", actor=request.user.email, subject=account.name, details={"fields": form.changed_data})
        messages.success(request, gettext("Saved."))
        return redirect(PAGE, account.pk)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Gates at LINK: %(account)s") % {"account": account.name},
        "account": account,
        "api": None if api is None or api.pk is None else api,
        "form": form,
        "result": _result(api, now=timezone.now()) if api is not None else None,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/tenants/gatewayaccount/gates.html", context, status=status)


def _result(api: GateApi, *, now: datetime) -> dict:
    """Return the last result in words, and whether a run is open."""
    outcome = api.outcome
    error = outcome.get("error")
    counts = outcome.get("counts", {})
    return {
        "is_running": api.asked_at is not None and now - api.asked_at < LOST_AFTER,
        "asked_at": api.asked_at,
        "checked_at": api.checked_at,
        "error": sentence(**error) if error else "",
        "counts": [(*STATES[state], counts.get(state.value, 0)) for state in STATES if counts.get(state.value)],
        "others": outcome.get("others", 0),
        "left": outcome.get("left", 0),
        "more": outcome.get("more", 0),
        "rows": [_row(row) for row in outcome.get("rows", ())],
        "may_set": bool(counts.get("missing") or counts.get("differs") or counts.get("failed")),
    }


def _row(row: dict) -> dict:
    label, colour, _sentence = STATES[State(row["state"])]
    text = sentence(row["problem"], code=row["code"], detail=row["detail"]) if row["problem"] else ""
    return row | {"label": label, "colour": colour, "text": text}


def _check(request: PageRequest, api: GateApi) -> None:
    ask(api, apply=False, actor=request.user.email, now=timezone.now())


def _set(request: PageRequest, api: GateApi) -> None:
    ask(api, apply=True, actor=request.user.email, now=timezone.now())


def _token(request: PageRequest, api: GateApi) -> None:
    add_kept_token(api, actor=request.user.email, now=timezone.now())
    messages.success(
        request,
        gettext("The gates get the new token with the next “Set gates”. The former one is accepted for 72 hours."),
    )


def _remove(request: PageRequest, api: GateApi) -> None:
    if "confirmed" not in request.POST:
        messages.error(request, gettext("Not removed: tick the box beside the button."))
        return
    GateApi.objects.filter(pk=api.pk).delete()
    record("gate_api.removed", actor=request.user.email, subject=api.account.name)
    messages.success(request, gettext("Removed. The gates at LINK stay as they are."))


ACTIONS = {"check": _check, "set": _set, "token": _token, "remove": _remove}
