from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    name = "deliveries"
    label = "deliveries"
    verbose_name = "Deliveries"
