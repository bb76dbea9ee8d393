"""Queue of mails about a run: its report to each recipient, notices to the owner or the managers, and sending again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from portal.accounts import standing
from portal.accounts.models import User, record
from portal.common.jobs import wake
from reports.models import DefinitionRun, ReportDefinition, ReportMail
from reports.schedules.recipients import recipients_of

TOLD_WITHIN = timedelta(days=7)  # a failed run that is older is told to nobody

State, Kind, Skipped = ReportMail.State, ReportMail.Kind, DefinitionRun.Skipped

CAN_BE_SENT_AGAIN = (State.REFUSED, State.UNKNOWN, State.BOUNCED, State.SKIPPED)


def on_finished(run: DefinitionRun) -> None:
    """Queue the mails about a run that has just ended, in the transaction that ends it (DEFINITION_HOOKS).

    Runs of the schedule and revisions are mailed. One that a person or a key asked for is theirs, in the portal.
    """
    if run.skipped in (Skipped.OWNER_LEFT, Skipped.SUBJECT_GONE):
        queue_notices(run, Kind.STOPPED, list(standing.managers_of(run.tenant)))
    elif run.skipped == Skipped.TOO_LARGE:
        queue_failure(run)
    elif run.state == DefinitionRun.State.DONE and not run.skipped and is_mailed(run):
        _queue(
            ReportMail(tenant_id=run.tenant_id, run=run, recipient=recipient)
            for recipient in recipients_of(run.definition).filter(unsubscribed_at=None)
        )


def is_mailed(run: DefinitionRun) -> bool:
    """Return whether a run is sent to the recipients when it is done."""
    return run.due_at is not None or run.cause == DefinitionRun.Cause.REVISION


def queue_failures(*, now: datetime) -> int:
    """Queue the notice of each run that failed after its last attempt; return their number. Each run has one."""
    told = ReportMail.objects.filter(run=OuterRef("id"), kind=Kind.FAILED)
    failed = DefinitionRun.objects.filter(
        ~Exists(told), state=DefinitionRun.State.FAILED, finished_at__gt=now - TOLD_WITHIN
    )
    return sum(queue_failure(run) for run in failed.select_related("definition").order_by("id"))


def queue_failure(run: DefinitionRun) -> int:
    """Queue one mail to the definition's owner that says that the run failed."""
    owner = User.objects.filter(id=run.definition.owner_id or 0).first()
    return queue_notices(run, Kind.FAILED, [owner.email] if owner else [])


def queue_notices(run: DefinitionRun, kind: str, addresses: list[str]) -> int:
    """Queue a notice to each of these members; return their number."""
    people = User.objects.filter(email__in=addresses, is_active=True).order_by("id")
    return _queue(ReportMail(tenant_id=run.tenant_id, run=run, kind=kind, user=person) for person in people)


def send_again(*, mail: ReportMail, actor: str, now: datetime) -> ReportMail | None:
    """Queue a mail again as a new row, because a person asks for it. Return None unless it is the newest and has ended.

    A mail whose outcome is unknown may arrive twice then; the person knows that.
    """
    same = ReportMail.objects.filter(tenant_id=mail.tenant_id, run_id=mail.run_id, kind=mail.kind)
    same = same.filter(recipient_id=mail.recipient_id)
    same = same.filter(user_id=mail.user_id) if mail.user_id else same
    with transaction.atomic():
        DefinitionRun.objects.select_for_update(of=("self",)).get(id=mail.run_id)  # two at once would both be next
        newest = same.aggregate(newest=Max("number"))["newest"]
        if mail.number != newest or not same.filter(id=mail.id, state__in=CAN_BE_SENT_AGAIN).exists():
            return None
        again = ReportMail.objects.create(
            tenant_id=mail.tenant_id,
            run_id=mail.run_id,
            kind=mail.kind,
            recipient_id=mail.recipient_id,
            user_id=mail.user_id,
            number=newest + 1,
            requested_by=actor,
            created_at=now,
        )
        details = {"run": mail.run_id, "mail": again.id}
        record("report_mail.again", actor=actor, tenant=mail.tenant, subject=mail.run.definition.name, details=details)
        transaction.on_commit(_wake, robust=True)
    return again


def mails_of(definition: ReportDefinition) -> QuerySet[ReportMail]:
    """Return the mails of a definition with their addressees, and whether they have been sent again (`has_newer`)."""
    rows = ReportMail.objects.filter(tenant_id=definition.tenant_id, run__definition=definition)
    return with_newer(rows.select_related("tenant", "run__definition", "recipient__user", "recipient__address", "user"))


def may_send_again(mail: ReportMail) -> bool:
    """Return whether a mail of `mails_of` may be sent again."""
    return mail.state in CAN_BE_SENT_AGAIN and not mail.has_newer  # type: ignore[attr-defined]  # annotated


def with_newer(mails: QuerySet[ReportMail]) -> QuerySet[ReportMail]:
    """Annotate mails with whether they have been sent again (`has_newer`)."""
    same = ReportMail.objects.filter(
        Q(recipient=OuterRef("recipient")) | Q(recipient=None, user=OuterRef("user"), kind=OuterRef("kind")),
        run=OuterRef("run"),
        number__gt=OuterRef("number"),
    )
    return mails.annotate(has_newer=Exists(same))


def _queue(mails: Iterable[ReportMail]) -> int:
    rows = list(mails)
    ReportMail.objects.bulk_create(rows, ignore_conflicts=True)  # an ended run has its mails already
    if rows:
        transaction.on_commit(_wake, robust=True)
    return len(rows)


def _wake() -> None:
    """Ask a worker to send what waits. Without the broker, the clock does it within half a minute."""
    wake("reports.send_report_mails", expires=60)
