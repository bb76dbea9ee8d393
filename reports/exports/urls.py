"""Routes below /t/<slug>/exports/table/."""

from django.urls import path

from reports.exports import recipients_views, views

app_name = "table_exports"
urlpatterns = [
    path("", views.new, name="new"),
    path("recipients/<int:campaign_id>/<slug:group>/", recipients_views.new, name="recipients"),
]
