"""The page Brand: owners change their tenant's own values, see them beside it, and confirm a host."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry
from portal.brands.brand import brand_of
from portal.brands.models import TenantBrand
from tests.brands.conftest import PARTNER_HOST, make_brand, png
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

URL = "/t/nordic-retail/settings/brand/"
VALUES = {"product_name": "Nordic Reports", "sender_name": "Nordic", "colour": "#0B7285", "host": "reports.nordic.fi"}


@pytest.fixture(autouse=True)
def no_checks_yet():
    cache.clear()


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


def upload(content: bytes, name: str = "logo.png") -> dict:
    return {"logo": SimpleUploadedFile(name, content)}


def said() -> list[str]:
    return [sentence(entry) for entry in AuditEntry.objects.filter(action__startswith="brand.").order_by("id")]


@pytest.mark.parametrize("path", ["", "preview/", "check/"])
@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("manager", 403), ("stranger", 404)])
def test_brand_is_for_owners(client, request, tenant, path, who, status):
    client.force_login(request.getfixturevalue(who))

    assert {client.get(URL).status_code, client.post(f"{URL}{path}", VALUES).status_code} == {status}
    assert not TenantBrand.objects.exists()


def test_owner_saves_a_brand_and_it_is_on_record(signed_in, tenant):
    response = signed_in.post(URL, VALUES | upload(png()), follow=True)

    tenant.refresh_from_db()
    brand = tenant.own_brand
    assert (brand.product_name, brand.sender_name, tenant.accent) == ("Nordic Reports", "Nordic", "#0B7285")
    assert (brand.host, brand.host_confirmed_at, len(brand.host_token) > 20) == ("reports.nordic.fi", None, True)
    page = response.content.decode()
    assert ("Nordic Reports</title>" in page, f"/look/logo/{brand.logo_digest}.png" in page) == (True, True)
    assert ("_sms-portal.reports.nordic.fi" in page, brand.host_token in page) == (True, True)
    [text] = said()
    assert text.startswith("owner@example.com changed the brand. Colour:  → #0B7285; Host name:  → reports.nordic.fi;")
    assert f"Logo:  → {brand.logo_digest[:12]}; Product name:  → Nordic Reports" in text


def test_saving_the_same_again_changes_nothing(signed_in, tenant):
    for _time in range(2):
        signed_in.post(URL, VALUES | upload(png()))

    assert len(said()) == 1


def test_empty_fields_are_inherited(signed_in, child):
    before = signed_in.get(URL).content.decode()
    signed_in.post(URL, {"product_name": "Nordic Reports"})

    brand = brand_of(child.id)
    assert 'placeholder="Partner Insights"' in before
    assert (brand.product_name, brand.sender_name, brand.colour, brand.host) == (
        "Nordic Reports", "Partner Desk", "#7a1fa2", PARTNER_HOST,
    )  # fmt: skip


def test_one_button_takes_back_names_colour_and_logo_but_not_the_host(signed_in, child):
    signed_in.post(URL, VALUES | upload(png(100, 100)))
    TenantBrand.objects.filter(tenant=child).update(host_confirmed_at=NOW)

    signed_in.post(URL, VALUES | {"inherit": "yes"})

    child.refresh_from_db()
    brand = brand_of(child.id)
    assert (brand.product_name, brand.colour, brand.logo_width, child.accent) == (
        "Partner Insights",
        "#7a1fa2",
        320,
        "",
    )
    assert brand.host == "reports.nordic.fi"


def test_logo_is_removed(signed_in, child):
    signed_in.post(URL, upload(png(100, 100)))
    signed_in.post(URL, {"remove_logo": "on"})

    assert (child.own_brand.logo, brand_of(child.id).logo_width) == (None, 320)


def test_new_host_is_unconfirmed_and_has_another_token(signed_in, tenant):
    old = make_brand(tenant, host="old.nordic.fi")

    signed_in.post(URL, {"host": "New.Nordic.FI."})

    new = TenantBrand.objects.get()
    assert (new.host, new.host_confirmed_at, new.host_token != old.host_token) == ("new.nordic.fi", None, True)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"product_name": "x" * 61}, "60 characters"),
        ({"product_name": "a\nb"}, "no line breaks"),
        ({"sender_name": "Bank <bank@example.com>"}, "no line breaks, quotes, angle brackets or @"),
        ({"product_name": "Call 040 123 4567"}, "Leave phone numbers"),
        ({"colour": "red"}, "A colour such as #0B7285."),
        ({"host": "https://x.example"}, "is not a host name"),
        ({"host": "localhost"}, "is not a host name"),
        ({"host": "192.0.2.1"}, "is not a host name"),
        ({"host": "portal.example.com"}, "portal.example.com is this portal"),
        ({"host": PARTNER_HOST}, f"Another customer has confirmed {PARTNER_HOST}"),
        (upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg"), "SVG files are not accepted"),
        (upload(png(2001, 2)), "2001 × 2 pixels, the limit is 2000"),
    ],
)  # fmt: skip
def test_wrong_value_is_refused_with_its_reason(signed_in, tenant, partner, wrong, text):
    response = signed_in.post(URL, VALUES | wrong)

    assert (response.status_code, text in response.content.decode()) == (422, True)
    assert (TenantBrand.objects.filter(tenant=tenant).exists(), said()) == (False, [])


def test_preview_shows_what_is_not_saved(signed_in, tenant):
    answer = signed_in.post(f"{URL}preview/", VALUES | upload(png()))

    page = answer.content.decode()
    assert (answer.status_code, page.count('src="data:image/png;base64,'), page.count("sample-dark")) == (200, 4, 2)
    assert ("Nordic &lt;portal@localhost&gt;" in page, "/look/0B7285.css?for=sample" in page) == (True, True)
    assert not TenantBrand.objects.exists()


def test_preview_names_what_is_wrong(signed_in, tenant):
    answer = signed_in.post(f"{URL}preview/", VALUES | {"colour": "red"})

    assert (answer.status_code, "A colour such as" in answer.content.decode()) == (422, True)
    assert "Nordic Reports" in answer.content.decode()


def test_samples_style_sheet_colours_the_samples_alone(client, db):
    sheet = client.get("/look/0B7285.css?for=sample").content.decode()

    assert (sheet.startswith(".brand-sample {"), ":root" in sheet) == (True, False)


def test_button_confirms_the_host(signed_in, tenant, dns_server):
    signed_in.post(URL, VALUES)
    missing = signed_in.post(f"{URL}check/", follow=True).content.decode()
    too_soon = signed_in.post(f"{URL}check/", follow=True).content.decode()
    cache.clear()
    dns_server.records = {"_sms-portal.reports.nordic.fi": [tenant.own_brand.host_token]}

    page = signed_in.post(f"{URL}check/", follow=True).content.decode()

    assert ("There is no TXT record" in missing, "Wait a few seconds" in too_soon) == (True, True)
    assert ("reports.nordic.fi is confirmed." in page, brand_of(tenant.id).host) == (True, "reports.nordic.fi")
    assert said()[-1] == "owner@example.com confirmed the host name reports.nordic.fi."


def test_button_says_that_another_customer_was_first(signed_in, tenant, other_tenant, dns_server):
    signed_in.post(URL, VALUES)
    make_brand(other_tenant, host="reports.nordic.fi")
    dns_server.records = {"_sms-portal.reports.nordic.fi": [tenant.own_brand.host_token]}

    page = signed_in.post(f"{URL}check/", follow=True).content.decode()

    assert "Another customer has confirmed reports.nordic.fi." in page
    assert TenantBrand.objects.get(tenant=tenant).host_confirmed_at is None


def test_lost_host_is_said_to_owners_on_every_page(client, tenant, owner, viewer):
    brand = make_brand(tenant)
    TenantBrand.objects.filter(id=brand.id).update(host="reports.nordic.fi", host_lost_at=NOW)

    told = []
    for person in (owner, viewer):
        client.force_login(person)
        told.append("reports.nordic.fi is no longer used" in client.get("/t/nordic-retail/reports/").content.decode())

    assert told == [True, False]
