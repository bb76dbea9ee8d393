"""Appearance and navigation of the admin (django-unfold's settings)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

# The portal's deep teal (static/css/tokens.css) from light to dark; 600 is the accent itself.
TEAL = {
    "50": "#eef8f7",
    "100": "#d5eeec",
    "200": "#aedcd9",
    "300": "#83d6d0",
    "400": "#5cc4bd",
    "500": "#2f9a96",
    "600": "#0b6b6b",
    "700": "#085353",
    "800": "#084646",
    "900": "#073a3a",
    "950": "#032424",
}


def environment(request: HttpRequest) -> list[str] | None:
    """Return which of several portals this one is (PORTAL_ENVIRONMENT), for a mark in every page's head."""
    return [settings.PORTAL_ENVIRONMENT, "warning"] if settings.PORTAL_ENVIRONMENT else None


def _list(text: object, icon: str, model: str) -> dict:
    """Return the entry of a model's list (app_model), for those who may see it."""
    app, _sign, name = model.partition("_")
    may_see = f"{app}.view_{name}"
    return {
        "title": text,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": _may(may_see),
    }


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


NAVIGATION = [
    {
        "items": [
            {"title": _("Health"), "icon": "monitor_heart", "link": reverse_lazy("admin:index")},
            {
                "title": _("Messages"),
                "icon": "sms",
                "link": reverse_lazy("admin:messages"),
                "permission": _may("deliveries.view_message"),
            },
        ]
    },
    {
        "title": _("Customers"),
        "items": [
            _list(_("Customers"), "apartment", "tenants_tenant"),
            {
                "title": _("Add a customer"),
                "icon": "person_add",
                "link": reverse_lazy("admin:onboarding"),
                "permission": _may("tenants.add_tenant"),
            },
            _list(_("Partner IDs"), "badge", "tenants_partnerid"),
            _list(_("Partner ID requests"), "inbox", "deliveries_partnerrequest"),
            _list(_("Campaigns"), "campaign", "campaigns_campaign"),
            _list(_("RefId schemes"), "schema", "campaigns_refidscheme"),
            _list(_("Segment keys"), "key", "campaigns_segmentkey"),
        ],
    },
    {
        "title": _("Delivery reports"),
        "items": [
            _list(_("Gateway accounts"), "router", "tenants_gatewayaccount"),
            _list(_("Feeds"), "input", "tenants_feed"),
            _list(_("Quarantine"), "report", "deliveries_quarantinedrow"),
            _list(_("Gates"), "webhook", "deliveries_gate"),
            _list(_("Imports"), "upload_file", "deliveries_importrun"),
            _list(_("Result codes"), "tag", "deliveries_resultcode"),
        ],
    },
    {
        "title": _("Billing"),
        "items": [
            _list(_("Price lists"), "sell", "reports_pricelist"),
            _list(_("Exchange rates"), "currency_exchange", "reports_exchangerate"),
            _list(_("Statements"), "receipt_long", "reports_statement"),
            _list(_("Closings of months"), "event_available", "reports_closingrun"),
            _list(_("Billing profiles"), "contact_page", "reports_billingprofile"),
            _list(_("Billing terms"), "percent", "reports_billingterms"),
            _list(_("Number series"), "pin", "reports_numberseries"),
            _list(_("Invoice checks"), "fact_check", "reports_invoicecheck"),
        ],
    },
    {
        "title": _("Jobs"),
        "items": [
            _list(_("Report runs"), "summarize", "reports_reportrun"),
            _list(_("Exports"), "download", "deliveries_export"),
            _list(_("Uploads of conversion events"), "upload", "campaigns_conversionupload"),
            _list(_("Replays of gates"), "forward_media", "deliveries_gatereplay"),
            _list(_("Moves"), "move_up", "deliveries_partnermove"),
            _list(_("Recounts"), "calculate", "deliveries_tenantrecount"),
            _list(_("Recalculations of message status"), "replay", "deliveries_rulerefold"),
        ],
    },
    {
        "title": _("People"),
        "items": [
            _list(_("People"), "person", "accounts_user"),
            _list(_("Memberships"), "group", "accounts_membership"),
            _list(_("Invitations"), "mail", "accounts_invitation"),
            _list(_("Unsent e-mails"), "unsubscribe", "accounts_unsentmail"),
            _list(_("API keys"), "key", "tenants_apikey"),
            _list(_("E-mail addresses"), "alternate_email", "account_emailaddress"),
            _list(_("Groups"), "groups", "auth_group"),
            _list(_("Refused sign-ins"), "lock", "axes_accessattempt"),
            _list(_("Audit log"), "history", "accounts_auditentry"),
        ],
    },
]

UNFOLD = {
    "SITE_TITLE": _("SMS reports"),
    "SITE_HEADER": _("SMS reports"),
    "SITE_SUBHEADER": _("Administration"),
    "SITE_SYMBOL": "sms",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")}],
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": TEAL},
    "ENVIRONMENT": "portal.staff.theme.environment",
    "DASHBOARD_CALLBACK": "portal.staff.health.dashboard",
    "SIDEBAR": {"navigation": NAVIGATION},
}
