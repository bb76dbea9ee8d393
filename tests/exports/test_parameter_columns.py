"""Custom parameters as columns of an export: chosen keys and named ones, masked as on pages, remembered."""

import openpyxl
import pandas
import pytest

from campaigns.models import SegmentKey
from deliveries.exports.making import run_exports
from deliveries.models import Export
from portal.accounts.models import Membership, Role
from tests.api.conftest import call, mine
from tests.deliveries.helpers import apply
from tests.exports.conftest import made, path_of
from tests.pages.searched import sent, text_of

__all__ = ["call", "mine"]

pytestmark = pytest.mark.django_db

URL = "/t/nordic-retail/exports/new/"
CITY, PHONE, MISSING = (f"custom_parameters[{key}]" for key in ("city", "Status", "missing"))
COLUMNS = ["message_id", "status", CITY, PHONE, MISSING]


@pytest.fixture
def reports(feed) -> None:
    number = "+358407654398"
    apply(
        feed,
        sent("a", ago=9, customParameters={"destination": number, "city": "=Oulu", "Status": f"call {number}"}),
        sent("b", ago=8, customParameters={"destination": number}),
    )


@pytest.mark.django_db(transaction=True)
def test_each_parameter_is_a_column_beside_those_of_the_same_name(person, tenant, reports):
    frame = pandas.read_parquet(path_of(made(person, tenant, format="parquet", columns=COLUMNS)))
    assert list(frame.columns) == COLUMNS
    assert frame.loc[frame["message_id"] == "a", [CITY, PHONE]].to_numpy().tolist() == [["=Oulu", "call +358407654398"]]
    assert frame[MISSING].isna().all()
    assert frame.loc[frame["message_id"] == "b", CITY].isna().all()

    sheet = openpyxl.load_workbook(path_of(made(person, tenant, format="xlsx", columns=COLUMNS)))["Messages"]
    head, *rows = [[cell.value for cell in row] for row in sheet]
    assert head == ["Message id", "Status", "Parameter city", "Parameter Status", "Parameter missing"]
    assert rows[-1][2:] == ["=Oulu", "call +358407654398", None]
    assert sheet.cell(3, 3).data_type == "s"

    Membership.objects.filter(user=person).update(role=Role.ANALYST)
    frame = pandas.read_parquet(path_of(made(person, tenant, format="parquet", columns=COLUMNS)))
    assert "7654398" not in frame.to_csv()


def test_chosen_keys_are_offered_and_named_ones_remembered(client, person, tenant, reports):
    SegmentKey.objects.create(tenant=tenant, key="city", state="done")
    client.force_login(person)
    assert "Parameter city" in text_of(client.get(URL))
    form = {"format": "csv", "columns": ["message_id", CITY], "parameters": " Status , missing,city"}

    client.post(URL, form)

    assert Export.objects.get().columns == ["message_id", CITY, PHONE, MISSING]
    initial = client.get(URL).context["form"].initial
    assert (initial["columns"], initial["parameters"]) == (["message_id", CITY], "Status, missing")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("x" * 65, "is too long: a name has at most 64 characters."),
        (",".join(map(str, range(21))), "At most 20 custom parameters can be columns."),
        ("city, +358 40 765 4398", "number"),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_wrong_names_are_refused(client, person, tenant, parameters, words):
    client.force_login(person)

    answer = client.post(URL, {"format": "csv", "columns": ["message_id"], "parameters": parameters})

    assert (answer.status_code, words in text_of(answer)) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_api_takes_them(mine, reports):
    body = {"format": "csv", "columns": [CITY, "message_id", CITY]}

    answer = mine.post("exports/", body)

    assert answer.json()["columns"] == ["message_id", CITY]
    run_exports()
    assert Export.objects.get().state == "done"
    assert mine.post("exports/", body | {"columns": ["custom_parameters[]"]}).status_code == 422
    with_number = mine.post("exports/", body | {"columns": ["custom_parameters[+358407654398]"]})
    assert with_number.json()["detail"] == "columns: a name must not hold a phone number"
    many = [f"custom_parameters[{n}]" for n in range(21)]
    assert mine.post("exports/", body | {"columns": many}).json()["detail"] == "columns: at most 20 custom parameters"
