"""Declared platformPartnerIds, and the moves that bring their messages to the tenant."""

from collections import defaultdict

from deliveries.models import Message, PartnerMove
from deliveries.provisioning.outcome import Move
from deliveries.provisioning.references import taken_text
from deliveries.provisioning.specs import Claim, TenantSpec
from deliveries.provisioning.writer import Writer
from portal.accounts.models import record
from portal.tenants.models import GatewayAccount, PartnerId, Tenant


def write_claims(writer: Writer, specs: tuple[TenantSpec, ...], *, take_over: bool) -> None:
    """Declare partner ids for their tenants, and queue a move for those whose messages lie elsewhere.

    Another tenant's partner id is a problem unless `take_over`.
    """
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=[s.slug for s in specs])}
    accounts = {account.name: account for account in GatewayAccount.objects.select_related("pool")}
    by_account: dict[str, dict[str, tuple[Claim, Tenant]]] = defaultdict(dict)
    for spec in specs:
        for claim in spec.claims:
            # Where one of the two could not be saved, its problem is told already.
            if spec.slug in tenants and claim.account in accounts:
                by_account[claim.account][claim.value] = (claim, tenants[spec.slug])
    for name, claims in sorted(by_account.items()):
        added, rows = _lock(writer, accounts[name], {value: tenant for value, (_, tenant) in claims.items()})
        for value in sorted(claims):
            claim, tenant = claims[value]
            row = rows[value]
            holder = accounts[name].pool if value in added else row.tenant
            if holder != tenant and holder.kind == Tenant.Kind.CUSTOMER and not take_over:
                writer.problems.add(claim.place, taken_text(claim, holder.slug))
            elif value in added or holder != tenant or row.declared_at is None:
                _declare(writer, row, holder=holder, tenant=tenant, is_new=value in added)


def _lock(writer: Writer, account: GatewayAccount, wanted: dict[str, Tenant]) -> tuple[set[str], dict[str, PartnerId]]:
    """Return which values were added, and the locked rows of all: traffic adds rows at the same time."""
    query = PartnerId.objects.filter(account=account, value__in=wanted).select_related("account", "tenant")
    known = set(query.values_list("value", flat=True))
    PartnerId.objects.bulk_create(
        [
            PartnerId(account=account, value=value, tenant=wanted[value], declared_at=writer.now)
            for value in sorted(wanted.keys() - known)
        ],
        ignore_conflicts=True,
    )
    rows = {row.value: row for row in query.order_by("value").select_for_update(of=("self",))}
    # One that traffic was faster to add is undeclared.
    added = {value for value in wanted.keys() - known if rows[value].declared_at is not None}
    return added, rows


def _declare(writer: Writer, row: PartnerId, *, holder: Tenant, tenant: Tenant, is_new: bool) -> None:
    subject = f"partner id {row.account.name}/{row.value}"
    is_taken = holder != tenant and holder.kind == Tenant.Kind.CUSTOMER
    if not is_new:
        row.tenant, row.declared_at = tenant, writer.now
        row.save(update_fields=["tenant", "declared_at"])
    if is_taken:
        writer.tell(subject, f"declared for {tenant.slug}, taken over from {holder.slug}", tenant=tenant)
        # On the record of the tenant that lost it too.
        record("provision", actor=writer.actor, tenant=holder, subject=subject, details={"lost": True})
    else:
        writer.tell(subject, f"declared for {tenant.slug}", tenant=tenant)
    waiting = Message.objects.filter(tenant=holder, account=row.account, partner_id=row.value).count()
    # A new row has messages too when its value was over the daily limit (deliveries/services/attribution.py).
    if holder != tenant and (waiting or not is_new):
        move, _ = PartnerMove.objects.exclude(state=PartnerMove.State.DONE).get_or_create(
            tenant=tenant, partner=row, defaults={"total": waiting}
        )
        writer.outcome.moves.append(Move(move.pk, f"{row.account.name}/{row.value}", tenant.slug, waiting))
