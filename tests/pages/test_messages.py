"""Message Search: what each filter finds, pages, wrong input, what is offered, its file."""

import re
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import connection

from deliveries.message_pages import views
from deliveries.message_pages.presenter import MessageRow
from deliveries.models import Message
from portal.accounts.models import AuditEntry, Role
from portal.common import keyset
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from portal.tenants.tokens import seal
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.pages.searched import DIGITS, MASKED, NUMBER, URL, ask, day, ids, sent, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("n", (1, 3))
def test_list_needs_as_many_queries_for_one_as_for_three(
    client, feed, tenant, other_tenant, manager, n, django_assert_num_queries
):
    apply(feed, *(sent(f"m{i}", ago=9 - i, refId=f"r{i}") for i in range(n)), sent("theirs", partner="baltic-ee"))
    client.force_login(manager)

    with django_assert_num_queries(30):
        response = ask(client)

    assert ids(response) == ["m2", "m1", "m0"][3 - n :]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["e/1+", "d", "c", "b", "a"]),
        ({"number": NUMBER}, ["a"]),
        ({"number": "00358 (0)40-765 4398"}, ["a"]),
        ({"number": "358.40.7654398"}, ["a"]),
        ({"number": "+35840765439"}, []),
        ({"number": "\u202a+358407654398\u202c"}, ["a"]),
        ({"number": "tel:+358-40-7654398"}, ["a"]),
        ({"number": "040 765 4398"}, ["a"]),
        ({"number": "0407654398"}, ["a"]),
        ({"ref_id": "sale|A"}, ["a"]),
        ({"ref_id": "sale"}, []),
        ({"ref_id_prefix": "sale"}, ["b", "a"]),
        ({"ref_id_prefix": "SALE"}, []),
        ({"message_id": "e/1+"}, ["e/1+"]),
        ({"message_id": "theirs"}, []),
        ({"message_id": "e/1+$0"}, ["e/1+"]),
        ({"message_id": "e/1+$x"}, []),
        ({"campaign": "sale"}, ["b", "a"]),
        ({"campaign": "sal"}, []),
        ({"variant": "B"}, ["b"]),
        ({"campaign": "sale", "variant": "A"}, ["a"]),
        ({"partner_id": "nr-se"}, ["c"]),
        ({"partner_id": "baltic-ee"}, []),
        ({"status": "failed"}, ["b"]),
        ({"status": ["failed", "expired"]}, ["d", "b"]),
        ({"counts_as": "failed"}, ["d", "b"]),
        ({"counts_as": "delivered"}, ["a"]),
        ({"counts_as": "pending"}, ["c"]),
        ({"counts_as": ["unknown", "delivered"]}, ["e/1+", "a"]),
        ({"counts_as": "failed", "status": "sent"}, ["d", "c", "b"]),
        ({"country": "SE"}, ["c"]),
        ({"country": "fi"}, ["d", "b", "a"]),
        ({"operator": "fi.elisa"}, ["d", "a"]),
        ({"result_code": "1006"}, ["b"]),
        ({"tenant": "nordic-retail", "country": "SE"}, ["c"]),
        ({"from": 8, "to": 7}, ["c", "b"]),
        ({"from": 6}, ["e/1+", "d"]),
        ({"from": 8, "to": 7, "period": "today"}, ["c", "b"]),  # dates win
        ({"period": "today"}, []),
        ({"period": "all", "operator": "fi.elisa", "counts_as": "failed"}, ["d"]),
    ],
)
def test_filter_finds_exactly_its_messages(client, messages, viewer, query, found):
    client.force_login(viewer)

    response = ask(
        client, **{key: str(day(value)) if isinstance(value, int) else value for key, value in query.items()}
    )

    assert (response.status_code, ids(response)) == (200, found)


def test_parent_finds_a_childs_messages_and_can_ask_for_them_alone(client, feed, family, viewer):
    apply(feed, sent("own", refId="sale"), sent("childs", ago=8, partner="nr-no", refId="sale"))
    client.force_login(viewer)

    asked = [{}, {"tenant": "nr-norge"}, {"tenant": "nordic-retail"}, {"campaign": "sale"}]

    assert [ids(ask(client, **query)) for query in asked] == [["childs", "own"], ["childs"], ["own"], ["childs", "own"]]
    assert ids(client.get("/t/nr-norge/messages/")) == ["childs"]


def test_pages_give_every_message_once_and_back(client, feed, tenant, viewer):
    apply(feed, *(sent(f"m{n:03}", ago=2 + n % 20) for n in range(120)))
    client.force_login(viewer)
    whole = [m.message_id for m in Message.objects.order_by("-sent_at", "-message_id")]

    page, seen = ask(client), []
    while True:
        seen.append(ids(page))
        if not page.context["older"]:
            break
        page = client.get(f"{URL}?{page.context['older']}")
    back = [ids(page)]
    while page.context["newer"]:
        page = client.get(f"{URL}?{page.context['newer']}")
        back.insert(0, ids(page))

    assert ([one for part in seen for one in part], [len(part) for part in seen]) == (whole, [50, 50, 20])
    assert back == seen
    assert ids(client.get(f"{URL}?{page.context['newest']}")) == whole[:50]


def test_pages_keep_their_filters(client, feed, tenant, viewer):
    apply(feed, *(sent(f"m{n:03}", 1006 if n % 2 else 1001) for n in range(120)))
    client.force_login(viewer)

    older = ask(client, counts_as="failed", period="30d").context["older"]

    assert len(ids(client.get(f"{URL}?{older}"))) == 10


def test_old_messages_are_shown_where_there_are_no_newer_ones(client, feed, tenant, viewer):
    apply(feed, sent("old", ago=200))
    client.force_login(viewer)

    assert [ids(ask(client)), ids(ask(client, country="ZZ")), ids(ask(client, message_id="old"))] == [
        ["old"], [], ["old"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("prefix", "role", "found"),
    [
        ("to-35840", Role.ANALYST, None),
        ("to-358-40", Role.VIEWER, None),
        ("to-3584", Role.VIEWER, ["m"]),
        ("autumn-2026", Role.VIEWER, ["n"]),
        ("to-35840", Role.MANAGER, ["m"]),
    ],
)
def test_ref_id_prefix_tells_no_masked_number(client, feed, tenant, prefix, role, found):
    apply(feed, sent("m", refId="to-358407654398"), sent("n", refId="autumn-2026-10"))
    client.force_login(make_user("some@example.com", tenant, role))

    response = ask(client, ref_id_prefix=prefix)

    if found is None:
        assert (response.status_code, list(response.context["form"].errors), ids(response)) == (
            422, ["ref_id_prefix"], [],
        )  # fmt: skip
        assert "Five or more digits may be part of a phone number" in text_of(response)
    else:
        assert (response.status_code, ids(response)) == (200, found)


def test_spaces_at_the_ends_of_ref_ids_and_partner_ids_count(client, feed, tenant, account, viewer):
    PartnerId.objects.create(account=account, value=" nr", tenant=tenant)
    apply(feed, sent("m", refId="sale ", partner=" nr"), sent("n", refId="sale"))
    client.force_login(viewer)
    asked = [{"ref_id": "sale "}, {"ref_id": "sale"}, {"ref_id": " sale"}, {"ref_id_prefix": "sale "}]
    asked += [{"partner_id": " nr"}, {"partner_id": "nr"}]

    found = [ids(ask(client, **query)) for query in asked]

    assert found == [["m"], ["n"], [], ["m"], ["m"], []]


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({}, 5),
        ({"counts_as": "failed"}, 2),
        ({"country": "FI", "operator": "fi.elisa"}, 2),
        ({"partner_id": "nr-fi"}, 4),
        ({"campaign": "sale"}, 2),
        ({"campaign": "sale", "variant": "A"}, 1),
        ({"result_code": "1006", "country": "FI"}, 1),
        ({"delivered_within": "60", "campaign": "sale"}, 1),
        ({"delivered_within": "60", "partner_id": "nr-fi"}, None),
        ({"hour": "10", "campaign": "sale"}, None),
        ({"campaign": "sale", "partner_id": "nr-fi"}, None),
        ({"number": NUMBER}, None),
        ({"ref_id_prefix": "sale"}, None),
    ],
)
def test_total_is_said_where_the_counts_know_it(client, messages, viewer, query, total):
    client.force_login(viewer)

    assert ask(client, **query).context["total"] == total


def test_partner_over_the_daily_limit_has_no_total_of_its_own(client, messages, tenant, viewer):
    """Some of its messages may be counted under “(other)”."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE message SET flags = flags | 8 WHERE message_id = 'b'")
        cursor.execute("UPDATE daily_count SET partner_id = '(other)' WHERE result_code = 1006")
    client.force_login(viewer)

    found = [ask(client, partner_id=value) for value in ("nr-fi", "(other)")]

    assert [(ids(page), page.context["total"]) for page in found] == [(["e/1+", "d", "b", "a"], None), (["b"], 1)]


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ({"number": "1" * 101}, "number", "at most 100 characters"),
        ({"number": "+35840*"}, "number", "Enter a whole number"),
        ({"ref_id": "a\0"}, "ref_id", "Null characters"),
        ({"ref_id": "x" * 257}, "ref_id", "at most 256 characters"),
        ({"country": "XX"}, "country", "“XX” is not one of the choices."),
        ({"operator": "FI.Elisa"}, "operator", "Did you mean fi.elisa?"),
        ({"status": "lost"}, "status", "“lost” is not one of the choices."),
        ({"result_code": "1e3"}, "result_code", "whole number"),
        ({"hour": "24"}, "hour", "less than or equal to 23"),
        ({"result_code": "2147483648"}, "result_code", "less than or equal to 2147483647"),
        ({"tenant": "baltic-parcel"}, "tenant", "“baltic-parcel” is not one of the choices."),
        ({"from": "yesterday"}, "from", "From: “yesterday” is not a date. Write it as 31 Oct 2026."),
        ({"to": "2026-11-02"}, "from", "first day is missing"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "to", "before the first"),
        ({"from": "2020-11-02", "to": "2026-11-01"}, "from", "At most 1100 days"),
        ({"period": "ever"}, "__all__", "period: one of"),
        ({"size": "1000"}, "size", "25, 50 or 100, not “1000”"),
        ({"operater": "x"}, "__all__", "Unknown filter “operater”"),
        ({"cursor": "x"}, "__all__", "does not exist"),
    ],
)
def test_wrong_input_is_told_at_its_field_and_the_rest_stays(client, messages, viewer, query, field, text):
    client.force_login(viewer)

    response = ask(client, **query, variant="kept")

    errors = response.context["form"].errors
    assert (response.status_code, list(errors), ids(response)) == (422, [field], [])
    assert text in str(errors[field])
    assert 'name="variant" value="kept"' in text_of(response)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("country", "Norway", "NO"),
        ("country", "Norja", "NO"),
        ("country", "UK", "GB"),
        ("tenant", "nordic-retial", "nordic-retail"),
        ("tenant", "Nordic Retail Oy", "nordic-retail"),
        ("status", "Failed", "failed"),
        ("status", "delivred", "delivered"),
    ],
)
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "“{}” is not one of the choices. Did you mean {}?"),
        ("fi", "”{}” ei ole vaihtoehto. Tarkoititko {}?"),
    ],
)
def test_unknown_choice_names_the_nearest(client, messages, viewer, language, text, name, value, meant):
    client.cookies["language"] = language
    client.force_login(viewer)

    response = ask(client, **{name: value})

    assert (response.status_code, list(response.context["form"].errors)) == (422, [name])
    assert text.format(value, meant) in text_of(response)


def test_choice_is_known_by_its_label_too(client, messages, viewer):
    client.cookies["language"] = "fi"
    client.force_login(viewer)
    assert "Tarkoititko delivered?" in text_of(ask(client, counts_as="Toimitettu"))


def test_tenants_of_others_are_not_named_as_nearest(client, messages, viewer):
    client.force_login(viewer)
    assert "baltic-parcel" not in text_of(ask(client, tenant="baltic-parcle"))


def test_very_long_choice_is_shown_in_part(client, messages, viewer):
    client.force_login(viewer)
    assert f"“{'x' * 100}…” is not one of the choices." in text_of(ask(client, country="x" * 2000))


@pytest.mark.parametrize(
    ("backwards", "at"), [(1, "0001-01-01T00:00:00+00:00"), (0, "9999-12-31T23:00:00+00:00"), (0, "1969-12-31")]
)
def test_made_up_cursor_is_no_page_of_the_list(client, messages, viewer, backwards, at):
    client.force_login(viewer)

    cursor = seal(keyset.encode((at, "a", 1), backwards=bool(backwards)), purpose="message-cursor")
    response = ask(client, cursor=cursor)

    assert (response.status_code, response.context["state"]) == (422, "wrong")


def test_part_of_a_page_for_htmx_pushes_the_address_without_empty_fields(client, messages, viewer):
    client.force_login(viewer)
    query = {"country": "SE", "number": "", "from": ""}

    part = client.get(URL, query, headers={"HX-Request": "true"})
    back = client.get(URL, {"country": "SE"}, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert (part.headers["HX-Push-Url"], "<html" in text_of(part), ids(part)) == (f"{URL}?country=SE", False, ["c"])
    assert ("<html" in text_of(back), ids(back)) == (True, ["c"])
    assert client.get(URL, query).headers["Location"] == f"{URL}?country=SE"


@pytest.mark.parametrize(
    ("language", "query", "words"),
    [
        ("en", {"from": "2026-10-01", "to": "2026-10-31"}, "1 Oct 2026 – 31 Oct 2026"),
        ("fi", {"from": "2026-10-01", "to": "2026-10-31"}, "1.10.2026 – 31.10.2026"),
        ("en", {"from": "2026-10-05", "to": "2026-10-05"}, "5 Oct 2026"),
        ("fi", {"period": "7d"}, "7 päivää"),
        ("en", {"country": "fi"}, "Finland"),
        ("fi", {"country": "FI"}, "Suomi"),
        ("en", {"result_code": 1004}, "1004 The phone's memory is full"),
        ("fi", {"result_code": 1004}, "1004 Puhelimen muisti on täynnä"),
        ("en", {"result_code": -1}, "No delivery report yet"),
        ("en", {"result_code": 9999}, "9999 Unknown result code"),
        ("fi", {"status": "expired"}, "Vanhentunut"),
    ],
)
def test_chips_are_in_the_words_of_the_page(client, messages, viewer, language, query, words):
    client.force_login(viewer)
    client.cookies["language"] = language

    assert [chip.words for chip in ask(client, **query).context["chips"]] == [words]


def test_chips_take_one_filter_away(client, messages, viewer):
    client.force_login(viewer)

    chips = ask(client, counts_as=["failed", "delivered"], country="FI", period="30d").context["chips"]

    assert [(chip.label, chip.words, chip.without) for chip in chips] == [
        ("Counts as", "Failed", "counts_as=delivered&country=FI&period=30d"),
        ("Counts as", "Delivered", "counts_as=failed&country=FI&period=30d"),
        ("Country", "Finland", "counts_as=failed&counts_as=delivered&period=30d"),
        ("Period", "30 days", "counts_as=failed&counts_as=delivered&country=FI"),
    ]


def test_nothing_found_says_which_filter_to_loosen(client, messages, viewer):
    client.force_login(viewer)

    response = ask(client, operator="fi.elisa", counts_as="pending", period="30d")

    assert [(one.words, one.query) for one in response.context["loosened"]] == [
        ("Operator: fi.elisa", "counts_as=pending&period=30d"),
        ("Counts as: Pending", "operator=fi.elisa&period=30d"),
    ]


def test_filter_given_many_times_is_not_tried_without_each(client, messages, viewer, django_assert_num_queries):
    client.force_login(viewer)

    response = ask(client, status=["queued"] * 40, message_id="nowhere")

    assert (response.context["state"], len(response.context["chips"]), response.context["loosened"]) == (
        "nothing",
        41,
        [],
    )
    with django_assert_num_queries(63):
        ask(client, status=["queued"] * 40, message_id="nowhere")


@pytest.mark.parametrize(("size", "lengths"), [("25", [25, 25, 25, 25, 10]), ("50", [50, 50, 10]), ("100", [100, 10])])
def test_pages_keep_their_size(client, feed, tenant, viewer, size, lengths):
    apply(feed, *(sent(f"m{n:03}", 1006, ago=2 + n % 20) for n in range(110)))
    client.force_login(viewer)

    page = ask(client, counts_as="failed", size=size)
    found = [len(ids(page))]
    while page.context["older"]:
        page = client.get(f"{URL}?{page.context['older']}")
        found.append(len(ids(page)))
    back = client.get(f"{URL}?{page.context['newer']}")

    assert (found, len(ids(back))) == (lengths, lengths[-2])


def test_size_is_offered_and_is_no_filter(client, feed, tenant, viewer):
    apply(feed, *(sent(f"m{n:03}", ago=200) for n in range(30)))
    client.force_login(viewer)

    page = ask(client, size="25")

    assert (len(ids(page)), page.context["chips"], page.context["form"].has_more) == (25, [], False)
    assert page.context["form"].sizes == [
        (25, "period=all&size=25", True), (50, "period=all&size=50", False), (100, "period=all&size=100", False),
    ]  # fmt: skip
    assert '<input type="hidden" name="size" value="25">' in text_of(page)
    assert len(ids(client.get(f"{URL}?period=all&size=100"))) == 30


def test_messages_without_a_campaign_are_found(client, messages, viewer):
    client.force_login(viewer)

    page = ask(client, campaign="(none)")
    failed = ask(client, campaign="(none)", counts_as="failed")

    assert (ids(page), page.context["total"], ids(failed)) == (["e/1+", "c"], 2, [])
    assert [(chip.label, chip.words) for chip in page.context["chips"]] == [("Campaign", "(no campaign)")]


@pytest.mark.parametrize("id_", ["..", ".", "a/../b", "./a", "../.."])
def test_message_whose_id_browsers_would_fold_has_an_address_with_a_query(client, feed, tenant, viewer, id_):
    apply(feed, sent(id_), sent("a...b"))
    client.force_login(viewer)

    urls = {row.message_id: row.url for row in ask(client).context["rows"]}

    assert urls == {
        id_: f"/t/nordic-retail/messages/message/?{urlencode({'account': 'link-main', 'id': id_})}",
        "a...b": "/t/nordic-retail/messages/link-main/a...b/",
    }
    assert [client.get(url).context["row"].message_id for url in urls.values()] == list(urls)
    assert client.get("/t/nordic-retail/messages/message/?account=link-main&id=").status_code == 404


@pytest.mark.parametrize("id_", ["a\nb", "a\r\u2028b", "a//b", "a/", "%0A", "x?y#z"])
def test_message_has_an_address_whatever_is_in_its_id(client, feed, tenant, viewer, id_):
    apply(feed, sent(id_))
    client.force_login(viewer)

    (row,) = ask(client).context["rows"]

    assert (row.message_id, client.get(row.url).context["row"].message_id) == (id_, id_)


def test_tenant_without_messages_is_told_how_they_come(client, tenant, viewer):
    client.force_login(viewer)

    assert "No messages yet" in text_of(ask(client))


def test_search_that_takes_too_long_says_so(client, feed, tenant, viewer, monkeypatch):
    """Somebody else holds the table, so that no plan is fast enough."""
    monkeypatch.setattr(views, "SECONDS", 0.05)
    client.force_login(viewer)
    settings = connection.get_connection_params()
    settings = {name: settings[name] for name in ("dbname", "user", "password", "host", "port") if name in settings}
    with psycopg.connect(**settings) as other:
        other.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        response = ask(client, variant="A", period="all")
        other.rollback()

    assert (response.status_code, response.context["state"]) == (200, "too_much")
    assert "The search took too long" in text_of(response)


def test_campaigns_are_offered_by_what_their_names_begin_with(client, messages, family, stranger, viewer):
    client.force_login(viewer)
    names = re.findall(r'value="([^"]*)"', text_of(client.get(f"{URL}campaigns/", {"campaign": "sa"})))
    client.force_login(stranger)
    theirs = re.findall(r'value="([^"]*)"', text_of(client.get("/t/baltic-parcel/messages/campaigns/")))

    assert (names, theirs) == (["sale"], ["sale|A"])


def test_file_holds_what_the_page_shows_and_nothing_to_calculate(client, feed, messages, tenant, viewer):
    apply(feed, sent("=1+1", ago=1, refId="=cmd|A", operator="@x", customParameters={"destination": NUMBER}))
    client.force_login(viewer)

    response = client.get(f"{URL}download/", {"number": NUMBER})

    rows = [line.strip('"').split('";"') for line in response.content.decode("utf-8-sig").split("\r\n")]
    assert rows[0] == [
        "Sent (Europe/Helsinki)", "Customer", "Account", "Message id", "Number", "Sender", "Country code", "Country",
        "Operator", "Status", "Counts as", "Result code", "Meaning", "RefId", "Campaign", "Variant", "Partner ID",
        "Parts", "Time to delivery (seconds)",
    ]  # fmt: skip
    assert [row[1:] for row in rows[1:-1]] == [
        ["Nordic Retail Oy", "link-main", name, MASKED, "", "FI", "Finland", operator, "Delivered", "Delivered", "1001",
         "Delivered", ref_id, campaign, "A", "nr-fi", "1", "5"]
        for name, operator, ref_id, campaign in (
            ("'=1+1", "'@x", "'=cmd|A", "'=cmd"),
            ("a", "fi.elisa", "sale|A", "sale"),
        )
    ]  # fmt: skip
    assert DIGITS not in response.content.decode()
    assert AuditEntry.objects.get(action="message.downloaded").details == {"messages": 2}


def test_file_is_of_the_page_that_is_shown(client, feed, tenant, viewer):
    apply(feed, *(sent(f"m{n:03}", ago=2 + n % 20) for n in range(60)))
    client.force_login(viewer)
    second = client.get(f"{URL}?{ask(client).context['older']}")

    lines = client.get(f"{URL}download/?{second.context['file']}").content.decode("utf-8-sig").split("\r\n")

    assert [line.split('";"')[3] for line in lines[1:-1]] == ids(second)
    assert client.get(f"{URL}download/", {"number": "1*"}).headers["Location"] == f"{URL}?number=1%2A"


@pytest.mark.parametrize("page", ["", "campaigns/", "download/", "link-main/a/"])
def test_stranger_gets_nothing(client, messages, stranger, page):
    client.force_login(stranger)

    assert client.get(URL + page).status_code == 404


@pytest.mark.parametrize("address", ["link-main/theirs/", "link-main/nothing/", "nobody/a/"])
def test_message_of_another_is_not_there(client, messages, owner, address):
    client.force_login(owner)

    assert client.get(URL + address).status_code == 404


def test_pages_speak_finnish(client, messages, viewer):
    client.force_login(viewer)
    client.cookies["language"] = "fi"

    pages = [text_of(ask(client)), text_of(client.get(f"{URL}link-main/b/"))]

    assert ["Viestit" in pages[0], "Toimituskuittaukset" in pages[1]] == [True, True]


@pytest.mark.parametrize(
    ("ref_id", "campaign", "variant", "words"),
    [
        ("sale|B", "sale", "B", ""),
        ("sale", "sale", "", ""),
        ("shop|sale|B", "sale", "B", "sale · B"),
        ("sale|x|B", "sale", "B", "sale · B"),
        ("sale|B", "autumn", "B", "autumn · B"),
        ("", "sale", "", "sale"),
        ("", "", "", ""),
    ],
)
def test_campaign_is_shown_where_the_ref_id_does_not_say_it(ref_id, campaign, variant, words):
    values = dict.fromkeys(MessageRow.__slots__, "") | {"ref_id": ref_id, "campaign": campaign, "variant": variant}

    assert MessageRow(**values).campaign_words == words


def test_code_stands_beside_a_status_that_it_says_more_about(client, feed, viewer):
    apply(feed, sent("fine", 1001), sent("gone", 1006))
    client.force_login(viewer)

    rows = {row.message_id: row.shows_code for row in ask(client).context["rows"]}

    assert rows == {"fine": False, "gone": True}


def test_codes_are_named_as_the_customers_own_gateway_means_them(client, account, feed, tenant, other_tenant, viewer):
    pool = Tenant.objects.create(slug="pool-mylink", name="Pool of mylink", kind="pool")
    mylink = GatewayAccount.objects.create(name="mylink", platform_id="X", pool=pool)
    Feed.objects.create(account=mylink, name="main", dialect="mylink_sms")
    client.force_login(viewer)

    def named() -> tuple[str, str]:
        context = client.get("/t/nordic-retail/messages/?result_code=1001").context
        return dict(context["codes"])[1001], next(chip.words for chip in context["chips"] if chip.name == "result_code")

    assert named() == ("Delivered", "1001 Delivered")
    PartnerId.objects.create(account=mylink, value="x", tenant=tenant, declared_at=NOW)
    both = "Delivered / Sent to the operator's gateway"
    assert named() == (both, f"1001 {both}")
    PartnerId.objects.filter(account=account).update(tenant=other_tenant)
    assert named() == ("Sent to the operator's gateway", "1001 Sent to the operator's gateway")
