"""Routes below /t/<slug>/exports/table/."""

from django.urls import path

from reports.exports import views

app_name = "table_exports"
urlpatterns = [path("", views.new, name="new")]
