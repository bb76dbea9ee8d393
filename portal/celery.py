"""The Celery app. Tasks only start work whose state is in database rows."""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging

from portal.common.logs import prepare_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def set_up_logging(**_signal) -> None:
    """Let worker and beat log as every other process does; Celery's own handlers would not redact."""
    from django.conf import settings

    prepare_process()
    dictConfig(settings.LOGGING)
