"""Marks of lighthouse's reports: the bar, and the audit that a page without search engines has to fail."""

import pytest

from benchmarks.pages import figures_of

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def report(*, paint: float = 900.0, **seo: float | None) -> dict:
    """Return a report with full marks but for the audits of `seo`, each of weight 1, and crawling of weight 4."""
    seo = {name.replace("_", "-"): score for name, score in seo.items()}
    audits = {name: {"score": score} for name, score in seo.items()}
    audits |= {"first-contentful-paint": {"score": 1, "numericValue": paint}}
    audits |= {"largest-contentful-paint": {"score": 1, "displayValue": "1.4 s"}}
    parts = {category: {"auditRefs": [{"id": "first-contentful-paint", "weight": 10}]} for category in CATEGORIES}
    parts["seo"]["auditRefs"] = [{"id": name, "weight": 4 if name == "is-crawlable" else 1} for name in seo]
    return {"audits": audits, "categories": parts}


def figures(**options) -> dict:
    return {figure.name.removeprefix("lighthouse page "): figure for figure in figures_of("page", report(**options))}


REFUSED = "noindex on purpose, so without is-crawlable"


@pytest.mark.parametrize(
    ("seo", "mark", "note", "is_missed"),
    [
        ({"image_alt": 1, "is_crawlable": 1}, 100, "", False),
        ({"image_alt": 0, "is_crawlable": 1}, 80, "image-alt", True),
        ({"image_alt": 1, "is_crawlable": 0}, 100, REFUSED, False),
        ({"image_alt": 1, "link_text": 0, "is_crawlable": 0}, 50, f"{REFUSED}; link-text", True),
        ({"image_alt": 1, "link_text": None}, 100, "", False),
    ],
)  # fmt: skip
def test_mark_leaves_out_crawling_only_where_it_is_refused(seo, mark, note, is_missed):
    figure = figures(**seo)["seo"]

    assert (figure.value, figure.note, figure.is_missed) == (mark, note, is_missed)


@pytest.mark.parametrize(("milliseconds", "is_missed"), [(1004.0, False), (1010.0, True)])
def test_late_first_paint_is_missed(milliseconds, is_missed):
    figure = figures(paint=milliseconds, image_alt=1)["first paint"]

    assert (figure.value, figure.is_missed) == (round(milliseconds / 1000, 2), is_missed)
