"""What has changed since a report was made, for the Reports page."""

from django import template

from reports.runs.changed_texts import changed_text

register = template.Library()
register.filter("changed", changed_text)
