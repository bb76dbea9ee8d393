"""Handing a partner ID over from a date, on its page: asked first, shown to both, told to nobody else."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deliveries.models import PartnerRequest
from deliveries.partner_ids.ownership import reassign
from deliveries.partner_ids.permissions import operator
from deliveries.rederiving.moves import run_moves
from portal.accounts.models import Role
from portal.tenants.models import EarlierOwner, GatewayAccount, PartnerId, Tenant
from tests.conftest import NOW, make_user
from tests.provisioning.provisioning_helpers import from_pool

URL = "/t/nordic-retail/partner-ids/"


@pytest.fixture(autouse=True)
def november(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def child(tenant) -> Tenant:
    return Tenant.objects.create(slug="child", name="Child Oy", timezone="UTC", parent=tenant)


def notices(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def periods() -> list[tuple]:
    """Return nr-fi's earlier owners with their ends, and its last one."""
    earlier = EarlierOwner.objects.order_by("until_at").values_list("tenant__slug", "until_at")
    return [*earlier, PartnerId.objects.values_list("tenant__slug").get(value="nr-fi")]


def move_url() -> str:
    return f"{URL}{PartnerId.objects.get(value='nr-fi').id}/move/"


def hand_over(to: Tenant, day: date) -> None:
    partner = PartnerId.objects.get(value="nr-fi")
    reassign(partner_id=partner.id, tenant=to, permissions=operator("x", may_take=True), now=NOW, from_day=day)
    run_moves()


def test_move_from_a_date_is_shown_before_it_is_done(client, feed, tenant, child, manager):
    from_pool(feed, "nr-fi", messages=3)  # on 20 November
    client.force_login(manager)
    data = {"tenant": "child", "from": "2026-11-20"}

    asked = client.post(move_url(), data)
    before = periods()
    done = client.post(move_url(), data | {"confirmed": asked.context["planned"]["text"]}, follow=True)

    page = asked.content.decode()
    assert asked.status_code == 200
    assert "<strong>3 messages</strong> sent at 20 Nov 2026, 00:00 (UTC) or later move" in page
    assert "For Nordic Retail Oy this is 20 Nov 2026, 02:00 (Europe/Helsinki)." in page
    assert before == [("nordic-retail",)]
    assert notices(done) == [
        "nr-fi belongs to Child Oy from 20 Nov 2026 on. Earlier messages are not moved. 3 messages are being moved."
    ]
    assert periods() == [("nordic-retail", datetime(2026, 11, 20, tzinfo=UTC)), ("child",)]
    (row,) = done.context["rows"]
    assert [(whose.slug, period.from_day, period.until_day) for whose, period in row.periods] == [
        ("nordic-retail", None, date(2026, 11, 20)),
        ("child", date(2026, 11, 20), None),
    ]
    text = done.content.decode()
    assert "Nordic Retail Oy: moved away: messages sent before 20 Nov 2026" in text
    assert "Child Oy: messages sent from 20 Nov 2026 on" in text


def test_what_is_confirmed_is_what_was_shown(client, tenant, child, manager):
    client.force_login(manager)
    shown = client.post(move_url(), {"tenant": "child", "from": "2026-11-20"}).context["planned"]["text"]

    other = client.post(move_url(), {"tenant": "child", "from": "2026-11-21", "confirmed": shown})

    assert (other.status_code, other.context["planned"]["text"], periods()) == (
        200,
        "child 2026-11-21",
        [("nordic-retail",)],
    )


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2026-02-30", "From: “2026-02-30” is not a date. Write it as 31 Oct 2026."),
        ("tomorrow", "From: “tomorrow” is not a date. Write it as 31 Oct 2026."),
        ("1999-12-31", "Choose a day from 2000-01-01 to 2027-11-21."),
        ("2030-01-01", "Choose a day from 2000-01-01 to 2027-11-21."),
    ],
)
def test_date_that_cannot_be_is_said_at_its_field(client, tenant, child, manager, day, text):
    client.force_login(manager)

    response = client.post(move_url(), {"tenant": "child", "from": day})

    assert (response.status_code, response.context["form"].errors["from"]) == (422, [text])
    assert periods() == [("nordic-retail",)]


def test_earlier_and_coming_owner_see_their_own_time_and_no_other_name(client, feed, tenant, other_tenant, viewer):
    from_pool(feed, "nr-fi", messages=2)
    hand_over(other_tenant, date(2026, 12, 1))
    coming = make_user("coming@example.com", other_tenant, Role.MANAGER)

    pages = []
    for person, url in ((viewer, URL), (coming, "/t/baltic-parcel/partner-ids/")):
        client.force_login(person)
        response = client.get(url)
        rows = {row.partner.value: row for row in response.context["rows"]}
        pages.append((rows["nr-fi"], response.content.decode()))

    (mine, my_page), (theirs, their_page) = pages
    assert "moved away: messages sent before 1 Dec 2026" in my_page
    assert "messages sent from 1 Dec 2026 on" in their_page
    assert ("Baltic" in my_page, "Nordic" in their_page) == (False, False)
    assert (mine.tenant, mine.recent.messages, theirs.tenant, theirs.recent.messages) == (tenant, 2, other_tenant, 0)


def test_earlier_owner_moves_nothing_any_more(client, feed, tenant, child, other_tenant, manager):
    hand_over(other_tenant, date(2026, 11, 10))
    client.force_login(manager)

    page = client.get(URL)

    assert [row.is_last for row in page.context["rows"]] == [False]
    assert move_url() not in page.content.decode()
    assert client.get(move_url()).status_code == 404
    assert client.post(move_url(), {"tenant": "child", "from": "2026-11-01"}).status_code == 404


def test_what_is_of_a_tenant_out_of_reach_stays(client, feed, tenant, other_tenant, child):
    hand_over(child, date(2026, 11, 10))
    hand_over(tenant, date(2026, 11, 15))
    EarlierOwner.objects.filter(tenant=tenant).update(tenant=other_tenant)
    client.force_login(make_user("manager2@example.com", tenant, Role.MANAGER))

    answers = [
        client.post(move_url(), {"tenant": "child", "from": day, "confirmed": f"child {day or None}"})
        for day in ("", "2026-11-09", "2026-11-10")
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 302]
    text = "You may not move messages sent before that. Choose 2026-11-10 or a later day."
    assert [answer.context["form"].errors["from"] for answer in answers[:2]] == [[text]] * 2
    assert [row[0] for row in periods()] == ["baltic-parcel", "child"]


def test_date_of_a_hand_over_is_moved(client, feed, tenant, child, manager):
    hand_over(child, date(2026, 11, 10))
    client.force_login(manager)

    client.post(move_url(), {"tenant": "child", "from": "2026-11-12", "confirmed": "child 2026-11-12"})

    assert periods() == [("nordic-retail", datetime(2026, 11, 12, tzinfo=UTC)), ("child",)]


def test_partner_id_is_taken_back_and_declared_from_a_date(client, feed, tenant, manager):
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW - timedelta(days=99))
    client.force_login(manager)

    back = client.post(move_url(), {"tenant": "-", "from": "2026-11-10", "confirmed": "- 2026-11-10"}, follow=True)
    after_back = periods()
    declared = client.post(
        f"{URL}declare/",
        {"account": "link-main", "value": "nr-fi", "tenant": "nordic-retail", "from": "2026-11-12"},
        follow=True,
    )

    assert notices(back) == ["nr-fi belongs to the pool from 10 Nov 2026 on. Earlier messages are not moved."]
    assert [row[0] for row in after_back] == ["nordic-retail", "pool-link-main"]
    assert notices(declared) == [
        "nr-fi is declared for Nordic Retail Oy from 12 Nov 2026 on. Earlier messages are not moved."
    ]
    assert [row[0] for row in periods()] == ["nordic-retail", "pool-link-main", "nordic-retail"]


def test_request_with_a_date_is_declared_from_it(client, feed, tenant, child, manager):
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW - timedelta(days=99))
    from_pool(feed, "later", messages=2)
    client.force_login(make_user("below@example.com", child, Role.MANAGER))
    url = "/t/child/partner-ids/declare/"
    wish = {"account": "link-main", "value": "later", "tenant": "child", "from": "2026-11-21"}

    client.post(url, wish)
    again = client.post(url, wish | {"from": ""})
    absurd = client.post(url, wish | {"value": "x", "from": "2040-01-01"})
    client.force_login(manager)
    page = client.get(URL).content.decode()
    client.post(f"{URL}requests/{PartnerRequest.objects.get().id}/", {"decision": "approve"})

    assert again.context["form"].errors["from"] == ["You requested it with another date. Withdraw that request first."]
    assert absurd.context["form"].errors["from"] == ["Choose a day from 2000-01-01 to 2027-11-21."]
    assert "messages sent from 21 Nov 2026 on" in page
    assert EarlierOwner.objects.values_list("tenant__slug", "until_at", "partner__tenant__slug").get() == (
        "pool-link-main",
        datetime(2026, 11, 21, tzinfo=UTC),
        "child",
    )
