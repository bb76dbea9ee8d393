"""Words of figures: explained where they are and in the footer, from one source."""

import re

from portal.common.glossary import GLOSSARY
from tests.pages.conftest import make_run

EXPLAINED = re.compile(r'popovertarget="(explained-[^"]+)".*?id="([^"]+)" popover', re.DOTALL)


def explained(page: str) -> list[str]:
    """Return the words that have a button; each must open an element of the page, and ids must be unique."""
    pairs = EXPLAINED.findall(page)
    assert [target == element for target, element in pairs] == [True] * len(pairs)
    assert len({target for target, _element in pairs}) == len(pairs)
    return sorted(target.rpartition("-")[2] for target, _element in pairs)


def test_overview_explains_its_figures(client, viewer, messages):
    client.force_login(viewer)

    page = client.get("/t/nordic-retail/overview/?period=30d").content.decode()

    words = {"messages", "delivered", "pending", "failed", "unknown", "parts", "median", "p95", "interval", "maturity"}
    assert words <= set(explained(page))


def test_reports_explain_their_states(client, tenant, viewer):
    make_run(tenant, "2026-10", kind="provisional")
    client.force_login(viewer)

    page = client.get("/t/nordic-retail/reports/").content.decode()

    assert explained(page) == ["provisional", "revision"]


def test_footer_lists_every_word_in_the_page_s_language(client, tenant, viewer):
    client.force_login(viewer)
    english = client.get("/t/nordic-retail/reports/").content.decode()
    client.cookies["language"] = "fi"
    finnish = client.get("/t/nordic-retail/reports/").content.decode()

    assert [page.split("<footer")[1].count("<dt>") for page in (english, finnish)] == [len(GLOSSARY)] * 2
    assert ("<dt>95th percentile</dt>" in english, "<dt>95. persentiili</dt>" in finnish) == (True, True)
