"""Routes below /t/<slug>/billing/budgets/."""

from django.urls import path

from reports.budgets import views

app_name = "budgets"
urlpatterns = [
    path("", views.budget_list, name="list"),
    path("new/", views.new, name="new"),
    path("<int:budget_id>/", views.budget, name="budget"),
    path("<int:budget_id>/retire/", views.retire, name="retire"),
]
