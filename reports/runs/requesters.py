"""The name of who asked for a report, for people."""

from django.utils.translation import gettext as _

from reports.models import ReportRun
from reports.runs import due_months, erased_files, revising


def made_by(run: ReportRun) -> str:
    """Return a line with the person or API key that asked for a run, or why it was created automatically."""
    if run.requested_by == due_months.ACTOR:
        return _("Created automatically")
    if run.requested_by == erased_files.ACTOR:
        return _("Created automatically after an erasure")
    if run.requested_by == revising.ACTOR:
        return _("Created automatically because figures changed")
    return _("Created by %(who)s") % {"who": run.requested_by}
