"""Routes below /t/<slug>/conversions/."""

from django.urls import path

from deliveries.conversions import upload_views, views

app_name = "conversions"
urlpatterns = [
    path("", views.index, name="index"),
    path("events/", views.events, name="events"),
    path("upload/", upload_views.upload, name="upload"),
    path("uploads/<int:upload_id>/", upload_views.upload_one, name="upload_one"),
    path("uploads/<int:upload_id>/cancel/", upload_views.cancel, name="upload_cancel"),
    path("uploads/<int:upload_id>/undo/", upload_views.undo, name="upload_undo"),
    path("uploads/<int:upload_id>/errors/", upload_views.errors, name="upload_errors"),
]
