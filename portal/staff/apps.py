"""The admin as a Django app, so that its modules register themselves."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "portal.staff"
    label = "staff"
