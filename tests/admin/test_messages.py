"""Staff look for messages of all tenants and pools; numbers are masked until a reason is on record."""

from html import unescape

import pytest

from portal.accounts.models import AuditEntry
from tests.conftest import make_user
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db
LIST, NUMBER = "/admin/messages/", "+358401234567"


@pytest.fixture
def messages(feed, tenant, other_tenant) -> None:
    """Let one message of each tenant and one that nobody has declared come in, the last one to another number."""
    for number, (id_, partner, destination) in enumerate(
        (("mine", "nr-fi", NUMBER), ("other", "baltic-ee", NUMBER), ("pool", "unknown", "+358409999999"))
    ):
        parameters = {"platformPartnerId": partner, "destination": destination}
        sent = f"2026-11-20T10:0{number}:00Z"
        apply(feed, dlr(id_, sentTimestamp=sent, timestamp=sent, refId=f"ref-{id_}", customParameters=parameters))


def shown(answer) -> list[str]:
    return [row.message_id for row in answer.context["rows"]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"number": NUMBER}, ["other", "mine"]),
        ({"message_id": "pool"}, ["pool"]),
        ({"message_id": "poo"}, []),
        ({"tenant": "nordic-retail"}, ["mine"]),
        ({"tenant": "pool-link-main"}, ["pool"]),
        ({"tenant": "nordic-retail", "message_id": "other"}, []),
        ({"tenant": "baltic-parcel", "ref_id": "ref-other"}, ["other"]),
        ({"tenant": "baltic-parcel", "partner_id": "nr-fi"}, []),
    ],
)
def test_messages_of_all_tenants_are_found(staff, messages, asked, found):
    answer = staff.get(LIST, asked)

    assert (answer.status_code, shown(answer)) == (200, found)
    assert NUMBER not in answer.content.decode().replace(f'value="{NUMBER}"', "")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"ref_id": "ref-mine"}, "__all__"),
        ({"partner_id": "nr-fi"}, "__all__"),
        ({"tenant": "nobody"}, "tenant"),
        ({"number": "+35840****567"}, "number"),
        ({"tenant": "nordic-retail", "cursor": "no-cursor"}, "__all__"),
    ],
)
def test_search_through_everything_is_refused_and_says_what_is_wrong(staff, messages, asked, field):
    answer = staff.get(LIST, asked)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_empty_page_looks_for_nothing(staff, messages):
    answer = staff.get(LIST)

    assert (answer.status_code, shown(answer)) == (200, [])


def test_pages_follow_each_other_by_key(staff, feed, tenant):
    apply(
        feed,
        *(
            dlr(f"m{n:02}", sentTimestamp=f"2026-11-20T10:{n:02}:00Z", customParameters={"platformPartnerId": "nr-fi"})
            for n in range(53)
        ),
    )
    first = staff.get(LIST, {"tenant": "nordic-retail"})
    second = staff.get(f"{LIST}?{first.context['older']}")

    assert (len(shown(first)), shown(first)[0], shown(second)) == (50, "m52", ["m02", "m01", "m00"])
    assert shown(staff.get(f"{LIST}?{second.context['newer']}")) == shown(first)


@pytest.mark.parametrize("number", (1, 3))
def test_list_needs_as_many_queries_for_one_message_as_for_three(
    staff, settings, feed, tenant, number, django_assert_num_queries
):
    settings.PORTAL_STAFF_MFA = False
    apply(feed, *(dlr(f"m{n}", refId=f"c{n}", customParameters={"platformPartnerId": "nr-fi"}) for n in range(number)))

    with django_assert_num_queries(20):
        answer = staff.get(LIST, {"tenant": "nordic-retail"})

    assert len(shown(answer)) == number


def test_number_is_shown_once_for_a_reason_that_owners_read(staff, messages):
    page = "/admin/messages/link-main/mine/"

    masked = staff.get(page)
    unsaid = staff.post(page, {"reason": ""})
    posted = staff.post(page, {"reason": "complaint 4711"})
    answers = (masked, unsaid, posted, staff.get(page), staff.get(page))

    assert [NUMBER in answer.content.decode() for answer in answers] == [False, False, False, True, False]
    assert [answer.status_code for answer in answers] == [200, 422, 302, 200, 200]
    assert list(AuditEntry.objects.filter(action="message.number_revealed").values_list("tenant__slug", "details")) == [
        ("nordic-retail", {"reason": "complaint 4711", "tenant": "nordic-retail"})
    ]


def test_message_has_its_time_line(staff, messages):
    page = staff.get("/admin/messages/link-main/pool/")

    assert [(event.code.number, event.after) for event in page.context["message"].events] == [(1001, 0.0)]
    assert "Pool of link-main" in page.content.decode()


def test_message_that_failed_has_the_advice_of_its_code(staff, feed, tenant):
    apply(feed, dlr("gone", 1007, customParameters={"platformPartnerId": "nr-fi"}))

    failed = staff.get(f"{LIST}link-main/gone/")

    advice = failed.context["row"].code.advice
    assert advice
    assert advice in unescape(failed.content.decode())


def test_message_that_is_not_there_is_not_found(staff, messages):
    assert [staff.get(f"/admin/messages/{path}/").status_code for path in ("link-main/none", "none/mine")] == [404, 404]


def test_staff_without_the_permission_see_no_messages(client, messages):
    client.force_login(make_user("helper@example.com", is_staff=True))

    assert [client.get(page).status_code for page in (LIST, f"{LIST}link-main/mine/")] == [403, 403]
