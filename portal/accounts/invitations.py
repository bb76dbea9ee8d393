"""Invitations: a membership offered by e-mail, for one address, once, for seven days.

The secret is in the link only. It is derived from the row and SECRET_KEY, so the database holds no secret, and the
worker can build the link from the invitation's id.
"""

import base64
import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from portal.accounts import mail, owners, roles, standing
from portal.accounts.models import Invitation, Membership, User, record
from portal.brands.brand import brand_of
from portal.common.jobs import wake
from portal.tenants import tokens
from portal.tenants.models import ApiKey, Tenant

VALID_FOR = timedelta(days=7)
MAX_PER_DAY = 100  # per tenant: members must not send unlimited e-mail in the portal's name

_PURPOSE = "invitation"


class State(StrEnum):
    """State of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


class TooMany(Exception):
    """The tenant has sent MAX_PER_DAY invitations within a day."""


class NotOpen(Exception):
    """The invitation was accepted, revoked or has expired."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


def invite(*, tenant: Tenant, email: str, role: str, inviter: User | ApiKey, now: datetime) -> Invitation:
    """Offer `email` a membership and send the link after the commit; an earlier offer to the address ends.

    The invitation of an API key rests on the key's holder. Raises TooMany. Whether the inviter may, and whether the
    address is a member's already, is the caller's to ask.
    """
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=tenant.id)  # two at once would both find no open one
        if tenant.invitations.filter(created_at__gt=now - timedelta(days=1)).count() >= MAX_PER_DAY:
            raise TooMany
        _open(tenant).filter(email__iexact=email).update(revoked_at=now)
        invitation = Invitation(
            tenant=tenant,
            email=email.lower(),
            role=role,
            inviter_id=inviter.pk if isinstance(inviter, User) else inviter.holder_id,
            invited_by=str(inviter),
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        invitation.digest = tokens.digest(_tokens(invitation)[0], purpose=_PURPOSE)
        invitation.save(force_insert=True)
        record("member.invited", actor=str(inviter), tenant=tenant, subject=invitation.email, details={"role": role})
        transaction.on_commit(lambda: _wake(invitation.id), robust=True)
    return invitation


def revoke(*, invitation: Invitation, actor: str, now: datetime) -> bool:
    """Revoke an open invitation; return whether it was open."""
    with transaction.atomic():
        revoked = Invitation.objects.filter(id=invitation.id, accepted_at=None, revoked_at=None).update(revoked_at=now)
        if revoked:
            record("member.invitation_revoked", actor=actor, tenant=invitation.tenant, subject=invitation.email)
    return bool(revoked)


def is_backed(invitation: Invitation, *, inviter: User | None) -> bool:
    """Return whether the inviter may still invite to the tenant: as one of its owners, or as staff."""
    return standing.has_right(inviter, invitation.tenant, "manage_members", staff_permission="accounts.add_invitation")


def open_invitations(tenant: Tenant) -> QuerySet[Invitation]:
    """Return what is neither accepted nor revoked, newest first; some may have expired."""
    return _open(tenant).order_by("-created_at", "-id")


def find(token: str) -> Invitation | None:
    """Return the invitation of the link's token, in any state."""
    digests = tokens.digests(token, purpose=_PURPOSE)
    return Invitation.objects.select_related("tenant").filter(digest__in=digests).first()


def state_of(invitation: Invitation, *, now: datetime) -> State:
    """Return the state; one whose inviter has lost the right to invite is as good as revoked."""
    if invitation.accepted_at is not None:
        return State.ACCEPTED
    if invitation.revoked_at is not None:
        return State.REVOKED
    if invitation.expires_at <= now:
        return State.EXPIRED
    inviter = User.objects.filter(id=invitation.inviter_id).first()
    return State.OPEN if is_backed(invitation, inviter=inviter) else State.REVOKED


def claim(invitation: Invitation, *, now: datetime) -> None:
    """Use up the invitation in the transaction that creates the membership. Raises NotOpen if another was faster.

    The lock on members keeps an inviter who is being removed from admitting people.
    """
    owners.lock_members()
    invitation = Invitation.objects.select_related("tenant").get(id=invitation.id)
    state = state_of(invitation, now=now)
    if state != State.OPEN:
        raise NotOpen(state)
    unused = Invitation.objects.filter(id=invitation.id, accepted_at=None, revoked_at=None)
    if not unused.update(accepted_at=now):
        raise NotOpen(State.ACCEPTED)


def join(invitation: Invitation, *, user: User) -> Membership:
    """Make the person a member as a claimed invitation says; a greater role that they have already stays."""
    membership, is_new = Membership.objects.get_or_create(
        user=user, tenant=invitation.tenant, defaults={"role": invitation.role}
    )
    if not is_new:
        membership.role = roles.greatest([membership.role, invitation.role])
        membership.save(update_fields=["role"])
    record(
        "member.joined",
        actor=user.email,
        tenant=invitation.tenant,
        subject=user.email,
        details={"role": membership.role, "invited_by": invitation.invited_by},
    )
    return membership


def link(invitation: Invitation) -> str:
    """Return the link of an invitation, '' if SECRET_KEY has changed since and it must be sent again."""
    for token in _tokens(invitation):
        if invitation.digest in tokens.digests(token, purpose=_PURPOSE):
            return f"{settings.PUBLIC_URL}{reverse('invitation', args=[token])}"
    return ""


def send(*, invitation_id: int) -> bool:
    """Send the e-mail of an open invitation, once; return whether it was sent. Errors of the mail server are raised."""
    invitation = Invitation.objects.select_related("tenant").filter(id=invitation_id).first()
    if invitation is None or state_of(invitation, now=timezone.now()) != State.OPEN:
        return False
    sent = f"portal.accounts.invitation-sent.{invitation.id}"
    if not cache.add(sent, True, VALID_FOR.total_seconds()):
        return False
    try:
        mail.send(to=invitation.email, letter=_mail(invitation))
    except Exception:
        cache.delete(sent)  # the next try may
        raise
    return True


def _open(tenant: Tenant) -> QuerySet[Invitation]:
    return tenant.invitations.filter(accepted_at=None, revoked_at=None)


def _tokens(invitation: Invitation) -> list[str]:
    """Return the link's token under the current key and the older ones that are still accepted."""
    said = f"{invitation.tenant_id}:{invitation.email}:{invitation.expires_at.timestamp():.6f}".encode()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = [hmac.digest(f"portal.invitation-link:{key}".encode(), said, "sha256") for key in keys]
    return [base64.urlsafe_b64encode(token).decode().rstrip("=") for token in made]


def _mail(invitation: Invitation) -> mail.Letter:
    """Return the mail in the tenant's language and brand."""
    context = {"invitation": invitation, "tenant": invitation.tenant, "link": link(invitation), "days": VALID_FOR.days}
    with translation.override(invitation.tenant.language):
        subject = " ".join(render_to_string("accounts/mail/invitation_subject.txt", context).split())
        text = render_to_string("accounts/mail/invitation.txt", context)
        brand = brand_of(invitation.tenant_id)
        return mail.write(subject=subject, text=text, action=gettext("Accept invitation"), brand=brand)


def _wake(invitation_id: int) -> None:
    """Have a worker send the mail. Without the broker, people can send it again from the members' page."""
    if not wake("accounts.send_invitation", invitation_id):
        mail.logger.warning("Invitation %s was not sent.", invitation_id)
