"""A tenant's audit log, newest first: pages by key, filters, and a file of what is shown."""

import io
import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from portal.accounts.audit_actions import ACTIONS
from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry
from portal.common.csv_file import ENCODING, write_rows
from portal.common.periods import zone
from portal.tenants.models import Tenant

PAGE_SIZE = 50
MAX_IN_A_FILE = 10_000
MAX_COUNTED = 10_000  # of the newest entries, for the counts beside the filters
MAX_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """Filter of the audit log; '' matches all."""

    action: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Up to PAGE_SIZE entries, and the key that the next, older page begins after ('' on the last one)."""

    entries: list[AuditEntry]
    older: str


@dataclass(frozen=True, slots=True)
class Facets:
    """Actions and people of the newest entries with their numbers of entries, the most first.

    Each is counted within the other's filter. `is_cut`: older entries than the counted ones exist.
    """

    actions: list[tuple[str, int]]
    people: list[tuple[str, int]]
    is_cut: bool


def facets_of(tenant: Tenant, wanted: Filter) -> Facets:
    """Return what to filter by; at most MAX_PEOPLE people."""
    rows = list(entries(tenant, Filter()).values_list("action", "actor")[: MAX_COUNTED + 1])
    counted = rows[:MAX_COUNTED]
    person = wanted.actor.casefold()
    actions = Counter(action for action, actor in counted if person in ("", actor.casefold()))
    people = Counter(actor for action, actor in counted if wanted.action in ("", action))
    return Facets(_most_first(actions), _most_first(people)[:MAX_PEOPLE], len(rows) > MAX_COUNTED)


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def page_of(tenant: Tenant, wanted: Filter, *, before: str = "") -> Page:
    """Return the entries before the key, newest first; from the newest on where the key is none."""
    found = entries(tenant, wanted)
    key = _read_key(before)
    if key is not None:
        at, entry_id = key
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=entry_id))
    rows = list(found[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    return Page(entries=shown, older=_key(shown[-1]) if len(rows) > PAGE_SIZE else "")


def entries(tenant: Tenant, wanted: Filter) -> QuerySet[AuditEntry]:
    """Return the tenant's entries that the filter asks for, newest first."""
    found = AuditEntry.objects.filter(tenant=tenant)
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.actor:
        found = found.filter(actor__iexact=wanted.actor)
    return found.order_by("-at", "-id")


def to_csv(rows: Iterable[AuditEntry], tenant: Tenant) -> bytes:
    """Return the entries in the active language and the form of the tenant's country, times in its zone."""
    text = io.StringIO(newline="")
    when = gettext("When (%(timezone)s)") % {"timezone": tenant.timezone}
    headings = [
        when,
        gettext("Who"),
        gettext("What happened"),
        gettext("Action"),
        gettext("Subject"),
        gettext("Details"),
    ]
    tz = zone(tenant.timezone)
    cells = ([row.at.astimezone(tz), row.actor, sentence(row), *_raw(row)] for row in rows)
    write_rows(text, tenant.csv_form, itertools.chain([headings], cells))
    return text.getvalue().encode(ENCODING)


def _raw(row: AuditEntry) -> list[str]:
    return [str(ACTIONS.get(row.action, row.action)), row.subject, details_of(row)]


def details_of(entry: AuditEntry) -> str:
    """Return an entry's details as `key: value, key: value`."""
    return ", ".join(f"{key}: {_words(value)}" for key, value in sorted(entry.details.items()))


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _key(entry: AuditEntry) -> str:
    return f"{entry.at.isoformat()}_{entry.id}"


def _read_key(text: str) -> tuple[datetime, int] | None:
    at, _sign, entry_id = text.rpartition("_")
    try:
        instant, number = datetime.fromisoformat(at), int(entry_id)
    except ValueError:
        return None
    is_usable = instant.tzinfo is not None and 0 < number < 2**63
    return (instant, number) if is_usable else None
