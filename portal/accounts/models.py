"""People, what they may do for which tenant, and the record of what was done."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.tenants.models import Tenant
from portal.tenants.scope import may_write, web_scope


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **extra) -> "User":
        """Create a person who signs in by e-mail address (compared without case)."""
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        user.confirm_email()  # an address set by code counts as confirmed
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email__iexact=email)


class User(Changed, AbstractBaseUser, PermissionsMixin):
    """A person. Staff run the portal; everybody else sees what their memberships reach."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    date_joined = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()
    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.email

    def confirm_email(self) -> None:
        """Make `email` the person's only address, confirmed and primary.

        For people made by operators and by accepted invitations. What people change themselves they confirm by a link.
        """
        from allauth.account.models import EmailAddress  # app ready: its models need this one

        email = self.email.lower()
        EmailAddress.objects.filter(user=self).exclude(email=email).delete()
        EmailAddress.objects.update_or_create(user=self, email=email, defaults={"verified": True, "primary": True})


def display_name(user: User) -> str:
    """Return what mails and pages call the person."""
    return user.name or user.email


class Role(models.TextChoices):
    """Role of a member. Those before the accountant include the rights of the ones after (portal/accounts/roles.py)."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    ANALYST = "analyst", _("Analyst")
    VIEWER = "viewer", _("Viewer")
    ACCOUNTANT = "accountant", _("Accountant")


class Membership(Changed):
    """A person's role for a tenant, and by it for the tenant's children."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.tenant} · {self.role}"


class Invitation(Changed):
    """A membership offered by e-mail; the holder of the link accepts it, once, until it expires.

    open ──accepted──► accepted      open ──revoked, or a newer one for the same address──► revoked
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Role.choices)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # By id, whatever becomes of the address. No constraint: a deleted person has no rights, so nobody is let in.
    inviter = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    invited_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.tenant}"


class UnsentMail(models.Model):
    """A mail that was not sent because no mail server is set. `sealed` is its encrypted text, '' once it was read."""

    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    sealed = models.TextField()
    made_at = models.DateTimeField(_("created at"))
    shown_at = models.DateTimeField(_("shown at"), null=True)
    shown_by = models.CharField(_("shown to"), max_length=254, blank=True)

    class Meta:
        verbose_name_plural = "unsent e-mails"

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"


class AuditEntry(Changed):
    """One recorded action. Append-only: no role of the portal may change or delete a row."""

    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=254, help_text=_("An e-mail address, an API key's name or a command."))
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["tenant", "-at"], name="audit_by_tenant"),
            models.Index(fields=["tenant", "updated_at", "id"], name="audit_by_change"),  # the API's changes
            # the admin's search
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.subject}"


def record(
    action: str, *, actor: str, tenant: Tenant | None = None, subject: str = "", details: dict | None = None
) -> None:
    """Write down that `actor` did `action`; no personal data in `details`.

    In a request that may write nothing (staff who look at a tenant) it is written after the commit.
    """
    entry = AuditEntry(tenant=tenant, actor=actor, action=action, subject=subject[:300], details=details or {})
    if may_write():
        entry.save(force_insert=True)
    else:
        transaction.on_commit(lambda: _save_for_tenant(entry))


def _save_for_tenant(entry: AuditEntry) -> None:
    with web_scope({entry.tenant_id}):  # a page that may write nothing is a tenant's
        entry.save(force_insert=True)
