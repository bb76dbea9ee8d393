"""Routes below /t/<slug>/messages/."""

from django.urls import path

from deliveries.message_pages import number_list_views, views
from portal.common import any_text  # noqa: F401  registers the converter

app_name = "messages"
urlpatterns = [
    path("", views.message_list, name="list"),
    path("campaigns/", views.campaigns, name="campaigns"),
    path("download/", views.download, name="download"),
    path("numbers/", number_list_views.number_list, name="numbers"),
    path("message/", views.message, name="message_by_query"),
    path("<str:account>/<any_text:message_id>/", views.message, name="message"),
]
