"""Words for the causes by which a month's counts change, and the sentence about a revision."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.counts.causes import Cause
from reports.models import ReportRun
from reports.monthly.ledger import Reason
from reports.runs.changed_texts import differences_text

REGROUPED = "regrouped"  # what no cause of the ledger explains: names, merged campaigns, times
CAUSES: dict[str, Promise] = {
    Cause.LATE_REPORTS: gettext_lazy("Late delivery reports"),
    Cause.PARTNER_IDS: gettext_lazy("Partner IDs declared or moved"),
    Cause.SETTINGS: gettext_lazy("Time zone or refId scheme changed"),
    Cause.REFOLD: gettext_lazy("Result codes or rules reinterpreted"),
    Cause.RECONCILE: gettext_lazy("Counts corrected after a check"),
    REGROUPED: gettext_lazy("Names, groups or times changed"),
}


def reason_text(reason: Reason) -> str:
    """Return a cause with its differences, such as "Late delivery reports: +24 delivered"."""
    if reason.are_rows_moved:
        return _("%(cause)s: figures moved between rows") % {"cause": CAUSES[reason.cause]}
    return f"{CAUSES[reason.cause]}: {differences_text(reason.differences)}"


def reasons_text(reasons: Iterable[Reason]) -> str:
    """Return all causes in one line, '' for none."""
    return "; ".join(map(reason_text, reasons))


def _why(found: list[Reason], differences: Mapping[str, int]) -> str:
    """Return the causes within a sentence; one that explains everything is named alone."""
    if len(found) == 1 and found[0].differences == differences:
        return _lower_first(str(CAUSES[found[0].cause]))
    return "; ".join(_lower_first(reason_text(reason)) for reason in found)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def reasons_of(changes: Mapping[str, Any]) -> list[Reason]:
    """Return the causes that a run has stored with its changes."""
    found = changes["causes"]
    return [Reason(cause.value, found[cause]) for cause in Cause if cause in found]


def revision_text(run: ReportRun) -> str:
    """Return one sentence in the current language on what the revision changed, '' for a first one."""
    if run.changes is None:
        return ""
    if any(run.changes["differences"].values()):
        changes = differences_text(run.changes["differences"])
    else:
        changes = _("figures moved between rows")
    if why := _why(reasons_of(run.changes), run.changes["differences"]):
        changes = f"{changes} ({why})"
    return _("Changed since revision %(revision)s: %(changes)s.") % {
        "revision": run.changes["since"],
        "changes": changes,
    }
