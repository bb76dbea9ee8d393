"""Results about messages whose numbers were erased while their request was under way: stored without its texts.

What was read before the erasure holds the number. The erasure and the recording wait for each other
(deliveries/erasure/gate_attempts.py), so one of the two deletes it.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from deliveries.erasure.erased_ids import MESSAGE, replacements
from deliveries.gates.results import Attempt, Result
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.store import Key, same_message
from portal.common.bulk import EACH, bulk_cursor

_FLAGS = (
    "SELECT c.account_id, c.message_id, m.flags"  # noqa: S608  conditions of other modules, constants
    " FROM unnest(%s::int[], %s::int[], %s::text[], %s::date[]) c (tenant_id, account_id, message_id, day)"
    " CROSS JOIN LATERAL (SELECT flags FROM message x WHERE x.tenant_id + 0 = c.tenant_id AND x.day = c.day"
    f" AND {same_message('x', 'c')} {EACH}) m"
)


def without_erased(results: Sequence[Result]) -> Sequence[Result]:
    """Return the results without the texts and ids of messages that were erased meanwhile.

    Call it in the transaction that stores them, after `wait_for_erasures`.
    """
    unmasked = [one for one in results if any(attempt.request_body or attempt.url for attempt in one.attempts)]
    if not unmasked:
        return results
    flags = _flags(unmasked)
    names = _new_names({_key(one) for one in unmasked} - flags.keys())
    erased = {key for key, found in flags.items() if found & NUMBER_ERASED} | names.keys()
    if not erased:
        return results
    # The requests of a batch hold the reports of all its messages.
    requests = {
        _request(one, attempt)
        for one in unmasked
        if _key(one) in erased
        for attempt in one.attempts
        if not attempt.is_masked
    }
    return [_cleaned(one, names.get(_key(one)), requests) for one in results]


def _flags(results: Sequence[Result]) -> dict[Key, int]:
    rows = {(one.claim.tenant_id, one.claim.account_id, one.claim.message_id, one.claim.day) for one in results}
    with bulk_cursor() as cursor:
        cursor.execute(_FLAGS, [list(column) for column in zip(*rows, strict=True)])
        return {(account_id, message_id): flags for account_id, message_id, flags in cursor.fetchall()}


def _new_names(missing: set[Key]) -> dict[Key, str]:
    """Return the ids that these messages have now: an id that held an erased number was replaced."""
    found = replacements((account_id, MESSAGE, message_id) for account_id, message_id in missing)
    return {(account_id, old): new for (account_id, _kind, old), new in found.items()}


def _cleaned(result: Result, name: str | None, requests: set[tuple]) -> Result:
    attempts = [
        replace(one, url=one.url.partition("?")[0], request_body="", answer="", is_masked=True)
        if _request(result, one) in requests
        else one
        for one in result.attempts
    ]
    return replace(result, claim=replace(result.claim, message_id=name) if name else result.claim, attempts=attempts)


def _key(result: Result) -> Key:
    return result.claim.account_id, result.claim.message_id


def _request(result: Result, attempt: Attempt) -> tuple:
    return result.claim.gate_id, attempt.at, attempt.destination_id
