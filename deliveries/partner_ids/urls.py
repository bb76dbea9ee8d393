"""Routes below /t/<slug>/partner-ids/."""

from django.urls import path

from deliveries.partner_ids import views

app_name = "deliveries"
urlpatterns = [
    path("", views.partner_ids, name="partner_ids"),
    path("declare/", views.declare_one, name="partner_declare"),
    path("<int:partner_id>/move/", views.move, name="partner_move"),
    path("requests/<int:request_id>/", views.decide, name="partner_request"),
]
