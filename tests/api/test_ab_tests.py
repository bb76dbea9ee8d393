"""GET /api/v1/campaigns/{campaign_id}/ab/: the same figures as the page, and what is refused."""

import pytest
from django.utils import timezone

from campaigns.models import Campaign, RefIdScheme
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.test_ab_page import many, sent


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def sale(feed, tenant) -> Campaign:
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    apply(
        feed,
        *many("sale|A", 40, 20),
        *many("sale|B", 65, 2),
        sent("none", 1001, "sale"),
        *many("sale|A", 3, 0, mark="se", operator="se.telia", customParameters={"destination": "+46701112233"}),
    )
    return Campaign.objects.get(name="sale")


def test_answer_has_the_verdict_and_its_figures(mine, sale):
    answer = mine.get(f"campaigns/{sale.id}/ab/", split="1:1")

    assert answer.status_code == 200
    found = answer.json()
    assert found["sentence"].replace("\N{NO-BREAK SPACE}", " ").startswith("B reached 97.0 % of its recipients")
    assert (found["campaign"], found["outcome"], found["without_variant"]) == ("sale", "winner", 1)
    assert [
        (v["name"], v["messages"], v["delivered"], v["failed"], v["pending"], v["unknown"], v["counted"], v["reached"])
        for v in found["variants"]
    ] == [("A", 63, 43, 20, 0, 0, 63, 43), ("B", 67, 65, 2, 0, 0, 67, 65)]
    [pair] = found["comparisons"]
    assert (pair["better"], pair["other"], pair["messages"], pair["is_sure"]) == ("B", "A", 130, True)
    assert pair["difference"] == pytest.approx(65 / 67 - 43 / 63)
    assert pair["interval"][0] < pair["difference"] < pair["interval"][1]
    assert found["split"]["planned"] == [1.0, 1.0]
    assert found["split"]["p_value"] == pytest.approx(0.7257, abs=1e-4)
    assert [
        (row["country"], row["operator"], row["variant"], row["messages"], row["reached"]) for row in found["places"]
    ] == [
        ("FI", "fi.elisa", "A", 60, 40),
        ("FI", "fi.elisa", "B", 67, 65),
        ("SE", "se.telia", "A", 3, 3),
        ("SE", "se.telia", "B", 0, 0),
    ]


def test_words_are_those_of_the_language(mine, sale):
    in_finnish, in_english = (mine.get(f"campaigns/{sale.id}/ab/", lang=lang).json() for lang in ("fi", "en"))

    assert in_english["sentence"].startswith("B reached 97.0")
    assert in_finnish["sentence"].replace("\N{NO-BREAK SPACE}", " ").startswith("B tavoitti 97,0 % vastaanottajistaan")
    assert len(in_finnish["notes"]) == len(in_english["notes"]) == 1
    assert {name for name in in_finnish if in_finnish[name] != in_english[name]} == {"sentence", "notes", "data_as_of"}


def test_answer_has_its_instant_zone_and_maturity(mine, feed, sale):
    apply(feed, *[sent(f"late-{n}", 1000, "sale|A") for n in range(32)])
    by_variants = mine.get(f"campaigns/{sale.id}/ab/").json()
    by_ref_ids = mine.get(f"campaigns/{sale.id}/ab/", a="sale|A", b="sale|B").json()

    assert [found["maturity"] for found in (by_variants, by_ref_ids)] == [130 / 162, 130 / 162]
    assert (by_variants["timezone"], by_variants["data_as_of"][-1]) == ("Europe/Helsinki", "Z")


def test_variants_by_ref_ids(mine, sale):
    answer = mine.get(f"campaigns/{sale.id}/ab/", a=["sale|A", "sale"], b="sale|B")
    assert [(v["name"], v["messages"]) for v in answer.json()["variants"]] == [("A", 64), ("B", 67)]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"split": "1"}, "split: a positive number for each variant"),
        ({"split": "1:1:1"}, "split: 3 weights for 2 variants"),
        ({"a": "x"}, "a: Give refIds for two variants or more."),
        ({"a": "x", "b": "x"}, "b: The refId “x” is in two variants."),
        ({"within": "0"}, "within:"),
        ({"metric": "luck"}, "metric:"),
        ({"rate": "5"}, "rate: unknown parameter"),
    ],
)
def test_wrong_parameter_is_refused_by_its_name(mine, sale, query, text):
    answer = mine.get(f"campaigns/{sale.id}/ab/", **query)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(text)


def test_more_variants_than_are_compared(mine, feed, sale):
    apply(feed, *[sent(f"m{n}", 1001, f"wide|{n}") for n in range(21)])
    answer = mine.get(f"campaigns/{Campaign.objects.get(name='wide').id}/ab/")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("a: the campaign has 21 variants, at most 20")


def test_campaign_of_another_tenant_is_not_found(theirs, sale):
    assert theirs.get(f"campaigns/{sale.id}/ab/").status_code == 404
    assert theirs.get("campaigns/0/ab/").status_code == 404


def test_names_are_masked_without_the_scope(call, tenant, feed, sale):
    number = "+46701112233"
    apply(feed, *many(f"to {number}|{number}", 35, 0, operator=number))
    campaign = Campaign.objects.get(name=f"to {number}")
    masked = call(tenant, "read").get(f"campaigns/{campaign.id}/ab/")
    assert "1112233" not in masked.content.decode()
    assert "1112233" in call(tenant).get(f"campaigns/{campaign.id}/ab/").content.decode()


def test_key_of_an_account_compares_nothing(whole_account, sale):
    """The campaign may have messages at other accounts."""
    answer = whole_account.get(f"campaigns/{sale.id}/ab/")
    assert (answer.status_code, "use a key of the customer" in answer.json()["detail"]) == (403, True)


def test_without_events_there_are_no_conversions(mine, sale):
    assert mine.get(f"campaigns/{sale.id}/ab/").json()["conversions"] is None
