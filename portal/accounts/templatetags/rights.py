"""Asking for a right in a template."""

from django import template

from portal.accounts.access import Access

register = template.Library()


@register.filter
def may(access: Access | None, right: str) -> bool:
    """Return whether the request's person has the right for its tenant: `{% if access|may:"manage_members" %}`."""
    return access is not None and access.may(right)
