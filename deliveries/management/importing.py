"""The base of commands that import files: progress, results of the rows, and exit codes."""

import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from deliveries.applying import import_counts
from deliveries.applying.failures import DATABASE_AWAY
from deliveries.applying.import_counts import ImportOutcome
from deliveries.importing import load
from deliveries.importing.archives.errors import ArchiveError
from deliveries.importing.archives.reading import Archive, open_archive
from deliveries.importing.sorting import SortOut, sort_out_reports
from deliveries.models import ImportRun
from portal.tenants.models import Feed

LOOK, REFUSED, INTERRUPTED = 1, 2, 130  # exit codes
MAX_QUARANTINED = 0.01
_SAY_EVERY = 10.0  # seconds


class ImportCommand(BaseCommand):
    """Imports a file through the inbox. Subclasses say what is in it."""

    of_what = "delivery report"
    of_new = "new report"
    sort_out: SortOut = staticmethod(sort_out_reports)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--accept-days", type=int, help="how old the times in it may be (default: the gateway's 400 days)"
        )
        parser.add_argument("--again", action="store_true", help="import it although it was imported already")
        parser.add_argument(
            "--no-wait", action="store_true", help="end when all is stored, before it is known what can be read"
        )

    def run_import(self, file: Path, feed: Feed, *, accept_days: int | None, again: bool, no_wait: bool) -> None:
        """Import a file by a feed and say what became of it. Raises CommandError with the exit code."""
        run: ImportRun | None = None
        try:
            archive = self.open(file)
            if archive.is_empty:
                self.stdout.write(f"{file} holds no {self.of_what}; nothing was stored")
                return
            run = load.finished_run(archive=archive, feed=feed, accept_days=accept_days)
            if run is None or again:
                run = None  # what an interruption finds
                run = self._import(archive, feed, accept_days)
            else:
                self.stdout.write(
                    f"{file} was imported on {run.finished_at:%Y-%m-%d %H:%M} UTC ({run.rows:,} rows);"
                    " --again imports it once more, which changes nothing but the duplicates' count"
                )
            outcome = None if no_wait else self._wait(run)
        except ArchiveError as error:
            raise CommandError(f"{file}: {error}", returncode=REFUSED) from error
        except load.ImportStoppedError as error:
            text = f"{file} cannot be read on: {error}. The same command goes on from there."
            raise CommandError(text, returncode=LOOK) from error
        except DATABASE_AWAY as error:
            text = f"the database is away: {str(error).splitlines()[0]}. The same command goes on where this one was."
            raise CommandError(text, returncode=LOOK) from error
        except KeyboardInterrupt as error:
            raise CommandError(_stopped(run), returncode=INTERRUPTED) from error
        self._judge(file, run, outcome)

    def open(self, file: Path) -> Archive:
        """Hash the file and look at its beginning. Raises ArchiveError."""
        with tqdm(unit="B", unit_scale=True, desc="Hashing", disable=None) as bar:
            return open_archive(file, limit=settings.INGEST_MAX_BODY, progress=lambda place: bar.update(place - bar.n))

    def _import(self, archive: Archive, feed: Feed, accept_days: int | None) -> ImportRun:
        with tqdm(total=archive.size, unit="B", unit_scale=True, desc="Storing", disable=None) as bar:
            run = load.import_archive(
                archive=archive,
                feed=feed,
                accept_days=accept_days,
                sort_out=self.sort_out,
                progress=lambda place, _rows: bar.update(place - bar.n),
            )
        self.stdout.write(f"{rows_are(run.rows)} in the inbox by {feed}")
        return run

    def _wait(self, run: ImportRun) -> ImportOutcome:
        """Wait for the applier, saying how far it is."""
        outcome = import_counts.outcome_of(run)
        if outcome.waiting <= 0:
            return outcome
        how = "Waiting until the applier has applied them"
        if not load.applier_runs():
            how = "No applier runs, so they are applied here"
        self.stdout.write(f"{how}; Ctrl-C ends this, and loses nothing")
        with tqdm(total=run.rows, unit=" rows", desc="Applying", disable=None) as bar:
            say = _Sayer(self.stdout.write if bar.disable else bar.write)

            def progress(outcome: ImportOutcome) -> None:
                done = run.rows - outcome.waiting
                bar.update(done - bar.n)
                say(done, run.rows)

            return load.wait_until_applied(run, progress=progress)

    def _judge(self, file: Path, run: ImportRun, outcome: ImportOutcome | None) -> None:
        """Print the results of the rows. Raises CommandError if somebody should check them."""
        problems = []
        if outcome is None:
            self.stdout.write(
                f"They are applied by the applier; how many are {self.of_new}s, duplicates or quarantined is not known"
                " yet. The admin's page Imports shows it, and so does the same command without --no-wait."
            )
        else:
            self.stdout.write(f"Of {run.rows:,} row{plural(run.rows)}: {in_words(outcome, of_new=self.of_new)}")
            if outcome.quarantined > MAX_QUARANTINED * run.rows:
                share = outcome.quarantined / run.rows
                problems.append(f"{share:.1%} of its rows are quarantined; bin/portal quarantine lists them.")
        if run.problem:
            problems.append(
                f"{run.problem}. {rows_are(run.rows)} in the inbox, from before that. Import the whole file when it is"
                " there, or the parts that are missing: what is in already counts as duplicates."
            )
        if problems:
            raise CommandError(f"{file}: {' '.join(problems)}", returncode=LOOK)


class _Sayer:
    """Lines about the progress, now and then."""

    def __init__(self, write) -> None:
        self._write, self._at, self._moved_at, self._done = write, time.monotonic(), time.monotonic(), 0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done != self._done:
            self._done, self._moved_at = done, now
        if now - self._at >= _SAY_EVERY:
            still = now - self._moved_at
            hangs = f"; none for {still:.0f} s: see the applier's log" if still >= 3 * _SAY_EVERY else ""
            self._write(f"{done:,} of {total:,} rows are applied{hangs}")
            self._at = now


def in_words(outcome: ImportOutcome, *, of_new: str = "new report") -> str:
    """Return what became of an import's rows, with the reasons of the quarantined ones, the most frequent first."""
    reasons = sorted(outcome.reasons.items(), key=lambda item: (-item[1], item[0]))
    listed = f" ({', '.join(f'{count:,} {reason}' for reason, count in reasons)})" if reasons else ""
    others = f", {outcome.others:,} of other channels" if outcome.others else ""
    again = f"; {outcome.replayed:,} were applied again" if outcome.replayed else ""
    return (
        f"{outcome.reports:,} {of_new}{plural(outcome.reports)},"
        f" {outcome.duplicates:,} duplicate{plural(outcome.duplicates)},"
        f" {outcome.quarantined:,} quarantined{listed}{others}{again}"
    )


def rows_are(count: int) -> str:
    return f"{count:,} row{plural(count)} {'is' if count == 1 else 'are'}"


def plural(count: int) -> str:
    return "" if count == 1 else "s"


def _stopped(run: ImportRun | None) -> str:
    if run is None:
        return "stopped. What was stored is in the inbox; the same command goes on from there."
    return f"stopped waiting. All {run.rows:,} rows are in the inbox and lose nothing; an applier applies them."
