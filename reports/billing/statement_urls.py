"""Routes below /t/<slug>/billing/statements/."""

from django.urls import path

from reports.billing.pages import closing_views, profile_views, statement_views

app_name = "statements"
urlpatterns = [
    path("", statement_views.statements, name="list"),
    path("close/", closing_views.closings, name="close"),
    path("close/<int:closing_id>/cancel/", closing_views.cancel, name="close_cancel"),
    path("close/<int:closing_id>/retry/", closing_views.retry, name="close_retry"),
    path("months/<str:month>/", closing_views.month, name="month"),
    path("months/<str:month>/bookkeeping/", statement_views.bookkeeping_file, name="bookkeeping"),
    path("profile/", profile_views.profile, name="profile"),
    path("customers/", profile_views.customers, name="customers"),
    path("customers/<slug:customer_slug>/", profile_views.customer, name="customer"),
    path("<int:statement_id>/", statement_views.statement, name="statement"),
    path("<int:statement_id>/lines/<int:line_id>/", statement_views.line, name="line"),
    path("<int:statement_id>/files/<slug:format_name>/", statement_views.statement_file, name="file"),
    path("<int:statement_id>/issue/", statement_views.issue, name="issue"),
    path("<int:statement_id>/credit/", statement_views.credit, name="credit"),
    path("<int:statement_id>/paid/", statement_views.paid, name="paid"),
    path("<int:statement_id>/unpaid/", statement_views.unpaid, name="unpaid"),
]
