"""Words of the glossary on a page: those without their button, and buttons that stand by themselves."""

from __future__ import annotations

from functools import cache

from django.utils import translation
from playwright.sync_api import Page

from portal.common.glossary import GLOSSARY

WITH_WORDS_BY_THEMSELVES = {"glossary", "api:docs"}  # the words are the page's subject, or for programmers

# The Finnish word of "Status" heads the states of reports, requests and keys too.
OTHER_SENSES = {
    (name, "Tila") for name in ("reports:months", "deliveries:partner_ids", "settings:segments", "exports:list")
}
OTHER_SENSES |= {("reports:account_months", "Tila"), ("conversions:index", "Tila")}
# At gates: the state of a gate or a replay, and what came of a request to a receiver.
OTHER_SENSES |= {
    (f"gates:{name}", word)
    for name in ("list", "gate", "attempts", "attempt", "test", "replays")
    for word in ("Tila", "Delivered", "Toimitettu", "Failed", "Epäonnistunut", "Epäonnistui")
}
OTHER_SENSES |= {("gates:replays", "Waiting"), ("gates:replays", "Odottaa")}
# Those who get a saved report by e-mail, and the states of runs, e-mails and reports.
OTHER_SENSES |= {
    (f"reports:{name}", word)
    for name in ("definitions", "definition_new", "definition", "definition_change", "recipients")
    for word in ("Recipients", "Vastaanottajat", "Tila")
}
# The state of an alert, of a rule, of a budget and of a saved file of events; an event that counts as a conversion.
OTHER_SENSES |= {(f"alerts:{name}", "Tila") for name in ("list", "rule", "new")}
OTHER_SENSES |= {("budgets:list", "Tila"), ("budgets:budget", "Tila")}
OTHER_SENSES |= {("campaigns:conversions", "Event"), ("campaigns:conversions", "Tapahtuma")}
# The list itself, no count; the state of a check.
OTHER_SENSES |= {
    (name, word) for name in ("leaks:messages", "billing:check_messages") for word in ("Messages", "Viestit")
}
OTHER_SENSES |= {("billing:checks", "Tila"), ("statements:close", "Tila"), ("statements:list", "Tila")}
# A request's HTTP status.
OTHER_SENSES |= {("settings:api_key_requests", word) for word in ("Status", "Tila")}
OTHER_SENSES |= {("statements:line", word) for word in ("Messages", "Viestit")}
# The revisions of a price list; the revenue of a delivered message, where the word is explained for its cost.
OTHER_SENSES |= {("billing:price_history", "Revision"), ("billing:price_history", "Julkaisu")}
OTHER_SENSES |= {("campaigns:conversions", word) for word in ("Per delivered message", "Toimitettua viestiä kohti")}
# A result code's reason in the table of failures.
OTHER_SENSES |= {
    (name, word) for name in ("reports:overview", "campaigns:campaign", "share") for word in ("Unknown", "Tuntematon")
}

# Headings and labels in which a word of the glossary stands without its button: [text, words with a button in it].
HEADINGS = """() => [...document.querySelectorAll('main :is(th, dt, h2, h3, legend, label.form-label, .kpi-name)')]
    .filter((element) => !element.closest('[hidden], #report-preview')) // in the preview: the file's own headings
    .map((element) => {
        const own = element.matches('label, .kpi-name') ? element.parentElement : element;
        const buttons = [...own.querySelectorAll('button.explain')];
        return [element.textContent.trim(), buttons.map((button) => button.getAttribute('popovertarget').slice(5))];
    })"""
# Buttons that stand on another line than the end of their words: what is written before them.
ALONE = """() => [...document.querySelectorAll('main button.explain')].filter((button) => button.checkVisibility())
    .map((button) => {
        const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        texts.currentNode = button;
        const isText = ({ data, parentElement }) => data.trim() && parentElement.checkVisibility();
        while (texts.previousNode() && !isText(texts.currentNode));
        const end = document.createRange();
        const length = texts.currentNode.data.trimEnd().length;
        end.setStart(texts.currentNode, length - 1);
        end.setEnd(texts.currentNode, length);
        const [word, ring] = [end.getBoundingClientRect(), button.getBoundingClientRect()];
        const middle = (ring.top + ring.bottom) / 2;
        return middle > word.top - 2 && middle < word.bottom + 2 ? '' : texts.currentNode.data.trim();
    }).filter(Boolean)"""
# Buttons whose explanation is not on the page.
LOST = """() => [...document.querySelectorAll('button.explain')]
    .filter((button) => !button.popoverTargetElement).map((button) => button.ariaLabel)"""


@cache
def words_by_form(language: str) -> dict[str, set[str]]:
    """Return the glossary's keys by each form in which headings show them."""
    found: dict[str, set[str]] = {}
    with translation.override(language):
        for key, term in GLOSSARY.items():
            for form in term.forms:
                found.setdefault(str(form), set()).add(key)
    return found


def without_button(page: Page, name: str, language: str) -> list[str]:
    """Return the words in headings of a route's page without their button, and the buttons that explain nothing."""
    if name in WITH_WORDS_BY_THEMSELVES:
        return []
    words = words_by_form(language)
    return page.evaluate(LOST) + [
        text
        for text, buttons in page.evaluate(HEADINGS)
        if text in words and (name, text) not in OTHER_SENSES and not words[text] & set(buttons)
    ]


def lonely_buttons(page: Page, name: str) -> list[str]:
    """Return the texts of a route's page whose button stands on another line than their end."""
    return [] if name in WITH_WORDS_BY_THEMSELVES else page.evaluate(ALONE)
