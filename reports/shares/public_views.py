"""Pages that a shared link opens for people without an account: read-only, masked, in no cache and no search engine."""

from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.access import PageRequest
from portal.accounts.context import LOOKS
from portal.accounts.models import record
from portal.brands.middleware import shown_brand
from portal.common.file_response import file_response
from portal.common.periods import Month
from portal.security_headers import POLICY
from portal.shares import links
from portal.shares.models import ShareLink
from portal.tenants.scope import signin_scope
from reports.campaigns.ab_form import AbForm
from reports.campaigns.ab_views import Links, ab_context, is_for_conversions, part_of
from reports.overview.views import overview_context
from reports.runs.editions import NoMaskedEdition, open_edition
from reports.runs.report_scope import tenant_report_scope
from reports.runs.selectors import newest_run
from reports.shares.limits import WINDOW, is_over
from reports.shares.wording import ab_campaign, filter_words

PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store, private"}

View = Callable[[PageRequest, ShareLink], HttpResponse]


def of_link(*kinds: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """Let a view answer for open links of these kinds; all others, and too many requests, get one calm page each."""

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @require_safe
        @wraps(view)
        def guarded(request: PageRequest, share_token: str) -> HttpResponse:
            link = request.access.share
            if is_over(request):
                response = _closed(request, "shares/too_many.html", status=429)
                response.headers["Retry-After"] = str(WINDOW)
            elif link is None or link.kind not in kinds:
                response = _closed(request, "shares/closed.html", status=404)
            else:
                response = view(request, link)
            for name, value in PRIVATE.items():
                response.headers[name] = value
            return response

        return guarded

    return decorate


@of_link(ShareLink.Kind.OVERVIEW, ShareLink.Kind.REPORT, ShareLink.Kind.AB)
def share(request: PageRequest, link: ShareLink) -> HttpResponse:
    """Show the Overview or the A/B test of a shared link, or offer its month's report."""
    if link.month is not None:  # a report's
        run = newest_run(tenant_report_scope(request.access), Month.of(link.month))
        response = render(request, "shares/report.html", {"link": link, "run": run, "month": link.month})
    elif link.kind == ShareLink.Kind.AB:
        response = _ab_test(request, link)
        if is_for_conversions(request):  # by the page, whose opening is counted
            return response
    else:
        response = _overview(request, link, "shares/overview.html")
    return _counted(request, link, response)


@of_link(ShareLink.Kind.REPORT)
def share_download(request: PageRequest, link: ShareLink) -> HttpResponse:
    """Hand out the newest revision of the month's report, with phone numbers masked."""
    scope = tenant_report_scope(request.access)
    run = newest_run(scope, Month.of(link.month)) if link.month else None
    try:
        file = open_edition(run, request.access.masking) if run else None
        edition = run.edition(request.access.masking) if run else None
    except (FileNotFoundError, NoMaskedEdition):
        file = edition = None
    if run is None or file is None or edition is None:
        return render(request, "shares/report.html", {"link": link, "run": None, "month": link.month}, status=404)
    name = run.file_name(scope.name, edition)
    actor = f"shared link {link.id}"
    details = {"run": run.id, "link": link.name}
    record("report.download", actor=actor, tenant=link.tenant, subject=name, details=details)
    return file_response(request, file, name)


@of_link(ShareLink.Kind.PANEL)
def embed(request: PageRequest, link: ShareLink) -> HttpResponse:
    """Show one panel of the Overview inside a page of the hosts that the link names; `theme` and `lang` choose."""
    theme = request.GET.get("theme")
    response = _overview(request, link, "shares/panel.html", theme=theme if theme in LOOKS["theme"] else "auto")
    hosts = " ".join(f"https://{host}" for host in link.hosts)
    response.headers["Content-Security-Policy"] = POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {hosts}")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.xframe_options_exempt = True  # in place of it stands frame-ancestors
    return _counted(request, link, response)


def _overview(request: PageRequest, link: ShareLink, template: str, **more: str) -> HttpResponse:
    """Render the Overview of the link's parameters, in place of those in the address."""
    request.GET = QueryDict(link.query)
    context, status = overview_context(request, link.tenant)
    narrowing = filter_words(context["narrowing"] | ({"tenant": context["one"].name} if context["one"] else {}))
    return render(request, template, context | {"link": link, "narrowed_to": narrowing} | more, status=status)


def _ab_test(request: PageRequest, link: ShareLink) -> HttpResponse:
    """Render the A/B test of the link's parameters, without links to messages; or its conversions, where it asks."""
    campaign = ab_campaign(link.query, request.access)
    if campaign is None:  # it was deleted, or is of a customer who is no child any more
        return _closed(request, "shares/closed.html", status=404)
    form = AbForm(QueryDict(link.query))
    query, masking = form.query(), request.access.masking
    links = Links("", campaign.tenant.slug, campaign.name, campaign.created_at, masking, query)
    context, _verdict = ab_context(campaign, form, query, tenant=link.tenant, links=links, given=request.GET)
    template = part_of(query) if is_for_conversions(request) else "shares/ab.html"
    return render(request, template, context | {"link": link})


def _closed(request: PageRequest, template: str, *, status: int) -> HttpResponse:
    """Answer alike for links that are unknown, expired, revoked or of another kind: with nobody's name and colour.

    Under a brand's host that is the brand's: it depends on the host, not on the link.
    """
    return render(request, template, {"tenant": None, "brand": shown_brand(request)}, status=status)


def _counted(request: PageRequest, link: ShareLink, response: HttpResponse) -> HttpResponse:
    """Count the opening after the page, whose transaction may write nothing."""

    def write() -> None:
        with signin_scope({link.tenant_id}):
            links.note_opening(link=link, now=timezone.now())

    if request.method == "GET" and response.status_code == 200:
        transaction.on_commit(write, robust=True)
    return response
