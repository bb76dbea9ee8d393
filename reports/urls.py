"""Routes below /t/<slug>/."""

from django.urls import path

from reports.campaigns import list_views
from reports.overview import days_views
from reports.overview import views as overview
from reports.runs import excel, views
from reports.saved_views import views as saved_views
from reports.schedules import recipient_views
from reports.schedules import views as saved_reports
from reports.schedules.pages import builder_views as builder
from reports.schedules.pages import definition_views
from reports.schedules.pages import list_views as definition_list
from reports.statistics_stream import views as live_views
from reports.workbook_templates import views as templates

app_name = "reports"
urlpatterns = [
    path("overview/", overview.overview_page, name="overview"),
    path("overview/days/", days_views.overview_days, name="overview_days"),
    path("live/", live_views.live, name="live"),
    path("overview/campaigns/", list_views.earlier_list, name="campaigns"),
    path("reports/", views.months, name="months"),
    path("reports/make/", views.make, name="make"),
    path("reports/excel/", excel.excel_page, name="excel"),
    path("reports/excel/connection/", excel.excel_connection, name="excel_connection"),
    path("reports/templates/", templates.templates_page, name="templates"),
    path("reports/templates/<int:template_id>/", templates.template_page, name="template"),
    path("reports/templates/<int:template_id>/choose/", templates.template_choose, name="template_choose"),
    path("reports/templates/<int:template_id>/file/", templates.template_file, name="template_file"),
    path("reports/templates/<int:template_id>/remove/", templates.template_remove, name="template_remove"),
    path("reports/runs/<int:saved_run_id>/<slug:format>/", saved_reports.download, name="saved_report"),
    path("reports/<int:run_id>/download/", views.download, name="download"),
    path("reports/<str:month>/remove/", views.remove, name="remove"),
    path("reports/accounts/<slug:account>/", views.account_months, name="account_months"),
    path("reports/accounts/<slug:account>/make/", views.account_make, name="account_make"),
    path("reports/accounts/<slug:account>/<int:run_id>/download/", views.account_download, name="account_download"),
    path("reports/accounts/<slug:account>/<str:month>/remove/", views.account_remove, name="account_remove"),
    path("reports/definitions/", definition_list.definitions, name="definitions"),
    path("reports/definitions/new/", builder.new, name="definition_new"),
    path("reports/definitions/<int:definition_id>/", definition_views.definition_page, name="definition"),
    path("reports/definitions/<int:definition_id>/change/", builder.change, name="definition_change"),
    path("reports/definitions/<int:definition_id>/run/", definition_views.run, name="definition_run"),
    path("reports/definitions/<int:definition_id>/stop/", definition_views.stop, name="definition_stop"),
    path("reports/definitions/<int:definition_id>/resume/", definition_views.resume, name="definition_resume"),
    path("reports/definitions/<int:definition_id>/archive/", definition_views.archive, name="definition_archive"),
    path("reports/definitions/<int:definition_id>/restore/", definition_views.restore, name="definition_restore"),
    path(
        "reports/definitions/<int:definition_id>/runs/<int:saved_run_id>/cancel/",
        definition_views.cancel_run,
        name="saved_run_cancel",
    ),
    path(
        "reports/definitions/<int:definition_id>/runs/<int:saved_run_id>/retry/",
        definition_views.retry_run,
        name="saved_run_retry",
    ),
    path("reports/definitions/<int:definition_id>/recipients/", recipient_views.recipients_page, name="recipients"),
    path(
        "reports/definitions/<int:definition_id>/recipients/<int:recipient_id>/drop/",
        recipient_views.drop,
        name="recipient_drop",
    ),
    path(
        "reports/definitions/<int:definition_id>/mails/<int:report_mail_id>/again/",
        recipient_views.send_again,
        name="mail_again",
    ),
    path("views/", saved_views.views_page, name="views"),
    path("views/<int:view_id>/rename/", saved_views.rename, name="view_rename"),
    path("views/<int:view_id>/delete/", saved_views.delete, name="view_delete"),
    path("views/<int:view_id>/share/", saved_views.share, name="view_share"),
    path("views/<int:view_id>/start/", saved_views.start, name="view_start"),
]
