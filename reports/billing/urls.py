"""Routes below /t/<slug>/billing/."""

from django.urls import path

from reports.billing import views
from reports.billing.analysis import partner_views, what_if_views
from reports.billing.checks import views as checks
from reports.billing.prices import import_views, list_views, rate_views, row_views

app_name = "billing"
_LIST = "prices/<int:price_list_id>/"
urlpatterns = [
    path("", views.index, name="index"),
    path("prices/", list_views.lists, name="prices"),
    path("prices/new/", list_views.new, name="price_list_new"),
    path(_LIST, list_views.price_list, name="price_list"),
    path(f"{_LIST}terms/", list_views.terms, name="price_list_terms"),
    path(f"{_LIST}archive/", list_views.archive, name="price_list_archive"),
    path(f"{_LIST}import/", import_views.price_import, name="price_import"),
    path(f"{_LIST}history/", import_views.price_history, name="price_history"),
    path(f"{_LIST}history/<int:revision>/", import_views.price_revision, name="price_revision"),
    path(f"{_LIST}history/<int:revision>/file.<slug:format_name>", import_views.revision_file, name="revision_file"),
    path(f"{_LIST}file.<slug:format_name>", list_views.price_file, name="price_file"),
    path(f"{_LIST}<slug:row_kind>/new/", row_views.new_row, name="price_row_new"),
    path(f"{_LIST}<slug:row_kind>/<int:price_row_id>/", row_views.row, name="price_row"),
    path("partners/", partner_views.partners, name="partners"),
    path("what-if/", what_if_views.what_if, name="what_if"),
    path("rates/", rate_views.rates, name="rates"),
    path("rates/<int:rate_id>/delete/", rate_views.delete, name="rate_delete"),
    path("checks/", checks.index, name="checks"),
    path("checks/<int:check_id>/", checks.check, name="check"),
    path("checks/<int:check_id>/claim/", checks.claim, name="check_claim"),
    path("checks/<int:check_id>/rows/<int:row>/<int:part>/", checks.check_messages, name="check_messages"),
    path("checks/<int:check_id>/delete/", checks.delete, name="check_delete"),
]
