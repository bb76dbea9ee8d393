"""Routes below /t/<slug>/exports/."""

from django.urls import path

from deliveries.exports import number_views, views

app_name = "exports"
urlpatterns = [
    path("", views.export_list, name="list"),
    path("new/", views.new, name="new"),
    path("numbers/", number_views.numbers, name="numbers"),
    path("<int:export_id>/download/", views.download, name="download"),
    path("<int:export_id>/cancel/", views.cancel, name="cancel"),
    path("<int:export_id>/retry/", views.retry, name="retry"),
    path("<int:export_id>/delete/", views.delete, name="delete"),
]
