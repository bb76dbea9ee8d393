"""Recipients of a definition's reports: added, removed, unsubscribed; and the reasons why one gets nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from portal.accounts.access import Access, access_of
from portal.accounts.models import Membership, User, record
from portal.common.masking import Masking
from portal.tenants.models import ApiKey, Tenant
from reports.models import DefinitionRun, OutsideAddress, ReportDefinition, ReportMail, ReportRecipient
from reports.pricing.rights import may_see_costs
from reports.schedules import confirming
from reports.schedules.rights import may_read

MAX_RECIPIENTS = 50  # of a definition
MAX_ASKED_PER_DAY = 20  # outside addresses of a tenant: members must not send unlimited e-mail in the portal's name
RIGHT_FOR_OUTSIDE = "share_pages"  # to add people who have no account


class NotAdded(ValueError):
    """The recipient is not added; the reason is one word."""

    TOO_MANY, TOO_MANY_TODAY, DECLINED, NO_MEMBER = "too_many", "too_many_today", "declined", "no_member"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Addressee:
    """A recipient at the moment of sending: the address, the language, and which edition they may have."""

    email: str
    language: str
    masking: Masking
    is_outside: bool
    sees_costs: bool = False


def recipients_of(definition: ReportDefinition) -> QuerySet[ReportRecipient]:
    """Return the recipients that were not removed, in the order in which they were added."""
    found = ReportRecipient.objects.filter(tenant_id=definition.tenant_id, definition=definition, removed_at=None)
    return found.select_related("user", "address").order_by("id")


def add_member(*, definition: ReportDefinition, user: User, actor: User | ApiKey, now: datetime) -> ReportRecipient:
    """Add a member, who need not confirm. Raises NotAdded.

    One who unsubscribed stays so, unless they add themselves.
    """
    with transaction.atomic():
        _lock(definition)
        found = recipients_of(definition).filter(user_id=user.pk).first()
        if found is None:
            if not Membership.objects.filter(user=user, tenant_id=definition.tenant_id).exists() and user != actor:
                raise NotAdded(NotAdded.NO_MEMBER)
            return _add(definition, actor, now, user=user)
        if user == actor and found.unsubscribed_at is not None:
            subscribe_again(found)
    return found


def add_address(
    *, definition: ReportDefinition, email: str, language: str, actor: User | ApiKey, now: datetime
) -> ReportRecipient:
    """Add an outside address, which is asked once to confirm; a member's address adds the member. Raises NotAdded."""
    email = email.strip().lower()
    member = Membership.objects.filter(tenant_id=definition.tenant_id, user__email__iexact=email).first()
    if member is not None:
        return add_member(definition=definition, user=member.user, actor=actor, now=now)
    with transaction.atomic():
        _lock(definition)
        address = _address(definition.tenant, email, language, actor, now)
        found = recipients_of(definition).filter(address=address).first()
        return found or _add(definition, actor, now, address=address)


def remove(*, recipient: ReportRecipient, actor: str, now: datetime) -> bool:
    """Remove a recipient, whose links open no more. Return whether they were one until now."""
    with transaction.atomic():
        if not ReportRecipient.objects.filter(id=recipient.id, removed_at=None).update(removed_at=now):
            return False
        revoke_links(recipient, now=now)
        _record("report_recipient.removed", recipient, actor)
    return True


def revoke_links(recipient: ReportRecipient, *, now: datetime) -> int:
    """Let the links in a recipient's mails open no more; return their number."""
    held = ReportMail.objects.filter(recipient=recipient, link_revoked_at=None, link_expires_at__gt=now)
    return held.update(link_revoked_at=now)


def unsubscribe(*, recipient: ReportRecipient, now: datetime) -> None:
    """Let a recipient get no more reports of the definition. A second time changes nothing."""
    with transaction.atomic():
        if ReportRecipient.objects.filter(id=recipient.id, unsubscribed_at=None).update(unsubscribed_at=now):
            _record("report_recipient.unsubscribed", recipient, _named(recipient))


def subscribe_again(recipient: ReportRecipient) -> None:
    """Undo what the recipient's own unsubscribing did; for the recipient alone."""
    with transaction.atomic():
        if ReportRecipient.objects.filter(id=recipient.id, removed_at=None).update(unsubscribed_at=None):
            _record("report_recipient.subscribed", recipient, _named(recipient))


def addressee(recipient: ReportRecipient, run: DefinitionRun) -> Addressee | str:
    """Return a recipient of a run as they are now, or the reason (`ReportMail.Skipped`) why they get nothing."""
    if recipient.removed_at is not None:
        return ReportMail.Skipped.REMOVED
    if recipient.unsubscribed_at is not None:
        return ReportMail.Skipped.UNSUBSCRIBED
    if recipient.user_id is not None:
        return member(recipient.user_id, run)
    address = recipient.address
    if address is None:
        return ReportMail.Skipped.REMOVED
    if address.confirmed_at is None or address.declined_at is not None:
        return ReportMail.Skipped.UNCONFIRMED
    return Addressee(address.address, address.language, Masking(False), is_outside=True)


def member(user_id: int, run: DefinitionRun) -> Addressee | str:
    """Return a member as they are now, with numbers masked by their role, or the reason why they get nothing."""
    user = User.objects.filter(id=user_id).first()
    access = access_of(user, slug=run.tenant.slug) if user else Access()
    if user is None or not may_read(access, run):
        return ReportMail.Skipped.LEFT
    return Addressee(
        user.email, run.tenant.language, access.masking, is_outside=False, sees_costs=may_see_costs(access)
    )


def _address(tenant: Tenant, email: str, language: str, actor: User | ApiKey, now: datetime) -> OutsideAddress:
    """Return the tenant's row of the address; ask it to confirm if it is new or its last question has expired."""
    Tenant.objects.select_for_update(of=("self",)).get(id=tenant.id)  # two at once would both find a free place
    address = OutsideAddress.objects.filter(tenant=tenant, address=email).first()
    if address is not None and address.declined_at is not None:
        raise NotAdded(NotAdded.DECLINED)
    if address is not None and not confirming.has_expired(address, now=now):
        return address
    asked = OutsideAddress.objects.filter(tenant=tenant, asked_at__gt=now - timedelta(days=1))
    if asked.count() >= MAX_ASKED_PER_DAY:
        raise NotAdded(NotAdded.TOO_MANY_TODAY)
    if address is None:
        address = OutsideAddress(tenant=tenant, address=email)
        address.language, address.added_by, address.asked_at = language, str(actor), now
        address.save(force_insert=True)
    else:
        address.language, address.added_by, address.asked_at = language, str(actor), now
        address.save(update_fields=["language", "added_by", "asked_at"])
    confirming.ask(address)
    return address


def _add(
    definition: ReportDefinition, actor: User | ApiKey, now: datetime, **whom: User | OutsideAddress
) -> ReportRecipient:
    if recipients_of(definition).count() >= MAX_RECIPIENTS:
        raise NotAdded(NotAdded.TOO_MANY)
    recipient = ReportRecipient.objects.create(
        tenant_id=definition.tenant_id, definition=definition, added_by=str(actor), added_at=now, **whom
    )
    _record("report_recipient.added", recipient, str(actor))
    return recipient


def _lock(definition: ReportDefinition) -> None:
    ReportDefinition.objects.select_for_update(of=("self",)).get(id=definition.id)


def _named(recipient: ReportRecipient) -> str:
    """Return what the audit log calls a recipient: a member's address, never an outside one."""
    user = User.objects.filter(id=recipient.user_id).first() if recipient.user_id else None
    return user.email if user else f"recipient {recipient.id}"


def _record(action: str, recipient: ReportRecipient, actor: str) -> None:
    definition = recipient.definition
    details = {"definition": definition.id, "recipient": recipient.id, "outside": recipient.user_id is None}
    record(action, actor=actor, tenant=definition.tenant, subject=definition.name, details=details)
