"""A tenant's audit log, newest first: pages by key, filters, and a file of what is shown."""

import io
import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry
from portal.common.csv_file import ENCODING, write_rows
from portal.common.periods import zone
from portal.tenants.models import Tenant

PAGE_SIZE = 50
MAX_IN_A_FILE = 10_000
MAX_COUNTED = 10_000  # of the newest entries, for the counts beside the filters
MAX_PEOPLE = 20

# Every action that is recorded for a tenant, in words. One that is not here shows as it is.
ACTIONS = {
    "member.invited": _("Invited a person"),
    "member.invitation_revoked": _("Revoked an invitation"),
    "member.joined": _("Accepted an invitation"),
    "member.role": _("Changed a member's role"),
    "member.removed": _("Removed a member"),
    "api_key.created": _("Created an API key"),
    "api_key.revoked": _("Revoked an API key"),
    "api_key.abandoned": _("API key: its holder may no longer hold it"),
    "api_key.kept": _("Kept an API key"),
    "settings.changed": _("Changed the settings"),
    "ref_ids.changed": _("Changed how refIds are read"),
    "campaign.changed": _("Changed a campaign"),
    "campaign.merged": _("Merged a campaign into another"),
    "campaign.separated": _("Undid a merge of campaigns"),
    "campaign.window_changed": _("Set a campaign's conversion window"),
    "campaign.window_removed": _("Removed a campaign's conversion window"),
    "segment_key.chosen": _("Added a segment key"),
    "segment_key.removed": _("Removed a segment key"),
    "segment_key.refused": _("A segment key has no figures any more"),
    "tenant.recounted": _("Messages were recounted"),
    "partner_id.moved": _("Messages moved with a partner ID"),
    "message.downloaded": _("Downloaded a list of messages"),
    "message.number_revealed": _("Revealed a phone number"),
    "message.number_searched": _("Searched by a phone number"),
    "message.number_searches_limited": _("Searches by phone number were blocked by the limit"),
    "quarantine.revealed": _("Revealed a request in quarantine"),
    "partner_id.declared": _("Declared a partner ID"),
    "partner_id.lost": _("Moved a partner ID to another customer"),
    "partner_id.returned": _("Returned a partner ID to the pool"),
    "partner_id.requested": _("Requested a partner ID"),
    "partner_id.request_approved": _("Approved a partner ID request"),
    "partner_id.request_refused": _("Rejected a partner ID request"),
    "partner_id.request_withdrawn": _("Withdrew a partner ID request"),
    "partner_id.number_erased": _("Erased a phone number from a partner ID"),
    "report.request": _("Requested a report"),
    "report.removed": _("Removed a report"),
    "number.erased": _("Erased a phone number"),
    "report.file_erased": _("Deleted a report file after an erasure"),
    "report.download": _("Downloaded a report"),
    "export.asked": _("Requested an export"),
    "export.finished": _("An export is finished"),
    "export.downloaded": _("Downloaded an export"),
    "export.cancelled": _("Cancelled an export"),
    "export.retried": _("Queued an export again"),
    "export.file_deleted": _("Deleted the file of an export"),
    "conversion_kind.added": _("Added a kind of conversion event"),
    "conversion_kind.changed": _("Changed a kind of conversion event"),
    "conversion_kind.removed": _("Deleted a kind of conversion event"),
    "conversion_window.changed": _("Changed the conversion window"),
    "conversions.uploaded": _("Uploaded conversion events"),
    "conversions.upload_cancelled": _("Cancelled an upload of conversion events"),
    "conversions.upload_undone": _("Undid an upload of conversion events"),
    "conversion.deleted": _("Deleted a conversion event"),
    "share.created": _("Created a shared link"),
    "share.revoked": _("Revoked a shared link"),
    "audit.downloaded": _("Downloaded the audit log"),
    "view_as.started": _("Staff started viewing as the customer"),
    "view_as.stopped": _("Staff stopped viewing as the customer"),
    "provision": _("Set up by a provisioning file"),
    "tenant.undone": _("Undone by staff"),
    "admin.add": _("Added by staff"),
    "admin.change": _("Changed by staff"),
    "admin.delete": _("Deleted by staff"),
}


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
