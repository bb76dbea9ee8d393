"""URLs of messages by account name and id, for people who may not read every id.

An id that reveals the recipient's number is encrypted in URLs for people who see masked numbers: they open the message
from a list, and cannot try numbers by opening URLs.
"""

from django.http import Http404

from deliveries.messages.row import StoredMessage
from deliveries.search.find import find_message
from portal.common.masking import Masking
from portal.tenants import tokens
from portal.tenants.models import GatewayAccount

_SEALED = "sealed-"


def id_in_address(message: StoredMessage, masking: Masking) -> str:
    """Return the message's id for an address, sealed where it is masked."""
    folded = message.folded
    if not masking.hides_id(folded.message_id, folded.destination):
        return folded.message_id
    return sealed_id(folded.message_id)


def sealed_id(message_id: str) -> str:
    """Return a message id for an address that must not show it."""
    return _SEALED + tokens.seal(message_id, purpose="message-id")


def message_or_404(
    *,
    tenant_ids: frozenset[int],
    account: str,
    message_id: str,
    masking: Masking,
    held_to: GatewayAccount | None = None,
) -> StoredMessage:
    """Return the message of these tenants at this URL. Raises Http404.

    `held_to` is the only account that may be read. A masked id finds nothing unless it is encrypted.
    """
    account_id = GatewayAccount.objects.filter(name=account).values_list("id", flat=True).first()
    if account_id is None or "\0" in message_id or (held_to is not None and held_to.id != account_id):
        raise Http404
    opened = None
    if message_id.startswith(_SEALED):
        opened = tokens.unseal(message_id.removeprefix(_SEALED), purpose="message-id")
    found = find_message(
        tenant_ids=tenant_ids, account_id=account_id, message_id=message_id if opened is None else opened
    )
    if found is None or (opened is None and masking.hides_id(message_id, found.folded.destination)):
        raise Http404
    return found


def without_masked_ids(messages: list[StoredMessage], masking: Masking) -> list[StoredMessage]:
    """Return the messages without those whose id is masked: a search by message id must not find these."""
    return [one for one in messages if not masking.hides_id(one.folded.message_id, one.folded.destination)]
