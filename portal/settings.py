"""Settings: everything a deployment may change is read from the environment (docs/operations.md lists it all)."""

import os
from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal import connections, engines
from portal.engines.secret import secret_file
from portal.staff.theme import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

PORTAL_HOME = engines.portal_home()
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = engines.secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# True behind a TLS proxy: secure cookies, HSTS and the redirect belong together.
HTTPS = env.bool("PORTAL_HTTPS", False)
PUBLIC_URL = env.str("PUBLIC_URL", f"http://localhost:{env.str('PORT', '') or 8000}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL] if HTTPS else [])

INSTALLED_APPS = [
    "unfold",  # before the admin that it dresses
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "portal.common",
    "portal.tenants",
    "portal.accounts",
    "campaigns",
    "deliveries",
    "reports",
    "portal.staff",
    "portal.operations",
]

MIDDLEWARE = [
    "portal.operations.requests.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "portal.security_headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.no_store.NoStoreMiddleware",
    "portal.compression.CompressPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # outside: what it does after the commit needs the request too
    "portal.accounts.known_devices.KnownDeviceMiddleware",  # outside: a new factor is known after the commit
    # From here on the database answers as the web role, with the tenants of the signed-in person.
    "portal.accounts.middleware.WallMiddleware",
    "portal.accounts.middleware.LanguageMiddleware",
    "portal.accounts.way_back.SignInAgainMiddleware",
    "portal.accounts.middleware.SecondFactorMiddleware",
    "portal.accounts.middleware.LastSeenMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = None
ASGI_APPLICATION = "portal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.accounts.context.portal",
                "portal.accounts.notices.operation",
            ],
        },
    },
]

# Database: PostgreSQL only; embedded where DATABASE_URL is not set.
DATABASES = {"default": environ.Env.db_url_config(engines.database_url())}
DATABASES["default"]["ENGINE"] = "portal.common.postgres"
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
# Only the web process pools (portal/asgi.py asks for it): under ASGI a thread lives for one request.
DATABASES["default"]["OPTIONS"]["options"] = "-c timezone=UTC"
if env.bool("PORTAL_DB_POOL", False):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.int("PORTAL_DB_POOL_SIZE", 10),
        "timeout": 5,  # seconds until a request fails because the database is not reachable
    }
    # Its connections are of logins that can become nobody else; outside of a request's transaction (a stream that
    # asks late) it is this one, which sees no tenant by itself.
    DATABASES["default"]["OPTIONS"]["login"] = "portal_web"
# What the passwords of these logins are made from (docs/operations.md).
DATABASE_LOGINS_SECRET = env.str("DATABASE_LOGINS_SECRET", "") or secret_file("DATABASE_LOGINS_SECRET_FILE")
DATABASE_LOGINS_SECRET = DATABASE_LOGINS_SECRET or SECRET_KEY

REDIS_URL = engines.redis_url()
# A request waits no longer than this for a cache that does not answer (redis-py would try for many seconds).
_CACHE_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 2, "retry": Retry(NoBackoff(), 1)}
CACHES = {
    "default": {
        "BACKEND": "portal.common.cache.SteadyCache",  # an outage of Redis locks nobody out
        "LOCATION": REDIS_URL,
        "OPTIONS": _CACHE_PATIENCE,
    }
}
SESSION_ENGINE = "portal.accounts.session_store"  # nor signs anybody out
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^dlr/", r"^healthz$", r"^readyz$"]
X_FRAME_OPTIONS = "DENY"

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # unique by lower(email), which the check does not see
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: whom it has locked out is not even tried
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"  # sign-up by invitation only
ACCOUNT_FORMS = {"login": "portal.accounts.allauth_forms.LoginForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Actions are recorded under an address, so only a confirmed address may be used (User.confirm_email).
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True  # one address; a new one takes its place when it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers in our name
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_USER_DISPLAY = "portal.accounts.models.display_name"
USERSESSIONS_TRACK_ACTIVITY = False  # LastSeenMiddleware does, at far fewer queries

# Second factors. A page of a tenant that requires one, and everything for staff, is for sessions that used one.
PORTAL_STAFF_MFA = env.bool("PORTAL_STAFF_MFA", True)
MFA_ADAPTER = "portal.accounts.adapter.SecondFactorAdapter"
# The package counts wrong codes by the person alone; portal/accounts/factor_guesses.py counts by the network too.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
MFA_FORMS = {
    "authenticate": "portal.accounts.allauth_forms.AuthenticateForm",
    "reauthenticate": "portal.accounts.allauth_forms.ReauthenticateForm",
    "add_webauthn": "portal.accounts.allauth_forms.AddKeyForm",
    "edit_webauthn": "portal.accounts.allauth_forms.EditKeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # only a change that waits is unconfirmed; it must not be in the way
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off

# Wrong passwords: five by one address for one person, then a quarter of an hour without.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "portal.accounts.lockout.typed_address"
AXES_CLIENT_IP_CALLABLE = "portal.accounts.lockout.network"
AXES_WHITELIST_CALLABLE = "portal.accounts.lockout.is_counted_for_device"
AXES_LOCKOUT_CALLABLE = "portal.accounts.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # portal/staff/people.py shows what is locked
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "email", "code", "csrfmiddlewaretoken"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fi", _("Finnish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["portal.formats"]
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(PORTAL_HOME / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("PORTAL_FILES", str(PORTAL_HOME / "files")),
            "file_permissions_mode": 0o640,  # reports are no business of other users of the machine
            "directory_permissions_mode": 0o750,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMAIL_BACKEND = "portal.accounts.unsent_mail.KeepingBackend"
if EMAIL_URL := env.str("EMAIL_URL", "") or secret_file("EMAIL_URL_FILE", may_be_empty=True):
    vars().update(environ.Env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "portal@localhost")

# Celery only wakes work up; the rows are the truth (docs/architecture.md: the row is the queue).
CELERY_BROKER_URL = engines.broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 1200
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "queue-monthly-runs": {"task": "reports.queue_monthly_runs", "schedule": 300.0},
    "dispatch-runs": {"task": "reports.dispatch_runs", "schedule": 10.0},
    "delete-erased-files": {"task": "reports.delete_erased_files", "schedule": 30.0},
    "make-partitions": {"task": "deliveries.make_partitions", "schedule": 3600.0},
    "resume-moves": {"task": "deliveries.resume_moves", "schedule": 30.0},
    "resume-recounts": {"task": "deliveries.resume_recounts", "schedule": 30.0},
    "resume-rule-refolds": {"task": "deliveries.resume_rule_refolds", "schedule": 30.0},
    "resume-segment-keys": {"task": "deliveries.resume_segment_keys", "schedule": 30.0},
    "first-checks": {"task": "deliveries.run_first_checks", "schedule": 30.0},
    "check-waiting": {"task": "deliveries.run_checks", "args": [["waiting", "applying", "refused"]], "schedule": 60.0},
    "check-received": {
        "task": "deliveries.run_checks",
        "args": [["received", "feeds", "quarantined", "submissions"]],
        "schedule": 600.0,
    },
    "check-identities": {"task": "deliveries.run_checks", "args": [["identities"]], "schedule": 6 * 3600.0},
    "check-counts": {
        "task": "deliveries.run_checks",
        "args": [["counts"]],
        "schedule": crontab(hour=2, minute=20),
    },
    "condense-counts": {"task": "deliveries.condense_counts", "schedule": 900.0},
    "make-identity-filters": {"task": "deliveries.make_identity_filters", "schedule": 3600.0},
    "settle-lost-rights": {"task": "accounts.settle_lost_rights", "schedule": 600.0},
    "forget-unsent-mail": {"task": "accounts.forget_unsent_mail", "schedule": 3600.0},
    "apply-retention": {"task": "deliveries.apply_retention", "schedule": 3600.0},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "portal.api.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
}

ALARM_EMAILS = env.list("ALARM_EMAILS", default=[])  # whom alarms are mailed to; else all staff
# Requests a minute; 0 means no limit (portal/api/limits.py).
NUMBER_SEARCHES_PER_HOUR = env.int("PORTAL_NUMBER_SEARCHES_PER_HOUR", 60)
API_KEY_PER_MINUTE = env.int("PORTAL_API_KEY_PER_MINUTE", 600)
API_ADDRESS_PER_MINUTE = env.int("PORTAL_API_ADDRESS_PER_MINUTE", 60)

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "SMS reports",
    "VERSION": "1",
    "DESCRIPTION": ("Figures, messages, partner IDs and reports of SMS delivery, for other systems with an API key."),
    "SERVERS": [{"url": PUBLIC_URL}],
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": (
                    "A key of a tenant (with the tenants below it) or of a gateway account, from the page API keys."
                ),
            }
        }
    },
    "POSTPROCESSING_HOOKS": [],  # keep choices in their fields, not in components of their own
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "DISABLE_ERRORS_AND_WARNINGS": False,
}
# How this portal differs from others that staff know, such as "test"; shown in the admin's header.
PORTAL_ENVIRONMENT = env.str("PORTAL_ENVIRONMENT", "")

METRICS_TOKEN = (
    env.str("METRICS_TOKEN", "") or secret_file("METRICS_TOKEN_FILE") or ""
)  # who may read /metrics; without it, this machine alone

# What the portal exists for
INGEST_MAX_BODY = 1024 * 1024  # bytes; docs/link.md section 3
ANSWER_WITHIN = env.float("PORTAL_ANSWER_WITHIN", 20.0)  # seconds until a page says that the database does not answer
CONNECTIONS = env.int("PORTAL_CONNECTIONS", connections.capacity())  # of a web process at once
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])  # networks whose X-Forwarded-For is believed
REPORT_GRACE_HOURS = env.int("PORTAL_REPORT_GRACE_HOURS", 72)
REPORT_LEASE_SECONDS = env.int("PORTAL_REPORT_LEASE_SECONDS", 120)
SUBMISSION_REPORT_MINUTES = env.int("PORTAL_SUBMISSION_REPORT_MINUTES", 60)  # without any report: an alarm
NEW_CAMPAIGNS_PER_DAY = env.int("PORTAL_NEW_CAMPAIGNS_PER_DAY", 1000)
NEW_PARTNER_IDS_PER_DAY = env.int("PORTAL_NEW_PARTNER_IDS_PER_DAY", 1000)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.common.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {
            "()": "portal.common.logs.RedactingJsonFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        },
    },
    "filters": {"routes": {"()": "portal.common.logs.RouteFilter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("LOG_FORMAT", "line"),
            "filters": ["routes"],
        },
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {
        name: {"level": os.environ.get("LOG_LEVEL", "INFO")}
        for name in ("portal", "deliveries", "reports", "campaigns", "celery")
    }
    # The server's loggers have handlers of their own, which would not redact.
    | {name: {"level": "INFO", "handlers": ["console"], "propagate": False} for name in ("_granian", "granian.access")},
}
