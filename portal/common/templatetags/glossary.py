"""Template tags that explain words of figures where they are, and list them all."""

from django import template
from django.http import HttpRequest
from django.template import Context

from portal.common.glossary import GLOSSARY, Term

register = template.Library()


@register.inclusion_tag("_fragments/explained.html", takes_context=True)
def explained(context: Context, word: str) -> dict:
    """Render a button that opens the word's explanation. Render nothing for a word that is not in the glossary.

    A page has the explanations of its words at its end. A part of a page brings each along, after its first button.
    """
    request, term = context.get("request"), GLOSSARY.get(word)
    used = _used(request)
    comes_along = request is not None and "HX-Request" in request.headers and word not in used
    if term:
        used[word] = term
    return {"word": word, "term": term, "comes_along": comes_along}


@register.inclusion_tag("_fragments/heading.html", takes_context=True)
def heading(context: Context, word: str, kind: str = "", unit: str = "") -> dict:
    """Render a column's heading with its explanation. `kind` is its class, `unit` that of its values in files."""
    term = GLOSSARY[word]
    request = context.get("request")
    return {"word": word, "words": term.heading or term.name, "kind": kind, "unit": unit, "request": request}


@register.simple_tag(takes_context=True)
def words_used(context: Context) -> dict[str, Term]:
    """Return the words whose buttons the page has so far, by their keys."""
    return _used(context.get("request"))


@register.simple_tag
def glossary() -> dict:
    """Return all words with their explanations, by their keys."""
    return GLOSSARY


def _used(request: HttpRequest | None) -> dict[str, Term]:
    """Return the words that the request's answer explains, for more to be added."""
    if request is None:
        return {}
    if not hasattr(request, "explained_words"):
        request.explained_words = {}  # type: ignore[attr-defined] # of this request alone
    return request.explained_words  # type: ignore[attr-defined]
