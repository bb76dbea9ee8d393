"""Delivery reports and what becomes of them."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeliveriesConfig(AppConfig):
    name = "deliveries"
    label = "deliveries"
    verbose_name = "Deliveries"

    def ready(self) -> None:
        from campaigns.merging import shown_otherwise
        from deliveries.attributing.due import note_tenant
        from deliveries.dialects.registry import DIALECTS
        from deliveries.ingest import inbox  # noqa: F401  before there is a connection, which takes over psycopg's adapters
        from deliveries.messages.code_tables import add_known_codes
        from deliveries.messages.recipients import prepare_secret
        from portal.tenants import dialects

        for name, dialect in DIALECTS.items():
            dialects.register(name, dialects.Known(dialect.title, dialect.signature is not None, dialect.setup))

        # An upgrade may know more codes than the table; a hook runs after every migrate, with or without migrations.
        post_migrate.connect(add_known_codes, sender=self)
        post_migrate.connect(prepare_secret, sender=self)
        shown_otherwise.connect(note_tenant, dispatch_uid="attribution")
