"""Brands and logos."""

from io import BytesIO

import pytest
from PIL import Image

from portal.brands import logos
from portal.brands.hosts import known_hosts
from portal.brands.models import TenantBrand
from portal.tenants.models import Tenant
from tests.conftest import NOW
from tests.name_server import dns_server
from tests.pages.conftest import messages, plain_storages

__all__ = ["dns_server", "messages", "plain_storages"]

PUBLIC = "https://portal.example.com"
PARTNER_HOST = "reports.partner.example"


@pytest.fixture(autouse=True)
def public(settings):
    """The portal has an address of its own, and knows no host of another test's brand."""
    settings.PUBLIC_URL = PUBLIC
    known_hosts.forget()
    yield
    known_hosts.forget()


def png(width: int = 320, height: int = 80, colour: str = "#0b7285", kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue()


def make_brand(tenant: Tenant, *, host: str = "", logo: bytes = b"", **values) -> TenantBrand:
    """Create a tenant's brand; its host is confirmed."""
    brand = TenantBrand(tenant=tenant, **values)
    if logo:
        made = logos.read_logo(logo)
        brand.logo, brand.icon, brand.logo_digest = made.png, made.icon, made.digest
        brand.logo_width, brand.logo_height = made.width, made.height
    if host:
        brand.host, brand.host_token, brand.host_confirmed_at = host, f"token-{tenant.id}", NOW
    brand.save()
    known_hosts.forget()
    return brand


@pytest.fixture
def partner(db) -> Tenant:
    """A tenant above Nordic Retail, with a brand of all values."""
    found = Tenant.objects.create(slug="partner", name="canary-above", timezone="UTC", accent="#7a1fa2")
    make_brand(found, host=PARTNER_HOST, logo=png(), product_name="Partner Insights", sender_name="Partner Desk")
    return found


@pytest.fixture
def child(tenant, partner) -> Tenant:
    Tenant.objects.filter(id=tenant.id).update(parent=partner)
    tenant.refresh_from_db()
    return tenant
