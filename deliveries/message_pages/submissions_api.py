"""Handing in what a sender knows of its messages: POST /api/v1/messages/, stored before it is answered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from deliveries.applying.submissions import put_in_inbox
from deliveries.dialects import link_sending, submission
from deliveries.dialects.submission import FIELDS, MAX_PARAMETER_BYTES, MAX_PARAMETERS, SOURCE_TONS, BadSubmission
from portal.accounts.access import Access
from portal.accounts.client_address import client_address
from portal.api.ndjson import NDJSON, NdjsonParser
from portal.api.operations import SUBMIT, Operation
from portal.api.problems import BadFields
from portal.tenants.models import GatewayAccount
from portal.tenants.ownership import owned_accounts
from portal.tenants.ownership_periods import Periods, owner_at
from portal.tenants.partner_owners import held_by, periods_of

MAX_ITEMS = 1000  # submissions in one body, as many as a gateway's batch has
MAX_LINES = 10_000  # of NDJSON
MAX_BYTES_OF_LINES = 16 * 1024 * 1024
MAX_ERRORS = 100  # reported for one body

_HELP = {
    "message_id": "The id of the whole message, as returned by the gateway at submission.",
    "submitted_at": "The time of submission, RFC 3339 with a zone. At most 400 days ago and 2 days ahead.",
    "account": "The gateway account, by name. Required if the key has the partner ID in several accounts.",
    "partner_id": (
        "The platformPartnerId. With a tenant's key it must be declared for the tenant or for one below it."
    ),
    "ref_id": "The refId. It is not cut: a longer one is rejected.",
    "source": "The sender.",
    "source_ton": "The type of the sender (LINK's `sourceTON`).",
    "destination": "The recipient's number with its country code.",
    "custom_parameters": f"At most {MAX_PARAMETERS} texts by name, each and its name at most {MAX_PARAMETER_BYTES} "
    "bytes.",
}


class SubmissionBody(serializers.Serializer):
    """A sender's data of one submitted message. Its text is neither accepted nor stored."""

    is_open = True  # LINK's bodies are taken too

    message_id = serializers.CharField(max_length=submission.LIMITS["message_id"], help_text=_HELP["message_id"])
    submitted_at = serializers.DateTimeField(help_text=_HELP["submitted_at"])
    account = serializers.CharField(required=False, allow_null=True, help_text=_HELP["account"])
    partner_id = serializers.CharField(
        required=False, allow_null=True, max_length=submission.LIMITS["partner_id"], help_text=_HELP["partner_id"]
    )
    ref_id = serializers.CharField(
        required=False, allow_null=True, max_length=submission.LIMITS["ref_id"], help_text=_HELP["ref_id"]
    )
    source = serializers.CharField(
        required=False, allow_null=True, max_length=submission.LIMITS["source"], help_text=_HELP["source"]
    )
    source_ton = serializers.ChoiceField(
        required=False, allow_null=True, choices=SOURCE_TONS, help_text=_HELP["source_ton"]
    )
    destination = serializers.CharField(
        required=False, allow_null=True, max_length=submission.LIMITS["destination"], help_text=_HELP["destination"]
    )
    custom_parameters = serializers.DictField(
        required=False, allow_null=True, child=serializers.CharField(), help_text=_HELP["custom_parameters"]
    )


class SubmissionLinesParser(NdjsonParser):
    """Lines of submissions; one that is not JSON becomes the error that says so."""

    most_bytes = MAX_BYTES_OF_LINES
    most_lines = MAX_LINES

    @staticmethod
    def not_json() -> BadSubmission:
        return BadSubmission("not JSON", "", "a line is a JSON object")


class RefusedItem(serializers.Serializer):
    """A message that was not stored."""

    item = serializers.IntegerField(help_text="Its line or place in the body, from 0, without empty lines.")
    message = serializers.IntegerField(help_text="Its place in a batch, from 0.")
    pointer = serializers.CharField(help_text="JSON Pointer to the field within it.")
    detail = serializers.CharField(help_text="The accepted values, or what the gateway said.")


class SubmittedAnswer(serializers.Serializer):
    """Result of storing a body."""

    accepted = serializers.IntegerField(help_text="Number of stored submissions.")
    refused = RefusedItem(
        many=True, help_text="What was not stored, in its order: of NDJSON and of LINK's bodies. Empty for an array."
    )


EXAMPLE = {
    "message_id": "Dcshuhod0PMAAAFQ+/PbnR3x",
    "submitted_at": "2026-10-01T09:00:00Z",
    "partner_id": "nr-fi",
    "ref_id": "october-sale",
    "source": "ExampleShop",
    "source_ton": "ALPHANUMERIC",
    "destination": "+358401234567",
    "custom_parameters": {"shop": "7"},
}
OPERATION = Operation(
    id="submit_messages",
    tag="Messages",
    summary="Submit messages",
    text=(
        "Report messages that you have submitted to the gateway, after its response: one message, or an array of 1"
        f" to {MAX_ITEMS}. Their delivery reports are matched by id, in any order. A message without a report"
        " is pending."
        " Repeating a request changes nothing. Lengths are in bytes of UTF-8. If one submission is invalid, the"
        " whole body is rejected and nothing is stored; `errors` points at each by its index. The response comes"
        " after all are stored; they are shown within seconds."
        f"\n\nAs NDJSON (Content-Type `{NDJSON}`) 1 to {MAX_LINES} lines with a submission each, at most"
        f" {MAX_BYTES_OF_LINES} bytes: valid ones are stored although others are not, and `refused` tells those."
        "\n\nIn place of a submission, a line or the body may be what you sent to LINK and what it answered, verbatim:"
        ' `{"request": {…}, "response": {…}}` of `/sms/send` or `/sms/sendbatch`, with an optional `submitted_at` (now'
        " if missing) and `account`. Messages that the gateway did not take are told in `refused`. The text of a"
        " message is not stored."
    ),
    scope=SUBMIT,
    body=SubmissionBody,
    body_most=MAX_ITEMS,
    body_example=EXAMPLE,
    answer=SubmittedAnswer,
    answer_text="Stored.",
    answer_example={"accepted": 1, "refused": []},
    status=202,
)


@dataclass(slots=True)
class Item:
    """One submission of a body: its place there, what it says, and what is wrong with it."""

    item: int
    message: int
    fields: dict
    error: BadSubmission | None = None


def submit(request: HttpRequest, data: object, access: Access) -> dict:
    """Store all submissions of a JSON body, in the request's transaction. Raises BadFields with all that is wrong."""
    if link_sending.is_pair(data):
        return submit_lines(request, [data], access)
    given = data if isinstance(data, list) else [data]
    if not 1 <= len(given) <= MAX_ITEMS:
        raise BadFields(
            f"An array holds 1 to {MAX_ITEMS} submissions, not {len(given)}.", [("#", f"1 to {MAX_ITEMS} of them")]
        )
    items = [Item(index, 0, one) for index, one in enumerate(given)]
    bodies = _bodies(items, access)
    errors = {item.item: (item.error.field, item.error.text) for item in items if item.error is not None}
    if errors:
        raise _refused(errors, len(items), is_array=isinstance(data, list))
    return {"accepted": put_in_inbox(bodies, peer=client_address(request)), "refused": []}


def submit_lines(request: HttpRequest, lines: list, access: Access) -> dict:
    """Store the valid submissions of lines, and tell the others. A line may be a BadSubmission already.

    Raises ParseError for no lines.
    """
    if not lines:
        raise ParseError(f"The body has 0 lines; 1 to {MAX_LINES} are accepted.")
    now, items = timezone.now().isoformat(), []
    for number, line in enumerate(lines):
        items += _of_line(number, line, now)
    bodies = _bodies(items, access)
    refused = [
        {"item": one.item, "message": one.message, "pointer": _pointer(one.error.field), "detail": one.error.text}
        for one in items
        if one.error is not None
    ]
    return {"accepted": put_in_inbox(bodies, peer=client_address(request)), "refused": refused}


def _of_line(number: int, line: object, now: str) -> list[Item]:
    if isinstance(line, BadSubmission):
        return [Item(number, 0, {}, line)]
    if not link_sending.is_pair(line):
        return [Item(number, 0, line)]
    try:
        pairs = link_sending.read_pair(line, submitted_at=now)
    except BadSubmission as error:
        return [Item(number, 0, {}, error)]
    return [
        Item(number, place, {}, one) if isinstance(one, BadSubmission) else Item(number, place, one)
        for place, one in enumerate(pairs)
    ]


def _bodies(items: list[Item], access: Access) -> list[tuple[int, str, bytes]]:
    """Return the raw rows (account id, message id, body) of valid items; the others get their error."""
    now = timezone.now()
    times: dict[int, datetime] = {}
    for index, item in enumerate(items):
        if item.error is None:
            try:
                times[index] = submission.read_strictly(item.fields, received_at=now).submission.submitted_at
            except BadSubmission as error:
                item.error = error
    places = SubmissionAccounts(access, [item.fields for item in items if item.error is None])
    bodies = []
    for index, item in enumerate(items):
        if item.error is None:
            try:
                account_id, is_claim = places.of(item.fields, times[index])
            except BadSubmission as error:
                item.error = error
            else:
                row = submission.raw_row(item.fields, is_claim=is_claim)
                bodies.append((account_id, item.fields["message_id"], row))
    return bodies


def _pointer(field: str) -> str:
    return f"#/{_escaped(field)}" if field else "#"


def _refused(errors: dict[int, tuple[str, str]], total: int, *, is_array: bool) -> BadFields:
    told = []
    for index, (field, text) in sorted(errors.items())[:MAX_ERRORS]:
        path = [*([str(index)] if is_array else []), *([_escaped(field)] if field else [])]
        told.append(("/".join(["#", *path]), text))
    count = f"{len(errors)} of {total} submissions are invalid" if is_array else "Invalid submission"
    pointer, text = told[0]
    return BadFields(f"{count}, and nothing was stored. {pointer}: {text}", told)


def _escaped(name: str) -> str:
    """Return a name as a JSON Pointer holds it (RFC 6901), cut where a caller made it up."""
    return name[:100].replace("~", "~0").replace("/", "~1")


class SubmissionAccounts:
    """The gateway account that each submission of a body belongs to, as far as the key may submit for it.

    An account's key submits for any platformPartnerId of the account, or none, and speaks for the account. A tenant's
    key submits for those that are the tenant's, or below it, at the time of handing in. On an account that others
    share, what it says of a message's platformPartnerId is a claim, which gives way to the gateway's own word
    (deliveries/messages/fold.py).
    """

    def __init__(self, access: Access, items: Iterable[dict]) -> None:
        self._held_to = access.account
        self._tenant_ids = access.tenant_ids
        self._mine: dict[str, dict[int, Periods]] = defaultdict(dict)
        if self._held_to is not None:
            return
        values = {item["partner_id"] for item in items if item.get("partner_id")}
        mine = held_by(access.tenant_ids)
        named = list(mine.filter(value__in=values))
        periods = periods_of(named)
        for partner in named:
            self._mine[partner.value][partner.account_id] = periods[partner.id]
        accounts = GatewayAccount.objects.filter(id__in=mine.values("account_id"))
        self._names = dict(accounts.values_list("name", "id"))
        self._owned = {account.id for account in owned_accounts(access.tenant_ids)}

    def of(self, item: dict, submitted_at: datetime) -> tuple[int, bool]:
        """Return the account and whether the key only claims its partner ID. Raises BadSubmission."""
        name = item.get("account")
        if name is not None and type(name) is not str:
            raise BadSubmission("wrong type", "account", "a text")
        if self._held_to is not None:
            if name is not None and name != self._held_to.name:
                raise BadSubmission("not allowed", "account", "no account of this name that the key may see")
            return self._held_to.id, False
        account_id = self._account(name, self._mine_at(item.get("partner_id"), submitted_at))
        return account_id, account_id not in self._owned

    def _mine_at(self, value: str | None, at: datetime) -> set[int]:
        if not value:
            raise BadSubmission("missing field", "partner_id", "required for a tenant's key")
        having = self._mine.get(value, {})
        accounts = {id_ for id_, periods in having.items() if owner_at(periods, at) in self._tenant_ids}
        if not accounts:  # do not reveal whether another tenant has it
            raise BadSubmission("not allowed", "partner_id", "not a partner ID for which the key may submit")
        return accounts

    def _account(self, name: str | None, having: set[int]) -> int:
        if name is None:
            if len(having) > 1:
                raise BadSubmission(
                    "missing field", "account", "required: the key has this partner ID in several accounts"
                )
            return next(iter(having))
        if name not in self._names:
            raise BadSubmission("not allowed", "account", "no account of this name that the key may see")
        if self._names[name] not in having:
            raise BadSubmission("not allowed", "partner_id", "not a partner ID for which the key may submit")
        return self._names[name]


assert set(FIELDS) == set(SubmissionBody().fields)
