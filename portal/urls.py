"""Every route of the portal but the ingest's (portal/asgi.py)."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy

from portal import theme, views
from portal.accounts.way_back import posted_from
from portal.common import any_text  # noqa: F401  registers the converter
from portal.operations.views import metrics
from portal.palette import views as palette
from portal.staff import messages, onboarding_views, view_as
from reports.alerts import state_views as alerts
from reports.schedules import public_views as mailed
from reports.shares import public_views

# One door for everybody: limits on guessing, and later second factors, hold for staff too.
admin.site.login = secure_admin_login(admin.site.login)
admin.site.logout = posted_from("admin:index")(admin.site.logout)

admin.site.index_title = gettext_lazy("Health")
# Pages of the admin that belong to no model's; the site asks for them when its routes are made.
admin.site.extra_urls = lambda: [
    path("onboarding/", admin.site.admin_view(onboarding_views.onboarding), name="onboarding"),
    path("onboarding/<int:tenant_id>/", admin.site.admin_view(onboarding_views.progress), name="onboarding_progress"),
    path("onboarding/<int:tenant_id>/undo/", admin.site.admin_view(onboarding_views.undo), name="onboarding_undo"),
    path("messages/", admin.site.admin_view(messages.message_list), name="messages"),
    path("messages/message/", admin.site.admin_view(messages.message), name="message_by_query"),
    path("messages/<str:account>/<any_text:message_id>/", admin.site.admin_view(messages.message), name="message"),
]

handler400 = "portal.views.bad_request"
handler500 = "portal.views.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("glossary/", views.glossary, name="glossary"),
    path("go/", palette.palette_anywhere, name="palette_anywhere"),
    path("language/", views.set_language, name="set_language"),
    path("look/", theme.set_look, name="set_look"),
    path("look/<str:colour>.css", theme.accent, name="accent"),
    path("look/logo/<str:logo_digest>.png", theme.logo, name="logo"),
    path("look/icon/<str:logo_digest>.png", theme.icon, name="icon"),
    path("t/<slug:tenant_slug>/", include("reports.urls")),
    path("t/<slug:tenant_slug>/alerts/", include("reports.alerts.urls")),
    path("t/<slug:tenant_slug>/leaks/", include("reports.leaks.urls")),
    path("t/<slug:tenant_slug>/billing/statements/", include("reports.billing.statement_urls")),
    path("t/<slug:tenant_slug>/billing/budgets/", include("reports.budgets.urls")),
    path("t/<slug:tenant_slug>/billing/", include("reports.billing.urls")),
    path("t/<slug:tenant_slug>/campaigns/", include("reports.campaigns.urls")),
    path("t/<slug:tenant_slug>/segments/", include("reports.segments.urls")),
    path("t/<slug:tenant_slug>/go/", palette.palette, name="palette"),
    path("t/<slug:tenant_slug>/messages/", include("deliveries.message_pages.urls")),
    path("t/<slug:tenant_slug>/exports/", include("deliveries.exports.urls")),
    path("t/<slug:tenant_slug>/conversions/", include("deliveries.conversions.urls")),
    path("t/<slug:tenant_slug>/exports/table/", include("reports.exports.urls")),
    path("t/<slug:tenant_slug>/gates/", include("deliveries.gates.urls")),
    path("t/<slug:tenant_slug>/partner-ids/", include("deliveries.partner_ids.urls")),
    path("t/<slug:tenant_slug>/settings/", include("portal.settings_urls")),
    path("api/", include("portal.api_urls")),
    path("gate//", include("deliveries.gates.partner_gates.urls")),  # of clients whose base URL ends with a slash
    path("gate/", include("deliveries.gates.partner_gates.urls")),
    path("accounts/alerts/unsubscribe/<str:token>/", alerts.unsubscribe, name="alerts_unsubscribe"),
    path("accounts/", include("portal.accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("share/<str:share_token>/", public_views.share, name="share"),
    path("share/<str:share_token>/download/", public_views.share_download, name="share_download"),
    path("embed/<str:share_token>/", public_views.embed, name="embed"),
    path("mail/confirm/<str:token>/", mailed.confirm, name="report_address"),
    path("mail/unsubscribe/<str:token>/", mailed.unsubscribe, name="report_unsubscribe"),
    path("mail/report/<str:token>/", mailed.report, name="mailed_report"),
    path("mail/report/<str:token>/<str:format_name>/", mailed.download, name="mailed_file"),
    path("view-as/stop/", view_as.stop, name="view_as_stop"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
]
