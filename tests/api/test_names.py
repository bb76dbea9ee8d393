"""/countries/, /operators/ and /result-codes/: names and meanings as pages and figures have them."""

import pytest

from deliveries.models import ResultCode
from tests.deliveries.helpers import apply

from .conftest import sent

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-11-01", "to": "2026-11-30"}


def test_countries_are_named_in_both_languages(mine):
    english, finnish = (mine.get("countries/", lang=lang).json()["data"] for lang in ("en", "fi"))

    assert {"code": "FI", "name": "Finland", "calling_code": "358"} in english
    assert {"code": "FI", "name": "Suomi", "calling_code": "358"} in finnish
    assert [row["name"] for row in english[:-1]] == sorted(row["name"] for row in english[:-1])
    assert [row["code"] for row in (english[-1], finnish[-1])] == ["ZZ", "ZZ"]
    assert len(english) == len({row["code"] for row in english}) == 251


def test_operators_are_those_of_the_figures(mine, feed, messages):
    apply(feed, sent("x", 1001, "nr-fi", operator="Telia +358401234567"))
    groups = mine.get("statistics/", **DAYS, group_by="country,operator").json()["groups"]

    rows = mine.get("operators/", **DAYS).json()["data"]

    assert rows == [
        {"country": one["key"]["country"], "operator": one["key"]["operator"], "messages": one["messages"]}
        for one in groups
    ]
    assert sum(row["messages"] for row in mine.get("operators/", **DAYS, country="SE").json()["data"]) == 1


def test_number_in_an_operators_name_is_masked(call, tenant, feed):
    apply(feed, sent("x", 1001, "nr-fi", operator="Telia +358401234567"))

    rows = call(tenant, "read").get("operators/", **DAYS).json()["data"]

    assert [row["operator"] for row in rows] == ["Telia +358 •••••••67"]


def test_every_result_code_is_told(mine):
    rows = mine.get("result-codes/").json()["data"]
    finnish = mine.get("result-codes/", dialect="link", lang="fi").json()["data"]

    assert {(row["dialect"], row["code"]) for row in rows} == set(ResultCode.objects.values_list("dialect", "code"))
    assert {row["code"] for row in finnish if row["billed"]} == {1001, 1008, 1009, 1011}
    (failed,) = [row for row in finnish if row["code"] == 1006]
    assert (failed["status"], failed["counts_as"], failed["final"]) == ("failed", "failed", True)
    assert failed["text"] == ResultCode.objects.get(dialect="link", code=1006).text_fi


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [("countries/", {"lang": "sv"}, "lang"), ("operators/", {"country": "Finland"}, "country"),
     ("result-codes/", {"dialect": "x"}, "dialect")],
)  # fmt: skip
def test_unknown_value_is_refused(mine, path, query, field):
    answer = mine.get(path, **query)

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, field)
