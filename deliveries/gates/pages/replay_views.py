"""Pages of a gate's replays: the list with its progress, the form that tells number and time before, cancelling."""

from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliveries.gates.pages.find import gate_or_404
from deliveries.gates.pages.replay_forms import ReplayForm
from deliveries.gates.reading import attempt_of
from deliveries.gates.replaying import asking
from deliveries.gates.replaying.progress import Progress, progress_of
from deliveries.gates.replaying.wanted import Wanted
from deliveries.message_pages.chips import chips_of, period_in_days
from deliveries.message_pages.forms import MessageFilterForm
from deliveries.message_pages.views import filter_form
from deliveries.models import Gate, GateReplay
from deliveries.search.find import BadFilter
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.periods import zone
from portal.tenants.models import Tenant

MAX_SHOWN = 100
MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ShownReplay:
    """A replay with its numbers."""

    replay: GateReplay
    progress: Progress
    is_held: bool

    @property
    def sent(self) -> int:
        """Return how many reports came to an end."""
        return self.progress.delivered + self.progress.failed + self.progress.gone

    @property
    def not_sent(self) -> int:
        """Return how many reports were not sent: deleted ones, those that waited already, and cancelled ones."""
        return self.progress.gone + self.progress.already + self.progress.withdrawn

    @property
    def percent(self) -> int | None:
        """Return how much of what was expected is done; None if that is not known."""
        if not self.replay.total:
            return None
        return min(100, 100 * (self.sent + self.progress.already) // self.replay.total)


@require_safe
@member_may("see_gates")
def replays(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """List the gate's replays, newest first; htmx gets the table alone."""
    gate = gate_or_404(tenant, gate_id)
    found = list(GateReplay.objects.filter(tenant=tenant, gate=gate).order_by("-id")[:MAX_SHOWN])
    is_held = gate.state != Gate.State.ACTIVE
    context = {
        "page": "gates",
        "gate": gate,
        "rows": [ShownReplay(one, progress_of(one), is_held and one.is_open) for one in found],
        "is_any_open": any(one.is_open or one.sealed for one in found),
    }
    is_part = "HX-Request" in request.headers
    response = render(request, "gates/_replays.html" if is_part else "gates/replays.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_gates")
def new(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Ask which reports, tell how many and how long, and start the replay after a POST."""
    gate, now = gate_or_404(tenant, gate_id), timezone.now()
    day_ago = localtime(now - timedelta(days=1), zone(tenant.timezone))
    usual = {"kind": "failed", "first": day_ago.date().isoformat(), "first_time": f"{day_ago:%H:%M}"}
    data = request.POST if request.method == "POST" else request.GET or usual
    form = ReplayForm(data, gate=gate, now=now, zone_name=tenant.timezone)
    preview = None
    if form.is_valid():
        preview = asking.preview(form.wanted())
        if request.method == "POST" and (started := _start(request, form.wanted(), preview)):
            return started
    context = {"page": "gates", "gate": gate, "form": form, "preview": preview, "fields": _fields(form)}
    return render(request, "gates/replay_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_gates")
def search(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Tell how many reports the messages of the search have and how long they take; start the replay after a POST."""
    gate = gate_or_404(tenant, gate_id)
    form = filter_form(request, tenant)
    filters = _filters(form)
    context = {"page": "gates", "gate": gate, "filters": filters, "search": form}
    if not form.is_valid():
        return render(request, "gates/replay_search.html", context, status=422)
    try:
        count_number_searches(request, form.searched_texts(), tenant=tenant)
    except TooManyNumberSearches as error:
        form.add_error(error.filter, error.text)
        return render(request, "gates/replay_search.html", context, status=429)
    query = form.query()
    wanted = Wanted(
        gate, GateReplay.Kind.SEARCH, timezone.now(), query=replace(query, tenant_ids=frozenset([tenant.id]))
    )
    title = _title(form)
    try:
        preview = asking.preview(wanted)
    except BadFilter as error:
        form.add_error(None, error.text)
        return render(request, "gates/replay_search.html", context, status=422)
    if request.method == "POST" and (started := _start(request, wanted, preview, title=title)):
        return started
    context |= {"preview": preview, "title": title, "has_others": len(query.tenant_ids) > 1}
    return render(request, "gates/replay_search.html", context)


@require_safe
@member_may("manage_gates")
def choose_gate(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the gates through which the messages of a search can be replayed; the only one is chosen at once."""
    gates = list(Gate.objects.filter(tenant=tenant).order_by("name", "id"))
    filters = _filters(filter_form(request, tenant))
    if len(gates) == 1:
        return redirect(f"{_address('replay_search', gates[0])}?{filters}")
    return render(request, "gates/replay_choose.html", {"page": "gates", "gates": gates, "filters": filters})


@posted_from("gates:list")
@member_may("manage_gates")
def cancel(request: PageRequest, tenant: Tenant, gate_id: str, replay_id: int) -> HttpResponse:
    """Cancel a replay that has not ended."""
    gate = gate_or_404(tenant, gate_id)
    replay = get_object_or_404(
        GateReplay.objects.select_related("gate__tenant"), tenant=tenant, gate=gate, pk=min(replay_id, MAX_ID)
    )
    if asking.cancel(replay, actor=request.user.email):
        messages.success(request, _("The replay is cancelled. What was not sent yet is not sent."))
    else:
        messages.info(request, _("The replay has ended already."))
    return redirect(_address("replays", gate))


@posted_from("gates:list")
@member_may("manage_gates")
def one(request: PageRequest, tenant: Tenant, gate_id: str, attempt_id: int) -> HttpResponse:
    """Send the report of one attempt again."""
    gate = gate_or_404(tenant, gate_id)
    attempt = attempt_of(gate, min(attempt_id, MAX_ID))
    if attempt is None:
        raise Http404
    try:
        asking.replay_one(gate, attempt, actor=request.user.email, now=timezone.now())
    except asking.ReplayRefused as refused:
        messages.error(request, str(refused.text))
        return redirect("gates:attempt", tenant.slug, gate.public_id, attempt.pk)
    messages.success(request, _("The report is being sent again. Its result appears here."))
    return redirect(_address("replays", gate))


def _start(request: PageRequest, wanted: Wanted, preview: asking.Preview, *, title: str = "") -> HttpResponse | None:
    """Start a replay and return the way to the list; None, with a message, if it cannot be started."""
    if preview.reports == 0:
        messages.error(request, _("There are no reports to replay."))
        return None
    try:
        asking.start(wanted, actor=request.user.email, title=title, expected=preview.reports)
    except asking.ReplayRefused as refused:
        messages.error(request, str(refused.text))
        return None
    messages.success(request, _("The replay has started. Its progress appears here."))
    return redirect(_address("replays", wanted.gate))


def _address(page: str, gate: Gate) -> str:
    return reverse(f"gates:{page}", args=[gate.tenant.slug, gate.public_id])


def _fields(form: ReplayForm) -> list[tuple[str, str]]:
    """Return what was given, for the form that starts the replay."""
    return [(name, str(form.data.get(name, ""))) for name in form.fields]


def _filters(form: MessageFilterForm) -> str:
    return urlencode([pair for pair in form.given if pair[0] not in ("cursor", "size")])


def _title(form: MessageFilterForm) -> str:
    """Return the search in words; its period by days."""
    words = [f"{chip.label}: {chip.words}" for chip in chips_of(form) if chip.name != "period"]
    return " · ".join([period_in_days(form), *words])
