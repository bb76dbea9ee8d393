"""Columns of Message Search's table: chosen, kept by what leads on from the page, and wrong ones."""

import csv
import re
from html import unescape

import pytest

from deliveries.message_pages.columns import COLUMNS
from deliveries.models import Export
from tests.deliveries.helpers import apply
from tests.pages.searched import MASKED, NUMBER, URL, ask, ids, sent, text_of
from tests.pages.test_search_by_parameter import chosen, errors

pytestmark = pytest.mark.django_db

USUAL = [
    "Sent", "Number", "Country, operator", "Status, result code", "RefId, campaign", "Partner ID", "Parts",
    "Time to delivery",
]  # fmt: skip
CHOSEN = "columns=sent_at&columns=status&columns=delivered_at"


def headings(page) -> list[str]:
    """Return the headings of the table, without the buttons that explain them."""
    cells = re.findall(r'<th role="columnheader".*?>(.*?)</th>', page.content.decode(), re.DOTALL)
    return [
        unescape(re.sub(r"<button.*?</button>|<template.*?</template>|<[^>]+>", "", cell, flags=re.DOTALL))
        for cell in cells
    ]


def cells(page) -> list[list[str]]:
    """Return the texts of the table's rows but for their first cell."""
    rows = page.content.decode().split('<tbody role="rowgroup">')[1].split("</tbody>")[0].split("</tr>")[:-1]
    found = [re.findall(r'<td role="cell".*?>(.*?)</td>', row, re.DOTALL) for row in rows]
    return [[" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in found]


def test_table_has_the_chosen_columns_and_else_the_usual_ones(client, messages, viewer):
    client.force_login(viewer)

    usual, one_by_one = ask(client), ask(client, columns=["delivered_at", "status"])
    together = client.get(f"{URL}?columns=delivered_at,%20status")
    alone = ask(client, columns="sent_at")

    assert (headings(usual), usual.context["chips"]) == (USUAL, [])
    assert headings(one_by_one) == ["Sent", "Status, result code", "Delivered at"]
    assert together["Location"] == f"{URL}?columns=delivered_at&columns=status"
    assert (headings(alone), len(ids(alone))) == (["Sent"], 5)
    assert cells(one_by_one)[-1][0] == "Delivered"
    assert re.search(r"13:00:05|12:00:05", cells(one_by_one)[-1][1])  # of the tenant's zone
    assert one_by_one.context["chips"] == [] and not one_by_one.context["form"].has_more


def test_everything_on_the_page_keeps_the_columns(client, feed, tenant, viewer):
    apply(feed, *(sent(f"m{n:03}", 1006, ago=9) for n in range(30)))
    client.force_login(viewer)

    page = client.get(f"{URL}?counts_as=failed&operator=&size=25&period=30d&{CHOSEN}", headers={"HX-Request": "true"})

    context, text = page.context, text_of(page)
    kept = [context["older"], context["file"], context["saved"].query, context["chips"][0].without]
    kept += [context["chips"][-1].without, context["looks"]]
    kept += [query for _name, _words, query, _is_current in context["presets"]]
    kept += [query for _size, query, _is_current in context["form"].sizes]
    assert [query for query in kept if CHOSEN not in query] == []
    assert page["HX-Push-Url"].endswith(CHOSEN)
    search, menu = text.split("menu-columns")
    assert re.findall(r'name="columns" value="(\w+)"', search) == ["sent_at", "status", "delivered_at"]
    assert re.findall(r'value="(\w+)" checked', menu.split("</form>")[0]) == ["status", "delivered_at"]
    assert f'href="{URL}?counts_as=failed&period=30d&size=25">Usual columns</a>' in menu
    older = client.get(f"{URL}?{context['older']}")
    assert (len(ids(older)), headings(older)) == (5, headings(page))


def test_unknown_column_is_refused_by_its_name(client, messages, viewer):
    client.force_login(viewer)

    page = ask(client, columns=["number", "colour"])
    customer = ask(client, columns="customer")  # only a parent's table has it

    assert (page.status_code, errors(page)) == (422, {"columns": ["There is no column “colour”."]})
    assert "There is no column “colour”." in text_of(page)
    assert re.findall(r'name="columns" value="(\w+)"', text_of(page)) == ["sent_at", "number"]
    assert errors(customer) == {"columns": ["There is no column “customer”."]}
    assert client.get(f"{URL}download/", {"columns": "colour"}).status_code == 302


def test_custom_parameters_and_a_parents_customers_are_columns(client, feed, tenant, family, viewer):
    chosen(tenant, "shop, town")
    parameters = {"destination": NUMBER, "shop, town": f"7 {NUMBER}"}
    apply(feed, sent("a", customParameters=parameters), sent("b", ago=8, partner="nr-no"))
    client.force_login(viewer)

    page = ask(client, columns=["custom_parameters[shop, town]", "customer", "account", "message_id", "sender"])

    assert headings(page) == ["Sent", "Customer", "Account", "Message id", "Sender", "Parameter shop, town"]
    of_child, own = cells(page)
    assert (of_child[:3], of_child[-1]) == (["NR Norge", "link-main", "b"], "–")
    assert own[:3] == ["Nordic Retail Oy", "link-main", "a"]
    assert own[-1] == MASKED and "7654398" not in text_of(page)


def test_files_have_the_columns_of_the_table(client, messages, manager):
    client.force_login(manager)

    response = client.get(f"{URL}download/", {"columns": "number,country"})
    rows = list(csv.reader(response.content.decode("utf-8-sig").splitlines(), delimiter=";"))
    usual = list(csv.reader(client.get(f"{URL}download/").content.decode("utf-8-sig").splitlines(), delimiter=";"))
    asked = client.get("/t/nordic-retail/exports/new/", {"columns": "number,country", "period": "all"})
    form = {"format": "csv", "columns": asked.context["form"].initial["columns"]}
    client.post(f"/t/nordic-retail/exports/new/?{asked.context['filters']}", form)

    assert rows[0] == ["Sent (Europe/Helsinki)", "Number", "Country code", "Country", "Operator"]
    assert (rows[-1][1:], len(rows), len(usual[0])) == ([NUMBER, "FI", "Finland", "fi.elisa"], 6, len(COLUMNS))
    assert Export.objects.get().columns == ["sent_at", "number", "country", "country_name", "operator"]
