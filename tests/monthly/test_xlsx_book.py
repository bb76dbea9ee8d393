"""Cover, marks, definitions, bars and links of a workbook."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from portal.common.glossary import GLOSSARY
from reports.monthly.layout import build_tables
from reports.monthly.masked_tables import masked_tables
from reports.monthly.writers import xlsx_links
from reports.monthly.writers.meanings import MEANINGS
from tests.monthly.test_xlsx import FINNISH_SHEETS, SHEETS, numbers, opened, outside_links, values
from tests.reports.sample import FI, HEADER, KOSOVO, SE, UNKNOWN, account_figures, sample_figures

ADDRESS = "https://portal.example.com/t/nordic/messages/"
MONTH = "from=2026-10-01&to=2026-10-31"


@pytest.fixture(scope="module")
def english():
    return opened(build_tables(sample_figures()))


@pytest.fixture(scope="module")
def finnish():
    figures = sample_figures(language="fi")
    return opened(build_tables(figures), figures.header)


def test_cover_says_what_the_workbook_is_and_leads_to_its_sheets(finnish):
    cover = finnish["Kansi"]
    rows = [(row[1], row[2]) for row in cover.iter_rows(values_only=True) if row[1] is not None]

    assert rows[:2] == [("Nordic Retail Oy", None), ("SMS-raportointiportaali", None)]
    assert rows[2:7] == [
        ("Ajanjakso", "lokakuu 2026"),
        ("Tila", "alustava"),
        ("Julkaisu", "2"),
        ("Tietojen ajankohta", "2026-11-04 14:32:07 (Europe/Helsinki)"),
        ("ALUSTAVA", "Myöhäisiä kuittauksia odotetaan vielä, joten luvut voivat muuttua."),
    ]
    links = {cell.value: cell.hyperlink.location for row in cover for cell in row if cell.hyperlink}
    assert links == {title: f"'{title}'!A1" for title in FINNISH_SHEETS[1:]}


def test_every_sheet_of_a_provisional_report_says_so(english):
    marks = {sheet.title: [c.value for c in sheet[1] if c.value][-1] for sheet in english.worksheets[1:-1]}

    assert marks == dict.fromkeys(SHEETS[1:-1], "PROVISIONAL")
    assert {sheet.oddHeader.center.text for sheet in english.worksheets[1:-1]} == {"&BPROVISIONAL"}


def test_sheets_of_a_final_report_have_no_mark():
    header = replace(HEADER, state="final")
    book = opened(build_tables(sample_figures(header=header)), header)

    assert book["Countries"].max_column == 11
    assert {sheet.oddHeader.center.text for sheet in book} == {None}


def test_definitions_have_the_sentences_of_the_glossary(english, finnish):
    words = {str(term.text): term for term in GLOSSARY.values()}
    shared = {en: fi for en, fi in MEANINGS.values() if en in words}

    assert len(shared) == 21
    with override("fi"):
        assert {en: str(words[en].text) for en in shared} == shared
    assert ("Delivery rate", MEANINGS["Delivery rate"][0]) in [row[:2] for row in values(english["Definitions"])]
    assert ("Toimitusaste", MEANINGS["Delivery rate"][1]) in [row[:2] for row in values(finnish["Selitykset"])]


def test_every_column_of_a_report_is_defined():
    tables = build_tables(account_figures())
    columns = {column.key for table in tables for column in table.columns}

    assert columns - MEANINGS.keys() == {"Item", "95% to"}


def test_rates_and_counts_have_bars(english):
    found = {
        str(cells.sqref): rules[0].type
        for cells, rules in english["Countries"].conditional_formatting._cf_rules.items()
    }

    assert found == {"C2:C5": "dataBar", "K2:K5": "dataBar"}


def linked(figures) -> dict[str, dict[str, str]]:
    """Return the links of each sheet's cells, without their address and the month."""
    header = replace(figures.header, messages_address=ADDRESS)
    book = opened(build_tables(replace(figures, header=header)), header)
    found: dict[str, dict[str, str]] = {}
    for sheet in book.worksheets[1:]:
        links = {cell.coordinate: cell.hyperlink.target for row in sheet for cell in row if cell.hyperlink}
        assert all(target.startswith(f"{ADDRESS}?from=2026-10-") for target in links.values())
        found[sheet.title] = {at: target.partition("?")[2].removeprefix(MONTH) for at, target in links.items()}
    return found


def test_figures_have_links_to_their_messages():
    found = linked(sample_figures())

    assert found["Countries"]["C2"] == "&country=FI"
    assert found["Countries"]["H2"] == "&country=FI&counts_as=failed"
    assert "J3" not in found["Countries"]  # no unknown ones in Sweden
    assert found["Countries"]["G6"] == "&counts_as=delivered"
    assert found["Summary"] == {
        "B10": "",
        "B15": "&counts_as=delivered",
        "B16": "&counts_as=failed",
        "B17": "&counts_as=pending",
        "B18": "&counts_as=unknown",
    }
    assert found["Days"]["B2"] == "from=2026-10-01&to=2026-10-01"
    assert found["Errors"]["D2"] == "&result_code=2106&status=failed"
    assert found["Latency"] == {}
    assert found["Definitions"] == {}


def test_rows_without_a_filter_of_their_own_have_no_links():
    found = linked(sample_figures())
    rows = {int(at[1:]) for at in found["Partner IDs"]}

    assert rows == {2, 3, 5, 6}  # not those without a partner ID
    assert found["Partner IDs"]["D5"] == "&country=ZZ&partner_id=%28other%29"
    assert {int(at[1:]) for at in found["Operators"]} == {2, 3, 6}


def test_campaigns_are_found_by_name_variant_and_country():
    found = linked(sample_figures())["Campaigns"]

    assert [found[f"E{row}"] for row in range(2, 7)] == [
        "&country=FI&campaign=autumn&variant=A",
        "&country=FI&campaign=autumn&variant=B",
        "&country=SE&campaign=%28none%29",
        "&country=XK&campaign=%28other%29",
        "&country=ZZ&campaign=%3Dcmd%7C%27+%2FC+calc%27%21A0&variant=%2B358401234567",
    ]


def test_message_without_a_variant_is_found_only_where_the_campaign_has_no_others():
    campaigns = {("autumn", "A", "FI"): FI, ("autumn", "", "FI"): SE, ("autumn", "", "XK"): KOSOVO + UNKNOWN}
    found = linked(sample_figures(campaigns=campaigns))["Campaigns"]

    assert {at: query for at, query in found.items() if at[0] == "E"} == {
        "E2": "&country=FI&campaign=autumn&variant=A",
        "E4": "&country=XK&campaign=autumn",
        "E5": "",
    }


def test_masked_edition_links_nothing_by_a_masked_name():
    header = replace(HEADER, messages_address=ADDRESS)
    tables = masked_tables(build_tables(sample_figures(header=header)), ())
    book = opened(tables, header)

    assert "358401234567" not in str(outside_links(book))
    assert {cell.row for row in book["Campaigns"] for cell in row if cell.hyperlink} == {2, 3, 4, 5, 7}


def test_sheet_has_links_up_to_a_limit_and_a_note(monkeypatch):
    monkeypatch.setattr(xlsx_links, "MAX_LINKS", 2)
    table = replace(numbers(4), found=[{"from": "2026-10-01"}] * 4)
    book = opened([table], replace(HEADER, messages_address=ADDRESS))

    assert [cell.row for row in book["Campaigns"] for cell in row if cell.hyperlink] == [3, 4]  # 0 has none
    assert values(book["Notes"])[1][:2] == ("Campaigns", "A5")
