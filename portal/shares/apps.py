"""Shared links."""

from django.apps import AppConfig


class SharesConfig(AppConfig):
    name = "portal.shares"
    label = "shares"
    verbose_name = "Shared links"
