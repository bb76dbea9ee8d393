"""Routes below /t/<slug>/."""

from django.urls import path

from reports import overview_views, views

app_name = "reports"
urlpatterns = [
    path("overview/", overview_views.overview_page, name="overview"),
    path("reports/", views.months, name="months"),
    path("reports/make/", views.make, name="make"),
    path("reports/<int:run_id>/download/", views.download, name="download"),
]
