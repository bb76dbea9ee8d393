"""Figures of A/B tests in templates."""

from django import template

from portal.common.templatetags.figures import NOTHING, decimal, points

register = template.Library()


@register.filter
def signed_points(difference: float | None, places: int = 2) -> str:
    """Return a difference of two shares in percentage points with its sign: `+0.31`, `−0.31`; None is a dash."""
    if difference is None:
        return NOTHING
    text = decimal(abs(difference) * 100, places)
    if text == decimal(0, places):
        return text
    return f"{'+' if difference > 0 else '−'}{text}"


@register.filter
def difference(value: float | None, currency: str) -> str:
    """Return a difference with its sign: in points, or with a currency an amount of it with four places."""
    if not currency or value is None:
        return signed_points(value)
    text = decimal(abs(value), 4)
    sign = "" if text == decimal(0, 4) else "+" if value > 0 else "−"
    return f"{sign}{text}"


@register.filter
def lost(value: float | None, currency: str) -> str:
    """Return a difference without its sign, with its unit: points, or with a currency an amount of it."""
    if not currency or value is None:
        return points(value)
    return f"{decimal(value, 4)} {currency}"


@register.filter
def p_value(value: float | None) -> str:
    """Return a p-value with three places, the least as `< 0.001`; None is a dash."""
    if value is None:
        return NOTHING
    return f"< {decimal(0.001, 3)}" if value < 0.001 else decimal(value, 3)
