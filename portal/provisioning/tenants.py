"""Tenants with their parents, refId schemes and segment keys, as a provisioning file asks for them."""

from copy import copy

from campaigns.models import RefIdScheme, SegmentKey
from deliveries.rederiving import segment_keys
from deliveries.rederiving.recount import request_recount
from portal.brands import hosts
from portal.brands.models import TenantBrand
from portal.provisioning.specs import TenantSpec
from portal.provisioning.writer import Writer
from portal.tenants.models import Tenant

_BRAND_NAMES = ("product_name", "sender_name")
_PLAIN_KEYS = ("name", "timezone", "country", "language", "currency")
_COUNTED_BY = {"timezone": "time zone", "ref_id": "refId scheme"}  # what a message's day and campaign come from


def write_tenants(writer: Writer, specs: tuple[TenantSpec, ...]) -> None:
    """Create and change tenants; a parent may follow its children in the file."""
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
        changed[spec.slug] = writer.save(tenant, values, position=spec.position, at=spec.at)
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.all()}
    for spec in to_adopt:
        # If one of the two could not be saved, its problem is already recorded.
        if spec.parent in tenants and spec.slug in tenants:
            child, parent = (Tenant.objects.get(slug=slug) for slug in (spec.slug, spec.parent))
            changed[spec.slug] += writer.save(child, {"parent": parent}, position=spec.position, at=spec.at)
    for spec in specs:
        if spec.slug in tenants:
            tenant = tenants[spec.slug]
            keys = changed[spec.slug] + _write_scheme(writer, spec, tenant) + _write_keys(writer, spec, tenant)
            keys += _write_brand(writer, spec, tenant)
            subject, is_new = f"tenant {spec.slug}", spec.slug not in before
            writer.tell_saved(subject, is_new=is_new, changed=keys, tenant=tenant)
            if not is_new:
                count_anew(writer, tenant, keys)


def count_anew(writer: Writer, tenant: Tenant, changed: list[str]) -> None:
    """Queue a recount of a tenant's messages if its zone or refId scheme changed."""
    rules = [words for key, words in _COUNTED_BY.items() if key in changed]
    if rules:
        request_recount(tenant=tenant, reason=f"{' and '.join(rules)} changed", now=writer.now)
        writer.outcome.notes.append(f"tenant {tenant.slug}: its messages are being recounted in the background")


def _write_scheme(writer: Writer, spec: TenantSpec, tenant: Tenant) -> list[str]:
    if "ref_id" not in spec.at:
        return []
    scheme = RefIdScheme.objects.filter(tenant=tenant).first()
    if spec.ref_id is None:
        return ["ref_id"] if scheme and scheme.delete() else []
    wanted = {"delimiter": spec.ref_id.delimiter, "fields": spec.ref_id.fields}
    at = {"delimiter": spec.ref_id.position, "fields": spec.ref_id.position}
    changed = writer.save(scheme or RefIdScheme(tenant=tenant), wanted, position=spec.ref_id.position, at=at)
    return ["ref_id"] if changed else []


def _write_keys(writer: Writer, spec: TenantSpec, tenant: Tenant) -> list[str]:
    """Add the segment keys in the file and remove the others."""
    if "segment_keys" not in spec.at:
        return []
    chosen = {row.key: row for row in SegmentKey.objects.filter(tenant=tenant, removed=False)}
    for key in sorted(chosen.keys() - set(spec.segment_keys)):
        segment_keys.remove(key=chosen[key], actor=writer.actor, now=writer.now)
    for key in spec.segment_keys:
        if key not in chosen:
            try:
                segment_keys.choose(tenant=tenant, key=key, actor=writer.actor, now=writer.now)
            except segment_keys.SegmentKeyError as error:
                writer.problems.add(spec.at["segment_keys"], error.text)
    return ["segment_keys"] if chosen.keys() != set(spec.segment_keys) else []


def _write_brand(writer: Writer, spec: TenantSpec, tenant: Tenant) -> list[str]:
    """Set the values of the brand in the file; another host is unconfirmed. `brand: null` removes all but the logo."""
    if "brand" not in spec.at:
        return []
    wanted = {name: getattr(spec.brand, name, "") for name in (*_BRAND_NAMES, "colour", "host")}
    if spec.brand is not None:
        wanted = {name: value for name, value in wanted.items() if name in spec.brand.at}
    at = spec.brand.at if spec.brand else spec.at
    position = spec.at["brand"]
    changed = writer.save(tenant, {"accent": wanted["colour"]}, position=position, at=at) if "colour" in wanted else []
    names = {name: wanted[name] for name in _BRAND_NAMES if name in wanted}
    brand = TenantBrand.objects.filter(tenant=tenant).first() or TenantBrand(tenant=tenant)
    if wanted.get("host", brand.host) != brand.host:
        claimed = copy(brand)
        hosts.claim(claimed, wanted["host"])
        names |= {name: getattr(claimed, name) for name in hosts.CLAIMED}
    if brand.pk or any(names.values()):
        changed += writer.save(brand, names, position=position, at=at)
    return ["brand"] if changed else []
