"""A tenant's Members page: who is in, who is invited."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import invitations, mail, members
from portal.accounts.forms import InviteForm, RoleForm
from portal.accounts.guards import member_may
from portal.accounts.models import Membership, Role
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant

PAGE_SIZE = 100
INVITATIONS_SHOWN = 100


@require_safe
@member_may("manage_members")
def members_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List members and open invitations."""
    return _page(request, tenant, InviteForm(tenant=tenant))


@posted_from("settings:members")
@member_may("manage_members")
def invite(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Invite a person by e-mail; 422 with the reason if that is not possible."""
    form = InviteForm(request.POST, tenant=tenant)
    if not form.is_valid():
        return _page(request, tenant, form, status=422)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    if not _invite(request, tenant, email, role):
        form.add_error(None, _too_many())
        return _page(request, tenant, form, status=422)
    return redirect("settings:members", tenant.slug)


@posted_from("settings:members")
@member_may("manage_members")
def resend(request: HttpRequest, tenant: Tenant, invitation_id: int) -> HttpResponse:
    """Send an open or expired invitation again; the previous link becomes invalid."""
    invitation = get_object_or_404(invitations.open_invitations(tenant), id=invitation_id)
    if not _invite(request, tenant, invitation.email, invitation.role):
        messages.error(request, _too_many())
    return redirect("settings:members", tenant.slug)


@posted_from("settings:members")
@member_may("manage_members")
def revoke(request: HttpRequest, tenant: Tenant, invitation_id: int) -> HttpResponse:
    """End an open invitation."""
    invitation = get_object_or_404(invitations.open_invitations(tenant), id=invitation_id)
    invitations.revoke(invitation=invitation, actor=request.user.email, now=timezone.now())
    messages.success(request, _("The invitation to %(email)s is revoked.") % {"email": invitation.email})
    return redirect("settings:members", tenant.slug)


@posted_from("settings:members")
@member_may("manage_members")
def change_role(request: HttpRequest, tenant: Tenant, membership_id: int) -> HttpResponse:
    """Give a member another role; 422 with the rule that forbids it."""
    membership = get_object_or_404(Membership, tenant=tenant, id=membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, tenant, InviteForm(tenant=tenant), problem=_("Unknown role."), status=422)
    role = Role(form.cleaned_data["role"])
    try:
        members.change_role(membership=membership, role=role, actor=request.user, now=timezone.now())
    except members.NotAllowed as error:
        return _page(request, tenant, InviteForm(tenant=tenant), problem=error.text, status=422)
    messages.success(
        request, _("The role of %(email)s is now %(role)s.") % {"email": membership.user.email, "role": role.label}
    )
    return redirect("settings:members", tenant.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_members")
def remove(request: HttpRequest, tenant: Tenant, membership_id: int) -> HttpResponse:
    """Ask, then end a membership; one's own leads to the first page."""
    membership = get_object_or_404(Membership.objects.select_related("user"), tenant=tenant, id=membership_id)
    is_self = membership.user_id == request.user.id
    if request.method != "POST":
        return _remove_page(request, membership, is_self)
    try:
        members.remove(
            membership=membership,
            actor=request.user,
            now=timezone.now(),
            revoke_keys="revoke_keys" in request.POST,
        )
    except members.NotAllowed as error:
        return _remove_page(request, membership, is_self, problem=error.text, status=422)
    messages.success(
        request,
        _("%(email)s is no longer a member of %(tenant)s.") % {"email": membership.user.email, "tenant": tenant.name},
    )
    return redirect("home") if is_self else redirect("settings:members", tenant.slug)


def _invite(request: HttpRequest, tenant: Tenant, email: str, role: str) -> bool:
    try:
        invitations.invite(tenant=tenant, email=email, role=role, inviter=request.user, now=timezone.now())
    except invitations.TooMany:
        return False
    if mail.is_set():
        messages.success(request, _("An invitation was sent to %(email)s.") % {"email": email})
    else:
        messages.warning(
            request, _("No mail server is set. Send the link below to %(email)s yourself.") % {"email": email}
        )
    return True


def _too_many() -> str:
    return _("%(number)s invitations were sent in the last 24 hours, which is the limit. Try again tomorrow.") % {
        "number": invitations.MAX_PER_DAY
    }


def _page(
    request: HttpRequest, tenant: Tenant, form: InviteForm, *, problem: object = "", status: int = 200
) -> HttpResponse:
    now = timezone.now()
    page_obj = Paginator(members.members_of(tenant), PAGE_SIZE).get_page(request.GET.get("page"))
    offered = list(invitations.open_invitations(tenant)[:INVITATIONS_SHOWN])
    mail_is_set = mail.is_set()
    context = {
        "page": "settings",
        "section": "members",
        "page_obj": page_obj,
        "invitations": [
            {
                "invitation": invitation,
                "is_expired": invitation.expires_at <= now,
                "link": "" if mail_is_set else invitations.link(invitation),
            }
            for invitation in offered
        ],
        "form": form,
        "roles": Role.choices,
        "problem": problem,
        "mail_is_set": mail_is_set,
        "has_parent": tenant.parent_id is not None,
    }
    response = render(request, "accounts/members.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"  # it may hold links
    return response


def _remove_page(
    request: HttpRequest, membership: Membership, is_self: bool, *, problem: object = "", status: int = 200
) -> HttpResponse:
    context = {
        "page": "settings",
        "section": "members",
        "membership": membership,
        "is_self": is_self,
        "keys": membership.tenant.api_keys.filter(holder_id=membership.user_id, revoked_at=None).count(),
    }
    return render(request, "accounts/remove_member.html", context | {"problem": problem}, status=status)
