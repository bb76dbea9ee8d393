"""Shared links and how a person without an account opens them."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from portal.shares import links
from portal.shares.models import ShareLink
from tests.pages.conftest import family, messages, plain_storages

__all__ = ["family", "messages", "plain_storages"]

LINKS = "/t/nordic-retail/settings/links/"
WANTED = {"name": "Agency", "days": "30", "query": "period=90d&compare=none"}


@pytest.fixture(autouse=True)
def no_openings_yet(db):
    cache.clear()


def make_link(tenant, maker, *, query: str = "period=90d", **extra) -> tuple[ShareLink, str]:
    now = timezone.now()
    values = {"kind": "overview", "name": "Agency", "expires_at": now + timedelta(days=30)} | extra
    return links.create_link(tenant=tenant, maker_id=maker.pk, made_by=maker.email, now=now, query=query, **values)


def opened(token: str, what: str = "share", **extra):
    """Return what somebody without an account gets."""
    return Client().get(f"/{what}/{token}/", **extra)
