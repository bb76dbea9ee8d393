"""An owner gives a partner a brand: seen while it is typed, and then by the customers below."""

from __future__ import annotations

from io import BytesIO
from itertools import product

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.layout import sideways, take_picture
from tests.browser.seed import OWNER

BRAND = "/t/hansa-group/settings/brand/"
LONG = "Hanseatic Customer Messaging and Reporting Insights Portal"


def png(width: int, height: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "#7a1f3d").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def owner(browse):
    page = browse(OWNER)
    page.goto(BRAND)
    yield page
    page.goto(BRAND)
    page.get_by_role("button", name="Use the portal's names, colour and logo").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1600, 120), (60, 240)], ids=["wide", "tall"])
def test_brand_is_seen_while_it_is_typed_and_then_by_the_customers_below(browse, owner, request, width, height):
    sample = owner.get_by_role("region", name="How it looks")
    owner.get_by_label("Product name").fill(LONG)
    owner.get_by_label("Colour").fill("#7a1f3d")
    owner.get_by_label("Logo").set_input_files({"name": "l.png", "mimeType": "image/png", "buffer": png(width, height)})
    expect(sample.get_by_text(LONG).first).to_be_visible()
    expect(sample.locator("img")).to_have_count(4)
    owner.get_by_role("button", name="Save").click()
    expect(owner).to_have_title(f"Brand · Hansa Group · {LONG}")

    page = browse(OWNER)
    for name, address in (("child", "/t/hansa-norge/reports/"), ("brand", BRAND)):
        page.goto(address)
        logo = page.locator(".header .brand-logo")
        for size, theme in product((WIDE, NARROW, {"width": 320, "height": 640}), ("light", "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=theme)
            expect(logo).to_be_visible()
            box = logo.bounding_box()
            assert (box["width"] <= 160, box["height"] <= 40) == (True, True)
            assert sideways(page) == []
            if folder := request.config.option.pictures:
                take_picture(page, folder, f"brand-{name}-{width}x{height}-{size['width']}-{theme}")
