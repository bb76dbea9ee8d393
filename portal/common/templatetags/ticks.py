"""Short texts with code in backticks, as the API's description has them."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def ticks(text: str) -> SafeString:
    """Return the text as escaped HTML, with code elements for what is between backticks."""
    parts = [escape(part) for part in text.split("`")]
    marked = [f'<code class="code">{part}</code>' if n % 2 else part for n, part in enumerate(parts)]
    return mark_safe("".join(marked))  # noqa: S308 (escaped above)
