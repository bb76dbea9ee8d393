"""Template tag for the changes since a report was created."""

from django import template

from reports.runs.changed_texts import changed_text

register = template.Library()
register.filter("changed", changed_text)
