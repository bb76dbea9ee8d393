"""Routes below /t/<slug>/leaks/."""

from django.urls import path

from reports.leaks import views

app_name = "leaks"
urlpatterns = [
    path("", views.leaks_page, name="page"),
    path("messages/<str:leak>/", views.leak_messages, name="messages"),
    path("<slug:leak_card>/", views.card, name="card"),
    path("<slug:leak_card>/file/", views.leak_file, name="file"),
]
