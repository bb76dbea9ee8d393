"""Routes below /t/<slug>/segments/."""

from django.urls import path

from reports.segments import views

app_name = "segments"
urlpatterns = [path("", views.segments_page, name="segments")]
