"""Template tags that explain words of figures where they are, and list them all."""

from django import template

from portal.common.glossary import GLOSSARY, Term

register = template.Library()


@register.inclusion_tag("_fragments/explained.html")
def explained(word: str, place: str = "") -> dict:
    """Render a button that opens the word's explanation. `place` tells apart several on one page.

    Nothing is rendered for a word that is not in the glossary.
    """
    return {"word": word, "term": GLOSSARY.get(word), "id": f"explained-{place}{word}"}


@register.simple_tag
def glossary() -> list[Term]:
    """Return all words with their explanations."""
    return list(GLOSSARY.values())
