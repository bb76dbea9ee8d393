"""A panel of the Overview inside the pages of named hosts."""

import pytest

from tests.shares.conftest import LINKS, WANTED, make_link, opened
from tests.shares.test_opening import links_in

pytestmark = pytest.mark.django_db

HOSTS = ["www.example.com", "intra.example.org:8443"]


def make_panel(tenant, manager, panel: str = "kpis", hosts=HOSTS):
    return make_link(tenant, manager, kind="panel", panel=panel, hosts=hosts)


@pytest.mark.parametrize(("panel", "has"), [("kpis", 'class="kpis"'), ("days", "days-data"), ("countries", "map-data")])
def test_panel_is_framed_by_its_hosts_alone_and_holds_nothing_else(tenant, manager, messages, panel, has):
    _link, token = make_panel(tenant, manager, panel)

    shown = opened(token, "embed")

    text = shown.content.decode()
    assert (shown.status_code, has in text, links_in(shown), "<header" in text) == (200, True, ["#main"], False)
    assert [part in text for part in ('class="kpis"', "days-data", "map-data")].count(True) == 1
    policy = shown.headers["Content-Security-Policy"]
    assert "frame-ancestors https://www.example.com https://intra.example.org:8443" in policy
    assert ("'none'" in policy.partition("frame-ancestors")[2], "X-Frame-Options" in shown.headers) == (False, False)
    assert (shown.cookies, shown.headers["Referrer-Policy"]) == ({}, "no-referrer")


def test_links_of_one_kind_do_not_open_pages_of_another(tenant, manager, messages):
    panel, page = make_panel(tenant, manager)[1], make_link(tenant, manager)[1]

    assert [opened(panel).status_code, opened(page, "embed").status_code] == [404, 404]
    assert opened(page, "embed").headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(("theme", "shown"), [("dark", "dark"), ("light", "light"), ("x", "auto"), ("", "auto")])
def test_theme_and_language_are_chosen_by_the_address(tenant, manager, messages, theme, shown):
    _link, token = make_panel(tenant, manager)

    page = opened(token, "embed", data={"theme": theme, "lang": "fi"})

    assert f'<html lang="fi" data-bs-theme="{shown}"' in page.content.decode()


def test_panel_is_made_on_the_page_with_its_hosts(client, tenant, manager):
    client.force_login(manager)

    page = client.post(LINKS, WANTED | {"panel": "days", "hosts": "WWW.example.com\nintra.example.org"}, follow=True)

    link, address = page.context["made"]
    assert (link.kind, link.panel, link.hosts) == ("panel", "days", ["www.example.com", "intra.example.org"])
    assert (address.startswith("http://localhost:8000/embed/"), "&lt;iframe" in page.content.decode()) == (True, True)


NO_HOSTS = (
    *("", "*", "*.example.com", "https://www.example.com", "example.com; script-src *", "localhost", "a.example/x"),
    *("'self'", "exämple.com", "\n".join(f"h{n}.example.com" for n in range(11))),
)


@pytest.mark.parametrize("hosts", NO_HOSTS)
def test_hosts_that_are_none_are_refused(client, tenant, manager, hosts):
    from portal.shares.models import ShareLink

    client.force_login(manager)

    answer = client.post(LINKS, WANTED | {"panel": "days", "hosts": hosts})

    assert (answer.status_code, "hosts" in answer.context["form"].errors) == (422, True)
    assert not ShareLink.objects.exists()
