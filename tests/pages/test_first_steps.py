"""The first page of a new customer: the steps, what is done of them, a sample, and where to find help."""

import re

import pytest

from campaigns.models import RefIdScheme
from portal.accounts.models import Role
from portal.tenants.models import Tenant
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply, dlr

URL = "/t/newcomer/overview/"


@pytest.fixture
def newcomer(db) -> Tenant:
    return Tenant.objects.create(slug="newcomer", name="Newcomer", timezone="Europe/Tallinn")


def steps(client) -> list[bool]:
    page = client.get(URL).content.decode()
    return ["done" in classes for classes in re.findall(r'<li class="([^"]*)">\s*<span class="tick"', page)]


def test_steps_are_ticked_when_they_are_done(client, newcomer, account):
    client.force_login(make_user("first@example.com", newcomer, Role.OWNER))
    before = steps(client)

    account.partner_ids.create(value="new-1", tenant=newcomer, declared_at=NOW)
    make_user("second@example.com", newcomer, Role.VIEWER)
    RefIdScheme.objects.create(tenant=newcomer, delimiter="|", fields=["campaign", "variant"])
    Tenant.objects.filter(id=newcomer.id).update(accent="#0b6b6b")

    assert (before, steps(client)) == ([False] * 5, [True, False, True, True, True])


def test_viewer_sees_who_takes_the_steps(client, newcomer):
    client.force_login(make_user("first@example.com", newcomer, Role.VIEWER))

    page = client.get(URL).content.decode()

    assert ("/settings/members/" in page, "Only owners can do this." in page) == (False, True)


def test_sample_is_marked_and_gone_with_the_first_message(client, feed, tenant, owner):
    client.force_login(owner)
    before = client.get("/t/nordic-retail/overview/").content.decode()
    apply(feed, dlr("m1", platformPartnerId="nr-fi"))

    after = client.get("/t/nordic-retail/overview/").content.decode()

    assert ("Sample with simulated figures" in before, "sample-overview" in before) == (True, True)
    assert ("Sample with simulated figures" in after, "sample-overview" in after) == (False, False)


@pytest.mark.parametrize(
    ("url", "email", "links"),
    [
        ("", "", []),
        ("https://help.example.com/", "", ["https://help.example.com/"]),
        ("", "help@example.com", ["mailto:help@example.com"]),
        ("javascript:alert(1)", "", []),
    ],
)
def test_footer_links_to_help_that_is_set(client, newcomer, settings, url, email, links):
    settings.HELP_URL, settings.CONTACT_EMAIL = url, email
    client.force_login(make_user("first@example.com", newcomer, Role.OWNER))

    footer = client.get(URL).content.decode().partition('<footer class="footer">')[2]

    assert [link for link in re.findall(r'href="([^"]+)"', footer) if not re.search("/api/|/glossary/", link)] == links
