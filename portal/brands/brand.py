"""A tenant's brand as pages, mails and files show it: each value the nearest one up the chain of parents.

The chain is read with the tenant, by one subquery, while a request finds out who asks (portal/accounts/access.py). So
a page needs no query for it, and the web role reads no row of a tenant above (docs/decisions/0020-white-label.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Func, JSONField
from django.utils.translation import gettext

from portal.brands.models import TenantBrand
from portal.common.colours import Accent, accents
from portal.tenants.models import Tenant
from portal.tenants.scope import signin_login

MAX_LEVELS = 32  # of parents; a circle, which Tenant.clean refuses, would end here

_CHAIN = f"""(
WITH RECURSIVE up (id, parent_id, accent, level) AS (
    SELECT t.id, t.parent_id, t.accent, 0 FROM tenants_tenant t WHERE t.id = %(expressions)s
    UNION ALL
    SELECT p.id, p.parent_id, p.accent, up.level + 1
    FROM up JOIN tenants_tenant p ON p.id = up.parent_id WHERE up.level < {MAX_LEVELS}
)
SELECT coalesce(jsonb_agg(jsonb_build_object(
    'level', up.level, 'colour', up.accent,
    'product_name', coalesce(b.product_name, ''), 'sender_name', coalesce(b.sender_name, ''),
    'logo', coalesce(b.logo_digest, ''), 'logo_width', b.logo_width, 'logo_height', b.logo_height,
    'host', CASE WHEN b.host_confirmed_at IS NULL THEN '' ELSE b.host END,
    'lost_host', CASE WHEN b.host_lost_at IS NULL THEN '' ELSE b.host END
) ORDER BY up.level), '[]')
FROM up LEFT JOIN tenant_brand b ON b.tenant_id = up.id WHERE b.id IS NOT NULL OR up.accent <> ''
)"""  # noqa: S608  constants of the caller alone


@dataclass(frozen=True, slots=True)
class Brand:
    """Values that hold for a tenant; '' is the portal's own.

    `hosts` are all confirmed hosts of the chain, the nearest first. `lost_host` is the tenant's own host if it is no
    longer used.
    """

    product_name: str = ""
    sender_name: str = ""
    colour: str = ""
    logo: str = ""  # its digest
    logo_width: int = 0
    logo_height: int = 0
    hosts: tuple[str, ...] = ()
    lost_host: str = ""

    @property
    def product(self) -> str:
        return self.product_name or gettext("SMS reports")

    @property
    def sender(self) -> str:
        return self.sender_name or self.product_name

    @property
    def host(self) -> str:
        return self.hosts[0] if self.hosts else ""

    @property
    def address(self) -> str:
        """The address before the paths of shared links: the confirmed host's, else PUBLIC_URL."""
        return address_of_host(self.host) if self.host else settings.PUBLIC_URL

    @property
    def accents(self) -> tuple[Accent, Accent] | None:
        """The colour on the light and on the dark theme, as near to it as can be read."""
        return accents(self.colour) if self.colour else None


PLAIN = Brand()


def chain_of(tenant_id: str) -> Func:
    """Return an annotation with the chain of the tenant whose id is in the column `tenant_id`.

    It holds what `brand_from` reads, from the tenant upwards.
    """
    return Func(F(tenant_id), template=_CHAIN, output_field=JSONField())


def brand_from(chain: Iterable[dict[str, Any]]) -> Brand:
    """Return the brand that a chain makes: each value from the first tenant that has one."""
    levels = list(chain)
    with_logo = next((level for level in levels if level["logo"]), None)
    return Brand(
        product_name=_first(levels, "product_name"),
        sender_name=_first(levels, "sender_name"),
        colour=_first(levels, "colour"),
        logo=with_logo["logo"] if with_logo else "",
        logo_width=with_logo["logo_width"] if with_logo else 0,
        logo_height=with_logo["logo_height"] if with_logo else 0,
        hosts=tuple(level["host"] for level in levels if level["host"]),
        lost_host=next((level["lost_host"] for level in levels if level["level"] == 0), ""),
    )


def brand_above(chain: Iterable[dict[str, Any]]) -> Brand:
    """Return the brand that the tenant would have without values of its own."""
    return brand_from(level for level in chain if level["level"] > 0)


def common_brand(brands: Iterable[Brand]) -> Brand:
    """Return the brand of a person's tenants where all have the same look, else the portal's own."""
    found = list(brands)
    looks = {(b.product_name, b.sender_name, b.colour, b.logo) for b in found}
    return found[0] if len(looks) == 1 else PLAIN


def brand_of(tenant_id: int) -> Brand:
    """Return the tenant's brand, for mails and files that are made outside of its own request."""
    with signin_login():
        chain = Tenant.objects.filter(id=tenant_id).annotate(chain=chain_of("id")).values_list("chain", flat=True)
        return brand_from(chain.get())


def logo_png(digest: str) -> bytes:
    """Return the PNG file of a brand's logo; b"" for no logo, and for one that was replaced since."""
    if not digest:
        return b""
    with signin_login():
        return bytes(TenantBrand.objects.filter(logo_digest=digest).values_list("logo", flat=True).first() or b"")


def address_of_host(host: str) -> str:
    """Return the address of a brand's host: with the scheme and the port of PUBLIC_URL."""
    public = urlsplit(settings.PUBLIC_URL)
    port = f":{public.port}" if public.port else ""
    return f"{public.scheme}://{host}{port}"


def _first(levels: list[dict[str, Any]], name: str) -> str:
    return next((level[name] for level in levels if level[name]), "")
