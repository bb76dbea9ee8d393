"""Pages of price lists: what each person sees and changes, and that nobody sees another's prices."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from reports.billing.prices import changing
from reports.billing.prices.reading import content_of
from reports.billing.prices.rows import PriceRow
from reports.models import ExchangeRate, PriceList
from tests.conftest import NOW
from tests.deliveries.helpers import apply, dlr
from tests.price_lists.conftest import JANUARY, fill

pytestmark = pytest.mark.django_db

GROUP, CHILD = "/t/group/billing/", "/t/child/billing/"
# the price on each list of the family, in no other row
COST, DEFAULT, TO_CHILD, TO_SIBLING = "0.031415 EUR", "0.052 EUR", "0.047 EUR", "0.044777 EUR"


def text_of(response) -> str:
    text = unescape(re.sub("<[^>]+>", " ", response.content.decode().partition("<main")[2]))
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def addresses(response, slug: str) -> list[str]:
    found = re.findall(rf'href="(/t/{slug}/billing/[^"?]*)', response.content.decode())
    return list(dict.fromkeys(unescape(one) for one in found))


def crawl(client, slug: str) -> dict[str, str]:
    """Return the text (of files: all of it) of every page of billing that links lead to."""
    found, waiting = {}, [f"/t/{slug}/billing/"]
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.headers["Content-Type"].startswith("text/html"):
            found[address] = text_of(answer)
            waiting += [one for one in addresses(answer, slug) if one not in found and one not in waiting]
        else:
            found[address] = answer.content.decode("utf-8-sig", "replace")
    return found


@pytest.mark.parametrize("role", ["owner", "accountant", "analyst"])
def test_child_reads_its_own_prices_on_no_page_or_file_those_of_others(client, people, family, role):
    client.force_login(people[f"child {role}"])

    pages = crawl(client, "child")

    told = "\n".join(pages.values())
    seen = [price in told for price in (TO_CHILD, DEFAULT, COST, TO_SIBLING)]
    names = [name in told for name in ("Child's prices", "Default", "Gateway's cost", "Sibling's prices")]
    assert (seen, names) == ([True, True, False, False], [True, True, False, False])
    assert sum("file." in address for address in pages) >= 4
    for shown in (family.cost, family.to_sibling):
        for page in ("", "file.csv", "history/", "import/", "terms/"):
            assert client.get(f"{CHILD}prices/{shown.pk}/{page}").status_code in (403, 404)


@pytest.mark.parametrize(
    ("role", "seen"),
    [("owner", [True] * 4), ("accountant", [True] * 4), ("analyst", [False, False, True, False])],
)
def test_issuer_reads_all_its_prices_and_its_analysts_the_costs_alone(client, people, family, role, seen):
    client.force_login(people[f"group {role}"])

    told = "\n".join(crawl(client, "group").values())

    assert [price in told for price in (TO_CHILD, DEFAULT, COST, TO_SIBLING)] == seen


@pytest.mark.parametrize("role", ["viewer", "analyst", "manager"])
def test_who_may_not_bill_changes_nothing(client, people, family, role):
    client.force_login(people[f"group {role}"])
    own = f"{GROUP}prices/{family.default.pk}/"

    posts = [f"{GROUP}prices/new/", f"{own}terms/", f"{own}archive/", f"{own}import/", f"{own}price/new/"]
    answers = [client.post(address, {"name": "x"}).status_code for address in [*posts, f"{GROUP}rates/"]]
    opened = client.get(GROUP).status_code

    assert answers == [403] * 6
    assert opened == (403 if role == "viewer" else 200)
    assert family.default.changes.count() == 2


def test_child_cannot_change_the_lists_that_charge_it(client, people, family):
    client.force_login(people["child owner"])
    before = content_of(family.to_child)

    page = text_of(client.get(f"{CHILD}prices/{family.to_child.pk}/"))
    answers = [
        client.post(f"{CHILD}prices/{family.to_child.pk}/{page}", data).status_code
        for page, data in (
            ("price/new/", {"price": "0", "first_day": "2026-01-01"}), ("archive/", {}), ("terms/", {"name": "x"}),
            ("import/", {"restore": "1"}),
        )
    ]  # fmt: skip

    assert answers == [404] * 4
    assert content_of(family.to_child) == before
    assert ("Import a file" in page, "Change" in page, "Your prices." in page) == (False, False, True)


def test_list_is_created_filled_copied_and_archived(client, people, family):
    client.force_login(people["group accountant"])
    changing.archive(family.default, actor="tests", now=NOW)

    created = client.post(
        f"{GROUP}prices/new/",
        {"target": "default", "name": "Everybody", "currency": "SEK", "basis": "delivered", "per": "message"},
    )
    made = PriceList.objects.get(name="Everybody")
    page = f"{GROUP}prices/{made.pk}/"
    client.post(f"{page}price/new/", {"country": "SE", "price": "0,5", "first_day": "2026-01-01", "last_day": ""})
    shown = text_of(client.get(page))
    client.post(f"{page}archive/")
    copied = client.post(
        f"{GROUP}prices/new/",
        {"copy": made.pk, "target": "default", "name": "Copy", "basis": "sent", "per": "part"},
    )

    copy = PriceList.objects.get(name="Copy")
    assert (created.status_code, copied.headers["Location"]) == (302, f"{GROUP}prices/{copy.pk}/")
    assert "Sweden 0.50 SEK from 1 Jan 2026" in shown
    assert "Delivered messages" in shown
    assert (copy.currency, content_of(copy)) == ("SEK", content_of(made))
    assert "archived on" in text_of(client.get(page))


def test_second_list_for_the_same_customer_is_refused_with_a_reason(client, people, family):
    client.force_login(people["group owner"])

    answer = client.post(
        f"{GROUP}prices/new/",
        {"target": f"customer {family.child.pk}", "name": "x", "currency": "EUR", "basis": "sent", "per": "part"},
    )
    foreign = client.post(
        f"{GROUP}prices/new/",
        {"target": f"customer {family.parent.pk}", "name": "x", "currency": "EUR", "basis": "sent", "per": "part"},
    )

    assert (answer.status_code, foreign.status_code) == (422, 422)
    assert "There is a list for this already." in text_of(answer)


def test_new_price_ends_the_one_before_and_is_shown_as_planned(client, people, family):
    client.force_login(people["group owner"])
    page = f"{GROUP}prices/{family.to_child.pk}/"

    client.post(f"{page}price/new/", {"country": "FI", "price": "0.06", "first_day": "2099-01-01"})

    shown = text_of(client.get(page))
    assert "Today Messages to Price Valid Actions Finland 0.047 EUR 1 Jan 2026 – 31 Dec 2098" in shown
    assert "Planned Messages to Price Valid Actions Finland 0.06 EUR from 1 Jan 2099" in shown


def test_row_is_changed_and_deleted(client, people, family):
    client.force_login(people["group owner"])
    page = f"{GROUP}prices/{family.to_child.pk}/"
    row = family.to_child.prices.get()

    form = client.get(f"{page}price/{row.pk}/").content.decode()
    client.post(f"{page}price/{row.pk}/", {"country": "FI", "price": "0.05", "first_day": "2026-01-01"})
    changed = family.to_child.prices.get()
    gone = client.post(f"{page}price/{row.pk}/", {"delete": "yes"})
    client.post(f"{page}price/{changed.pk}/", {"delete": "yes"})

    assert 'value="0.047"' in form
    assert (changed.micro, gone.status_code, family.to_child.prices.count()) == (50_000, 404, 0)
    assert "No prices on this list yet" in text_of(client.get(page))


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("price", {"country": "FI", "price": "abc", "first_day": "2026-01-01"}, "“abc” is no amount"),
        ("price", {"country": "FI", "price": "1", "first_day": "x"}, "“x” is not a date"),
        ("price", {"country": "FI", "price": "1", "first_day": "2026-02-01", "last_day": "2026-01-01"},
         "The last day is before the first one."),
        ("price", {"country": "FI", "price": "1", "first_day": "2026-01-01"}, "Another row with the same key"),
        ("price", {"operator": "0401234567", "price": "1", "first_day": "2026-01-01"}, "Leave phone numbers"),
        ("fee", {"kind": "monthly", "name": "x", "amount": "1.001", "first_day": "2026-01-01"}, "more decimals"),
        ("fee", {"kind": "monthly", "name": "x", "amount": "-1", "first_day": "2026-01-01"},
         "only a one-off item is negative"),
        ("group", {"name": "x", "countries": "SE", "mode": "volume", "first_day": "2026-01-02", "price_0": "1"},
         "Prices by quantity begin on the first day of a month"),
        ("group", {"name": "x", "countries": "S1", "mode": "volume", "first_day": "2026-01-01", "price_0": "1"},
         "S1 is no country"),
        ("group", {"name": "x", "countries": "SE", "mode": "volume", "first_day": "2026-01-01"},
         "Fill in one tier at least."),
        ("group", {"name": "x", "countries": "SE", "mode": "packages", "first_day": "2026-01-01", "price_0": "1",
                   "price_1": "2"}, "Packages have one line"),
        ("group", {"name": "x", "countries": "SE", "mode": "volume", "first_day": "2026-01-01", "price_0": "1",
                   "quantity_0": "1.5"}, "“1.5” is no whole number"),
    ],
)  # fmt: skip
def test_form_says_what_is_wrong(client, people, family, kind, data, text):
    client.force_login(people["group owner"])

    answer = client.post(f"{GROUP}prices/{family.to_child.pk}/{kind}/new/", data)

    assert (answer.status_code, text in text_of(answer)) == (422, True)
    assert family.to_child.changes.count() == 2


def test_file_is_checked_compared_and_applied_once_it_is_confirmed(client, people, family, full):
    client.force_login(people["group accountant"])
    fill(family.to_child, full)
    page = f"{GROUP}prices/{family.to_child.pk}/"
    file = client.get(f"{page}file.csv").content.replace(b"0,043", b"0,044")

    check = client.post(f"{page}import/", {"file": SimpleUploadedFile("prices.csv", file)})
    before = content_of(family.to_child)
    sealed = re.search(r'name="checked" value="([^"]+)"', check.content.decode())[1]
    client.post(f"{page}import/", {"checked": sealed})
    after = content_of(family.to_child)
    again = client.post(f"{page}import/", {"checked": sealed}, follow=True)

    assert "Finland Changed 0.043 EUR from 1 Jul 2026 0.044 EUR from 1 Jul 2026" in text_of(check)
    assert before == full
    assert [one.micro for one in after.prices if one.valid_to is None and one.operator == ""] == [44_000]
    assert "The list was changed since" in text_of(again)
    assert family.to_child.changes.order_by("-revision").first().cause == "imported"


def test_check_of_another_list_or_by_hand_is_refused(client, people, family, full):
    client.force_login(people["group owner"])
    file = client.get(f"{GROUP}prices/{family.to_child.pk}/file.csv").content.replace(b"0,047", b"0,001")
    check = client.post(
        f"{GROUP}prices/{family.to_child.pk}/import/", {"file": SimpleUploadedFile("prices.csv", file)}
    )  # fmt: skip
    sealed = re.search(r'name="checked" value="([^"]+)"', check.content.decode())[1]

    for text in (sealed, "x", sealed[:-1]):
        client.post(f"{GROUP}prices/{family.to_sibling.pk}/import/", {"checked": text})

    assert content_of(family.to_sibling).prices == (PriceRow(44_777, JANUARY, None, "FI"),)


def test_file_with_errors_changes_nothing_and_names_the_lines(client, people, family):
    client.force_login(people["group owner"])
    page = f"{GROUP}prices/{family.to_child.pk}/import/"
    unreadable = b"kind;country;price;first day\nprice;FI;x;2026-01-01\n"
    wrong = b"kind;country;price;first day;last day\nprice;FI;1;2026-01-01;2026-03-01\nprice;FI;2;2026-02-01;\n"
    files = {"bad.csv": unreadable, "worse.csv": wrong, "no.csv": b"a;b\n", "none.xls": b"\xd0\xcf\x11\xe0"}

    answers = [client.post(page, {"file": SimpleUploadedFile(name, body)}) for name, body in files.items()]

    texts = [text_of(one) for one in answers]
    assert [one.status_code for one in answers] == [422] * 4
    assert "Line 2, price: “x” is no amount" in texts[0]
    assert "Line 3: Finland, from 1 Feb 2026: Another row with the same key is valid on 1 Feb 2026, too." in texts[1]
    assert 'name="checked"' not in answers[1].content.decode()
    assert "columns that a price list does not have: a, b" in texts[2]
    assert "This is an old Excel workbook" in texts[3]
    assert family.to_child.changes.count() == 2


def test_earlier_revision_is_restored_after_its_check(client, people, family, full):
    client.force_login(people["group owner"])
    fill(family.to_child, full)
    page = f"{GROUP}prices/{family.to_child.pk}/"

    history = text_of(client.get(f"{page}history/"))
    revision = text_of(client.get(f"{page}history/3/"))
    check = client.post(f"{page}import/", {"restore": "2"})
    sealed = re.search(r'name="checked" value="([^"]+)"', check.content.decode())[1]
    client.post(f"{page}import/", {"checked": sealed})

    assert "Revision Time By How Rows 3 " in history
    assert "Nordic Added" in revision
    assert content_of(family.to_child).prices == (PriceRow(47_000, JANUARY, None, "FI"),)
    newest = family.to_child.changes.order_by("-revision").first()
    assert (newest.revision, newest.cause) == (4, "restored")
    assert client.post(f"{page}import/", {"restore": "99"}).status_code == 404


def test_rates_are_entered_uploaded_and_deleted(client, people, family):
    client.force_login(people["group accountant"])
    page = f"{GROUP}rates/"

    client.post(page, {"day": "2026-11-30", "base": "EUR", "quote": "SEK", "rate": "11,2345"})
    file = "Päivä;Perusvaluutta;Valuutta;Kurssi\n30.11.2026;EUR;SEK;11,25\n30.11.2026;EUR;NOK;11,5\n".encode("cp1252")
    client.post(page, {"upload": "yes", "file": SimpleUploadedFile("rates.csv", file)})
    shown = text_of(client.get(page))
    client.post(f"{page}{ExchangeRate.objects.get(quote='NOK').pk}/delete/")

    rates = ExchangeRate.objects.values_list("issuer__slug", "base", "quote", "rate")
    assert list(rates) == [("group", "EUR", "SEK", 11_250_000_000)]
    assert "1 EUR = … NOK 11.5000" in shown
    logged = AuditEntry.objects.filter(action__startswith="exchange_rate").order_by("id")
    assert [(one.action, one.details.get("before"), one.details.get("after")) for one in logged] == [
        ("exchange_rate.set", "–", "EUR/SEK 2026-11-30 11.234500000"),
        ("exchange_rate.set", "EUR/SEK 2026-11-30 11.234500000",
         "EUR/SEK 2026-11-30 11.250000000; EUR/NOK 2026-11-30 11.500000000"),
        ("exchange_rate.deleted", "EUR/NOK 2026-11-30 11.500000000", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("day;base;quote\n", "The first line must name these columns once: rate."),
        ("day;base;quote;rate\nx;EUR;SEK;1\n", "Line 2: “x” is no day"),
        ("day;base;quote;rate\n2026-01-01;EUR;EUR;1\n", "Line 2: both currencies are EUR"),
        ("day;base;quote;rate\n2026-01-01;EUR;QQQ;1\n", "Line 2: “QQQ” is no currency"),
        ("day;base;quote;rate\n2026-01-01;EUR;SEK;0\n", "Line 2: “0” is no rate above 0"),
        ("day;base;quote;rate\n2026-01-01;EUR;SEK;1\n2026-01-01;EUR;SEK;2\n", "Line 3: EUR/SEK 2026-01-01 stands"),
        ("", "The file is empty."),
    ],
)
def test_file_of_rates_with_errors_changes_nothing(client, people, family, body, text):
    client.force_login(people["group owner"])

    answer = client.post(f"{GROUP}rates/", {"upload": "yes", "file": SimpleUploadedFile("r.csv", body.encode())})

    assert (answer.status_code, text in text_of(answer)) == (422, True)
    assert ExchangeRate.objects.count() == 0


@pytest.mark.parametrize("n", [1, 30])
def test_page_of_lists_needs_as_many_queries_whatever_their_number(
    client, people, family, n, django_assert_num_queries
):
    for number in range(n):
        customer = Tenant.objects.create(slug=f"c{number}", name=f"Customer {number}", parent=family.parent)
        terms = changing.Terms(f"List {number}", "sent", "part")
        changing.create_list(
            issuer=family.parent, terms=terms, currency="EUR", actor="t", now=NOW, customer=customer
        )  # fmt: skip
    client.force_login(people["group owner"])
    client.get(f"{GROUP}prices/")

    with django_assert_num_queries(QUERIES):
        assert client.get(f"{GROUP}prices/").status_code == 200


QUERIES = 23


def test_accountant_finds_no_link_to_messages_on_the_overview(client, accountant, viewer, tenant, feed):
    own = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}}
    apply(feed, dlr("m1", **own), dlr("m2", 1006, **own))
    found = {}
    for person in (viewer, accountant):
        client.force_login(person)
        page = client.get(f"{reverse('reports:overview', args=[tenant.slug])}?period=12m")
        found[person.email] = ("/messages/?" in page.content.decode(), page.status_code)

    assert found == {"viewer@example.com": (True, 200), "accountant@example.com": (False, 200)}
