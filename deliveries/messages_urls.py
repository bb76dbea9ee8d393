"""Routes below /t/<slug>/messages/."""

from django.urls import path

from deliveries import message_views

app_name = "messages"
urlpatterns = [
    path("", message_views.message_list, name="list"),
    path("campaigns/", message_views.campaigns, name="campaigns"),
    path("download/", message_views.download, name="download"),
    path("<str:account>/<path:message_id>/", message_views.message, name="message"),
]
