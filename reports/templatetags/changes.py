"""Template filters of report runs: changes since one was created, and who asked for it."""

from django import template

from reports.runs.changed_texts import changed_text
from reports.runs.requesters import made_by

register = template.Library()
register.filter("changed", changed_text)
register.filter("made_by", made_by)
