"""Routes below /t/<slug>/partner-ids/."""

from django.urls import path

from deliveries import views

app_name = "deliveries"
urlpatterns = [path("", views.partner_ids, name="partner_ids")]
