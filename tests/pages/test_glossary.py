"""Words of figures: explained where they are and on a page of their own, from one source."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from portal.common.glossary import GLOSSARY
from tests.pages.conftest import make_run

pytestmark = pytest.mark.django_db

BUTTON = re.compile(r'<button class="explain"[^>]* popovertarget="word-([^"]+)"')
EXPLANATION = re.compile(r'id="word-([^"]+)" popover')


def explained(page: str) -> set[str]:
    """Return the words that have a button; each must open the one explanation of its word, and there are no others."""
    words, found = EXPLANATION.findall(page), set(BUTTON.findall(page))
    assert sorted(words) == sorted(found)
    assert found <= set(GLOSSARY)
    return found


def test_overview_explains_its_figures(client, viewer, messages):
    client.force_login(viewer)

    page = client.get("/t/nordic-retail/overview/?period=30d").content.decode()

    words = {"messages", "delivered", "pending", "failed", "unknown", "parts", "median", "p95", "interval", "maturity"}
    assert words <= explained(page)


def test_reports_explain_their_states_and_columns(client, tenant, viewer):
    make_run(tenant, "2026-10", kind="provisional")
    client.force_login(viewer)

    page = client.get("/t/nordic-retail/reports/").content.decode()

    assert {"provisional", "revision", "delivery_rate", "data_as_of", "messages"} <= explained(page)


@pytest.mark.parametrize(("language", "word"), [("en", "95th percentile"), ("fi", "95. persentiili")])
def test_glossary_lists_every_word_in_the_page_s_language_for_everybody(client, language, word):
    client.cookies["language"] = language

    page = client.get(reverse("glossary")).content.decode()

    with translation.override(language):
        assert re.findall(r"<dt id=\"([^\"]+)\">([^<]+)</dt>", page) == [
            (key, str(term.name)) for key, term in GLOSSARY.items()
        ]
    assert f">{word}</dt>" in page


def test_pages_link_to_the_glossary(client, viewer, tenant):
    client.force_login(viewer)

    page = client.get("/t/nordic-retail/reports/").content.decode()

    assert 'href="/glossary/"' in page.split("<footer")[1]


def test_part_of_a_page_brings_its_explanations_along_once(client, tenant, viewer):
    make_run(tenant, "2026-10", kind="provisional")
    client.force_login(viewer)

    part = client.get("/t/nordic-retail/reports/?month=2026-10", headers={"HX-Request": "true"}).content.decode()

    brought = re.findall(r'<template class="word"><div class="explanation" id="word-([^"]+)" popover', part)
    assert sorted(brought) == sorted(set(BUTTON.findall(part))) != []
