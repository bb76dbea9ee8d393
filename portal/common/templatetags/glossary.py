"""Template tags that explain words of figures where they are, and list them all."""

from django import template

from portal.common.glossary import GLOSSARY

register = template.Library()


@register.inclusion_tag("_fragments/explained.html")
def explained(word: str) -> dict:
    """Render a button that opens the word's explanation. Render nothing for a word that is not in the glossary."""
    return {"word": word, "term": GLOSSARY.get(word)}


@register.inclusion_tag("_fragments/heading.html")
def heading(word: str, kind: str = "", unit: str = "") -> dict:
    """Render a column's heading with its explanation. `kind` is its class, `unit` that of its values in files."""
    term = GLOSSARY[word]
    return {"word": word, "words": term.heading or term.name, "kind": kind, "unit": unit}


@register.simple_tag
def glossary() -> dict:
    """Return all words with their explanations, by their keys."""
    return GLOSSARY
