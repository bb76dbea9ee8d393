"""Rows of the pages of saved reports: definitions with their last run, and runs with their files and mails."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from portal.accounts.access import Access
from portal.accounts.models import User
from reports.models import DefinitionFile, DefinitionRun, ReportDefinition, ReportMail, ReportRecipient
from reports.pricing.rights import may_see_costs
from reports.runs.report_scope import RIGHT_FOR_ACCOUNTS
from reports.schedules.definitions import may_change
from reports.schedules.files import edition_for
from reports.schedules.letters import days_text
from reports.schedules.mailing import with_newer
from reports.schedules.pages.wording import schedule_text
from reports.schedules.recipient_views import person_name
from reports.schedules.rights import OF_STATEMENTS, READ_LOGS, may_read

Kind, Format = ReportDefinition.Kind, ReportDefinition.Format


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """A definition in the list."""

    definition: ReportDefinition
    schedule: str
    last: DefinitionRun | None
    last_days: str
    recipients: int


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run as a reader may have it."""

    format: str
    name: str
    bytes: int
    gone: str


@dataclass(frozen=True, slots=True)
class RunMail:
    """An e-mail of a run, with its state in words; the newest where it was sent again."""

    name: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the history of its definition. `seconds` are from its start to its end."""

    run: DefinitionRun
    days: str
    files: list[RunFile]
    seconds: float | None
    mails: list[RunMail]
    unsent: int
    may_retry: bool


def readable(access: Access) -> QuerySet[ReportDefinition]:
    """Return the definitions of the page's tenant that a reader may see."""
    found = ReportDefinition.objects.filter(tenant=access.tenant).select_related("tenant")
    if not access.may(RIGHT_FOR_ACCOUNTS):
        found = found.exclude(kind=Kind.ACCOUNT)
    if not access.may(READ_LOGS):
        found = found.exclude(kind=Kind.MESSAGES)
    if not access.may(OF_STATEMENTS):
        found = found.exclude(kind=Kind.STATEMENTS)
    return found


def definition_rows(definitions: Sequence[ReportDefinition]) -> list[DefinitionRow]:
    """Return the rows of a page of the list, by three queries."""
    ids = [one.id for one in definitions]
    runs = DefinitionRun.objects.filter(definition_id__in=ids).order_by("definition_id", "-id")
    last = {run.definition_id: run for run in runs.distinct("definition_id")}
    recipients = ReportRecipient.objects.filter(definition_id__in=ids, removed_at=None, unsubscribed_at=None)
    counts = dict(recipients.values_list("definition_id").annotate(n=Count("id")))
    return [
        DefinitionRow(
            one,
            schedule_text(one),
            last.get(one.id),
            days_text(last[one.id].first, last[one.id].last) if one.id in last else "",
            counts.get(one.id, 0),
        )
        for one in definitions
    ]


def run_rows(definition: ReportDefinition, runs: Sequence[DefinitionRun], access: Access, user: User) -> list[RunRow]:
    """Return the rows of a page of the history, by two queries."""
    files: dict[int, list[DefinitionFile]] = defaultdict(list)
    for file in DefinitionFile.objects.filter(run__in=runs).order_by("id"):
        files[file.run_id].append(file)
    mails: dict[int, list[ReportMail]] = defaultdict(list)
    sent = ReportMail.objects.filter(run__in=runs).select_related("recipient__user", "recipient__address", "user")
    for mail in with_newer(sent).order_by("id"):
        if not mail.has_newer:  # type: ignore[attr-defined]
            mails[mail.run_id].append(mail)
    may = may_change(access, definition, user) and definition.archived_at is None
    return [_row(run, files[run.id], mails[run.id], access, may=may) for run in runs]


def _row(
    run: DefinitionRun, files: Collection[DefinitionFile], mails: Sequence[ReportMail], access: Access, *, may: bool
) -> RunRow:
    State = ReportMail.State
    ended = run.finished_at - run.started_at if run.finished_at and run.started_at else None
    return RunRow(
        run=run,
        days=days_text(run.first, run.last),
        files=_files(run, files, access),
        seconds=ended.total_seconds() if ended else None,
        mails=[_mail(mail) for mail in mails],
        unsent=sum(mail.state in (State.REFUSED, State.UNKNOWN, State.BOUNCED) for mail in mails),
        may_retry=may and run.is_stopped,
    )


def _mail(mail: ReportMail) -> RunMail:
    reason = mail.get_skipped_display() if mail.skipped else ""
    return RunMail(person_name(mail.recipient, mail.user), mail.get_state_display(), reason)


def _files(run: DefinitionRun, files: Collection[DefinitionFile], access: Access) -> list[RunFile]:
    """Return a file a format: the fullest that the reader may have."""
    if run.state != DefinitionRun.State.DONE or not may_read(access, run):
        return []
    by_format: dict[str, dict[str, DefinitionFile]] = defaultdict(dict)
    for file in files:
        by_format[file.format][file.edition] = file
    found = []
    for format, editions in by_format.items():
        shown = edition_for(editions.values(), access.masking, sees_costs=may_see_costs(access))
        if shown is not None:
            gone = shown.get_gone_display() if shown.gone else ""
            found.append(RunFile(format, str(Format(format).label), shown.bytes, gone))
    return found
