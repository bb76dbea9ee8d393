"""Tenants with their parents and refId schemes, as a provisioning file asks for them."""

from campaigns.models import RefIdScheme
from deliveries.models import Message
from deliveries.provisioning.specs import TenantSpec
from deliveries.provisioning.writer import Writer
from portal.tenants.models import Tenant

_PLAIN_KEYS = ("name", "timezone", "language", "currency")


def write_tenants(writer: Writer, specs: tuple[TenantSpec, ...]) -> None:
    """Create and change tenants; a parent may come after its children."""
    before = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=[s.slug for s in specs])}
    slugs = dict(Tenant.objects.values_list("pk", "slug"))
    to_adopt = []
    changed: dict[str, list[str]] = {}
    for spec in specs:
        tenant = before.get(spec.slug) or Tenant(slug=spec.slug)
        values = {key: getattr(spec, key) for key in _PLAIN_KEYS if key in spec.at}
        if "parent" in spec.at and slugs.get(tenant.parent_id) != spec.parent:
            # Let go of every old parent before taking a new one, lest swapped ones look like a circle.
            values["parent"] = None
            to_adopt.append(spec)
        _note_old_days(writer, spec, tenant)
        changed[spec.slug] = writer.save(tenant, values, place=spec.place, at=spec.at)
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.all()}
    for spec in to_adopt:
        # Where one of the two could not be saved, its problem is told already.
        if spec.parent in tenants and spec.slug in tenants:
            child, parent = (Tenant.objects.get(slug=slug) for slug in (spec.slug, spec.parent))
            changed[spec.slug] += writer.save(child, {"parent": parent}, place=spec.place, at=spec.at)
    for spec in specs:
        if spec.slug in tenants:
            tenant = tenants[spec.slug]
            keys = changed[spec.slug] + _write_scheme(writer, spec, tenant)
            subject, is_new = f"tenant {spec.slug}", spec.slug not in before
            writer.tell_saved(subject, is_new=is_new, changed=keys, tenant=tenant)


def _note_old_days(writer: Writer, spec: TenantSpec, tenant: Tenant) -> None:
    is_moved = tenant.pk is not None and tenant.timezone != spec.timezone
    if is_moved and Message.objects.filter(tenant=tenant).exists():
        writer.outcome.notes.append(
            f"tenant {spec.slug}: messages that are counted already stay on their days in {tenant.timezone}"
        )


def _write_scheme(writer: Writer, spec: TenantSpec, tenant: Tenant) -> list[str]:
    if "ref_id" not in spec.at:
        return []
    scheme = RefIdScheme.objects.filter(tenant=tenant).first()
    if spec.ref_id is None:
        return ["ref_id"] if scheme and scheme.delete() else []
    wanted = {"delimiter": spec.ref_id.delimiter, "fields": spec.ref_id.fields}
    at = {"delimiter": spec.ref_id.place, "fields": spec.ref_id.place}
    changed = writer.save(scheme or RefIdScheme(tenant=tenant), wanted, place=spec.ref_id.place, at=at)
    return ["ref_id"] if changed else []
