"""Routes below /t/<slug>/partner-ids/."""

from django.urls import path

from deliveries import partner_views

app_name = "deliveries"
urlpatterns = [
    path("", partner_views.partner_ids, name="partner_ids"),
    path("declare/", partner_views.declare_one, name="partner_declare"),
    path("<int:partner_id>/move/", partner_views.move, name="partner_move"),
    path("requests/<int:request_id>/", partner_views.decide, name="partner_request"),
]
