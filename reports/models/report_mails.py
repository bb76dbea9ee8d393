"""Recipients of reports, the outside addresses among them, and the mails that they get."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.tenants.models import Tenant
from reports.models.definitions import DefinitionRun, ReportDefinition


class OutsideAddress(Changed):
    """An e-mail address of a person without an account, to which a tenant wants to send reports.

    asked ──confirmed by its link──► confirmed      asked, confirmed ──declined──► declined
    asked ──14 days──► expired, and may be asked again

    It gets reports only while it is confirmed, and masked editions only.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    address = models.EmailField(max_length=254)  # in lower case
    language = models.CharField(max_length=8)
    added_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "report_address"
        verbose_name = _("outside address")
        verbose_name_plural = _("outside addresses")
        constraints = [models.UniqueConstraint(fields=["tenant", "address"], name="report_address_once")]

    def __str__(self) -> str:
        return self.address


class ReportRecipient(Changed):
    """A recipient of a definition's reports: a member, or an outside address.

    One without either was an address that has been erased. A recipient who unsubscribed stays, so that nobody is
    subscribed again against their will.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    definition = models.ForeignKey(ReportDefinition, on_delete=models.CASCADE, related_name="recipients")
    # No constraint: a deleted person gets nothing.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    address = models.ForeignKey(
        OutsideAddress, null=True, blank=True, on_delete=models.SET_NULL, related_name="recipients"
    )
    added_by = models.CharField(max_length=254)
    added_at = models.DateTimeField(db_default=Now())
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "report_recipient"
        verbose_name = _("recipient of reports")
        verbose_name_plural = _("recipients of reports")
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "user"],
                name="report_recipient_member_once",
                condition=models.Q(removed_at=None, user__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["definition", "address"],
                name="report_recipient_address_once",
                condition=models.Q(removed_at=None, address__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(user=None) | models.Q(address=None), name="report_recipient_is_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.definition} → {self.user_id or self.address_id}"


class ReportMail(Changed):
    """One mail about a run: its report to a recipient, or a notice to a member.

    waiting ──claimed──► sending ──accepted──► sent ──delivery failed──► bounced
       ▲                    ├──server away, or "try later"──► waiting, for up to 24 hours, then refused
       │                    ├──refused──► refused
       │                    └──no answer after the text was sent, or the worker died──► unknown
       └──(a person sends it again: a new row)

    `sending` is committed before the portal connects to the mail server. So a mail is sent at most once, and one whose
    outcome is unknown is never sent again by itself. A skipped mail says why nothing was sent.
    """

    class Kind(models.TextChoices):
        REPORT = "report", _("Report")
        FAILED = "failed", _("Notice of a failed run")
        STOPPED = "stopped", _("Notice of a stopped report")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        REFUSED = "refused", _("Refused by the mail server")
        UNKNOWN = "unknown", _("Outcome unknown")
        BOUNCED = "bounced", _("Bounced")
        SKIPPED = "skipped", _("Not sent")

    class Skipped(models.TextChoices):
        """Reason why nothing was sent."""

        LEFT = "left", _("The person is no member with access to this report any more.")
        UNSUBSCRIBED = "unsubscribed", _("The recipient has unsubscribed.")
        UNCONFIRMED = "unconfirmed", _("The address has not been confirmed.")
        REMOVED = "removed", _("The recipient has been removed.")
        NO_FILE = "no_file", _("The file does not exist any more.")

    class How(models.TextChoices):
        FILE = "file", _("With the file")
        LINK = "link", _("With a link")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(DefinitionRun, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.REPORT)
    # To whom: the recipient of a report, or the member of a notice
    recipient = models.ForeignKey(
        ReportRecipient, null=True, blank=True, on_delete=models.CASCADE, related_name="mails"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    number = models.PositiveSmallIntegerField(default=1)  # from 2 on: sent again
    requested_by = models.CharField(max_length=254, blank=True, default="")  # who sent it again
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    skipped = models.CharField(max_length=12, choices=Skipped.choices, blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200, blank=True, default="", editable=False)  # of the newest attempt
    how = models.CharField(max_length=4, choices=How.choices, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    # The link in it, of an outside address
    link_expires_at = models.DateTimeField(null=True, blank=True)
    link_revoked_at = models.DateTimeField(null=True, blank=True)
    openings = models.PositiveIntegerField(default=0, db_default=0)
    last_opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "report_mail"
        verbose_name = _("mail of a report")
        verbose_name_plural = _("mails of reports")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "recipient", "number"],
                name="report_mail_once",
                condition=models.Q(recipient__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["run", "kind", "user", "number"],
                name="report_notice_once",
                condition=models.Q(user__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="report_mail_open", condition=models.Q(state__in=["waiting", "sending"])),
            models.Index(fields=["message_id"], name="report_mail_bounces", condition=~models.Q(message_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.kind} {self.state}"
