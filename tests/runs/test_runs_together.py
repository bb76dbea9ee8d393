"""Two who ask for the same month at the same time, on connections of their own, with real commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from portal.common.periods import Month
from reports.models import ReportRun
from reports.monthly.selector import MonthScope
from reports.runs.runs import BeingMade, build_now, request_run

OCTOBER = Month(2026, 10)


@pytest.mark.django_db(transaction=True)
def test_report_asked_for_by_two_at_once_is_one_run(tenant):
    together = Barrier(2)

    def ask(name: str) -> int:
        try:
            together.wait(30)
            return request_run(tenant=tenant, month=OCTOBER, requested_by=name, now=timezone.now()).id
        finally:
            connection.close()

    for _round in range(5):
        with ThreadPoolExecutor(2) as pool:
            ids = set(pool.map(ask, ("a@example.com", "b@example.com")))

        assert list(ReportRun.objects.values_list("id", flat=True)) == list(ids)
        ReportRun.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_commands_at_once_make_one_revision(tenant, settings):
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    together = Barrier(2)

    def export(name: str) -> int:
        try:
            together.wait(30)
            while True:
                try:
                    run, figures = build_now(
                        scope=MonthScope(tenant), month=OCTOBER, requested_by=name, now=timezone.now()
                    )
                except BeingMade:
                    continue
                assert figures.header.revision == run.number
                return run.number
        finally:
            connection.close()

    for _round in range(3):
        with ThreadPoolExecutor(2) as pool:
            assert set(pool.map(export, ("a", "b"))) == {1}

        assert set(ReportRun.objects.values_list("revision", "same_as__revision")) == {(1, None), (None, 1)}
        ReportRun.objects.filter(same_as__isnull=False).delete()
        ReportRun.objects.all().delete()
