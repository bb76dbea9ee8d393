"""Operations as a Django app, so that its commands are found."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "portal.operations"
    label = "operations"

    def ready(self) -> None:
        from portal.operations import versions  # noqa: F401  registers its check
