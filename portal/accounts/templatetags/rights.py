"""Template tags for rights: whether the person has one, which roles have one, and the table of all."""

from django import template

from portal.accounts import right_texts
from portal.accounts.access import Access

register = template.Library()


@register.filter
def may(access: Access | None, right: str) -> bool:
    """Return whether the request's person has the right for its tenant: `{% if access|may:"manage_members" %}`."""
    return access is not None and access.may(right)


@register.simple_tag
def who_may(right: str) -> str:
    """Return a sentence with the roles that have the right."""
    return right_texts.who_may(right)


@register.simple_tag
def rights_table() -> list[right_texts.RightRow]:
    """Return the rows of the table of roles and rights."""
    return right_texts.rights_table()
