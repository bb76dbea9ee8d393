"""Routes below /t/<slug>/reports/."""

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("", views.months, name="months"),
    path("make/", views.make, name="make"),
    path("<int:run_id>/download/", views.download, name="download"),
]
