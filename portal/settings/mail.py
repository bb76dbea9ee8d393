"""Mail, and the addresses that alarms are sent to."""

import environ

from portal.engines.secret import secret_file
from portal.settings.base import env

EMAIL_BACKEND = "portal.accounts.unsent_mail.KeepingBackend"
if EMAIL_URL := env.str("EMAIL_URL", "") or secret_file("EMAIL_URL_FILE", may_be_empty=True):
    vars().update(environ.Env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "portal@localhost")

ALARM_EMAILS = env.list("ALARM_EMAILS", default=[])  # whom alarms are mailed to; else all staff
