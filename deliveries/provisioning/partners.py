"""Declared platformPartnerIds, and the moves that bring their messages to the tenant."""

from deliveries.provisioning.outcome import Move
from deliveries.provisioning.references import taken_text
from deliveries.provisioning.specs import Claim, TenantSpec
from deliveries.provisioning.writer import Writer
from deliveries.services.declarers import Declarer, operator
from deliveries.services.partner_ids import Declared, Refused, Taken, declare
from portal.tenants.models import GatewayAccount, Tenant


def write_claims(writer: Writer, specs: tuple[TenantSpec, ...], *, take_over: bool) -> None:
    """Declare partner ids for their tenants, and queue a move for those whose messages lie elsewhere.

    Another tenant's partner id is a problem unless `take_over`.
    """
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=[s.slug for s in specs])}
    accounts = {account.name: account for account in GatewayAccount.objects.select_related("pool")}
    declarer = operator(writer.actor, may_take=take_over)
    # Sorted: two that lock the same rows, in whatever order their files have them, do not wait for each other.
    claims = sorted(((c.account, c.value, spec.slug, c) for spec in specs for c in spec.claims), key=lambda c: c[:3])
    for account, _value, slug, claim in claims:
        # Where one of the two could not be saved, its problem is told already.
        if slug in tenants and account in accounts:
            _declare(writer, claim, accounts[account], tenants[slug], declarer)


def _declare(writer: Writer, claim: Claim, account: GatewayAccount, tenant: Tenant, declarer: Declarer) -> None:
    try:
        done = declare(
            account=account, value=claim.value, tenant=tenant, declarer=declarer, now=writer.now, wake_worker=False
        )
    except Taken as error:
        writer.problems.add(claim.place, taken_text(claim, error.holder.slug))
    except Refused as error:
        writer.problems.add(claim.place, str(error.text))
    else:
        _tell(writer, f"{account.name}/{claim.value}", tenant, done)


def _tell(writer: Writer, name: str, tenant: Tenant, done: Declared) -> None:
    if not done.changed:
        return
    is_taken = done.holder != tenant and done.holder.kind == Tenant.Kind.CUSTOMER
    more = f", taken over from {done.holder.slug}" if is_taken else ""
    writer.outcome.changes.append(f"partner id {name}: declared for {tenant.slug}{more}")
    if done.move is not None:
        writer.outcome.moves.append(Move(done.move.pk, name, tenant.slug, done.messages))
