"""Brands."""

from django.apps import AppConfig


class BrandsConfig(AppConfig):
    name = "portal.brands"
    label = "brands"
    verbose_name = "Brands"
