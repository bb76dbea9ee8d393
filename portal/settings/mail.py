"""Mail, the addresses that alarms are sent to, and where people find help."""

import environ
from django.core.exceptions import ImproperlyConfigured

from portal.engines.secret import secret_file
from portal.settings.base import env

EMAIL_BACKEND = "portal.accounts.unsent_mail.KeepingBackend"
if EMAIL_URL := env.str("EMAIL_URL", "") or secret_file("EMAIL_URL_FILE", may_be_empty=True):
    vars().update(environ.Env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "portal@localhost")

ALARM_EMAILS = env.list("ALARM_EMAILS", default=[])  # whom alarms are mailed to; else all staff
ALARM_LANGUAGE = env.str("ALARM_LANGUAGE", "en")  # of recipients who are no customer's members
if ALARM_LANGUAGE not in ("en", "fi"):
    raise ImproperlyConfigured(f"ALARM_LANGUAGE is {ALARM_LANGUAGE!r}; it must be en or fi.")

# Where people find help, in the footer of every page; none of both: no link.
HELP_URL = env.str("HELP_URL", "")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", "")
