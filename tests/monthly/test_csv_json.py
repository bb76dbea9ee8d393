import csv as reader
import json as parser
import re
from dataclasses import replace
from io import BytesIO, StringIO
from zipfile import ZipFile

import pandas
import pytest

from portal.common.csv_file import MACHINE, CsvForm, form_of
from reports.monthly.layout import Column, Table, build_tables
from reports.monthly.writers import csv, json
from tests.reports.payloads import FORMULAS
from tests.reports.sample import HEADER, account_figures, sample_figures

FINNISH = form_of("fi", "FI")


def csv_text(table: Table, form: CsvForm = MACHINE) -> str:
    file = BytesIO()
    csv.write_table(table, file, form, "fi" if form.for_people else "en")
    return file.getvalue().decode("utf-8")


def csv_rows(table: Table) -> list[list[str]]:
    return list(reader.reader(StringIO(csv_text(table).removeprefix("\ufeff"), newline="")))


def json_document(figures) -> dict:
    file = BytesIO()
    json.write(build_tables(figures), figures.header, file)
    return parser.loads(file.getvalue().decode("utf-8"))


def table_of(figures, key: str) -> Table:
    return next(table for table in build_tables(figures) if table.key == key)


def test_csv_of_countries_is_for_machines_in_any_language():
    assert csv_text(table_of(sample_figures(language="fi"), "Countries")) == (
        '\ufeff"Country code","Country","Messages","SMS parts","Delivered parts","Billed parts",'
        '"Delivered","Failed","Pending","Unknown","Delivery rate"\r\n'
        '"FI","Suomi","12000","13500","13150","13190","11700","200","60","40","0.975000"\r\n'
        '"SE","Ruotsi","5000","5000","4800","4790","4800","150","50","0","0.960000"\r\n'
        '"XK","Kosovo","400","800","400","380","200","100","50","50","0.500000"\r\n'
        '"ZZ","Tuntematon","400","400","0","20","0","390","0","10","0.000000"\r\n'
    )


def test_csv_for_people_is_in_their_language_with_their_signs_and_units():
    tables = {table.key: csv_text(table, FINNISH).splitlines() for table in build_tables(sample_figures(language="fi"))}
    assert tables["Countries"][:2] == [
        '\ufeff"Maakoodi";"Maa";"Viestit";"SMS-osat";"Toimitetut osat";"Laskutetut osat";"Toimitettu";"Epäonnistunut";'
        '"Kesken";"Tuntematon";"Toimitusaste"',
        '"FI";"Suomi";"12000";"13500";"13150";"13190";"11700";"200";"60";"40";"97,50%"',
    ]
    assert tables["Latency"][:2] == [
        '\ufeff"Maakoodi";"Maa";"Toimitettu (viestit, joiden aika tunnetaan)";"p50 (s)";"p90 (s)";"p95 (s)";"p99 (s)"',
        '"FI";"Suomi";"11700";"3";"3";"39";"39"',
    ]
    summary = tables["Summary"]
    assert [summary[n] for n in (4, 5, 6, 13)] == [
        '"Tietojen ajankohta";"4.11.2026 14:32:07";"";""',
        '"Vanhin odottava";"mikään ei odota";"";""',
        '"Tila";"alustava";"";""',
        '"Osia viestiä kohden";"1,11";"";""',
    ]
    assert [line for line in summary if "p50" in line] == ['"Viive p50 (s)";"3";"";""']


def test_csv_of_campaigns_guards_a_formula_and_leaves_a_phone_number():
    assert [row[:4] for row in csv_rows(table_of(sample_figures(), "Campaigns"))] == [
        ["Campaign", "Variant", "Country code", "Country"],
        ["autumn", "A", "FI", "Finland"],
        ["autumn", "B", "FI", "Finland"],
        ["(no campaign)", "", "SE", "Sweden"],
        ["(other)", "", "XK", "Kosovo"],
        ["'=cmd|' /C calc'!A0", "+358401234567", "ZZ", "Unknown"],
    ]


def test_csv_of_days_has_iso_dates_and_an_empty_rate_over_nothing():
    rows = csv_rows(table_of(sample_figures(), "Days"))

    assert rows[2] == ["2026-10-02", "5000", "5000", "4800", "4790", "4800", "150", "50", "0", "0.960000"]
    assert rows[3] == ["2026-10-03", "0", "0", "0", "0", "0", "0", "0", "0", ""]


def test_csv_of_the_summary_has_each_value_in_its_own_kind():
    header = replace(HEADER, warning="=1+1")
    rows = csv_rows(table_of(sample_figures(header=header), "Summary"))

    assert [rows[i][:2] for i in (2, 4, 5, 9, 13)] == [
        ["Period", "2026-10"],
        ["Data as of", "2026-11-04T14:32:07+02:00"],
        ["Oldest waiting", "nothing waiting"],
        ["Messages", "17800"],
        ["Parts per message", "1.106742"],
    ]
    assert rows[18] == ["Delivery rate", "0.938202", "0.934570", "0.941646"]
    assert rows[28] == ["Warning", "'=1+1", "", ""]


@pytest.mark.parametrize("payload", FORMULAS)
def test_csv_payload_is_guarded_and_otherwise_whole(payload):
    table = Table("Campaigns", (Column("Campaign", "text"), Column("Messages", "int")), [(payload, 1)])
    [_headings, [text, number]] = csv_rows(table)

    assert (text.replace("'", ""), number) == (payload.replace("'", ""), "1")
    pieces = re.split("[;,\t\r\n]", text)
    assert [piece for piece in pieces if re.match(r'[\s"\0]*[=+@-]', piece)] == []
    assert not text.startswith(("\t", "\r", "\n", "\0"))


@pytest.mark.parametrize("text", ["+358401234567\n", "+", "+3584012a", "+３５８", "-358401234567"])
def test_csv_text_that_is_not_quite_a_phone_number_is_guarded(text):
    assert csv_rows(Table("Campaigns", (Column("Campaign", "text"),), [(text,)]))[1] == [f"'{text}"]


@pytest.mark.parametrize("form", [MACHINE, FINNISH], ids=["machine", "Finnish"])
def test_csv_is_read_by_pandas_with_every_column_in_its_place(form):
    text = csv_text(table_of(sample_figures(), "Countries"), form)

    frame = pandas.read_csv(StringIO(text.removeprefix("\ufeff")), sep=form.separator, decimal=form.decimal)

    rates = frame.iloc[:, -1].tolist()
    assert frame.iloc[:, 2:9].to_numpy().tolist() == [
        [12_000, 13_500, 13_150, 13_190, 11_700, 200, 60],
        [5000, 5000, 4800, 4790, 4800, 150, 50],
        [400, 800, 400, 380, 200, 100, 50],
        [400, 400, 0, 20, 0, 390, 0],
    ]
    assert rates == ([0.975, 0.96, 0.5, 0.0] if form is MACHINE else ["97,50%", "96,00%", "50,00%", "0,00%"])


def test_csv_zip_has_a_file_per_table():
    file = BytesIO()
    rows = csv.write_zip(build_tables(sample_figures()), HEADER, file, MACHINE)

    with ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "2026-10 Summary.csv",
            "2026-10 Countries.csv",
            "2026-10 Partner IDs.csv",
            "2026-10 Campaigns.csv",
            "2026-10 Operators.csv",
            "2026-10 Days.csv",
            "2026-10 Errors.csv",
            "2026-10 Latency.csv",
        ]
        assert archive.read("2026-10 Errors.csv").decode("utf-8") == (
            '\ufeff"Code","Meaning","Reason","Messages","Share"\r\n'
            '"2106","number error","subscriber","390","0.414894"\r\n'
            '"1006","not delivered","subscriber","300","0.319149"\r\n'
            '"1002","expired","subscriber","150","0.159574"\r\n'
            '"1010","expired, no operator DLR received","other","100","0.106383"\r\n'
        )
    assert rows == 27 + 4 + 4 + 5 + 4 + 31 + 4 + 3


def test_json_has_the_header_with_local_times():
    assert json_document(sample_figures())["header"] == {
        "title_subject": "Nordic Retail Oy",
        "product": "",
        "scope": "tenant",
        "month": "2026-10",
        "timezone": "Europe/Helsinki",
        "language": "en",
        "currency": "EUR",
        "data_as_of": "2026-11-04T14:32:07+02:00",
        "oldest_waiting": None,
        "state": "provisional",
        "revision": 2,
        "maturity": 0.9981,
        "warning": None,
    }


def test_json_tables_have_english_keys_and_plain_values():
    document = json_document(sample_figures(language="fi"))

    assert list(document) == ["header", "tables", "subtotals", "totals"]
    assert document["tables"]["Latency"] == [
        {
            "Country code": code,
            "Country": country,
            "Delivered (messages with a known time)": n,
            "p50": p50,
            "p90": p90,
            "p95": p95,
            "p99": p99,
        }
        for code, country, n, p50, p90, p95, p99 in [
            ("FI", "Suomi", 11_700, 3, 3, 39, 39),
            ("SE", "Ruotsi", 4_800, 3, 3, 3, 3),
            ("XK", "Kosovo", 150, 39, 39, 39, 39),
        ]
    ]
    assert document["tables"]["Days"][2] == {
        "Day": "2026-10-03",
        "Messages": 0,
        "SMS parts": 0,
        "Delivered parts": 0,
        "Billed parts": 0,
        "Delivered": 0,
        "Failed": 0,
        "Pending": 0,
        "Unknown": 0,
        "Delivery rate": None,
    }
    assert document["tables"]["Summary"][17] == {
        "Item": "Delivery rate",
        "Value": 0.938202,
        "95% from": 0.93457,
        "95% to": 0.941646,
    }


def test_json_totals_have_every_table_but_the_summary():
    totals = json_document(account_figures())["totals"]

    assert list(totals) == ["Countries", "Partner IDs", "Campaigns", "Operators", "Days", "Errors", "Latency"]
    assert totals["Partner IDs"] == {
        "Partner ID": None,
        "Tenant": None,
        "Time zone": None,
        "Country code": None,
        "Country": None,
        "Messages": 17_800,
        "SMS parts": 19_700,
        "Delivered parts": 18_350,
        "Billed parts": 18_380,
        "Delivered": 16_700,
        "Failed": 840,
        "Pending": 160,
        "Unknown": 100,
        "Delivery rate": 0.938202,
    }
    assert totals["Errors"] == {"Code": None, "Meaning": None, "Reason": None, "Messages": 940, "Share": 1.0}


def test_json_subtotals_stand_apart_and_csv_has_none():
    figures = account_figures()
    subtotals = json_document(figures)["subtotals"]

    assert {key: [(row["Tenant"], row["Messages"]) for row in rows] for key, rows in subtotals.items()} == {
        "Partner IDs": [("Nordic Retail Oy", 17_000), ("(unassigned)", 400), ("Balkan Shop", 400)],
        "Campaigns": [("Nordic Retail Oy", 17_000), ("(unassigned)", 400), ("Balkan Shop", 400)],
    }
    assert subtotals["Partner IDs"][0]["Partner ID"] is None
    assert len(csv_rows(table_of(figures, "Partner IDs"))) == 1 + 4
    assert json_document(sample_figures())["subtotals"] == {}


@pytest.mark.parametrize("payload", [*FORMULAS, "x" * 40_000, "\x1b\u2028", "😀"])
def test_json_keeps_any_text_as_it_is(payload):
    table = Table("Campaigns", (Column("Campaign", "text"),), [(payload,)])
    file = BytesIO()

    assert json.write([table], HEADER, file) == 1
    assert parser.loads(file.getvalue())["tables"] == {"Campaigns": [{"Campaign": payload}]}


def test_text_that_utf8_cannot_hold_is_replaced_visibly():
    table = Table("Campaigns", (Column("Campaign", "text"),), [("a\ud800b",)])
    file = BytesIO()
    json.write([table], HEADER, file)

    assert parser.loads(file.getvalue())["tables"] == {"Campaigns": [{"Campaign": "a�b"}]}
    assert csv_rows(table)[1] == ["a�b"]
