"""WSGI application for gunicorn."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.baseline.settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
