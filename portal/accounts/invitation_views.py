"""The page behind an invitation's link."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts import invitations
from portal.accounts.forms import AcceptForm
from portal.accounts.models import Invitation, User
from portal.accounts.pages import first_page
from portal.tenants.scope import set_scope
from portal.tenants.wall import SIGNIN

STATUS = {invitations.State.ACCEPTED: 410, invitations.State.REVOKED: 410, invitations.State.EXPIRED: 410}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Make the holder of the link a member: a new person with name and password, or the person signed in.

    404 for an unknown link; 410 for one that was accepted, revoked or has expired. Neither response names the tenant or
    the person.
    """
    found = invitations.find(token)
    if found is None:
        return _closed(request, "unknown", 404)
    state = invitations.state_of(found, now=timezone.now())
    if state != invitations.State.OPEN:
        return _closed(request, state, STATUS[state])
    if request.user.is_authenticated:
        return _accept_signed_in(request, found)
    if User.objects.filter(email__iexact=found.email).exists():
        # The holder of the link can read the mailbox, so the address is not news to them.
        messages.info(request, _("Sign in as %(email)s to accept the invitation.") % {"email": found.email})
        return redirect_to_login(request.get_full_path())
    return _accept_new(request, found)


def _accept_signed_in(request: HttpRequest, found: Invitation) -> HttpResponse:
    if request.user.email.lower() != found.email:
        return _show(request, "accounts/invitation_other.html", {"invitation": found}, status=403)
    if request.method != "POST":
        return _show(request, "accounts/invitation_accept.html", {"invitation": found, "form": None})
    try:
        with transaction.atomic():
            _enter(request, found)
            invitations.claim(found, now=timezone.now())
            invitations.join(found, user=request.user)
    except invitations.NotOpen as error:
        return _closed(request, error.state, STATUS[error.state])
    return _welcome(request, found)


def _accept_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = AcceptForm(request.POST if request.method == "POST" else None, email=found.email)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return _show(request, "accounts/invitation_accept.html", {"invitation": found, "form": form}, status=status)
    try:
        with transaction.atomic():
            _enter(request, found)
            invitations.claim(found, now=timezone.now())
            user = User.objects.create_user(found.email, form.cleaned_data["password"], name=form.cleaned_data["name"])
            invitations.join(found, user=user)
    except invitations.NotOpen as error:
        return _closed(request, error.state, STATUS[error.state])
    response = perform_login(request, user, email=user.email)
    return _welcome(request, found) if request.user.is_authenticated else response


def _enter(request: HttpRequest, found: Invitation) -> None:
    """Let the rest of the request write the tenant that the link, and nothing else, leads to."""
    set_scope(SIGNIN, {found.tenant_id})


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    messages.success(request, _("You are now a member of %(tenant)s.") % {"tenant": found.tenant.name})
    return redirect(first_page(found.tenant.slug))


def _closed(request: HttpRequest, state: str, status: int) -> HttpResponse:
    return _show(request, "accounts/invitation_closed.html", {"state": str(state)}, status=status)


def _show(request: HttpRequest, template: str, context: dict, *, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    # The address is the secret. With "no-referrer" browsers would also hide the origin, and the form be refused.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
