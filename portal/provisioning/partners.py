"""Declares platformPartnerIds and queues the moves of their messages to the tenant."""

from deliveries.partner_ids.ownership import Declared, PartnerIdError, PartnerIdTaken, declare
from deliveries.partner_ids.permissions import PartnerIdPermissions, operator
from portal.provisioning.outcome import Move
from portal.provisioning.references import by_value, taken_text
from portal.provisioning.specs import Claim, TenantSpec
from portal.provisioning.writer import Writer
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.partner_owners import periods_of


def write_claims(writer: Writer, specs: tuple[TenantSpec, ...], *, take_over: bool) -> None:
    """Declare partner ids for their tenants, and queue moves if their messages belong to other tenants.

    A partner id that several tenants claim, each from a day, is handed over from one to the next. Another tenant's
    partner id is a problem unless `take_over`.
    """
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=[s.slug for s in specs])}
    accounts = {account.name: account for account in GatewayAccount.objects.select_related("pool")}
    for (account, _value), claims in by_value(specs).items():
        # Problems of unsaved rows are already recorded.
        known = [(tenants[slug], claim) for slug, claim in claims if slug in tenants]
        if known and account in accounts:
            _hand_over(writer, accounts[account], known, take_over=take_over)


def _hand_over(writer: Writer, account: GatewayAccount, claims: list[tuple[Tenant, Claim]], *, take_over: bool) -> None:
    row = PartnerId.objects.filter(account=account, value=claims[0][1].value).first()
    periods = periods_of([row])[row.id] if row is not None else ()
    # Without a day a claim is about whose it is, not since when.
    is_so = len(periods) >= len(claims) and all(
        period.tenant_id == tenant.id and claim.from_day in (None, period.day)
        for period, (tenant, claim) in zip(periods[-len(claims) :], claims, strict=True)
    )
    if is_so and row is not None and row.declared_at is not None:
        return
    # Those whom the file itself names lose what the file gives to the next.
    known = {tenant.id for tenant, _claim in claims} | {account.pool_id}
    is_between_them = {period.tenant_id for period in periods} <= known
    permissions = operator(writer.actor, may_take=take_over or is_between_them)
    for tenant, claim in claims:
        _declare(writer, claim, account, tenant, permissions)


def _declare(
    writer: Writer, claim: Claim, account: GatewayAccount, tenant: Tenant, permissions: PartnerIdPermissions
) -> None:
    try:
        done = declare(
            account=account,
            value=claim.value,
            tenant=tenant,
            permissions=permissions,
            now=writer.now,
            from_day=claim.from_day,
            wake_worker=False,
        )
    except PartnerIdTaken as error:
        writer.problems.add(claim.position, taken_text(claim, error.holder.slug))
    except PartnerIdError as error:
        position = claim.from_position if error.field == "from" and claim.from_position else claim.position
        writer.problems.add(position, str(error.text))
    else:
        _tell(writer, f"{account.name}/{claim.value}", tenant, claim, done)


def _tell(writer: Writer, name: str, tenant: Tenant, claim: Claim, done: Declared) -> None:
    if not done.changed:
        return
    is_taken = done.holder != tenant and done.holder.kind == Tenant.Kind.CUSTOMER
    more = f" from {claim.from_day} on" if claim.from_day else ""
    more += f", taken over from {done.holder.slug}" if is_taken else ""
    writer.outcome.changes.append(f"partner id {name}: declared for {tenant.slug}{more}")
    if sealed := done.following.sealed:
        writer.outcome.notes.append(f"partner id {name}: {sealed} messages of sealed days stay with {done.holder.slug}")
    if done.move is not None:
        writer.outcome.moves.append(Move(done.move.pk, name, tenant.slug, done.messages))
