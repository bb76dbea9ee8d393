"""Tenants, their gateway accounts and doors, and the wall between them."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    name = "portal.tenants"
    label = "tenants"
    verbose_name = "Tenants"

    def ready(self) -> None:
        from portal.tenants import checks  # noqa: F401  registers them
        from portal.tenants.wall import raise_wall

        # Django's own hook for what every migrated database must have; idempotent.
        post_migrate.connect(raise_wall, sender=self)
