"""Pages of money leaks: cards load one by one, figures open as many messages, numbers are masked, files hold all."""

import re
from html import unescape

import pytest

from reports.leaks import repeats, views, window
from tests.money_leaks.conftest import NUMBER

pytestmark = pytest.mark.django_db

PAGE, PART = "/t/nordic-retail/leaks/", {"HX-Request": "true"}
OPENS = re.compile(r'data-value="(\d+)"><a class="quiet-link" href="([^"]+)"')


def rows_of(client, address: str) -> int:
    """Return the number of messages that a list has, all its pages."""
    found, next_ = 0, address
    while next_:
        page = client.get(next_)
        assert page.status_code == 200
        found += len(re.findall(r'<th role="rowheader"', page.content.decode()))
        more = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        next_ = unescape(more[1]) if more else ""
    return found


def test_page_loads_its_cards_afterwards(client, viewer, leaks):
    client.force_login(viewer)
    page = client.get(f"{PAGE}?days=14").content.decode()
    assert re.findall(r'hx-get="([^"]+)" hx-trigger="load"', page) == [
        f"{PAGE}{card}/?days=14" for card in ("numbers", "parts", "repeats", "countries")
    ]


@pytest.mark.parametrize(("card", "messages"), [("numbers", 3), ("parts", 55), ("repeats", 1), ("countries", 1)])
def test_figure_opens_as_many_messages(client, manager, leaks, card, messages, monkeypatch):
    monkeypatch.setattr(views, "PAGE", 20)
    client.force_login(manager)

    part = client.get(f"{PAGE}{card}/", headers=PART)
    ((figure, address),) = OPENS.findall(part.content.decode())

    assert (int(figure), rows_of(client, unescape(address))) == (messages, messages)
    page = client.get(f"{PAGE}{card}/").content.decode()  # as without scripts
    assert ["<html" in one for one in (part.content.decode(), page)] == [False, True]
    assert [number for number, _address in OPENS.findall(page)] == [figure]


def test_numbers_are_masked_for_who_does_not_see_them(client, viewer, manager, leaks):
    for person, is_shown in ((viewer, False), (manager, True)):
        client.force_login(person)
        cards = "".join(client.get(f"{PAGE}{card}/").content.decode() for card in ("numbers", "repeats"))
        lists = "".join(client.get(unescape(address)).content.decode() for _n, address in OPENS.findall(cards))
        assert (NUMBER in cards, NUMBER in lists) == (is_shown, is_shown)


@pytest.mark.parametrize("address", ["?days=8", "?days=x", "other/", "numbers/?days=90", "messages/no-such/"])
def test_what_there_is_not_is_not_found(client, viewer, address):
    client.force_login(viewer)
    assert client.get(PAGE + address).status_code == 404


def test_list_of_another_customer_is_not_found(client, leaks, manager, stranger):
    client.force_login(manager)
    ((_n, address),) = OPENS.findall(client.get(f"{PAGE}numbers/").content.decode())
    client.force_login(stranger)
    assert client.get(address).status_code == 404
    assert client.get(address.replace("nordic-retail", "baltic-parcel")).status_code == 404


def test_wrong_page_of_a_list_is_refused(client, manager, leaks):
    client.force_login(manager)
    ((_n, address),) = OPENS.findall(client.get(f"{PAGE}numbers/").content.decode())
    answer = client.get(f"{address}?cursor=x")
    assert (answer.status_code, "Go to the first page" in answer.content.decode()) == (422, True)


def test_too_much_to_look_through_is_said(client, viewer, leaks, monkeypatch):
    slow = repeats._REPEATS.replace("FROM (", "FROM pg_sleep(60), (")
    monkeypatch.setattr(repeats, "_REPEATS", slow)
    monkeypatch.setattr(window, "SECONDS", 0.1)
    client.force_login(viewer)
    for headers, status in (({}, 503), (PART, 200)):
        answer = client.get(f"{PAGE}repeats/", headers=headers)
        assert (answer.status_code, "Choose fewer days" in answer.content.decode()) == (status, True)
