"""Message Search by a pasted list of numbers: what is read, found and said, and that addresses hold no number."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache

from deliveries.erasure.erase import erase_number
from portal.accounts.models import Membership
from tests.deliveries.helpers import apply
from tests.pages.searched import NUMBER, SECOND, URL, ask, ids, sent, text_of

pytestmark = pytest.mark.django_db

LIST = f"{URL}numbers/"


@pytest.fixture(autouse=True)
def no_lists():
    cache.clear()
    yield
    cache.clear()


def paste(client, text: str, query: str = ""):
    return client.post(f"{LIST}?{query}" if query else LIST, {"numbers": text})


def id_in(response) -> str:
    return parse_qs(urlsplit(response["Location"]).query)["numbers"][0]


def test_list_finds_the_messages_to_any_of_its_numbers(client, messages, manager):
    client.force_login(manager)

    posted = paste(client, f"040 7654398\n{SECOND}; +358501112222\t00358 40 7654398, abc\n\n040-765 43 98\nnumber")
    page = client.get(posted["Location"])

    assert (posted.status_code, ids(page)) == (302, ["c", "b", "a"])
    assert "a list of 3 numbers" in text_of(page)
    for words in ("Line 2: abc", "Line 5: number", "Line 2: 00358 40 7654398 (as in line 1)",
                  "Line 4: 040-765 43 98 (as in line 1)", "2 entries of your list are no phone numbers"):  # fmt: skip
        assert words in text_of(page), words


def test_address_of_a_list_has_no_number(client, messages, manager):
    client.force_login(manager)

    posted = paste(client, f"{NUMBER}\n{SECOND}", "counts_as=delivered")
    page = client.get(posted["Location"])

    assert [digits in posted["Location"] + text_of(page).split("<table")[0] for digits in (NUMBER, SECOND)] == [
        False,
        False,
    ]
    assert len(posted["Location"]) < 100
    assert ids(page) == ["a"]


def test_list_is_narrowed_paged_and_downloaded(client, feed, messages, manager):
    client.force_login(manager)
    id_ = id_in(paste(client, f"{NUMBER}\n{SECOND}\n+358501112222\n+358509998888"))

    assert ids(ask(client, numbers=id_, counts_as="failed")) == ["d", "b"]
    assert ids(ask(client, numbers=id_, campaign="sale")) == ["b", "a"]
    first = ask(client, numbers=id_, size=25)
    assert [name for name, _text in first.context["form"].pairs] == ["numbers", "period", "size"]
    file = client.get(f"{URL}download/", {"numbers": id_}).content.decode("utf-8-sig")
    assert [line.split(";")[3] for line in file.splitlines()[1:]] == ['"d"', '"c"', '"b"', '"a"']


def test_pages_of_a_list_go_through_all_of_its_messages(client, feed, tenant, manager):
    apply(feed, *(sent(f"m{n:02}", ago=1 + n, customParameters={"destination": NUMBER}) for n in range(30)))
    client.force_login(manager)
    page = ask(client, numbers=id_in(paste(client, NUMBER)), size=25)
    older = client.get(f"{URL}?{page.context['older']}")

    assert (len(ids(page)), ids(older)) == (25, [f"m{n:02}" for n in range(25, 30)])
    assert ids(client.get(f"{URL}?{older.context['newer']}")) == ids(page)


def test_erased_number_is_found_in_each_tenant_by_its_own_hash(client, feed, family, messages, tenant, manager):
    apply(feed, sent("n", ago=4, partner="nr-no", customParameters={"destination": NUMBER}))
    assert erase_number(number=NUMBER, tenant=tenant, actor="tests") >= 1
    client.force_login(manager)

    assert ids(client.get(paste(client, f"{NUMBER}\n{SECOND}")["Location"])) == ["n", "c", "a"]


def test_list_can_be_changed_and_removed(client, messages, manager):
    client.force_login(manager)
    id_ = id_in(paste(client, f"{NUMBER}\nabc"))

    page = ask(client, numbers=id_, counts_as="delivered")
    change = client.get(f"{LIST}?numbers={id_}&counts_as=delivered")

    assert [chip.without for chip in page.context["chips"]] == ["counts_as=delivered", f"numbers={id_}"]
    assert change.context["form"]["numbers"].value() == f"{NUMBER}\nabc"
    assert f"numbers/?numbers={id_}&amp;counts_as=delivered" in page.content.decode()
    changed = paste(client, SECOND, f"numbers={id_}&counts_as=pending")
    assert ids(client.get(changed["Location"])) == ["c"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\n".join(f"+35840{n:07}" for n in range(1, 1003)), "1,002 numbers; at most 1,000 can be searched at once."
         " Remove those from line 1001 on."),
        ("abc\n;x", "There is no phone number in the list."),
        ("abc\n;x", "Line 2: x"),
        ("", "This field is required."),
        ("1" * 100_001, "at most 100000 characters (it has 100001)"),
    ],
    ids=["too many", "none", "by line", "empty", "too long"],
)  # fmt: skip
def test_list_that_is_not_searched_says_why_and_keeps_the_text(client, messages, manager, text, problem):
    client.force_login(manager)
    response = paste(client, text)

    assert (response.status_code, problem in text_of(response)) == (422, True)
    assert response.context["form"]["numbers"].value() == text


def test_thousand_numbers_with_repeats_are_within_the_limit(client, messages, manager):
    client.force_login(manager)
    lines = [f"+35840{n:07}" for n in range(1, 1000)]

    posted = paste(client, "\n".join([*lines, NUMBER, NUMBER]))

    assert ids(client.get(posted["Location"])) == ["a"]


def test_list_is_for_whoever_pasted_it_and_sees_numbers(client, messages, manager, owner, viewer):
    client.force_login(manager)
    id_ = id_in(paste(client, NUMBER))

    client.force_login(owner)
    others = ask(client, numbers=id_)
    assert (others.status_code, "This list of numbers is gone" in text_of(others)) == (422, True)
    client.force_login(viewer)
    assert (client.get(LIST).status_code, paste(client, NUMBER).status_code) == (403, 403)
    assert "Unknown filter “numbers”" in text_of(ask(client, numbers=id_))
    assert "numbers/" not in text_of(ask(client))


def test_list_of_another_tenants_pages_is_not_found(client, messages, other_tenant, manager):
    Membership.objects.create(user=manager, tenant=other_tenant, role="manager")
    client.force_login(manager)
    id_ = id_in(paste(client, NUMBER))

    assert client.get(f"/t/{other_tenant.slug}/messages/", {"numbers": id_}).status_code == 422


def test_list_is_encrypted_where_it_is_kept(client, messages, manager, settings, tenant):
    client.force_login(manager)
    id_ = id_in(paste(client, NUMBER))

    kept = cache.get(f"number-list:{tenant.id}:{manager.id}:{id_}")
    assert (type(kept), NUMBER[1:].encode() in kept) == (bytes, False)
    settings.SECRET_KEY = "another"
    assert ask(client, numbers=id_).status_code in (302, 422)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("abc", "“abc” is not a phone number."),
        ("12", "“12” is not a phone number."),
    ],
)
def test_what_is_no_number_says_so_and_leads_to_other_filters(client, messages, manager, typed, reason):
    client.force_login(manager)
    page = ask(client, number=typed, counts_as="delivered")

    assert reason in text_of(page)
    assert [one.query for one in page.context["instead"]] == [
        f"counts_as=delivered&ref_id={typed}",
        f"counts_as=delivered&message_id={typed}",
    ]


def test_several_numbers_in_the_field_lead_to_the_list(client, messages, manager, viewer):
    client.force_login(manager)
    page = ask(client, number=f"{NUMBER}, {SECOND}")
    assert (page.status_code, "Several numbers are searched as a list:" in text_of(page)) == (422, True)
    client.force_login(viewer)
    page = ask(client, number=f"{NUMBER};{SECOND}")
    assert (page.status_code, "Enter one number." in text_of(page)) == (422, True)
