"""A saved report with an owner, runs of it that have ended, and a mail server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from reports.models import DefinitionFile, DefinitionRun, ReportDefinition, ReportMail
from reports.schedules import mailing
from tests.report_mails.mail_servers import MailServer

FULL, MASKED = b"PK full +358401234567", b"PK masked"


@pytest.fixture(autouse=True)
def files(settings, tmp_path) -> Path:
    root = tmp_path / "files"
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(root)}}
    }
    return root


@pytest.fixture
def definition(tenant, manager) -> ReportDefinition:
    return make_definition(tenant, manager)


def make_definition(tenant, owner, **values) -> ReportDefinition:
    """Save a report that is made daily at 08:00, unless other values are given."""
    schedule = {"frequency": "daily", "at": time(8), "period": "yesterday"}
    given = schedule | {"kind": "volumes", "formats": ["xlsx"]} | values
    return ReportDefinition.objects.create(
        tenant=tenant, owner=owner, owned_by=owner.email, **{"name": "Daily volumes"} | given
    )


@pytest.fixture
def finish(tenant) -> Callable[..., DefinitionRun]:
    """Return a function that ends a run with its files as the worker does, so that its mails are queued."""

    def finish(definition: ReportDefinition, *, bytes: int | None = None, is_mailed: bool = True, **values):
        due_at = timezone.now() if is_mailed else None
        given = {"state": "done", "cause": "schedule", "kind": "provisional", "data_as_of": timezone.now()} | values
        run = DefinitionRun.objects.create(
            tenant=definition.tenant, definition=definition, due_at=due_at, requested_by="schedule",
            first=date(2026, 11, 19), last=date(2026, 11, 19), **given,
        )  # fmt: skip
        for format_name in definition.formats if run.state == "done" and not run.skipped else ():
            for edition, content in (("full", FULL), ("masked", MASKED)):
                name = default_storage.save(f"definitions/{run.id}.{format_name}", ContentFile(content))
                DefinitionFile.objects.create(
                    tenant=definition.tenant, run=run, format=format_name, edition=edition, file=name,
                    bytes=len(content) if bytes is None else bytes, sha256=edition[0] * 64,
                )  # fmt: skip
        mailing.on_finished(run)
        return run

    return finish


@pytest.fixture
def use_server(settings) -> Callable[[MailServer], None]:
    """Return a function that makes a server the portal's mail server."""

    def use(server: MailServer) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""

    return use


def states(**filters) -> list[str]:
    """Return the states of the mails, oldest first, with the reason of those that were not sent."""
    rows = ReportMail.objects.filter(**filters).order_by("id").values_list("state", "skipped")
    return [f"{state}: {skipped}" if skipped else state for state, skipped in rows]
