"""The REST API and its description."""

from portal.settings.base import PUBLIC_URL, env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "portal.api.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
}

# Requests a minute; 0 means no limit (portal/api/limits.py).
API_KEY_PER_MINUTE = env.int("PORTAL_API_KEY_PER_MINUTE", 600)
API_ADDRESS_PER_MINUTE = env.int("PORTAL_API_ADDRESS_PER_MINUTE", 60)

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "SMS reports",
    "VERSION": "1",
    "DESCRIPTION": "Figures, messages, partner IDs and reports of SMS delivery, for other systems with an API key.",
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
    # drf-spectacular's own hook is left out: choices stay in their fields, not in components of their own.
    "POSTPROCESSING_HOOKS": ["portal.api.schema.with_tags", "portal.api.schema_links.with_links"],
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "DISABLE_ERRORS_AND_WARNINGS": False,
}
