"""Routes below /t/<slug>/billing/."""

from django.urls import path

from reports.billing import views

app_name = "billing"
urlpatterns = [
    path("", views.index, name="index"),
]
