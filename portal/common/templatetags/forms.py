"""Fields of forms as the style sheet knows them."""

from django import template
from django.forms import BoundField, CheckboxInput, Select
from django.utils.safestring import SafeString

from portal.common.brief_select import BriefSelect

register = template.Library()


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Return the field's widget with the CSS class of its type added."""
    widget = field.field.widget
    kinds: dict[type, str] = {CheckboxInput: "form-check-input", Select: "form-select", BriefSelect: "form-select"}
    kind = kinds.get(type(widget), "form-control")
    return field.as_widget(attrs={"class": f"{widget.attrs.get('class', '')} {kind}".strip()})
