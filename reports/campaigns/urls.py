"""Routes below /t/<slug>/campaigns/."""

from django.urls import path

from reports.campaigns import ab_views

app_name = "campaigns"
urlpatterns = [
    path("<int:campaign_id>/ab/", ab_views.ab_page, name="ab"),
]
