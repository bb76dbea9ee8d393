"""Template filters of report runs: what has changed since one or with one, why, and who asked for it."""

from django import template

from reports.runs.cause_texts import reason_text, revision_text
from reports.runs.changed_texts import changed_text
from reports.runs.requesters import made_by

register = template.Library()
register.filter("changed", changed_text)
register.filter("made_by", made_by)
register.filter("reason", reason_text)
register.filter("revision_change", revision_text)
