"""Routes below /t/<slug>/gates/."""

from django.urls import path

from deliveries.gates.pages import attempt_views, edit_views, replay_views, secret_views, state_views, test_views, views

app_name = "gates"
urlpatterns = [
    path("", views.gate_list, name="list"),
    path("new/", edit_views.new, name="new"),
    path("preview/", edit_views.preview, name="preview"),
    path("replay-search/", replay_views.choose_gate, name="replay_choose"),
    path("<slug:gate_id>/", views.gate, name="gate"),
    path("<slug:gate_id>/edit/", edit_views.edit, name="edit"),
    path("<slug:gate_id>/pause/", state_views.pause, name="pause"),
    path("<slug:gate_id>/resume/", state_views.resume, name="resume"),
    path("<slug:gate_id>/delete/", state_views.delete, name="delete"),
    path("<slug:gate_id>/secret/", secret_views.secret, name="secret"),
    path("<slug:gate_id>/test/", test_views.test, name="test"),
    path("<slug:gate_id>/attempts/", attempt_views.attempts, name="attempts"),
    path("<slug:gate_id>/attempts/<int:attempt_id>/", attempt_views.attempt, name="attempt"),
    path("<slug:gate_id>/attempts/<int:attempt_id>/replay/", replay_views.one, name="replay_attempt"),
    path("<slug:gate_id>/replays/", replay_views.replays, name="replays"),
    path("<slug:gate_id>/replays/new/", replay_views.new, name="replay_new"),
    path("<slug:gate_id>/replays/search/", replay_views.search, name="replay_search"),
    path("<slug:gate_id>/replays/<int:replay_id>/cancel/", replay_views.cancel, name="replay_cancel"),
]
