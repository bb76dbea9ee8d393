"""The map keeps the countries' shapes, whatever room it has."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.seed import OWNER

# Height by width of a country's largest part in Mercator's projection, and of what is filled with its colour.
SHAPES = """async (code) => {
    const { features } = await (await fetch(document.body.dataset.world)).json();
    const { geometry } = features.find((feature) => feature.properties.name === code);
    const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    const [outline] = parts.sort((a, b) => b[0].length - a[0].length)[0];
    const xs = outline.map(([x]) => x * Math.PI / 180);
    const ys = outline.map(([, y]) => Math.log(Math.tan(Math.PI / 4 + y * Math.PI / 360)));
    const size = (values) => Math.max(...values) - Math.min(...values);

    const canvas = document.querySelector('#map canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = 'var(--accent)';
    const accent = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    const seen = { x: [], y: [] };
    for (let at = 0; at < data.length; at += 4) {
        if (accent.some((part, n) => Math.abs(data[at + n] - part) > 3)) continue;
        seen.x.push((at / 4) % canvas.width);
        seen.y.push(Math.floor(at / 4 / canvas.width));
    }
    const largest = (values) => values.reduce((a, b) => Math.max(a, b), 0);
    const spread = (values) => largest(values) + largest(values.map((value) => 1e6 - value)) - 1e6;
    const height = spread(seen.y);
    return { wanted: size(ys) / size(xs), drawn: height / spread(seen.x), height: height / canvas.height };
}"""


@pytest.mark.parametrize("width", [320, 700, 1000, 1440])
def test_country_is_not_stretched(browse, width):
    page = browse(OWNER, size={"width": width, "height": 900})
    page.goto("/t/nordic-retail/overview/?country=FI")
    page.locator("#map").scroll_into_view_if_needed()
    expect(page.locator("#map canvas")).to_be_visible()

    shape = page.wait_for_function(
        f"async () => {{ const shape = await ({SHAPES})('FI'); return shape.drawn && shape; }}"
    )

    shape = shape.json_value()
    assert shape["drawn"] == pytest.approx(shape["wanted"], rel=0.05)
    assert shape["height"] > 0.7  # as large as there is room


def test_wider_window_shows_the_countries_that_a_wide_one_shows(browse):
    pictures = []
    for begins in (600, 1000):
        page = browse(OWNER, size={"width": begins, "height": 900})
        page.goto("/t/nordic-retail/overview/?country=FI")
        page.locator("#map").scroll_into_view_if_needed()
        expect(page.locator("#map[data-drawn] canvas")).to_be_visible()
        page.set_viewport_size({"width": 1000, "height": 900})
        page.wait_for_function("""() => {
            const canvas = document.querySelector('#map canvas');
            return canvas.width === 2 * document.querySelector('#map').clientWidth;
        }""")
        pictures.append(
            page.evaluate(
                "new Promise(requestAnimationFrame).then(() => document.querySelector('#map canvas').toDataURL())"
            )
        )

    assert pictures[0] == pictures[1]


def test_map_further_down_waits_for_a_reader(browse):
    page = browse(OWNER, size={"width": 400, "height": 700})
    # Nobody waits here for what is drawn without a reader after some seconds.
    page.add_init_script(
        "const set = setTimeout; window.setTimeout = (run, ms, ...of) => (ms > 3000 ? 0 : set(run, ms, ...of))"
    )
    page.goto("/t/nordic-retail/overview/", wait_until="networkidle")
    assert page.locator(".chart[data-drawn]").count() == 0

    page.mouse.wheel(0, 300)

    expect(page.locator(".chart[data-drawn] canvas")).to_have_count(2)
