"""Uploaded lists of numbers: read, refused by line, made into a file, and gone when it is made."""

from pathlib import Path
from threading import Thread

import openpyxl
import pandas
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from deliveries.erasure.erase import erase_number
from deliveries.exports import number_file, number_lists
from deliveries.exports.asking import cancel, retry
from deliveries.exports.files import delete_old
from deliveries.exports.kinds import unseal
from deliveries.exports.making import run_exports
from deliveries.exports.number_file import NotAList, read_list
from deliveries.models import Export
from portal.accounts.models import AuditEntry, Membership, Role
from tests.conftest import make_user
from tests.deliveries.helpers import apply
from tests.exports.conftest import path_of
from tests.pages.searched import NUMBER, day, sent, text_of

pytestmark = pytest.mark.django_db
making = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

URL = "/t/nordic-retail/exports/numbers/"
OTHER, NOBODY = "+358401111111", "+358402222222"
LIST = f"Phone;Name\r\n040 765 4398;Aino\r\n\r\n{OTHER}\r\n{NOBODY}\r\n00358407654398\r\n"


def to(number: str, id_: str, *, ago: int, code: int = 1001, **more) -> dict:
    return sent(id_, code, ago=ago, customParameters={"destination": number}, **more)


@pytest.fixture
def reports(feed) -> None:
    apply(
        feed,
        to(NUMBER, "a", ago=9, refId="sale"),
        to(NUMBER, "b", ago=8, code=1006, refId="sale"),
        to(OTHER, "c", ago=7, code=1006),
        sent("d", ago=7, customParameters={"destination": NOBODY}, partner="other"),
    )


@pytest.fixture
def manager(client, person):
    client.force_login(person)
    return client


def upload(client, text: str | bytes = LIST, **more):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(URL, {"numbers": SimpleUploadedFile("list.csv", data), "format": "parquet"} | more)


def made(client, **more) -> Export:
    answer = upload(client, **more)
    assert (answer.status_code, answer["Location"]) == (302, "/t/nordic-retail/exports/")
    export = Export.objects.latest("id")
    run_exports(export_id=export.id)
    export.refresh_from_db()
    return export


@making
def test_file_says_what_became_of_each_number(manager, tenant, reports):
    export = made(manager)

    assert (export.state, export.in_full, export.sealed, export.total) == ("done", True, "", 4)
    frame = pandas.read_parquet(path_of(export))
    columns = ["line", "number", "outcome", "messages", "delivered", "failed", "last_status"]
    assert frame[columns].to_numpy().tolist() == [
        [2, NUMBER, "delivered", 2, 1, 1, "failed"],
        [4, OTHER, "failed", 1, 0, 1, "failed"],
        [5, NOBODY, "none", 0, 0, 0, ""],
        [6, NUMBER, "delivered", 2, 1, 1, "failed"],
    ]
    assert frame["last_sent_at"].dt.date.tolist()[:2] == [day(8), day(7)]
    assert export.oldest == {str(tenant.id): [day(9).isoformat()] * 2}
    asked = AuditEntry.objects.get(action="export.asked")
    assert (asked.details["kind"], asked.details["numbers"]) == ("numbers", 4)
    assert "7654398" not in export.title + str(list(AuditEntry.objects.values()))


@making
def test_days_and_campaign_narrow_the_messages_and_an_erased_number_is_found(manager, tenant, reports):
    by_day = pandas.read_parquet(path_of(made(manager, first=day(9).isoformat(), last=day(9).isoformat())))
    by_campaign = pandas.read_parquet(path_of(made(manager, campaign="sale")))

    assert by_day["messages"].tolist() == [1, 0, 0, 1]
    assert by_campaign["messages"].tolist() == [2, 0, 0, 2]
    book = openpyxl.load_workbook(path_of(made(manager, format="xlsx")))
    assert book.sheetnames == ["Numbers", "About this file"]
    assert [cell.value for cell in book["Numbers"][2]][:3] == [2, NUMBER, "Delivered"]

    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    assert pandas.read_parquet(path_of(made(manager)))["messages"].tolist() == [2, 1, 0, 2]


@making
@pytest.mark.parametrize("state", ["queued", "cancelled"])
def test_list_that_waits_while_a_number_is_erased_is_given_up(manager, person, tenant, reports, state):
    upload(manager)
    export = Export.objects.get()
    assert "7654398" not in export.sealed
    if state == "cancelled":
        cancel(export, actor="tests")
    erase_number(number=OTHER, tenant=tenant, actor="tests")

    run_exports()
    assert not retry(export, actor=person.email)
    delete_old(now=timezone.now())

    export.refresh_from_db()
    problem = "erased" if state == "queued" else ""
    assert (export.state, export.problem, export.sealed, export.gone) == ("cancelled", problem, "", "erased")


@making
def test_list_that_is_read_while_a_number_is_erased_is_given_up(manager, tenant, reports, monkeypatch):
    fill = number_lists._Numbers._fill

    def fill_while_a_number_is_erased(self, rows):
        thread = Thread(target=_erase, args=(tenant,))
        thread.start()
        thread.join()
        return fill(self, rows)

    monkeypatch.setattr(number_lists._Numbers, "_fill", fill_while_a_number_is_erased)

    export = made(manager)

    assert (export.state, export.problem, export.file, export.sealed) == ("cancelled", "erased", "", "")


def _erase(tenant) -> None:
    try:
        erase_number(number=NUMBER, tenant=tenant, actor="tests")
    finally:
        connection.close()


@making
def test_role_that_sees_masked_numbers_gets_none(client, manager, person, tenant, reports):
    upload(manager)
    Membership.objects.filter(user=person).update(role=Role.ANALYST)

    run_exports()

    assert Export.objects.values_list("state", "problem", "sealed").get() == ("cancelled", "rights", "")
    client.force_login(make_user("anna@example.com", tenant, Role.ANALYST))
    assert [client.get(URL).status_code, upload(client).status_code] == [403, 403]
    assert URL not in text_of(client.get("/t/nordic-retail/exports/"))


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"Phone\r\n", "empty", 0),
        (b"PK\x03\x04", "workbook", 0),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook", 0),
        ("Nro;Nimi\r\n+358407654398;Äijö\r\n".encode("cp1252"), "encoding", 2),
        ("+358407654398\n".encode("utf-16"), "encoding", 1),
        ("+358407654398\n".encode("utf-16-le"), "encoding", 1),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "encoding", 2),
        (b"\x89PNG\r\n\x1a\n\0", "encoding", 1),
        (b"\x1f\x8b\x08\0", "encoding", 1),
        (f"{NUMBER}\n{';'.join([NUMBER] * 5000)}".encode(), "columns", 2),
        (b" " * 20 * 1024**2, "size", 0),
    ],
)
def test_file_that_is_no_list_is_refused_with_its_line(data, code, line):
    with pytest.raises(NotAList) as refused:
        read_list(data, country="FI")

    assert (refused.value.code, refused.value.line) == (code, line)


def test_wrong_input_is_named(manager):
    for text, more, words in (
        ("", {}, "The file is empty."),
        ("Phone\r\n", {}, "There is no phone number in the file."),
        ("Phone\n+358407654398\nAino;1\nx\n", {}, "The first column of these lines holds no phone number: 3, 4."),
        ("Phone\n" + "x\n" * 30, {}, "… and 10 more."),
        (b'{"numbers": ["+358407654398"]}', {}, "The first column of these lines holds no phone number: 1."),
        (b"PK\x03\x04", {}, "This is a workbook, not a CSV file."),
        ("Nro;Nimi\r\n+358407654398;Äijö\r\n".encode("cp1252"), {}, "Line 2 is not in UTF-8."),
        (f"{NUMBER}\n{';' * 5000}", {}, "Line 2 has more than 100 columns."),
        (b" " * 20 * 1024**2, {}, "The file is too large: at most 10 MB."),
        (LIST, {"first": "2026-10-02", "last": "2026-10-01"}, "The last day is before the first."),
        (LIST, {"first": "soon"}, "soon"),
        (LIST, {"campaign": "x" * 257}, "at most 256"),
        (LIST, {"format": "pdf"}, "Choose XLSX, CSV or Parquet"),
    ):
        answer = upload(manager, text, **more)
        assert (answer.status_code, words in text_of(answer)) == (422, True), words
    assert not Export.objects.exists()


def test_limits_of_a_list(monkeypatch):
    monkeypatch.setattr(number_file, "MAX_LINES", 2)
    assert len(read_list(b"Phone\n+358407654398\n+358407654398\n\n", country="FI").numbers) == 2
    with pytest.raises(NotAList, match="lines"):
        read_list(b"+358407654398\n" * 3, country="FI")
    with pytest.raises(NotAList, match="size"):
        read_list(b" " * (number_file.MAX_BYTES + 1), country="FI")


def test_any_notation_and_separator_is_read():
    text = '\ufeff+358 40 765 4398\n"0407654398",x\n(040) 765-4398\tx\n00358407654398;x\ntel:+358407654398\n'

    assert [number for _line, number in read_list(text.encode(), country="FI").numbers] == [NUMBER] * 5


def test_list_of_a_finnish_excel_is_read_and_its_lines_are_those_of_an_editor():
    """With semicolons, a byte order mark, and signs that only Python takes for the end of a line."""
    text = '\ufeffNumero;Nimi\r\n0407654398;Äijö\u2028\x0b\x1c\r\n;\r\n"0407654398";Åsa\r\nAino;\r\n'

    found = read_list(text.encode(), country="FI")

    assert (found.numbers, found.wrong) == ([(2, NUMBER), (4, NUMBER)], [5])


def test_parameters_hold_the_lines(manager, tenant):
    upload(manager)

    parameters = unseal(Export.objects.get().sealed)
    assert parameters["numbers"] == [[2, NUMBER], [4, OTHER], [5, NOBODY], [6, NUMBER]]
    assert parameters["tenant_ids"] == [tenant.id]
    assert not Path(path_of(Export.objects.get())).is_file()
