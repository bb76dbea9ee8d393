"""/api/v1/members/: who has a role, invitations, changes of roles, and removal."""

from django.db.models import QuerySet
from django.db.models.functions import Greatest
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts import invitations, mail, members
from portal.accounts.models import Invitation, Membership, Role
from portal.api.administration import asked_tenants, named_tenant, refuse_abandoned
from portal.api.administration_examples import INVITATION, MEMBER
from portal.api.administration_serializers import (
    InvitationSerializer,
    InvitationsSerializer,
    InviteBody,
    MemberSerializer,
    MembersSerializer,
    RoleBody,
)
from portal.api.operations import ADMIN, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView

MEMBER_PATH = {
    "membership_id": Parameter(
        name="membership_id", text="The membership's `id`.", kind="number", most=ROW_ID_MAX, example=4
    )
}
INVITATION_PATH = {
    "invitation_id": Parameter(
        name="invitation_id", text="The invitation's `id`.", kind="number", most=ROW_ID_MAX, example=31
    )
}
NO_HOLDER = "An invitation rests on a person, and this key has no holder. Create a key on the page API keys."


class MembersView(ApiView):
    """The members of the key's tenant and of those below it. POST invites one."""

    operations = {
        "GET": Operation(
            id="list_members",
            tag="Administration",
            summary="List members",
            text=(
                "The people with a role at the tenant or at one below it, those who came last first. A role holds for"
                " the tenants below, too."
            ),
            scope=ADMIN,
            parameters=(TENANT, *LISTED),
            answer=MembersSerializer,
            answer_text="A page of members.",
            answer_example=PAGE_EXAMPLE | {"data": [MEMBER]},
        ),
        "POST": Operation(
            id="invite_member",
            tag="Administration",
            summary="Invite a person",
            text=(
                "Offer a role to an address. The person becomes a member by the link in the e-mail, within 7 days."
                " An earlier open invitation of the address ends. The invitation is valid as long as the holder of"
                f" this key may invite. A tenant may send {invitations.MAX_PER_DAY} invitations in 24 hours."
            ),
            scope=ADMIN,
            body=InviteBody,
            body_example={"email": "new@example.com", "role": "analyst"},
            answer=InvitationSerializer,
            answer_text="The invitation.",
            answer_example=INVITATION,
            status=201,
            headers={"Location": "Path of the invitation."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        rows = Membership.objects.filter(tenant_id__in=asked_tenants(self.given, self.access))
        rows = rows.select_related("user", "tenant").annotate(changed_at=Greatest("updated_at", "user__updated_at"))
        return self.answer(
            page_of(
                rows,
                self.given,
                self.access,
                lambda page: [_shown_member(member) for member in page],
                changed="changed_at",
            )
        )

    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_abandoned(self.access)
        tenant, email = named_tenant(self.access, body.get("tenant")), body["email"].lower()
        if self.access.key.holder_id is None:
            raise Conflict(NO_HOLDER)
        if members.is_member(tenant, email):
            raise BadField("email", "This person is already a member.")
        try:
            made = invitations.invite(
                tenant=tenant, email=email, role=body["role"], inviter=self.access.key, now=timezone.now()
            )
        except invitations.TooMany as error:
            raise Conflict(
                f"{invitations.MAX_PER_DAY} invitations were sent in the last 24 hours, which is the limit."
            ) from error
        return self.answer(shown_invitation(made), Location=f"/api/v1/members/invitations/{made.pk}/")


class MemberView(ApiView):
    """One member; PATCH changes the role, DELETE ends the membership."""

    http_method_names = ["get", "head", "options", "patch", "delete"]
    operations = {
        "GET": Operation(
            id="get_member",
            tag="Administration",
            summary="One member",
            text="A person with a role at a tenant.",
            scope=ADMIN,
            path=MEMBER_PATH,
            answer=MemberSerializer,
            answer_text="The member.",
            answer_example=MEMBER,
        ),
        "PATCH": Operation(
            id="change_member",
            tag="Administration",
            summary="Change a member's role",
            text=(
                "Give a member another role at once. The last owner of a tenant stays one (409), and a key cannot"
                " change the person who holds it. What rests on a lost right ends: open invitations and shared links"
                " at once, API keys after a week."
            ),
            scope=ADMIN,
            path=MEMBER_PATH,
            body=RoleBody,
            body_example={"role": "manager"},
            answer=MemberSerializer,
            answer_text="The changed member.",
            answer_example=MEMBER | {"role": "manager"},
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="remove_member",
            tag="Administration",
            summary="Remove a member",
            text="End a membership at once, with the same rules as a change of the role.",
            scope=ADMIN,
            path=MEMBER_PATH,
            answer=MemberSerializer,
            answer_text="The member who was removed.",
            answer_example=MEMBER,
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, membership_id: int) -> Response:
        return self.answer(_shown_member(self._member(membership_id)))

    def patch(self, request: Request, membership_id: int) -> Response:
        body = self.body(request, is_partial=True)
        refuse_abandoned(self.access)
        member = self._member(membership_id)
        role = Role(body.get("role", member.role))
        try:
            members.change_role(membership=member, role=role, actor=self.access.key, now=timezone.now())
        except members.NotAllowed as error:
            raise Conflict(str(error.text)) from error
        return self.answer(_shown_member(member) | {"role": role})

    def delete(self, request: Request, membership_id: int) -> Response:
        refuse_abandoned(self.access)
        member = self._member(membership_id)
        shown = _shown_member(member)
        try:
            members.remove(membership=member, actor=self.access.key, now=timezone.now())
        except members.NotAllowed as error:
            raise Conflict(str(error.text)) from error
        return self.answer(shown)

    def _member(self, membership_id: int) -> Membership:
        """Return a member of the key's tenants. Raises Http404."""
        rows = Membership.objects.filter(tenant_id__in=asked_tenants(self.given, self.access))
        member = rows.select_related("user", "tenant").filter(id=min(membership_id, ROW_ID_MAX)).first()
        if member is None:
            raise Http404
        return member


class InvitationsView(ApiView):
    """Invitations that nobody has accepted yet."""

    operations = {
        "GET": Operation(
            id="list_invitations",
            tag="Administration",
            summary="List invitations",
            text="Open and expired invitations of the tenant and of those below it, newest first.",
            scope=ADMIN,
            parameters=(TENANT, *LISTED),
            answer=InvitationsSerializer,
            answer_text="A page of invitations.",
            answer_example=PAGE_EXAMPLE | {"data": [INVITATION]},
        )
    }

    def get(self, request: Request) -> Response:
        rows = _open(asked_tenants(self.given, self.access))
        return self.answer(page_of(rows, self.given, self.access, lambda page: [shown_invitation(row) for row in page]))


class InvitationView(ApiView):
    """One invitation; DELETE revokes it."""

    operations = {
        "GET": Operation(
            id="get_invitation",
            tag="Administration",
            summary="One invitation",
            text="An invitation that is neither accepted nor revoked.",
            scope=ADMIN,
            path=INVITATION_PATH,
            answer=InvitationSerializer,
            answer_text="The invitation.",
            answer_example=INVITATION,
        ),
        "DELETE": Operation(
            id="revoke_invitation",
            tag="Administration",
            summary="Revoke an invitation",
            text="Make the invitation's link invalid at once.",
            scope=ADMIN,
            path=INVITATION_PATH,
            answer=InvitationSerializer,
            answer_text="The revoked invitation.",
            answer_example=INVITATION,
        ),
    }

    def get(self, request: Request, invitation_id: int) -> Response:
        return self.answer(shown_invitation(self._invitation(invitation_id)))

    def delete(self, request: Request, invitation_id: int) -> Response:
        found = self._invitation(invitation_id)
        invitations.revoke(invitation=found, actor=str(self.access.key), now=timezone.now())
        return self.answer(shown_invitation(found) | {"link": None})

    def _invitation(self, invitation_id: int) -> Invitation:
        found = _open(asked_tenants(self.given, self.access)).filter(id=min(invitation_id, ROW_ID_MAX)).first()
        if found is None:
            raise Http404
        return found


def shown_invitation(invitation: Invitation) -> dict:
    """Return an invitation as InvitationSerializer takes it; its link only where no mail is sent."""
    return {
        "id": invitation.pk,
        "tenant": invitation.tenant.slug,
        "email": invitation.email,
        "role": invitation.role,
        "invited_by": invitation.invited_by,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
        "link": None if mail.is_set() else invitations.link(invitation) or None,
    }


def _open(tenant_ids: list[int]) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(tenant_id__in=tenant_ids, accepted_at=None, revoked_at=None)
    return rows.select_related("tenant")


def _shown_member(member: Membership) -> dict:
    return {
        "id": member.pk,
        "tenant": member.tenant.slug,
        "email": member.user.email,
        "name": member.user.name,
        "role": member.role,
        "is_active": member.user.is_active,
    }
