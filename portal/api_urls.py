"""Routes below /api/: of several apps under one name."""

from django.urls import path, re_path

from deliveries.conversions.api import ConversionsView, ConversionView
from deliveries.conversions.figures_api import ConversionFiguresView
from deliveries.conversions.kinds_api import KindsView, KindView, WindowView
from deliveries.exports.api import ExportDownloadView, ExportsView, ExportView
from deliveries.gates.rest.actions_api import PauseView, ResumeView, RotateSecretView, TestView
from deliveries.gates.rest.attempts_api import AttemptsView, AttemptView
from deliveries.gates.rest.gates_api import GatesView, GateView
from deliveries.gates.rest.replays_api import ReplaysView, ReplayView
from deliveries.message_pages.api import MessageByQueryView, MessagesView, MessageView
from deliveries.message_pages.reports_api import DeliveryReportsView
from deliveries.partner_ids.api import MovePartnerIdView, PartnerIdsView, PartnerIdView
from deliveries.partner_ids.batch_api import PartnerIdBatchView
from deliveries.partner_ids.requests_api import DecisionView, PartnerRequestsView, PartnerRequestView
from deliveries.stream.api import StreamView
from portal.api.administration import AuditLogView
from portal.api.api_keys import ApiKeysView, ApiKeyView
from portal.api.docs import guide, reference
from portal.api.index import IndexView
from portal.api.key import KeyView
from portal.api.members import InvitationsView, InvitationView, MembersView, MemberView
from portal.api.schema_view import SchemaView
from portal.api.views import NotFoundView
from portal.common import any_text  # noqa: F401  registers the converter
from portal.provisioning.tenants_api import TenantsView, TenantView
from reports.alerts.rest.alerts_api import AcknowledgeView, AlertsView, AlertView
from reports.alerts.rest.backtest_api import BacktestView
from reports.alerts.rest.rules_api import AlertRulesView, AlertRuleView, SnoozeView
from reports.billing.analysis.margins_api import MarginsView
from reports.billing.analysis.what_if_api import WhatIfView
from reports.billing.api import (
    CreditView,
    IssueView,
    PaidView,
    StatementFileView,
    StatementLinesView,
    StatementsView,
    StatementView,
)
from reports.billing.bookkeeping_api import BookkeepingView
from reports.billing.checks.api import ChecksView as InvoiceChecksView
from reports.billing.checks.api import CheckView as InvoiceCheckView
from reports.billing.checks.claims_api import ClaimView
from reports.billing.checks.messages_api import BehindView
from reports.billing.closings_api import ClosingsView, ClosingView, RetryClosingView
from reports.billing.opened_api import StatementLineView
from reports.billing.prices.api import PriceListsView, PriceListView
from reports.billing.prices.rates_api import RatesView, RateView
from reports.billing.prices.revisions_api import RevisionFileView, RevisionsView, RevisionView
from reports.billing.prices.rows_api import PriceListRowsView
from reports.budgets.api import BudgetsView, BudgetView
from reports.campaigns.ab_api import AbView
from reports.campaigns.api import CampaignsView, CampaignView
from reports.campaigns.course_api import HoursView, RecipientCountsView, SpeedView
from reports.campaigns.merge_api import MergeView
from reports.campaigns.recipients_api import RecipientsView
from reports.exports.api import TableExportsView
from reports.figures.names_api import CountriesView, OperatorsView, ResultCodesView
from reports.forecast.api import ForecastView
from reports.leaks.api import LeaksView
from reports.leaks.messages_api import LeakMessagesView
from reports.overview.highlights_api import HighlightsView
from reports.runs.api import DownloadView, RunsView, RunView
from reports.schedules.rest.definitions_api import (
    DefinitionsView,
    DefinitionView,
    PauseDefinitionView,
    RestoreDefinitionView,
    ResumeDefinitionView,
)
from reports.schedules.rest.mails_api import ReportMailsView, ReportMailView, SendReportMailAgainView
from reports.schedules.rest.recipients_api import RecipientsView as ReportRecipientsView
from reports.schedules.rest.recipients_api import RecipientView as ReportRecipientView
from reports.schedules.rest.runs_api import (
    DefinitionRunFileView,
    DefinitionRunsView,
    DefinitionRunView,
    RetryDefinitionRunView,
)
from reports.segments.api import SegmentView
from reports.segments.keys_api import SegmentKeysView
from reports.segments.pairs_api import SegmentTableView
from reports.statistics.api import StatisticsView
from reports.statistics_stream.api import StatisticsStreamView

app_name = "api"
urlpatterns = [
    path("v1/", IndexView.as_view(), name="index"),
    path("v1/key/", KeyView.as_view(), name="key"),
    path("v1/campaigns/<int:campaign_id>/ab/", AbView.as_view(), name="campaign_ab"),
    path("v1/statistics/", StatisticsView.as_view(), name="statistics"),
    path("v1/statistics/stream/", StatisticsStreamView.as_view(), name="statistics_stream"),
    path("v1/countries/", CountriesView.as_view(), name="countries"),
    path("v1/operators/", OperatorsView.as_view(), name="operators"),
    path("v1/result-codes/", ResultCodesView.as_view(), name="result_codes"),
    path("v1/reports/", RunsView.as_view(), name="reports"),
    path("v1/reports/forecast/", ForecastView.as_view(), name="forecast"),
    path("v1/reports/definitions/", DefinitionsView.as_view(), name="definitions"),
    path("v1/reports/definitions/<int:definition_id>/", DefinitionView.as_view(), name="definition"),
    path("v1/reports/definitions/<int:definition_id>/pause/", PauseDefinitionView.as_view(), name="definition_pause"),
    path(
        "v1/reports/definitions/<int:definition_id>/resume/", ResumeDefinitionView.as_view(), name="definition_resume"
    ),
    path(
        "v1/reports/definitions/<int:definition_id>/restore/",
        RestoreDefinitionView.as_view(),
        name="definition_restore",
    ),
    path(
        "v1/reports/definitions/<int:definition_id>/recipients/",
        ReportRecipientsView.as_view(),
        name="definition_recipients",
    ),
    path(
        "v1/reports/definitions/<int:definition_id>/recipients/<int:recipient_id>/",
        ReportRecipientView.as_view(),
        name="definition_recipient",
    ),
    path("v1/reports/definitions/<int:definition_id>/mails/", ReportMailsView.as_view(), name="definition_mails"),
    path(
        "v1/reports/definitions/<int:definition_id>/mails/<int:report_mail_id>/",
        ReportMailView.as_view(),
        name="definition_mail",
    ),
    path(
        "v1/reports/definitions/<int:definition_id>/mails/<int:report_mail_id>/send-again/",
        SendReportMailAgainView.as_view(),
        name="definition_mail_again",
    ),
    path("v1/reports/definitions/<int:definition_id>/runs/", DefinitionRunsView.as_view(), name="definition_runs"),
    path(
        "v1/reports/definitions/<int:definition_id>/runs/<int:saved_run_id>/",
        DefinitionRunView.as_view(),
        name="definition_run",
    ),
    path(
        "v1/reports/definitions/<int:definition_id>/runs/<int:saved_run_id>/retry/",
        RetryDefinitionRunView.as_view(),
        name="definition_run_retry",
    ),
    path(
        "v1/reports/definitions/<int:definition_id>/runs/<int:saved_run_id>/files/<slug:format_name>/",
        DefinitionRunFileView.as_view(),
        name="definition_run_file",
    ),
    path("v1/reports/<int:run_id>/", RunView.as_view(), name="report"),
    path("v1/reports/<int:run_id>/download/", DownloadView.as_view(), name="report_download"),
    path("v1/leaks/", LeaksView.as_view(), name="leaks"),
    path("v1/leaks/messages/", LeakMessagesView.as_view(), name="leak_messages"),
    path("v1/highlights/", HighlightsView.as_view(), name="highlights"),
    path("v1/messages/", MessagesView.as_view(), name="messages"),
    path("v1/messages/one/", MessageByQueryView.as_view(), name="message_by_query"),
    path("v1/messages/<slug:account>/<any_text:message_id>/", MessageView.as_view(), name="message"),
    path("v1/delivery-reports/", DeliveryReportsView.as_view(), name="delivery_reports"),
    path("v1/delivery-reports/stream/", StreamView.as_view(), name="delivery_report_stream"),
    path("v1/conversions/", ConversionsView.as_view(), name="conversions"),
    path("v1/conversions/figures/", ConversionFiguresView.as_view(), name="conversion_figures"),
    path("v1/conversions/kinds/", KindsView.as_view(), name="conversion_kinds"),
    path("v1/conversions/kinds/<int:kind_id>/", KindView.as_view(), name="conversion_kind"),
    path("v1/conversions/window/", WindowView.as_view(), name="conversion_window"),
    path("v1/conversions/<int:conversion_id>/", ConversionView.as_view(), name="conversion"),
    path("v1/exports/", ExportsView.as_view(), name="exports"),
    path("v1/exports/tables/", TableExportsView.as_view(), name="export_tables"),
    path("v1/exports/<int:export_id>/", ExportView.as_view(), name="export"),
    path("v1/exports/<int:export_id>/download/", ExportDownloadView.as_view(), name="export_download"),
    path("v1/gates/", GatesView.as_view(), name="gates"),
    path("v1/gates/<slug:gate_id>/", GateView.as_view(), name="gate"),
    path("v1/gates/<slug:gate_id>/pause/", PauseView.as_view(), name="gate_pause"),
    path("v1/gates/<slug:gate_id>/resume/", ResumeView.as_view(), name="gate_resume"),
    path("v1/gates/<slug:gate_id>/test/", TestView.as_view(), name="gate_test"),
    path("v1/gates/<slug:gate_id>/rotate-secret/", RotateSecretView.as_view(), name="gate_rotate_secret"),
    path("v1/gates/<slug:gate_id>/attempts/", AttemptsView.as_view(), name="gate_attempts"),
    path("v1/gates/<slug:gate_id>/attempts/<int:attempt_id>/", AttemptView.as_view(), name="gate_attempt"),
    path("v1/gates/<slug:gate_id>/replays/", ReplaysView.as_view(), name="gate_replays"),
    path("v1/gates/<slug:gate_id>/replays/<int:replay_id>/", ReplayView.as_view(), name="gate_replay"),
    path("v1/statements/", StatementsView.as_view(), name="statements"),
    path("v1/statements/bookkeeping/", BookkeepingView.as_view(), name="bookkeeping"),
    path("v1/statements/<int:statement_id>/", StatementView.as_view(), name="statement"),
    path("v1/statements/<int:statement_id>/lines/", StatementLinesView.as_view(), name="statement_lines"),
    path("v1/statements/<int:statement_id>/lines/<int:position>/", StatementLineView.as_view(), name="statement_line"),
    path(
        "v1/statements/<int:statement_id>/files/<slug:format_name>/", StatementFileView.as_view(), name="statement_file"
    ),
    path("v1/statements/<int:statement_id>/issue/", IssueView.as_view(), name="statement_issue"),
    path("v1/statements/<int:statement_id>/credit/", CreditView.as_view(), name="statement_credit"),
    path("v1/statements/<int:statement_id>/paid/", PaidView.as_view(), name="statement_paid"),
    path("v1/partner-ids/", PartnerIdsView.as_view(), name="partner_ids"),
    path("v1/partner-ids/batch/", PartnerIdBatchView.as_view(), name="partner_id_batch"),
    path("v1/partner-ids/requests/", PartnerRequestsView.as_view(), name="partner_id_requests"),
    path("v1/partner-ids/requests/<int:request_id>/", PartnerRequestView.as_view(), name="partner_id_request"),
    path("v1/partner-ids/requests/<int:request_id>/decision/", DecisionView.as_view(), name="partner_id_decision"),
    path("v1/partner-ids/<int:partner_id>/", PartnerIdView.as_view(), name="partner_id"),
    path("v1/partner-ids/<int:partner_id>/move/", MovePartnerIdView.as_view(), name="partner_id_move"),
    path("v1/campaigns/", CampaignsView.as_view(), name="campaigns"),
    path("v1/campaigns/<int:campaign_id>/", CampaignView.as_view(), name="campaign"),
    path("v1/campaigns/<int:campaign_id>/merge/", MergeView.as_view(), name="campaign_merge"),
    path("v1/campaigns/<int:campaign_id>/hours/", HoursView.as_view(), name="campaign_hours"),
    path("v1/campaigns/<int:campaign_id>/speed/", SpeedView.as_view(), name="campaign_speed"),
    path("v1/campaigns/<int:campaign_id>/recipients/", RecipientsView.as_view(), name="campaign_recipients"),
    path(
        "v1/campaigns/<int:campaign_id>/recipients/counts/",
        RecipientCountsView.as_view(),
        name="campaign_recipient_counts",
    ),
    path("v1/alerts/", AlertsView.as_view(), name="alerts"),
    path("v1/alerts/<int:alert_id>/", AlertView.as_view(), name="alert"),
    path("v1/alerts/<int:alert_id>/acknowledge/", AcknowledgeView.as_view(), name="alert_acknowledge"),
    path("v1/alert-rules/", AlertRulesView.as_view(), name="alert_rules"),
    path("v1/alert-rules/<int:rule_id>/", AlertRuleView.as_view(), name="alert_rule"),
    path("v1/alert-rules/<int:rule_id>/backtest/", BacktestView.as_view(), name="alert_rule_backtest"),
    path("v1/alert-rules/<int:rule_id>/snooze/", SnoozeView.as_view(), name="alert_rule_snooze"),
    path("v1/budgets/", BudgetsView.as_view(), name="budgets"),
    path("v1/budgets/<int:budget_id>/", BudgetView.as_view(), name="budget"),
    path("v1/price-lists/", PriceListsView.as_view(), name="price_lists"),
    path("v1/price-lists/<int:price_list_id>/", PriceListView.as_view(), name="price_list"),
    path("v1/price-lists/<int:price_list_id>/rows/", PriceListRowsView.as_view(), name="price_list_rows"),
    path("v1/price-lists/<int:price_list_id>/revisions/", RevisionsView.as_view(), name="price_list_revisions"),
    path(
        "v1/price-lists/<int:price_list_id>/revisions/<int:revision>/",
        RevisionView.as_view(),
        name="price_list_revision",
    ),
    path(
        "v1/price-lists/<int:price_list_id>/revisions/<int:revision>/files/<slug:format_name>/",
        RevisionFileView.as_view(),
        name="price_list_revision_file",
    ),
    path("v1/exchange-rates/", RatesView.as_view(), name="exchange_rates"),
    path("v1/exchange-rates/<int:rate_id>/", RateView.as_view(), name="exchange_rate"),
    path("v1/billing/margins/", MarginsView.as_view(), name="margins"),
    path("v1/billing/what-if/", WhatIfView.as_view(), name="what_if"),
    path("v1/billing/closings/", ClosingsView.as_view(), name="closings"),
    path("v1/billing/closings/<int:closing_id>/", ClosingView.as_view(), name="closing"),
    path("v1/billing/closings/<int:closing_id>/retry/", RetryClosingView.as_view(), name="closing_retry"),
    path("v1/segment-tables/", SegmentTableView.as_view(), name="segment_table"),
    path("v1/segments/", SegmentKeysView.as_view(), name="segments"),
    path("v1/segments/<any_text:key>/", SegmentView.as_view(), name="segment"),
    path("v1/audit-log/", AuditLogView.as_view(), name="audit_log"),
    path("v1/tenants/", TenantsView.as_view(), name="tenants"),
    path("v1/tenants/<slug:slug>/", TenantView.as_view(), name="tenant"),
    path("v1/members/", MembersView.as_view(), name="members"),
    path("v1/members/<int:membership_id>/", MemberView.as_view(), name="member"),
    path("v1/members/invitations/", InvitationsView.as_view(), name="invitations"),
    path("v1/members/invitations/<int:invitation_id>/", InvitationView.as_view(), name="invitation"),
    path("v1/api-keys/", ApiKeysView.as_view(), name="api_keys"),
    path("v1/api-keys/<int:key_id>/", ApiKeyView.as_view(), name="api_key"),
    path("v1/invoice-checks/", InvoiceChecksView.as_view(), name="invoice_checks"),
    path("v1/invoice-checks/<int:check_id>/", InvoiceCheckView.as_view(), name="invoice_check"),
    path("v1/invoice-checks/<int:check_id>/messages/", BehindView.as_view(), name="invoice_check_messages"),
    path("v1/invoice-checks/<int:check_id>/claim/", ClaimView.as_view(), name="invoice_check_claim"),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("v1/docs/", reference, name="docs"),
    path("v1/docs/<slug:guide_name>/", guide, name="guide"),
    re_path("", NotFoundView.as_view(), name="not_found"),
]
