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
def missing_rights(access: Access, names: str) -> list[tuple[str, str]]:
    """Return (what it allows, which roles have it) of those of the named rights that the person lacks."""
    missing = [name for name in names.split() if not access.may(name)]
    return [(str(right_texts.RIGHT_TEXTS[name]), right_texts.who_may(name)) for name in missing]


@register.simple_tag
def rights_table() -> list[right_texts.RightRow]:
    """Return the rows of the table of roles and rights."""
    return right_texts.rights_table()
