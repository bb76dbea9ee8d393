"""Figures that lead to what they count. They need `links` (reports/overview/links.py) in the context."""

import re

from django import template
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from campaigns.statistics import rate
from reports.monthly.texts import translate
from reports.overview.charts import TITLES, ChartColumn
from reports.overview.links import Links

register = template.Library()

_LINK_TAG = re.compile(r"</?a(?:\s[^>]*)?>")


@register.simple_tag(takes_context=True)
def counted(context, text: str, **found: object) -> str:
    """Return the figure as a link to the messages that it counts, as text for those who open no messages."""
    address = context["links"].messages(**found)
    return format_html('<a class="quiet-link" href="{}">{}</a>', address, text) if address else text


@register.filter
def linked(text: str, address: str) -> str:
    """Return the text as a link to an address, as it is without one."""
    return format_html('<a href="{}">{}</a>', address, text) if address else text


@register.filter
def opens(text: str, address: str) -> str:
    """Return the figure of a table as a link to what it counts, as it is without an address."""
    return format_html('<a class="quiet-link" href="{}">{}</a>', address, text) if address else text


@register.simple_tag(takes_context=True)
def narrowed(context, **found: object) -> str:
    """Return the query string of the same page for a part of what it shows."""
    return context["links"].narrowed(**found)


@register.simple_tag
def days_title(unit: str) -> str:
    """Return the heading of the chart whose columns are hours, days, weeks or months."""
    return str(TITLES[unit])


@register.simple_tag(takes_context=True)
def without(context, name: str) -> str:
    """Return the query string of the same page with one filter less."""
    return context["links"].without(name)


@register.simple_tag(takes_context=True)
def whole(context, name: str) -> str:
    """Return the query string of the same page with every row of one table."""
    every = urlencode({"all": [*context["whole"], name]}, doseq=True)
    return f"{context['links'].narrowed()}&{every}#{name}"


@register.tag
def unlinked(parser, token) -> "Unlinked":
    """`{% unlinked %}…{% endunlinked %}`: the same text without its links, for people without an account."""
    nodes = parser.parse(("endunlinked",))
    parser.delete_first_token()
    return Unlinked(nodes)


class Unlinked(template.Node):
    """Renders its parts and removes the tags of links; in escaped output no attribute holds a `>`."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context) -> str:
        return mark_safe(_LINK_TAG.sub("", self.nodelist.render(context)))  # noqa: S308  of escaped output, less tags


@register.filter
def messages_of(links: Links, column: ChartColumn) -> str:
    """Return the address of the list with the messages of a column's days."""
    return links.messages(first=column.first, last=column.last)


@register.filter
def share(part: int | None, of: int) -> float | None:
    """Return what share of `of` a part is."""
    return rate(part or 0, of)


@register.filter
def raw(value: float | None) -> str:
    """Return a number for scripts and attributes, in any language: six digits of a fraction; '' for None."""
    if value is None or value == "":
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


@register.filter
def reason(name: str) -> str:
    """Return a reason class in the request's language."""
    return translate(name, get_language() or "en")


@register.filter
def sum_of(rows: list, name: str) -> float:
    """Return the sum of one attribute of the rows."""
    return sum(getattr(row, name) for row in rows)


@register.filter
def value_at(values: dict, key: str) -> object:
    """Return a dictionary's value, '' where it has none."""
    return values.get(key, "")
