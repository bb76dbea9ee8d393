"""Routes below /t/<slug>/settings/: pages of several apps under one name."""

from django.urls import path

from deliveries.conversions import kind_views
from deliveries.settings_pages import brand_views, segment_views, tenant_views
from portal.accounts import api_key_views, audit_views, members_views
from reports.shares import views as share_views

app_name = "settings"
urlpatterns = [
    path("", tenant_views.tenant_page, name="tenant"),
    path("preview/", tenant_views.tenant_preview, name="tenant_preview"),
    path("recount/", tenant_views.recount_progress, name="recount"),
    path("ref-ids/", tenant_views.ref_ids_page, name="ref_ids"),
    path("ref-ids/preview/", tenant_views.ref_ids_preview, name="ref_ids_preview"),
    path("segments/", segment_views.segments_page, name="segments"),
    path("segments/progress/", segment_views.segments_progress, name="segments_progress"),
    path("segments/<int:segment_key_id>/remove/", segment_views.segment_remove, name="segment_remove"),
    path("conversions/", kind_views.kinds_page, name="conversions"),
    path("conversions/window/", kind_views.window_change, name="conversion_window"),
    path("conversions/<int:kind_id>/", kind_views.kind_edit, name="conversion_kind"),
    path("conversions/<int:kind_id>/remove/", kind_views.kind_remove, name="conversion_kind_remove"),
    path("members/", members_views.members_page, name="members"),
    path("members/invite/", members_views.invite, name="invite"),
    path("members/<int:membership_id>/role/", members_views.change_role, name="member_role"),
    path("members/<int:membership_id>/remove/", members_views.remove, name="member_remove"),
    path("members/invitations/<int:invitation_id>/resend/", members_views.resend, name="invitation_resend"),
    path("members/invitations/<int:invitation_id>/revoke/", members_views.revoke, name="invitation_revoke"),
    path("api-keys/", api_key_views.keys_page, name="api_keys"),
    path("api-keys/<int:key_id>/revoke/", api_key_views.revoke, name="api_key_revoke"),
    path("api-keys/<int:key_id>/requests/", api_key_views.requests_page, name="api_key_requests"),
    path("api-keys/<int:key_id>/keep/", api_key_views.keep, name="api_key_keep"),
    path("brand/", brand_views.brand_page, name="brand"),
    path("brand/preview/", brand_views.brand_preview, name="brand_preview"),
    path("brand/check/", brand_views.brand_check, name="brand_check"),
    path("links/", share_views.links_page, name="shares"),
    path("links/<int:link_id>/revoke/", share_views.revoke, name="share_revoke"),
    path("audit/", audit_views.audit_page, name="audit"),
    path("audit/download/", audit_views.download, name="audit_download"),
]
