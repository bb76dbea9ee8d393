"""Logos are checked, written again as PNG, and served as nothing but pictures."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from portal.brands.logos import MAX_BYTES, read_logo
from portal.brands.models import TenantBrand
from tests.brands.conftest import make_brand, png

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_logo_becomes_a_png_that_fits(kind):
    logo = read_logo(png(2000, 1000, kind=kind))

    with Image.open(BytesIO(logo.png)) as image, Image.open(BytesIO(logo.icon)) as icon:
        assert (image.format, image.size, icon.format, icon.size) == ("PNG", (320, 160), "PNG", (64, 64))
    assert (logo.width, logo.height) == (320, 160)


def test_nothing_but_pixels_is_kept():
    file = BytesIO()
    image = Image.new("RGB", (40, 20))
    exif = Image.Exif()
    exif[0x010E] = "canary"
    image.save(file, "JPEG", exif=exif)

    assert b"canary" in file.getvalue()
    assert b"canary" not in read_logo(file.getvalue() + b"<script>canary</script>").png


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x" * (MAX_BYTES + 1), "257 kB, the limit is 256 kB"),
        (png(2001, 10), "2001 × 10 pixels, the limit is 2000"),
        (SVG, "SVG files are not accepted"),
        (b"", "not a readable PNG"),
        (b"GIF89a" + b"\0" * 50, "not a readable PNG"),
        (png()[:100], "not a readable PNG"),
        (png(kind="TIFF"), "not a readable PNG"),
    ],
    ids=["large", "wide", "svg", "empty", "gif", "cut", "tiff"],
)
def test_refused_logo_says_why(content, said):
    with pytest.raises(ValidationError, match=said):
        read_logo(content)


@pytest.mark.django_db
def test_logo_is_served_to_anybody_for_long_and_as_a_picture_alone(client, tenant):
    brand = make_brand(tenant, logo=png())

    for kind in ("logo", "icon"):
        answer = client.get(f"/look/{kind}/{brand.logo_digest}.png")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.content == bytes(getattr(brand, kind))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert {"public", "immutable"} <= {part.strip() for part in answer.headers["Cache-Control"].split(",")}
        assert answer.cookies == {}


@pytest.mark.django_db
@pytest.mark.parametrize("digest", ["0" * 64, "x" * 64, "..", "%00"])
def test_unknown_logo_is_not_found(client, tenant, digest):
    make_brand(tenant, product_name="No logo")

    assert client.get(f"/look/logo/{digest}.png").status_code == 404


@pytest.mark.django_db
def test_database_keeps_a_logo_whole(tenant):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        TenantBrand.objects.create(tenant=tenant, logo=b"x")
