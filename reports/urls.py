"""Routes below /t/<slug>/reports/."""

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("", views.months, name="months"),
    path("make/", views.make, name="make"),
    path("<int:run_id>/download/", views.download, name="download"),
    path("accounts/<slug:account>/", views.account_months, name="account_months"),
    path("accounts/<slug:account>/make/", views.account_make, name="account_make"),
    path("accounts/<slug:account>/<int:run_id>/download/", views.account_download, name="account_download"),
]
