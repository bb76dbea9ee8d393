"""What the header needs to know about pages."""

from django import template

from portal.accounts import pages

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation(context) -> list[pages.Page]:
    """Return the entries of the navigation of the request's tenant."""
    return pages.pages(context["tenant"].slug, context["access"])


@register.simple_tag
def first_page(slug: str, page: str = "") -> str:
    """Return the address that leads to a tenant: of the page with the same key, else of its first."""
    return pages.first_page(slug, page=page)
