"""A select of hundreds of choices in few bytes, so that a page fits into the first packets of a connection."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class BriefSelect(forms.Select):
    """A select without space between its options; an option whose text is its value says it once."""

    def render(self, name: str, value: Any, attrs: dict | None = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = [option for _group, options, _index in widget["optgroups"] for option in options]
        return format_html(
            '<select name="{}"{}>{}</select>',
            widget["name"],
            flatatt(widget["attrs"]),
            format_html_join(
                "", "<option{}>{}</option>", ((_attributes(option), option["label"]) for option in options)
            ),
        )


def _attributes(option: dict) -> str:
    value = option["value"]
    said = {} if value == str(option["label"]) else {"value": value}
    return flatatt({**said, "selected": bool(option["selected"])})
