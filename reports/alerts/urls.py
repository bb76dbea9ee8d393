"""Routes below /t/<slug>/alerts/."""

from django.urls import path

from reports.alerts import state_views, views

app_name = "alerts"
urlpatterns = [
    path("", views.alert_list, name="list"),
    path("<int:alert_id>/acknowledge/", state_views.acknowledge, name="acknowledge"),
    path("mails/", state_views.mails, name="mails"),
    path("rules/new/", views.new, name="new"),
    path("rules/<int:rule_id>/", views.rule, name="rule"),
    path("rules/<int:rule_id>/past/", views.past, name="past"),
    path("rules/<int:rule_id>/switch/", state_views.switch, name="switch"),
    path("rules/<int:rule_id>/snooze/", state_views.snooze, name="snooze"),
    path("rules/<int:rule_id>/delete/", state_views.delete, name="delete"),
]
