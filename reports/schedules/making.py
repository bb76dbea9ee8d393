"""Making a run: read with the rights that the owner has at that moment, written in each format and edition, stored."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic

from django.utils import timezone

from portal.common import jobs
from reports.models import DefinitionFile, DefinitionRun, ReportDefinition
from reports.monthly.tables import Table
from reports.schedules import files
from reports.schedules.content import Edition, editions, fingerprint, state_now, with_costs
from reports.schedules.ending import finish, refuse
from reports.schedules.kinds import KINDS
from reports.schedules.message_log import make_log
from reports.schedules.month import MonthReport, chosen_template, month_costs, month_report, workbook
from reports.schedules.reading import Made, NotAllowed, Reading, SubjectGone, TooLarge
from reports.schedules.rights import access_now, account_scope_now
from reports.schedules.statements import make_statements
from reports.schedules.writing import write_tables

LEASE = timedelta(minutes=5)  # one step: a table of counts, or a page of messages that no index serves

Kind, Skipped, Format = ReportDefinition.Kind, DefinitionRun.Skipped, ReportDefinition.Format
Beat = Callable[[int], None]  # percent
_Outcome = tuple[Made, list[DefinitionFile]]


def make_runs(*, run_id: int | None = None) -> int:
    """Make the runs that are due (or this one); return how many were done."""
    return jobs.run_all(DefinitionRun, _work, job_id=run_id)


def _work(run: DefinitionRun) -> None:
    run.pause_at = None  # a snapshot cannot be continued by another task
    run.done, run.total = 0, 100
    jobs.renew(run, lease=jobs.LONG_STEP)
    try:
        reading = _reading(run)
        made, stored = _made(reading)
    except NotAllowed:
        refuse(run, Skipped.OWNER_LEFT)
    except SubjectGone:
        refuse(run, Skipped.SUBJECT_GONE)
    except TooLarge:
        refuse(run, Skipped.TOO_LARGE)
    else:
        finish(run, made, stored)


def _reading(run: DefinitionRun) -> Reading:
    """Return what is read for the run. Raises NotAllowed and SubjectGone."""
    access = access_now(run.definition)
    if run.definition.kind != Kind.ACCOUNT:
        return Reading(run, access, access.tenant_ids, timezone.now())
    scope = account_scope_now(access, run.definition)
    return Reading(run, access, scope.tenant_ids, timezone.now(), scope.account)


def _made(reading: Reading) -> _Outcome:
    run = reading.run

    def beat(percent: int) -> None:
        run.done = percent
        jobs.renew(run, lease=LEASE)

    try:
        with tempfile.TemporaryDirectory(prefix="portal-report-") as name:
            folder = Path(name)
            if run.definition.kind == Kind.MONTHLY:
                return _make_month(reading, folder, beat)
            if run.definition.kind == Kind.MESSAGES:
                return _make_log(reading, folder, beat)
            if run.definition.kind == Kind.STATEMENTS:
                return make_statements(reading, folder, is_wanted=lambda made: _is_wanted(run, made))
            return _make_tables(reading, folder, beat)
    except BaseException:
        files.delete_attempt(run)
        raise


def _make_tables(reading: Reading, folder: Path, beat: Beat) -> _Outcome:
    run, build = reading.run, KINDS[reading.run.definition.kind].build
    assert build is not None  # of the other kinds
    found = editions(reading, build)
    beat(20)
    fullest = next(iter(found.values()))
    header = fullest.header
    made = Made(
        data_as_of=header.data_as_of, kind=header.state, rows=fullest.rows if fullest.messages else 0,
        maturity=header.maturity, content_hash=fingerprint(fullest, run.definition),
    )  # fmt: skip
    if not _is_wanted(run, made):
        return made, []
    return made, _write(run, found, run.definition.formats, folder, beat)


def _make_month(reading: Reading, folder: Path, beat: Beat) -> _Outcome:
    run = reading.run
    report = month_report(reading, lambda percent: beat(percent // 2))
    assert report.run.data_as_of is not None and report.run.rows is not None  # it is done
    costs = month_costs(reading)
    made = Made(
        data_as_of=report.run.data_as_of, kind=report.run.kind, rows=report.run.rows if report.run.messages else 0,
        maturity=report.run.maturity, content_hash=_hash_of(report, costs), report_run_id=report.run.id,
    )  # fmt: skip
    if not _is_wanted(run, made):
        return made, []
    template = chosen_template(run.definition)
    header = replace(report.header, template=template) if template else report.header
    found: dict[str, Edition] = {}
    for name, tables in report.tables.items():
        found |= with_costs(name, Edition(tables, header, made.rows, made.rows), costs.get(name))
    if template or costs:
        return made, _write(run, found, run.definition.formats, folder, beat)
    of_month = [
        workbook(report, reading, edition) for edition in report.tables if Format.XLSX in run.definition.formats
    ]
    others = [format for format in run.definition.formats if format != Format.XLSX]
    return made, [*of_month, *_write(run, found, others, folder, beat)]


def _hash_of(report: MonthReport, costs: dict[str, list[Table]]) -> str:
    """Return the digest of the month's report, with its costs if it has any."""
    digest = str(report.run.content_hash)
    return sha256(f"{digest}{costs!r}".encode(errors="backslashreplace")).hexdigest() if costs else digest


def _make_log(reading: Reading, folder: Path, beat: Beat) -> _Outcome:
    run, kind = reading.run, state_now(reading, reading.run.last)
    made, stored = make_log(
        reading, folder, kind=kind, beat=beat, is_wanted=lambda made: made.rows > 0 or not _needs_rows(run)
    )
    if not made.skipped and stored and not _is_wanted(run, made):
        files.delete_attempt(run)
        return made, []
    if not stored:
        made.skipped = Skipped.NO_ROWS
    return made, stored


def _is_wanted(run: DefinitionRun, made: Made) -> bool:
    """Return whether files are made; if not, note why."""
    if _needs_rows(run) and not made.rows:
        made.skipped = Skipped.NO_ROWS
    elif run.definition.condition == ReportDefinition.Condition.CHANGED and made.content_hash == _last_hash(run):
        made.skipped = Skipped.UNCHANGED
    return not made.skipped


def _needs_rows(run: DefinitionRun) -> bool:
    return run.definition.condition == ReportDefinition.Condition.ROWS


def _last_hash(run: DefinitionRun) -> str | None:
    """Return the digest of the last finished run."""
    done = DefinitionRun.objects.filter(definition_id=run.definition_id, state=DefinitionRun.State.DONE)
    hashes = done.exclude(content_hash="").order_by("-finished_at", "-id").values_list("content_hash", flat=True)
    return hashes.first()


def _write(
    run: DefinitionRun, found: dict[str, Edition], formats: list[str], folder: Path, beat: Beat
) -> list[DefinitionFile]:
    """Write each format in each edition; editions that do not differ have one file."""
    stored: list[DefinitionFile] = []
    steps = max(1, len(formats) * len(found))
    contents = {name: repr((one.tables, one.header)) for name, one in found.items()}
    for format in formats:
        of_format: list[DefinitionFile] = []
        written: dict[str, DefinitionFile] = {}
        for name, edition in found.items():
            if same := written.get(contents[name]):
                of_format.append(_same_file(same, name))
                continue
            begun, step = monotonic(), len(stored) + len(of_format)

            def on_rows(done: int, of: int, step: int = step) -> None:
                beat(20 + int(75 * (step + done / max(1, of)) / steps))

            path = write_tables(
                edition.tables, edition.header, folder, format=format, form=run.tenant.csv_form, beat=on_rows
            )
            file = files.store(run, path, format=format, edition=name)
            file.seconds = round(monotonic() - begun, 2)
            of_format.append(file)
            written[contents[name]] = file
        stored += of_format
    return stored


def _same_file(file: DefinitionFile, edition: str) -> DefinitionFile:
    return DefinitionFile(
        tenant_id=file.tenant_id, run=file.run, format=file.format, edition=edition, file=file.file, bytes=file.bytes,
        sha256=file.sha256,
    )  # fmt: skip
