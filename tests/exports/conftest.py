"""Exports in tests: asked for by a person, made at once, and read back."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from deliveries.exports.asking import ask
from deliveries.exports.making import run_exports
from deliveries.message_pages.columns import ALL_COLUMNS
from deliveries.models import Export
from deliveries.search.query import MessageQuery
from portal.accounts.access import access_of
from portal.accounts.models import Role
from tests.conftest import make_user
from tests.pages.conftest import messages

__all__ = ["messages"]


@pytest.fixture(autouse=True)
def files(settings, tmp_path) -> Path:
    root = tmp_path / "files"
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(root)}}
    }
    return root


@pytest.fixture
def person(tenant):
    """A manager, who sees numbers in full."""
    return make_user("mari@example.com", tenant, Role.MANAGER)


def asked(person, tenant, *, format: str = "csv", columns=tuple(ALL_COLUMNS), **filters) -> Export:
    """Ask for an export of the tenant's messages, as a page does."""
    access = access_of(person, slug=tenant.slug)
    query = MessageQuery(**{"tenant_ids": access.tenant_ids, "number_country": tenant.country} | filters)
    return ask(tenant=tenant, access=access, user=person, query=query, title="", format=format, columns=columns)


def made(*args, **kwargs) -> Export:
    """Ask for an export, and make it."""
    export = asked(*args, **kwargs)
    run_exports(export_id=export.id)
    export.refresh_from_db()
    return export


def path_of(export: Export) -> str:
    return default_storage.path(export.file)
