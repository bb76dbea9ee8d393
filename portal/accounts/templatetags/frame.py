"""Template tags for the header and navigation."""

from django import template
from django.utils.http import urlencode

from portal.accounts import pages
from portal.common.period_picker import PRESETS

register = template.Library()

PERIOD = ("period", "from", "to", "compare")  # the parameters that choose one (portal/common/period_picker.py)


@register.simple_tag(takes_context=True)
def navigation(context) -> list[pages.Page]:
    """Return the navigation entries of the request's tenant, with the chosen period in their links."""
    picker = context.get("picker")
    if picker is not None:
        period = picker.query
    else:
        asked = context["request"].GET
        kept = {name: asked[name] for name in PERIOD if asked.get(name)}
        if kept.get("period") not in PRESETS:  # a page may know others
            kept.pop("period", None)
        period = urlencode(kept)
    return pages.pages(context["tenant"].slug, context["access"], period=period)


@register.simple_tag
def first_page(slug: str, page: str = "") -> str:
    """Return the address that leads to a tenant: of the page with the same key, else of its first."""
    return pages.first_page(slug, page=page)
