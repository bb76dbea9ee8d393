"""Texts of the mails about runs: a report with its files or a link to them, and notices to members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.encoders import encode_base64
from email.mime.base import MIMEBase

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.accounts import mail as portal_mail
from portal.brands.brand import brand_of
from portal.common.periods import Month, zone
from portal.tenants.models import Tenant
from reports.models import DefinitionFile, DefinitionRun, ReportMail
from reports.runs.cause_texts import revision_text
from reports.schedules.attachments import are_attached, files_for
from reports.schedules.due import is_late
from reports.schedules.files import MEDIA_TYPES, download_name, open_file, suffix_of
from reports.schedules.links import report_address, unsubscribe_address
from reports.schedules.recipients import Addressee, addressee, member

LINK_VALID_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Written:
    """A mail that can be handed to the mail server, and how it carries its files ('': it has none)."""

    message: EmailMultiAlternatives
    how: str = ""
    link_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """The reason (`ReportMail.Skipped`) why the mail is not sent."""

    reason: str


def write(mail: ReportMail, *, now: datetime) -> Written | NotSent:
    """Write a mail for whom it is for, with the rights that they have now."""
    run, recipient = mail.run, mail.recipient
    if recipient is not None:
        to = addressee(recipient, run)
    else:
        to = member(mail.user_id, run) if mail.user_id else ReportMail.Skipped.LEFT
    if not isinstance(to, Addressee):
        return NotSent(to)
    with translation.override(to.language):
        return _notice(mail, to) if recipient is None else _report(mail, to, now)


def _report(mail: ReportMail, to: Addressee, now: datetime) -> Written | NotSent:
    files = files_for(mail.run, to.masking, sees_costs=to.sees_costs)
    if not files:
        return NotSent(ReportMail.Skipped.NO_FILE)
    attached = are_attached(files)
    expires_at = None if attached else now + LINK_VALID_FOR
    said = [*_facts(mail.run), _carried(mail, files, to, expires_at)]
    if to.is_outside or not to.masking.in_full:
        said.append(_("Phone numbers are masked in it."))
    assert mail.recipient is not None  # a report has one
    leave = unsubscribe_address(mail.recipient)
    subject = f"{mail.run.definition.get_kind_display()}: {days_text(mail.run.first, mail.run.last)}"
    message = _message(mail, to, subject, said, action=_("Open the report"), footer=(_("Unsubscribe"), leave))
    message.extra_headers |= {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    if attached:
        try:
            _attach(message, files)
        except FileNotFoundError:
            return NotSent(ReportMail.Skipped.NO_FILE)
    how = ReportMail.How.FILE if attached else ReportMail.How.LINK
    return Written(message, how, expires_at)


def _facts(run: DefinitionRun) -> list[str]:
    """Return paragraphs that say what the report is and how far its figures are complete."""
    definition, tenant = run.definition, run.tenant
    names = {"name": definition.name, "tenant": tenant.name, "days": days_text(run.first, run.last)}
    lines = [_("“%(name)s” of %(tenant)s: %(days)s.") % names]
    if run.data_as_of is not None:
        lines.append(_("Data as of %(at)s.") % {"at": _time(run.data_as_of, tenant)})
    if run.kind == DefinitionRun.Kind.PROVISIONAL:
        lines.append(_("The figures are provisional: late delivery reports may still change them."))
    elif run.kind == DefinitionRun.Kind.FINAL:
        lines.append(_("The figures are final."))
    facts = ["\n".join(lines)]
    if run.cause == DefinitionRun.Cause.REVISION:
        replaces = _("It replaces the report of these days that you have: its figures have changed since.")
        made = run.report_run
        changes = (
            revision_text(made.same_as or made) if made else ""
        )  # most are found unchanged: the run has no changes
        facts.append(f"{replaces} {changes}".strip())
    if run.due_at is not None and is_late(run.due_at, run.created_at):
        due = {"due": _time(run.due_at, tenant)}
        facts.append(_("It was due on %(due)s. It is late because the portal was not running then.") % due)
    return facts


def _carried(mail: ReportMail, files: Sequence[DefinitionFile], to: Addressee, expires_at: datetime | None) -> str:
    names = [f"{download_name(file)} ({filesizeformat(file.bytes)})" for file in files]
    if expires_at is None:
        return "\n".join([_("Attached:"), *names])
    until = {"until": _time(expires_at, mail.tenant)}
    said = _("The files are too large for an e-mail. Download them here until %(until)s:") % until
    lines = [said, report_address(mail), *names]
    return "\n".join(lines if to.is_outside else [*lines, _("You have to sign in.")])


def _notice(mail: ReportMail, to: Addressee) -> Written:
    run, definition = mail.run, mail.run.definition
    names = {"name": definition.name, "tenant": mail.tenant.name, "days": days_text(run.first, run.last)}
    if mail.kind == ReportMail.Kind.STOPPED:
        subject = _("A report has been stopped")
        said = [
            _("The report “%(name)s” of %(tenant)s is not made any more.") % names,
            run.get_skipped_display(),
            _("Change the report to take it over: it is made with your rights then."),
        ]
    else:
        subject = _("A report could not be made")
        why = run.get_skipped_display() or _("All attempts failed.")
        said = [
            _("The report “%(name)s” of %(tenant)s for %(days)s could not be made.") % names,
            why,
            _("You can run it again on the page of your reports."),
        ]
    said.append(f"{settings.PUBLIC_URL}/t/{mail.tenant.slug}/reports/")
    return Written(_message(mail, to, subject, said, action=_("Open the reports")))


def _message(
    mail: ReportMail,
    to: Addressee,
    subject: str,
    said: Sequence[str],
    *,
    action: str,
    footer: tuple[str, str] | None = None,
) -> EmailMultiAlternatives:
    text = "\n\n".join([*said, _("SMS reports")])
    brand = brand_of(mail.tenant_id)
    letter = portal_mail.write(subject=subject, text=text, action=action, brand=brand, footer=footer)
    message = portal_mail.message_of(to=to.email, letter=letter)
    message.extra_headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    return message


def _attach(message: EmailMultiAlternatives, files: Sequence[DefinitionFile]) -> None:
    for file in files:
        with open_file(file) as content:
            kind, _slash, subtype = MEDIA_TYPES[suffix_of(file)].partition(";")[0].partition("/")
            part = MIMEBase(kind, subtype)  # by hand: Django would rewrite the ends of lines of a text
            part.set_payload(content.read())
            encode_base64(part)
            part.add_header("Content-Disposition", "attachment", filename=download_name(file))
            message.attach(part)
    message.mixed_subtype = "mixed"  # type: ignore[attr-defined]  # files beside the text, also where a logo is in it


def days_text(first: date, last: date) -> str:
    """Return days in the current language: a whole month by its name."""
    month = Month.of(first)
    if (first, last) == (month.first_day, month.last_day):
        return date_format(first, "YEAR_MONTH_FORMAT")
    whole = date_format(last, "SHORT_DATE_FORMAT")
    return whole if first == last else f"{date_format(first, 'SHORT_DATE_FORMAT')} – {whole}"


def _time(at: datetime, tenant: Tenant) -> str:
    return f"{date_format(at.astimezone(zone(tenant.timezone)), 'SHORT_DATETIME_FORMAT')} ({tenant.timezone})"
