"""The portal's own routes below /accounts/; portal/urls.py adds those of django-allauth."""

from django.urls import path

from portal.accounts import invitation_views, profile_views

urlpatterns = [
    path("invitation/<str:token>/", invitation_views.invitation, name="invitation"),
    path("profile/", profile_views.profile, name="profile"),
    path("profile/sessions/end-others/", profile_views.end_other_sessions, name="end_other_sessions"),
    path("profile/sessions/<int:session_id>/end/", profile_views.end_session, name="end_session"),
    path("second-factor/", profile_views.second_factor_page, name="second_factor"),
]
