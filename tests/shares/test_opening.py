"""A shared link shows one page to people without an account, and nothing else."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership
from portal.shares import links
from portal.shares.models import ShareLink
from portal.tenants.models import Tenant
from reports.models import ReportRun
from tests.pages.conftest import make_run, workbook
from tests.shares.conftest import make_link, opened

pytestmark = pytest.mark.django_db

HREF = re.compile(r'<a\b[^>]*href="([^"]*)"|"href": "([^"]+)"|action="([^"]*)"|hx-(?:get|post)="([^"]*)"')


def links_in(response) -> list[str]:
    return [next(filter(None, found), "") for found in HREF.findall(response.content.decode())]


def test_link_shows_the_same_figures_as_the_page_to_nobody_in_particular(client, tenant, manager, messages):
    _link, token = make_link(tenant, manager, query="period=90d&compare=none")
    client.force_login(manager)

    page = client.get("/t/nordic-retail/overview/?period=90d&compare=none")
    shared = opened(token)

    assert (shared.status_code, shared.context["figures"].kpis.volume.messages) == (200, 5)
    assert shared.context["figures"].kpis == page.context["figures"].kpis
    assert [card.value for card in shared.context["cards"]] == [card.value for card in page.context["cards"]]
    assert (shared.cookies, "Baltic" in shared.content.decode()) == ({}, False)


def test_shared_page_has_no_link_and_no_form(tenant, manager, messages):
    _link, token = make_link(tenant, manager)

    shared = opened(token)

    assert (shared.status_code, links_in(shared)) == (200, ["#main", "/glossary/"])
    assert "<form" not in shared.content.decode()


def test_filters_of_the_link_hold_and_the_address_changes_nothing(tenant, manager, messages):
    _link, token = make_link(tenant, manager, query="period=90d&compare=none&campaign=sale")

    shown = [
        Client().get(f"/share/{token}/", query).context["figures"].kpis.volume.messages
        for query in ({}, {"campaign": "news"}, {"period": "all", "tenant": "baltic-parcel"})
    ]

    assert shown == [2, 2, 2]
    assert "sale" in opened(token).content.decode()


def test_campaign_with_a_number_is_masked_even_for_a_link_of_a_person_who_sees_numbers(tenant, manager, feed):
    from tests.deliveries.helpers import apply
    from tests.pages.searched import sent

    apply(feed, sent("a", refId="sale to +46701112233"))
    _link, token = make_link(tenant, manager)

    text = opened(token).content.decode()

    assert ("sale to" in text, "1112233" in text) == (True, False)


def test_answers_are_kept_out_of_caches_search_engines_and_referrers(tenant, manager, messages):
    _link, token = make_link(tenant, manager)

    for response in (opened(token), opened("no-such-token")):
        headers = response.headers
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store, private", "no-referrer")
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"


def revoke(link):
    links.revoke(link=link, now=timezone.now())


def expire(link):
    before = timezone.now() - timedelta(seconds=1)
    ShareLink.objects.filter(id=link.id).update(created_at=before - timedelta(days=1), expires_at=before)


def demote(link):
    Membership.objects.filter(user_id=link.maker_id).update(role="analyst")


def remove(link):
    Membership.objects.filter(user_id=link.maker_id).delete()


def deactivate(link):
    from portal.accounts.models import User

    User.objects.filter(pk=link.maker_id).update(is_active=False)


@pytest.mark.parametrize("end", [revoke, expire, demote, remove, deactivate])
def test_link_that_ended_answers_as_one_that_never_was(tenant, manager, messages, end):
    link, token = make_link(tenant, manager)
    before = opened(token).status_code

    end(link)

    gone, unknown = opened(token), opened("no-such-token")
    assert (before, gone.status_code, gone.content) == (200, 404, unknown.content)
    assert "Nordic" not in gone.content.decode()
    assert dict(gone.headers) | {"X-Request-ID": ""} == dict(unknown.headers) | {"X-Request-ID": ""}


@pytest.mark.parametrize("change", [str.upper, lambda t: t[:-1], lambda t: t + "x", lambda t: "%00" + t])
def test_token_that_is_not_exact_opens_nothing(tenant, manager, change):
    _link, token = make_link(tenant, manager)

    assert opened(change(token)).status_code == 404


def test_openings_are_counted_and_other_requests_are_not(tenant, manager, messages, django_capture_on_commit_callbacks):
    link, token = make_link(tenant, manager)

    with django_capture_on_commit_callbacks(execute=True):
        for _time in range(2):
            opened(token)
        Client().head(f"/share/{token}/")
        Client().post(f"/share/{token}/")

    link.refresh_from_db()
    assert (link.openings, link.last_opened_at is not None) == (2, True)


def test_page_of_a_link_writes_nothing_and_sees_its_own_tenant_alone(tenant, manager, messages):
    _link, token = make_link(tenant, manager)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        opened(token)

    statements = [query["sql"] for query in asked.captured_queries]
    begin = next(n for n, sql in enumerate(statements) if "READ ONLY" in sql)
    assert not [sql for sql in statements[begin:] if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert any("portal_web" in sql and f"{{{tenant.id}}}" in sql for sql in statements[:begin])


def test_link_to_a_parent_shows_its_children_and_one_to_a_child_that_child_alone(
    tenant, family, manager, messages, feed
):
    from tests.deliveries.helpers import apply
    from tests.pages.searched import sent

    apply(feed, sent("n", partner="nr-no"))
    shown = [
        opened(make_link(owner, manager, query="period=90d")[1]).context["figures"].kpis.volume.messages
        for owner in (tenant, family)
    ]

    assert shown == [6, 1]


def test_openings_are_limited_for_a_link_and_for_an_address(tenant, manager, messages, settings):
    _link, token = make_link(tenant, manager)
    _other, second = make_link(tenant, manager)
    settings.SHARE_LINK_PER_MINUTE, settings.SHARE_ADDRESS_PER_MINUTE = 2, 4

    of_link = [opened(token, REMOTE_ADDR=f"192.0.2.{n}").status_code for n in range(3)]
    of_address = [opened(name, REMOTE_ADDR="198.51.100.1").status_code for name in [second, "x", "y", "z", "x"]]
    refused = opened(token, REMOTE_ADDR="203.0.113.9")

    assert (of_link, of_address) == ([200, 200, 429], [200, 404, 404, 404, 429])
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")


def test_report_of_a_month_is_downloaded_masked_and_recorded(tenant, manager, django_capture_on_commit_callbacks):
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    run = make_run(tenant, "2026-10", text="in full")
    masked = default_storage.save("masked.xlsx", ContentFile(workbook("masked")))
    ReportRun.objects.filter(id=run.id).update(masked_file=masked)
    link, token = make_link(tenant, manager, kind="report", query="", month=run.month)

    page = opened(token)
    with django_capture_on_commit_callbacks(execute=True):
        file = Client().get(f"/share/{token}/download/")

    assert links_in(page) == ["#main", f"/share/{token}/download/", "/glossary/"]
    assert (file.status_code, b"".join(file.streaming_content)) == (200, workbook_bytes(masked))
    assert "nordic-retail_2026-10_r1_masked.xlsx" in file.headers["Content-Disposition"]
    entry = AuditEntry.objects.get(action="report.download")
    assert (entry.actor, entry.tenant_id, entry.details["link"]) == (f"shared link {link.id}", tenant.id, "Agency")


def workbook_bytes(name: str) -> bytes:
    from django.core.files.storage import default_storage

    with default_storage.open(name) as file:
        return file.read()


def test_link_to_a_month_without_a_file_says_so(tenant, manager):
    month = timezone.now().date().replace(day=1)
    _link, token = make_link(tenant, manager, kind="report", query="", month=month)

    assert (opened(token).status_code, "no file" in opened(token).content.decode()) == (200, True)
    assert Client().get(f"/share/{token}/download/").status_code == 404


def test_overview_link_downloads_no_report(tenant, manager, messages):
    make_run(tenant, "2026-10")
    _link, token = make_link(tenant, manager)

    assert Client().get(f"/share/{token}/download/").status_code == 404


def test_session_of_another_person_changes_nothing(client, tenant, manager, stranger, messages):
    _link, token = make_link(tenant, manager)
    client.force_login(stranger)

    shared = client.get(f"/share/{token}/")

    assert (shared.status_code, shared.headers["Content-Language"]) == (200, "en")
    assert "stranger@example.com" not in shared.content.decode()


@pytest.mark.parametrize(("query", "language"), [("", "fi"), ("?lang=en", "en"), ("?lang=xx", "fi")])
def test_page_is_in_the_tenants_language_unless_the_address_says_another(tenant, manager, messages, query, language):
    Tenant.objects.filter(id=tenant.id).update(language="fi")
    _link, token = make_link(tenant, manager)

    shown = Client(headers={"accept-language": "fi"}).get(f"/share/{token}/{query}")

    assert shown.headers["Content-Language"] == language
