"""/api/v1/messages/ and /api/v1/partner-ids/."""

import gzip
import json
from urllib.parse import urljoin

import pytest
from django.utils import timezone

from campaigns.models import RefIdScheme
from deliveries.models import PartnerMove
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from portal.tenants.models import PartnerId
from tests.api.conftest import CANARY, sent
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db

MASKED, IN_FULL = "+358 •••••••67", "+358401234567"


def ids(answer) -> list[str]:
    return [message["id"] for message in answer.json()["data"]]


def test_message_with_its_reports(mine, messages):
    body = mine.get("messages/link-main/a/").json()

    received, updated = body.pop("received_at"), body.pop("updated_at")
    campaign = body.pop("campaign")
    reports = [(line["result_code"], line["status_at"], line["part"]) for line in body.pop("reports")]
    assert (received[-1], campaign["name"], updated >= received) == ("Z", "sale", True)
    assert body.pop("data_as_of") > updated
    assert reports == [(1000, "2026-11-02T10:00:02Z", None), (1001, "2026-11-02T10:00:05Z", None)]
    assert body == {
        "id": "a",
        "account": "link-main",
        "tenant": "nordic-retail",
        "day": "2026-11-02",
        "partner_id": "nr-fi",
        "ref_id": "sale",
        "variant": "",
        "labels": {},
        "custom_parameters": {"shop": "7"},
        "source": None,
        "sender_type": "",
        "destination": IN_FULL,
        "country": "FI",
        "operator": "",
        "parts": 1,
        "status": "delivered",
        "counts_as": "delivered",
        "result_code": 1001,
        "final": True,
        "sent_at": "2026-11-02T10:00:00Z",
        "status_at": "2026-11-02T10:00:05Z",
        "delivered_at": "2026-11-02T10:00:05Z",
        "url": "/api/v1/messages/link-main/a/",
        "timezone": "UTC",
    }


def test_numbers_are_masked_without_their_scope(call, tenant, feed, messages):
    apply(feed, sent("c", 1001, "nr-fi", customParameters={"source": IN_FULL, "destination": IN_FULL}))
    reader, trusted = call(tenant, "read"), call(tenant, "read", "numbers")

    def numbers(caller) -> tuple:
        one = caller.get("messages/link-main/c/").json()
        listed = caller.get("messages/", message_id="c").json()["data"][0]
        return one["source"], one["destination"], listed["source"], listed["destination"]

    assert (numbers(reader), numbers(trusted)) == ((MASKED,) * 4, (IN_FULL,) * 4)
    assert IN_FULL[4:] not in reader.get("messages/").content.decode()


def test_numbers_in_what_a_sender_wrote_are_masked_without_their_scope(call, tenant, feed, messages):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant", "who"])
    texts = {"destination": IN_FULL, "again": "040 123 45 67", "shop": "7"}
    apply(feed, sent("c", 1001, "nr-fi", refId="to-0401234567|0401234567|w0401234567", customParameters=texts))

    def written(caller) -> list:
        one = caller.get("messages/link-main/c/").json()
        names = ("ref_id", "variant", "labels", "custom_parameters")
        return [one["campaign"]["name"], *(one[name] for name in names)]

    assert written(call(tenant, "read")) == [
        MASKED, MASKED, MASKED, {"who": MASKED}, {"again": MASKED, "shop": "7"},
    ]  # fmt: skip
    assert written(call(tenant, "read", "numbers")) == [
        "to-0401234567",
        "to-0401234567|0401234567|w0401234567",
        "0401234567",
        {"who": "w0401234567"},
        {"again": "040 123 45 67", "shop": "7"},
    ]


def test_id_with_a_line_break_has_an_address(mine, client, feed, messages):
    apply(feed, sent("a\nb", 1001, "nr-fi"))

    url = mine.get("messages/", message_id="a\nb").json()["data"][0]["url"]

    assert (url, client.get(url, headers=mine.headers).json()["id"]) == ("/api/v1/messages/link-main/a%0Ab/", "a\nb")


def test_pages(mine, messages):
    first = mine.get("messages/", size=2)
    second = mine.get("messages/", size=2, cursor=first.json()["next_cursor"])
    back = mine.get("messages/", size=2, cursor=second.json()["previous_cursor"])

    assert [ids(first), ids(second), ids(back)] == [["second-1", "b"], ["a"], ["second-1", "b"]]
    assert (first.json()["previous_cursor"], second.json()["next_cursor"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"from": "2026-11-02", "to": "2026-11-02"}, ["second-1", "b", "a"]),
        ({"from": "2026-11-03"}, []),
        ({"number": IN_FULL}, ["a"]),
        ({"number": "+358 (0)40 1234567"}, ["a"]),
        ({"number": "\u202a+358401234567\u202c"}, ["a"]),
        ({"number": "+358\u201140.123/4567"}, ["a"]),
        ({"number": "0401234567"}, ["a"]),
        ({"number": "0701234567"}, []),
        ({"number": ["040 123 45 67", "+46 (0)70 123 45 67"]}, ["b", "a"]),
        ({"ref_id": "sale"}, ["a"]),
        ({"ref_id_prefix": "else"}, ["second-1"]),
        ({"message_id": "b"}, ["b"]),
        ({"message_id": "b$0"}, ["b"]),
        ({"message_id": "b$"}, []),
        ({"message_id": f"{CANARY}-1"}, []),
        ({"partner_id": "nr-fi"}, ["b", "a"]),
        ({"partner_id": CANARY}, []),
        ({"status": ["failed", "sent"]}, ["b"]),
        ({"country": "SE"}, ["b"]),
        ({"result_code": "1006"}, ["b"]),
        ({"campaign_id": "0"}, ["b"]),
        ({"account": "second"}, ["second-1"]),
        ({"campaign": "sale"}, ["a"]),
        ({"campaign": CANARY}, []),
        ({"operator": "nobody"}, []),
        ({"variant": "B"}, []),
        ({"counts_as": "failed"}, ["b"]),
        ({"counts_as": ["failed", "delivered"]}, ["second-1", "b", "a"]),
        ({"counts_as": "pending", "status": ["failed", "sent"]}, []),
        ({"counts_as": "pending", "status": "failed"}, []),
        ({"tenant": "nordic-retail"}, ["second-1", "b", "a"]),
        ({"period": "last_year"}, []),
    ],
)
def test_filters(mine, messages, query, wanted):
    assert ids(mine.get("messages/", **query)) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "yesterday"),
        ("period", "soon"),
        ("counts_as", "lost"),
        ("operator", "x" * 4097),
        ("size", "501"),
        ("size", ""),
        ("status", "lost"),
        ("result_code", "1e3"),
        ("campaign_id", "2147483648"),
        ("account", "nobody"),
        ("tenant", "baltic-parcel"),
        ("tenant", "Nordic-Retail"),
        ("country", "fi"),
        ("country", "UK"),
        ("country", "Norway"),
        ("cursor", "x"),
        ("ref_id", "a\0"),
        ("number", ["1", ""]),
        ("message_id", ["1", "2"]),
    ],
)
def test_impossible_filters_are_refused_by_name(mine, name, value):
    answer = mine.get("messages/", **{name: value})

    assert (answer.status_code, [error["parameter"] for error in answer.json()["errors"]]) == (400, [name])


@pytest.mark.parametrize(
    ("prefix", "scopes", "found"),
    [
        ("to-35840", ("read",), None),
        ("to-358-40", ("read",), None),
        ("to-3584", ("read",), ["c"]),
        ("2026-11-0", ("read",), ["d"]),
        ("to-35840", ("read", "numbers"), ["c"]),
    ],
)
def test_ref_id_prefix_tells_no_masked_number(call, tenant, feed, messages, prefix, scopes, found):
    apply(feed, sent("c", 1001, "nr-fi", refId="to-358401234567"), sent("d", 1001, "nr-fi", refId="2026-11-02 sale"))

    answer = call(tenant, *scopes).get("messages/", ref_id_prefix=prefix)

    if found is None:
        assert (answer.status_code, [e["parameter"] for e in answer.json()["errors"]]) == (400, ["ref_id_prefix"])
    else:
        assert ids(answer) == found


@pytest.fixture
def segments(tenant, other_tenant, messages, feed):
    """Segment keys for `messages`: the tenant's keys shop and tier, the other tenant's key shop."""
    for owner, key in ((tenant, "shop"), (tenant, "tier"), (other_tenant, "shop")):
        choose(tenant=owner, key=key, actor="manager@example.com", now=timezone.now())
    run_segment_keys()
    apply(
        feed,
        sent("c", 1001, "nr-fi", customParameters={"shop": "7", "tier": "gold"}),
        sent(f"{CANARY}-2", 1001, CANARY, customParameters={"shop": "7"}),
    )


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"custom_parameters[shop]": "7"}, ["c", "a"]),
        ({"custom_parameters[shop]": "7", "custom_parameters[tier]": "gold"}, ["c"]),
        ({"custom_parameters[shop]": "7", "ref_id": "sale"}, ["a"]),
        ({"custom_parameters[shop]": CANARY}, []),
        ({"custom_parameters[shop]": "07"}, []),
    ],
)
def test_messages_are_found_by_custom_parameters(mine, segments, query, wanted):
    assert ids(mine.get("messages/", **query)) == wanted


def test_custom_parameters_are_looked_for_where_they_are_chosen(whole_account, theirs, segments):
    query = {"custom_parameters[shop]": "7"}

    assert ids(whole_account.get("messages/", **query)) == [f"{CANARY}-2", "c", "a"]
    assert ids(theirs.get("messages/", **query)) == [f"{CANARY}-2"]


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        (
            "custom_parameters[language]",
            "fi",
            "this key cannot be searched: choose it in the settings, under Segments",
        ),
        ("custom_parameters[shop]", "", "enter a value"),
        (
            "custom_parameters[]",
            "7",
            "this key cannot be searched: choose it in the settings, under Segments",
        ),
        ("custom_parameters", "7", "needs a key, such as custom_parameters[key]=value"),
        ("custom_parameters[shop]", ["1", "2"], "given more than once"),
        ("custom_parameters[a\0]", "7", "a text without the character U+0000"),
    ],
)
def test_custom_parameters_that_cannot_be_searched_are_refused(mine, segments, name, value, detail):
    answer = mine.get("messages/", **{name: value})

    assert (answer.status_code, answer.json()["errors"]) == (400, [{"parameter": name, "detail": detail}])


def test_key_of_another_tenant_is_as_one_that_nobody_chose(theirs, segments):
    answer = theirs.get("messages/", **{"custom_parameters[tier]": "gold"})

    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [
            {
                "parameter": "custom_parameters[tier]",
                "detail": "this key cannot be searched: choose it in the settings, under Segments",
            }
        ],
    )


def test_search_by_custom_parameters_needs_one_query_more(mine, segments, django_assert_num_queries):
    with django_assert_num_queries(19):
        answer = mine.get("messages/", **{"custom_parameters[shop]": "7"})

    assert ids(answer) == ["c", "a"]


def test_message_of_others_is_as_one_that_there_is_not(mine, theirs, whole_account, messages):
    paths = [
        "messages/link-main/a/",
        f"messages/link-main/{CANARY}-1/",
        "messages/link-main/lost/",
        "messages/second/second-1/",
        "messages/second/a/",
        "messages/nobody/a/",
        "messages/link-main/a%00/",
    ]

    statuses = [[caller.get(path).status_code for path in paths] for caller in (mine, theirs, whole_account)]

    assert statuses == [
        [200, 404, 404, 200, 404, 404, 404],
        [404, 200, 404, 404, 404, 404, 404],
        [200, 200, 200, 404, 404, 404, 404],
    ]


def test_id_with_signs_has_an_address(mine, client, feed, messages):
    apply(feed, sent("a/b?c", 1001, "nr-fi"))

    url = mine.get("messages/", message_id="a/b?c").json()["data"][0]["url"]

    assert (url, client.get(url, headers=mine.headers).json()["id"]) == (
        "/api/v1/messages/link-main/a/b%3Fc/",
        "a/b?c",
    )


@pytest.mark.parametrize("path", ["messages/link-main/b$0/", "messages/one/?account=link-main&id=b%24254"])
def test_message_by_the_id_of_a_part(mine, client, messages, path):
    assert client.get(f"/api/v1/{path}", headers=mine.headers).json()["id"] == "b"


@pytest.mark.parametrize("id_", ["..", ".", "a/../b"])
def test_id_that_clients_fold_has_an_address_with_a_query(mine, theirs, client, feed, messages, id_):
    apply(feed, sent(id_, 1001, "nr-fi"))

    url = mine.get("messages/", message_id=id_).json()["data"][0]["url"]

    assert urljoin("https://example.com/x/", url) == f"https://example.com{url}"  # as clients resolve it
    assert client.get(url, headers=mine.headers).json()["id"] == id_
    assert client.get(url, headers=theirs.headers).status_code == 404
    refused = mine.get("messages/one/", id=id_)
    assert (refused.status_code, refused.json()["detail"]) == (400, "account: must be given")


@pytest.mark.parametrize(("operator", "status"), [("NO.Telenor", 400), ("no.telenor", 200), ("no.telia", 200)])
@pytest.mark.parametrize(
    ("path", "query"), [("messages/", {}), ("statistics/", {"from": "2026-11-01", "to": "2026-11-03"})]
)
def test_operator_in_another_spelling_is_refused_with_the_known_one(
    mine, feed, messages, path, query, operator, status
):
    apply(feed, sent("c", 1001, "nr-fi", operator="no.telenor"))

    answer = mine.get(path, operator=operator, **query)

    assert answer.status_code == status
    if status == 400:
        (error,) = answer.json()["errors"]
        assert error["parameter"] == "operator"
        assert "did you mean no.telenor?" in error["detail"]


@pytest.mark.parametrize(
    ("path", "name", "value", "meant"),
    [
        ("messages/", "country", "fi", "FI"),
        ("messages/", "country", "UK", "GB"),
        ("messages/", "country", "Norway", "NO"),
        ("messages/", "tenant", "nordic-retial", "nordic-retail"),
        ("messages/", "status", "Failed", "failed"),
        ("messages/", "account", "link-mian", "link-main"),
        ("statistics/", "country", "fi", "FI"),
        ("statistics/", "country", "Norway", "NO"),
        ("statistics/", "tenant", "Nordic-Retail", "nordic-retail"),
        ("statistics/", "sender_type", "MSISDN", "msisdn"),
        ("statistics/", "group_by", "contry", "country"),
        ("partner-ids/", "tenant", "nordic", "nordic-retail"),
        ("reports/", "tenant", "nordic-retial", "nordic-retail"),
        ("reports/", "state", "Done", "done"),
    ],
)
def test_unknown_value_of_a_filter_names_the_nearest(mine, messages, path, name, value, meant):
    answer = mine.get(path, **{name: value})

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["parameter"]) == (400, name)
    assert f"did you mean {meant}?" in error["detail"]


def test_other_tenants_are_not_named(mine, other_tenant, messages):
    detail = mine.get("messages/", tenant="baltic-parcle").json()["errors"][0]["detail"]
    assert "baltic-parcel" not in detail.replace("baltic-parcle", "")


def test_answers_are_compressed_for_who_takes_it(mine, client, messages):
    plain = mine.get("messages/")
    packed = client.get("/api/v1/messages/", headers=mine.headers | {"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content))["data"] == plain.json()["data"]


@pytest.mark.parametrize("size", [1, 3])
def test_number_of_queries_does_not_depend_on_the_messages(mine, messages, django_assert_num_queries, size):
    with django_assert_num_queries(18):
        answer = mine.get("messages/", size=size, ref_id_prefix="")

    assert len(answer.json()["data"]) == size


def test_partner_ids_with_their_moves(mine, tenant, messages):
    partner = PartnerId.objects.get(value="nr-fi")
    PartnerMove.objects.create(tenant=tenant, partner=partner, state="running", total=10, done=4)

    data = mine.get("partner-ids/").json()["data"]

    assert [(row["value"], row["account"], row["tenant"], row["move"]) for row in data] == [
        ("nr-second", "second", "nordic-retail", None),
        ("nr-fi", "link-main", "nordic-retail", {"state": "running", "total": 10, "moved": 4, "sealed": 0}),
    ]
    assert [(row["declared_at"] is None, row["first_seen_at"][-1]) for row in data] == [(False, "Z"), (False, "Z")]


def test_partner_ids_are_filtered_and_paged(mine, whole_account, messages):
    first = mine.get("partner-ids/", size=1).json()
    second = mine.get("partner-ids/", size=1, cursor=first["next_cursor"]).json()

    assert [[row["value"] for row in page["data"]] for page in (first, second)] == [["nr-second"], ["nr-fi"]]
    assert [row["value"] for row in mine.get("partner-ids/", account="second").json()["data"]] == ["nr-second"]
    undeclared = whole_account.get("partner-ids/", tenant="pool-link-main").json()["data"]
    assert [(row["value"], row["declared_at"]) for row in undeclared] == [("nobody", None)]
