"""Applies a provisioning file: all of it in one transaction, or nothing."""

from datetime import datetime

from django.db import connection, transaction

from deliveries.rederiving import moves
from portal.accounts import lost_rights
from portal.accounts.owners import lock_members
from portal.provisioning import references
from portal.provisioning.accounts import write_accounts, write_owners
from portal.provisioning.outcome import Outcome, ProvisionError
from portal.provisioning.partners import write_claims
from portal.provisioning.people import write_users
from portal.provisioning.positions import Problems
from portal.provisioning.price_lists import write_price_lists
from portal.provisioning.reader import read
from portal.provisioning.tenants import write_tenants
from portal.provisioning.writer import Writer


def provision(
    text: str,
    filename: str,
    *,
    now: datetime,
    take_over: bool = False,
    set_passwords: bool = False,
    wake: bool = True,
    actor: str = "command provision",
) -> Outcome:
    """Create and change what the YAML `text` describes; anything it does not mention stays.

    `take_over` moves partner ids of other tenants to those in the file; `set_passwords` sets the passwords of people
    who exist already; `wake` makes a worker move the messages of declared partner ids at once. `filename` is used in
    messages only. Raises ProvisionError with all problems, and then nothing has changed.
    """
    problems = Problems()
    outcome = Outcome()
    config = read(text, problems)
    with transaction.atomic():
        _wait_for_others()
        references.check(config, problems, take_over=take_over)
        if not problems:
            writer = Writer(now=now, actor=actor, problems=problems, outcome=outcome)
            write_accounts(writer, config.accounts)
            write_tenants(writer, config.tenants)
            write_owners(writer, config.accounts)
            write_claims(writer, config.tenants, take_over=take_over)
            lock_members()
            write_users(writer, config.users, set_passwords=set_passwords)
            write_price_lists(writer, config.price_lists)
            lost_rights.settle(actor=actor, now=now)
        if problems:
            raise ProvisionError(problems.sorted(), filename)
        if wake and outcome.moves:
            # robust: new tokens are shown once, so nothing may come between the commit and the caller
            transaction.on_commit(lambda: moves.wake(move.move_id for move in outcome.moves), robust=True)
    return outcome


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.provision'))")
