from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    label = "reports"
    verbose_name = "Reports"

    def ready(self) -> None:
        from deliveries.erasure import written_texts  # app ready
        from reports.models import InvoiceCheck  # app ready

        written_texts.register(InvoiceCheck, "file_name", "mapping", "result")
