"""The Django application: apps, middleware, templates, languages, static files, stored files."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from portal.settings.base import BASE_DIR, PORTAL_HOME, env

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
    "portal.brands",
    "portal.shares",
    "portal.saved_views",
    "portal.accounts",
    "campaigns",
    "deliveries",
    "reports",
    "portal.staff",
    "portal.operations",
]

MIDDLEWARE = [
    "portal.operations.requests.RequestLogMiddleware",
    "portal.api.slashes.ApiSlashMiddleware",  # before all that reads the path
    "portal.security_headers.SecurityHeadersMiddleware",
    "portal.brands.middleware.BrandHostMiddleware",  # before all that asks for the request's host
    "django.middleware.security.SecurityMiddleware",
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
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["portal.common.tight_templates.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
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

# Kinds of exports (deliveries/exports/kinds.py), by the name that the row has.
EXPORT_KINDS = {
    "messages": "deliveries.exports.searches.MESSAGES",
    "numbers": "deliveries.exports.number_lists.NUMBERS",
    "campaigns": "reports.exports.tables.CAMPAIGNS",
    "countries": "reports.exports.tables.COUNTRIES",
    "operators": "reports.exports.tables.OPERATORS",
    "partner_ids": "reports.exports.tables.PARTNER_IDS",
    "segments": "reports.exports.segment_tables.SEGMENTS",
    "segment_pairs": "reports.exports.segment_tables.SEGMENT_PAIRS",
    "variants": "reports.exports.tables.VARIANTS",
    "ab_variants": "reports.exports.ab_tables.AB_VARIANTS",
    "ab_differences": "reports.exports.ab_tables.AB_DIFFERENCES",
    "ab_places": "reports.exports.ab_tables.AB_PLACES",
    "ab_conversions": "reports.exports.ab_tables.AB_CONVERSIONS",
    "customers": "reports.exports.campaign_tables.CUSTOMERS",
    "days": "reports.exports.campaign_tables.DAYS",
    "failures": "reports.exports.campaign_tables.FAILURES",
    "statuses": "reports.exports.campaign_tables.STATUSES",
    "speed": "reports.exports.campaign_tables.SPEED",
    "hours": "reports.exports.campaign_tables.HOURS",
    "conversions": "reports.exports.campaign_tables.CONVERSIONS",
    "variant_conversions": "reports.exports.campaign_tables.VARIANT_CONVERSIONS",
    "conversion_kinds": "reports.exports.conversion_tables.CONVERSION_KINDS",
    "conversion_reasons": "reports.exports.conversion_tables.CONVERSION_REASONS",
    "conversion_customers": "reports.exports.conversion_tables.CONVERSION_CUSTOMERS",
    "conversion_events": "reports.exports.conversion_tables.CONVERSION_EVENTS",
    "costs": "reports.exports.cost_tables.COSTS",
    "unpriced": "reports.exports.cost_tables.UNPRICED",
    "campaign_costs": "reports.exports.cost_tables.CAMPAIGN_COSTS",
    "recipients": "reports.exports.recipients.RECIPIENTS",
    "leak_numbers": "reports.leaks.files.LEAK_NUMBERS",
    "leak_parts": "reports.leaks.files.LEAK_PARTS",
    "leak_repeats": "reports.leaks.files.LEAK_REPEATS",
    "leak_countries": "reports.leaks.files.LEAK_COUNTRIES",
}

# Functions that mark files which may hold an erased number (deliveries/erasure/erase.py), as dotted paths.
ERASURE_MARKS = ["reports.schedules.erased.mark_logs"]

# Functions that get each run of a report definition that has ended (reports/schedules/hooks.py), as dotted paths.
DEFINITION_HOOKS: list[str] = ["reports.schedules.mailing.on_finished", "reports.schedules.events.tell_gates"]
