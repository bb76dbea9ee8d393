"""Routes below /t/<slug>/messages/."""

from django.urls import path

from deliveries import message_views
from portal.common import any_text  # noqa: F401  registers the converter

app_name = "messages"
urlpatterns = [
    path("", message_views.message_list, name="list"),
    path("campaigns/", message_views.campaigns, name="campaigns"),
    path("download/", message_views.download, name="download"),
    path("message/", message_views.message, name="message_by_query"),
    path("<str:account>/<any_text:message_id>/", message_views.message, name="message"),
]
