"""The baseline's settings; its database is on the portal's server."""

import os

import environ

SECRET_KEY = "not a secret: it only serves this machine while a benchmark runs"  # noqa: S105
ALLOWED_HOSTS = ["*"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "benchmarks.baseline.urls"
INSTALLED_APPS = ["rest_framework", "benchmarks.baseline"]
DATABASES = {"default": environ.Env.db_url_config(os.environ["BASELINE_DATABASE_URL"]) | {"CONN_MAX_AGE": None}}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
