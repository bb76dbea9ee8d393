"""The standing checks for people: what each looks for, and what it last found."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliveries.models import StandingCheck

# name: (what a person reads, how old its last look may be)
TITLES: dict[str, tuple[Promise, timedelta]] = {
    "received": (_("Every received report is processed, waiting or in quarantine"), timedelta(minutes=30)),
    "waiting": (_("No report waits longer than five minutes"), timedelta(minutes=5)),
    "applying": (_("Delivery reports are processed"), timedelta(minutes=5)),
    "feeds": (_("No feed is silent"), timedelta(minutes=30)),
    "refused": (
        _("No feed's requests are rejected for ten minutes (five where the gateway gives up within hours)"),
        timedelta(minutes=5),
    ),
    "quarantined": (_("No feed has more rows in quarantine than usual"), timedelta(minutes=30)),
    "submissions": (_("Submitted messages receive delivery reports"), timedelta(minutes=30)),
    "identities": (_("Each message is stored once"), timedelta(hours=13)),
    "jobs": (_("No background job has failed"), timedelta(minutes=5)),
    "gates": (_("Deliveries of gates are sent"), timedelta(minutes=5)),
    "gates_at_link": (_("The gates at LINK are as they should be"), timedelta(hours=13)),
    "report_mails": (_("E-mails of reports are sent"), timedelta(minutes=5)),
    "alerts": (_("Alerts are looked at every minute"), timedelta(minutes=5)),
    "budgets": (_("Budgets are looked at every five minutes"), timedelta(minutes=20)),
    "account_delivery": (_("No account's delivery rate falls"), timedelta(minutes=30)),
    "counts": (_("Counts match the messages on the days compared at night"), timedelta(hours=26)),
}


@dataclass(frozen=True, slots=True)
class CheckState:
    """One check; `is_stale` when the clock has not run it for too long (or never): then it says nothing."""

    name: str
    title: Promise
    problems: int
    details: list[str]
    since: datetime | None
    checked_at: datetime | None
    is_stale: bool

    @property
    def is_good(self) -> bool:
        return not self.problems and not self.is_stale


def standing_checks(*, now: datetime) -> list[CheckState]:
    """Return all checks by one query, those that find something first."""
    rows = {row.name: row for row in StandingCheck.objects.filter(name__in=list(TITLES))}
    states = [
        CheckState(
            name=name,
            title=title,
            problems=row.problems if row else 0,
            details=row.details if row else [],
            since=row.since if row else None,
            checked_at=row.checked_at if row else None,
            is_stale=row is None or now - row.checked_at > allowed,
        )
        for name, (title, allowed) in TITLES.items()
        for row in [rows.get(name)]
    ]
    return sorted(states, key=lambda state: (state.is_good, not state.problems))
