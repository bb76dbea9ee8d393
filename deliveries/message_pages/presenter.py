"""Presents messages: names instead of row numbers, result codes in words, phone numbers masked as required.

It does not know memberships: the caller passes the reader's masking.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from msgspec import Struct

from campaigns.models import OTHER_CAMPAIGNS_ID
from deliveries.dialects.advice import advice
from deliveries.dialects.codes import COUNTS_AS, DELIVERED
from deliveries.messages import fold
from deliveries.messages.fold import NO_CODE, Folded
from deliveries.messages.row import OTHER_LABEL, StoredMessage
from deliveries.models import ResultCode
from deliveries.search.addresses import id_in_address
from deliveries.search.find import ReportLine
from portal.common.masking import Masking
from portal.tenants.models import Feed, GatewayAccount, Tenant

Link = Callable[[str, str], str]  # (account's name, message id) → address of the message's page

# the classes of docs/link.md section 4
REASONS = {
    "routing": pgettext_lazy("reason", "routing"),
    "subscriber": pgettext_lazy("reason", "subscriber"),
    "deleted": pgettext_lazy("reason", "deleted"),
    "sender": pgettext_lazy("reason", "sender"),
    "destination type": pgettext_lazy("reason", "destination type"),
    "payment": pgettext_lazy("reason", "payment"),
    "encoding": pgettext_lazy("reason", "encoding"),
    "content": pgettext_lazy("reason", "content"),
    "other": pgettext_lazy("reason", "other"),
}
_STATUS_TEXTS = dict(ResultCode.Status.choices)


@dataclass(frozen=True, slots=True)
class Code:
    """A result code in words; `number` is None before the first report."""

    number: int | None
    text: str
    reason: str
    status: str
    counts_as: str
    advice: str = ""  # what happened and what a sender can do

    @property
    def reason_text(self) -> str | Promise:
        return REASONS.get(self.reason, self.reason)


UNREAD = ("partner_id", "ref_id", "variant")
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


class MessageRow(Struct, frozen=True, gc=False):
    """One message in a list. `seconds` from sending to delivery, None for what is not delivered."""

    account: str
    message_id: str
    url: str
    tenant: Tenant
    sent_at: datetime
    destination: str
    source: str
    sender_type: str
    country: str
    operator: str
    partner_id: str
    ref_id: str
    campaign: str
    variant: str
    parts: int
    status: str
    status_text: str | Promise
    counts_as: str
    final: bool
    code: Code
    seconds: float | None
    delivered_at: datetime | None
    parameters: Mapping[str, str | None] = _NO_PARAMETERS  # those that the presenter was asked for; None: it has none

    @property
    def campaign_words(self) -> str:
        """Return campaign and variant; '' where the refId is nothing but the two and a delimiter."""
        if self.ref_id.startswith(self.campaign) and self.ref_id.endswith(self.variant):
            rest = self.ref_id[len(self.campaign) : len(self.ref_id) - len(self.variant)]
            if self.ref_id and not any(sign.isalnum() for sign in rest):
                return ""
        return " · ".join(filter(None, (self.campaign, self.variant)))

    @property
    def shows_code(self) -> bool:
        """Return whether the result code says more than the status: not the usual code of delivered messages."""
        return self.code.number is not None and not (
            self.counts_as == "delivered" and str(self.code.text) == str(self.status_text)
        )


@dataclass(frozen=True, slots=True)
class PartState:
    """A part (from 1) and its state; `code` None: no report."""

    part: int
    code: Code | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class TimeLineEvent:
    """A delivery report on the time line; `part` (from 1) None speaks for the whole message.

    `after` is seconds from sending to the operator's time, negative where its clock says so.
    """

    part: int | None
    code: Code
    at: datetime | None
    after: float | None
    operator: str
    operator_result_code: str
    received_at: datetime

    @property
    def is_early(self) -> bool:
        return self.after is not None and self.after < 0

    @property
    def distance(self) -> float | None:
        return None if self.after is None else abs(self.after)


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """Details of one message in addition to its row."""

    row: MessageRow
    day: date
    labels: dict[str, str]
    parameters: dict[str, str]
    searchable: list[tuple[str, str, str]]  # of the parameters: key, text, address of the messages with it or ''
    part_states: list[PartState]
    notes: list[str]
    is_submitted: bool  # the time is that of the submission, the gateway gave none
    sent_at_source: str
    status_at: datetime | None
    delivered_at: datetime | None
    received_at: datetime | None
    events: list[TimeLineEvent]


class MessagePresenter:
    """Presenter of some messages in the request's language; the names take a fixed number of queries.

    Without a `link` the rows have no addresses, as in files. Fields in `unread`, of UNREAD, stay empty: masking them
    takes most of the time of a long file.
    """

    def __init__(
        self,
        messages: Iterable[StoredMessage],
        campaigns: dict[int, str],
        *,
        masking: Masking,
        link: Link | None,
        parameters: Collection[str] = (),
        unread: Collection[str] = (),
    ) -> None:
        self.masking, self.link, self.parameters = masking, link, parameters
        self._has_partner_id, self._has_ref_id, self._has_variant = (name not in unread for name in UNREAD)
        self.campaigns = {OTHER_CAMPAIGNS_ID: OTHER_LABEL}
        self.tenants: dict[int, Tenant] = {}
        self.accounts: dict[int, str] = {}
        self.dialects: dict[int, str] = {}
        self.codes = {(code.dialect, code.code): code for code in ResultCode.objects.all()}
        self._words: dict[tuple[int, int], Code] = {}
        self.extend(messages, campaigns)

    def extend(self, messages: Iterable[StoredMessage], campaigns: dict[int, str]) -> None:
        """Get to know the names that further messages need."""
        messages = list(messages)
        self.campaigns |= campaigns
        if tenants := {m.tenant_id for m in messages} - self.tenants.keys():
            self.tenants |= Tenant.objects.in_bulk(tenants)
        if accounts := {m.folded.account_id for m in messages} - self.accounts.keys():
            self.accounts |= dict(GatewayAccount.objects.filter(id__in=accounts).values_list("id", "name"))
            self.dialects |= dict(Feed.objects.filter(account_id__in=accounts).values_list("account_id", "dialect"))

    def row(self, message: StoredMessage) -> MessageRow:
        """Return the message as a line of a list."""
        folded = message.folded
        account = self.accounts[folded.account_id]
        own, masking = folded.destination, self.masking
        return MessageRow(
            account=account,
            message_id=masking.id(folded.message_id, own),
            url=self.link(account, id_in_address(message, masking)) if self.link else "",
            tenant=self.tenants[message.tenant_id],
            sent_at=folded.sent_at,
            destination=masking.number(own or ""),
            source=masking.sender(folded.source or "", folded.sender_type, own),
            sender_type=folded.sender_type,
            country=folded.country,
            operator=masking.text(folded.operator, own),
            partner_id=masking.id(folded.partner_id, own) if self._has_partner_id else "",
            ref_id=masking.text(folded.ref_id or "", own) if self._has_ref_id else "",
            campaign=masking.text(self.campaigns.get(message.campaign_id, ""), own),
            variant=masking.text(message.variant, own) if self._has_variant else "",
            parts=folded.parts,
            status=folded.status,
            status_text=_STATUS_TEXTS[folded.status],
            counts_as=COUNTS_AS[folded.status],
            final=folded.final,
            code=self._code(folded.account_id, folded.result_code),
            seconds=_latency(message),
            delivered_at=folded.delivered_at,
            parameters=self._named(folded) if self.parameters else _NO_PARAMETERS,
        )

    def _named(self, folded: Folded) -> dict[str, str | None]:
        """Return the asked custom parameters, in the order in which they were asked for."""
        found, text = folded.parameters or {}, self.masking.text
        return {key: text(str(found[key]), folded.destination) if key in found else None for key in self.parameters}

    def detail(
        self, message: StoredMessage, reports: list[ReportLine], *, found_by: Callable[[str, str], str] | None = None
    ) -> MessageDetail:
        """Return the message with its parts, its notes and its delivery reports.

        `found_by` gives the address of the messages with a custom parameter, '' where there is none; what is masked has
        none.
        """
        folded, row = message.folded, self.row(message)
        parameters = self.masking.named(folded.parameters, folded.destination)
        searchable = [
            (shown, text, found_by(key, text) if found_by and text and (shown, text) == (key, written[key]) else "")
            for written in [{key: str(text) for key, text in (folded.parameters or {}).items()}]
            for shown, key, text in parameters
        ]
        return MessageDetail(
            row=row,
            day=message.day,
            labels=self.masking.texts(message.labels, folded.destination),
            parameters={shown: text for shown, _key, text in parameters},
            searchable=searchable,
            part_states=self._part_states(message),
            notes=notes_of(message),
            is_submitted=folded.sent_at_rank == fold.BY_SUBMISSION,
            sent_at_source=_sent_at_source(folded.sent_at_rank),
            status_at=folded.status_at,
            delivered_at=folded.delivered_at,
            received_at=folded.received_at,
            events=[self._event(message, report) for report in reports],
        )

    def _event(self, message: StoredMessage, report: ReportLine) -> TimeLineEvent:
        return TimeLineEvent(
            part=None if report.part is None else report.part + 1,
            code=self._code(message.folded.account_id, report.result_code),
            at=report.status_at,
            after=_seconds(message.folded.sent_at, report.status_at),
            operator=self.masking.text(report.operator or "", message.folded.destination),
            operator_result_code=self.masking.text(report.operator_result_code or "", message.folded.destination),
            received_at=report.received_at,
        )

    def _part_states(self, message: StoredMessage) -> list[PartState]:
        folded = message.folded
        if not folded.part_states:
            return []
        states = ((part, folded.part_states.get(part)) for part in range(folded.parts))
        return [
            PartState(part + 1, state and self._code(folded.account_id, state.code), state and state.at)
            for part, state in states
        ]

    def _code(self, account_id: int, number: int) -> Code:
        found = self._words.get((account_id, number))
        if found is None:
            found = self._words[account_id, number] = self._words_of(account_id, number)
        return found

    def _words_of(self, account_id: int, number: int) -> Code:
        if number == NO_CODE:
            return Code(None, _("No delivery report yet"), "", "queued", "pending")
        dialect, language = self.dialects.get(account_id), get_language() or "en"
        code = self.codes.get((dialect, number))
        sentence = advice(dialect, number, language, is_known=code is not None)
        if code is None:
            return Code(number, _("Unknown result code"), "", "unknown", "unknown", sentence)
        text = (code.text_fi if language == "fi" else "") or code.text_en
        return Code(number, text, code.reason, code.status, COUNTS_AS[code.status], sentence)


def codes_to_explain(rows: Iterable[MessageRow]) -> list[Code]:
    """Return the result codes of the rows, each once, but those of delivered messages and of messages without one."""
    return sorted(
        {row.code for row in rows if row.code.number is not None and row.counts_as != "delivered"},
        key=lambda code: (code.number, code.text),
    )


def notes_of(message: StoredMessage) -> list[str]:
    """Return what is odd about the message, a sentence each (docs/link.md section 5)."""
    words = {
        fold.CONTRADICTING_STATES: _("Both a final delivery and a final failure were reported. The later one counts."),
        fold.CONTRADICTING_ATTRIBUTES: _("Two reports gave different data about the message. The first report counts."),
        fold.CLOCK_OUT_OF_WINDOW: _("A time from the gateway cannot be true. It is treated as missing."),
        fold.NEGATIVE_LATENCY: _(
            "According to the clocks, the message was delivered before it was sent. The time to delivery counts as"
            " 0 seconds."
        ),
        fold.REF_ID_CUT: _("The refId was longer than 256 bytes and was cut."),
        fold.PARTNER_OVER_LIMIT: _(
            "The partner ID exceeded the daily limit of new partner IDs. The message counts under “(other)”."
        ),
    }
    notes = [text for bit, text in words.items() if message.folded.flags & bit]
    if message.campaign_id == OTHER_CAMPAIGNS_ID:
        notes.append(_("The refId exceeded the daily limit of new refIds. The campaign counts as “(other)”."))
    return notes


def _sent_at_source(rank: int) -> str:
    return {
        fold.BY_SENT_TIMESTAMP: "",
        fold.BY_SUBMISSION: _("the time of submission, because the gateway gave no time"),
        fold.BY_STATUS_TIME: _("the earliest time of a report, because the gateway gave no sending time"),
        fold.BY_RECEIPT: _("the time when the first report was received, because the gateway gave no time"),
    }[rank]


def _latency(message: StoredMessage) -> float | None:
    """Return the seconds to delivery; before sending counts as 0 (docs/link.md section 5.7)."""
    folded = message.folded
    seconds = _seconds(folded.sent_at, folded.delivered_at) if folded.status == DELIVERED else None
    return seconds if seconds is None else max(seconds, 0.0)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds()
