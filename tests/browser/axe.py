"""axe-core: what bars people with disabilities from a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (fingers) => {
    const options = {resultTypes: ['violations'], rules: {'target-size': {enabled: fingers}}};
    return (await axe.run(document, options)).violations;
}"""


def violations(page: Page, *, fingers: bool = True) -> list[str]:
    """Return what axe-core finds by its usual rules, each with the rule and the elements' HTML.

    With `fingers` it also asks for the size or distance that they need (WCAG 2.2, 2.5.8).

    Scripts that the browser's own protocol evaluates are not held to the page's policy, which stays as it is.
    """
    if page.evaluate("!window.axe"):
        page.evaluate(_source())
    return [
        f"{found['id']} ({found['help']}): {node['html']} {node['failureSummary']}"
        for found in page.evaluate(RUN, fingers)
        for node in found["nodes"]
    ]


@cache
def _source() -> str:
    return f"(() => {{ {SOURCE.read_text()} }})()"
