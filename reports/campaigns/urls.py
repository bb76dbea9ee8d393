"""Routes below /t/<slug>/campaigns/."""

from django.urls import path

from reports.campaigns import (
    ab_saved_views,
    ab_views,
    conversions_views,
    days_views,
    details_views,
    hours_views,
    list_views,
    live_views,
    recipients_views,
    views,
)

app_name = "campaigns"
urlpatterns = [
    path("", list_views.campaign_list, name="list"),
    path("<int:campaign_id>/", views.campaign_page, name="campaign"),
    path("<int:campaign_id>/details/", details_views.details, name="details"),
    path("<int:campaign_id>/merge/", details_views.merge_campaign, name="merge"),
    path("<int:campaign_id>/separate/", details_views.separate_campaign, name="separate"),
    path("<int:campaign_id>/recipients/", recipients_views.recipients, name="recipients"),
    path("<int:campaign_id>/recipients/<slug:group>/", recipients_views.recipient_list, name="recipient_list"),
    path("<int:campaign_id>/recipient/<str:recipient>/", recipients_views.recipient, name="recipient"),
    path("<int:campaign_id>/days/", days_views.campaign_days, name="days"),
    path("<int:campaign_id>/hours/", hours_views.hours, name="hours"),
    path("<int:campaign_id>/live/", live_views.live, name="live"),
    path("<int:campaign_id>/conversions/", conversions_views.conversions, name="conversions"),
    path("<int:campaign_id>/conversions/<int:kind_id>/", conversions_views.conversion_list, name="conversion_list"),
    path("<int:campaign_id>/ab/", ab_views.ab_page, name="ab"),
    path("<int:campaign_id>/ab/save/", ab_saved_views.save, name="ab_save"),
    path("<int:campaign_id>/ab/delete/", ab_saved_views.delete, name="ab_delete"),
]
