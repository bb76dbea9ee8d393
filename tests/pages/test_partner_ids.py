"""A tenant's Partner IDs page: what is there, what waits, what people may do."""

import re

import pytest

from deliveries.models import DailyCount, PartnerMove, PartnerRequest
from portal.accounts.models import Role
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from tests.conftest import NOW, make_user
from tests.provisioning.provisioning_helpers import from_pool

URL = "/t/nordic-retail/partner-ids/"


@pytest.fixture
def owned(account, tenant) -> GatewayAccount:
    """The account is the tenant's alone."""
    GatewayAccount.objects.filter(id=account.id).update(owner=tenant, owner_since=NOW)
    return account


@pytest.fixture
def child(tenant) -> Tenant:
    return Tenant.objects.create(slug="child", name="Child Oy", timezone="UTC", parent=tenant)


def account_of(name: str, *, owner: Tenant) -> GatewayAccount:
    pool = Tenant.objects.create(slug=f"pool-{name}", name=f"Pool of {name}", kind="pool")
    return GatewayAccount.objects.create(name=name, platform_id=name.upper(), pool=pool, owner=owner, owner_since=NOW)


def count(account: GatewayAccount, value: str, messages: int) -> None:
    """Have so many messages of the value counted in the account's pool."""
    DailyCount.objects.create(
        tenant_id=account.pool_id,
        day=NOW.date(),
        account=account,
        partner_id=value,
        country="FI",
        operator="",
        sender_type="",
        status="delivered",
        result_code=1001,
        messages=messages,
        parts=messages,
    )


def holders() -> dict[str, str]:
    return dict(PartnerId.objects.values_list("value", "tenant__slug"))


def notices(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("values", (["nr-fi"], ["nr-fi", "nr-no", "nr-se"]))
def test_partner_ids_list_needs_as_many_queries_for_one_as_for_three(
    client, account, tenant, other_tenant, viewer, values, django_assert_num_queries
):
    for value in values[1:]:
        PartnerId.objects.create(account=account, value=value, tenant=tenant, declared_at=NOW)
    for partner in PartnerId.objects.all():  # one of them the other tenant's
        PartnerMove.objects.create(tenant=partner.tenant, partner=partner, total=8, done=2)
    client.force_login(viewer)

    with django_assert_num_queries(22):
        response = client.get(URL)

    assert [(row.partner.value, row.move.percent) for row in response.context["rows"]] == [
        (value, 25) for value in values
    ]


@pytest.mark.parametrize("n", (1, 3))
def test_what_waits_and_what_was_asked_for_needs_as_many_queries_for_one_as_for_three(
    client, feed, owned, tenant, manager, n, django_assert_num_queries
):
    for number in range(n):
        from_pool(feed, f"later-{number}", messages=number + 1, first=number * 10)
        PartnerRequest.objects.create(
            tenant=tenant, account=owned, value=f"wish-{number}", requested_by="x@example.com"
        )
    client.force_login(manager)

    with django_assert_num_queries(37):
        response = client.get(URL)

    (pool,) = response.context["waiting"]
    assert [(row["value"], row["messages"]) for row in pool.values] == [(f"later-{i}", i + 1) for i in range(n)][::-1]
    assert len(response.context["requests"]) == n


@pytest.mark.parametrize("n", (1, 3))
def test_owned_accounts_need_as_many_queries_for_one_as_for_three(
    client, tenant, child, other_tenant, manager, n, django_assert_num_queries
):
    accounts = [account_of(f"own-{number}", owner=tenant) for number in range(n)]
    for number, account in enumerate(accounts):
        count(account, f"later-{number}", number + 1)
    shared = account_of("shared", owner=tenant)
    PartnerId.objects.create(account=shared, value="theirs", tenant=other_tenant, declared_at=NOW)
    count(shared, "hidden", 5)
    client.force_login(manager)

    with django_assert_num_queries(40):
        response = client.get(URL)

    assert [(pool.account.name, pool.values) for pool in response.context["waiting"]] == [
        (f"own-{i}", [{"value": f"later-{i}", "messages": i + 1, "last_day": NOW.date()}]) for i in range(n)
    ]


@pytest.mark.parametrize(
    ("state", "moved", "text", "asks_again"),
    [
        ("queued", 0, "Move queued", True),
        ("running", 4711, "4,711 of 12,345", True),
        ("done", 12345, "12,345 messages moved", False),
        ("done", 1, "1 message moved", False),
        ("done", 0, "No earlier messages", False),
    ],
)
def test_move_is_shown_with_its_progress(client, tenant, viewer, state, moved, text, asks_again):
    partner = PartnerId.objects.get(value="nr-fi")
    PartnerMove.objects.create(tenant=tenant, partner=partner, state=state, total=12345, done=moved)
    client.force_login(viewer)

    page = client.get(URL).content.decode()
    part = client.get(URL, headers={"HX-Request": "true"}).content.decode()

    assert [text in page, 'hx-trigger="every 2s"' in page, "http-equiv" in page] == [True, asks_again, False]
    assert [text in part, 'hx-trigger="every 2s"' in part, "<html" in part] == [True, asks_again, False]


def test_list_beside_a_refused_form_goes_on_at_its_own_address(client, account, tenant, manager):
    partners = [PartnerId(account=account, value=f"a-{n:03}", tenant=tenant, declared_at=NOW) for n in range(100)]
    PartnerId.objects.bulk_create(partners)
    PartnerMove.objects.create(tenant=tenant, partner=PartnerId.objects.get(value="a-000"), total=8, done=2)
    client.force_login(manager)

    response = client.post(f"{URL}declare/", {"account": account.name, "value": "", "tenant": tenant.slug})

    text = response.content.decode()
    assert response.status_code == 422
    assert (
        f'hx-get="{URL}?sort=value&amp;page=1"' in text,
        f'rel="next" href="{URL}?sort=value&amp;page=2"' in text,
    ) == (True, True)


def test_move_of_more_than_was_counted_stays_at_a_hundred(client, tenant, viewer):
    partner = PartnerId.objects.get(value="nr-fi")
    PartnerMove.objects.create(tenant=tenant, partner=partner, state="running", total=10, done=12)
    client.force_login(viewer)

    assert '<progress max="100" value="100"' in client.get(URL).content.decode()


def test_messages_of_the_last_thirty_days_are_counted(client, feed, tenant, viewer, monkeypatch):
    from_pool(feed, "nr-fi", messages=3)  # on 20 November 2026
    shown = []
    for day in (20, 19):
        later = NOW.replace(month=12, day=day)
        monkeypatch.setattr("django.utils.timezone.now", lambda later=later: later)
        client.force_login(viewer)
        shown.append([row.recent.messages for row in client.get(URL).context["rows"]])

    assert shown == [[0], [3]]
    page = client.get(URL).content.decode()
    assert 'href="/t/nordic-retail/messages/?partner_id=nr-fi&amp;period=30d">3</a>' in page


def test_page_without_partner_ids_says_how_they_come(client, tenant, viewer):
    PartnerId.objects.filter(tenant=tenant).delete()
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert ("No partner IDs yet" in page, "<table" in page, 'id="declare"' in page) == (True, False, False)


def test_stranger_finds_nothing(client, tenant, stranger):
    client.force_login(stranger)

    assert client.get(URL).status_code == 404


@pytest.mark.parametrize("who", ["manager", "owner"])
def test_owned_account_s_waiting_value_is_declared_with_a_click(client, request, feed, owned, tenant, child, who):
    from_pool(feed, "later", messages=2)
    client.force_login(request.getfixturevalue(who))

    page = client.get(URL).content.decode()
    response = client.post(f"{URL}declare/", {"account": "link-main", "value": "later", "tenant": "child"}, follow=True)

    assert "In the pool of link-main" in page
    assert notices(response) == ["later is declared for Child Oy. 2 messages are being moved."]
    assert holders() == {"nr-fi": "nordic-retail", "later": "child"}
    assert response.context["waiting"] == []
    assert PartnerMove.objects.values_list("tenant__slug", "total").get() == ("child", 2)


@pytest.mark.parametrize("n", (1, 3))
def test_customers_of_the_owner_are_listed_once_for_all_values(client, tenant, child, manager, n):
    account, smaller = account_of("own", owner=tenant), account_of("smaller", owner=child)
    for number in range(n):
        count(account, f"later-{number}", number + 1)
        count(smaller, f"other-{number}", number + 1)
    client.force_login(manager)

    page = client.get(URL).content.decode()
    own, small = re.findall(r'<section class="card"[^>]* aria-labelledby="waiting-.*?</section>', page, re.DOTALL)

    assert re.findall(r'<option value="([^"]*)"', own) == ["", "child", "nordic-retail"]
    assert re.findall(r'name="(tenant|account)" value="([^"]*)"', small) == [
        ("account", "smaller"),
        ("tenant", "child"),
    ]
    assert [re.findall(r'<button [^>]*name="value" value="([^"]*)"', part) for part in (own, small)] == [
        [f"later-{i}" for i in range(n)][::-1],
        [f"other-{i}" for i in range(n)][::-1],
    ]


@pytest.fixture
def below(child):
    return make_user("below@example.com", child, Role.OWNER)


@pytest.mark.parametrize(("person", "url"), [("viewer", URL), ("analyst", URL), ("below", "/t/child/partner-ids/")])
def test_pool_is_shown_to_nobody_else(request, client, feed, owned, tenant, child, person, url):
    """The owner's managers see it; its lesser roles, its children and other tenants do not."""
    from_pool(feed, "canary-value", messages=2)
    client.force_login(request.getfixturevalue(person))

    assert "canary-value" not in client.get(url).content.decode()


def test_shared_account_s_pool_is_not_shown_and_values_are_asked_for(client, feed, tenant, other_tenant, owner):
    from_pool(feed, "canary-value", messages=2)
    client.force_login(owner)

    page = client.get(URL).content.decode()
    answers = [
        client.post(f"{URL}declare/", {"account": "link-main", "value": value, "tenant": "nordic-retail"}, follow=True)
        for value in ("canary-value", "baltic-ee", "nothing")
    ]

    assert ("canary-value" in page, "Send request" in page) == (False, True)
    assert [notices(answer) for answer in answers] == [
        [f"You requested {value}. The decision will be shown here."]
        for value in ("canary-value", "baltic-ee", "nothing")
    ]
    assert holders() == {"nr-fi": "nordic-retail", "baltic-ee": "baltic-parcel", "canary-value": "pool-link-main"}
    assert PartnerRequest.objects.filter(state="open", tenant=tenant, requested_by=owner.email).count() == 3


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"value": ""}, "is required"),
        ({"value": "x" * 257}, "at most 256 characters"),
        ({"value": "a\tb"}, "A partner ID must not contain line breaks, tabs or other control characters."),
        ({"value": "ä" * 129}, "A partner ID may have at most 256 bytes in UTF-8. This one has 258."),
        ({"value": "x", "tenant": "baltic-parcel"}, "Select a valid choice."),
        ({"value": "x", "account": "other"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_declared_is_said_at_its_field(client, owned, tenant, child, manager, data, text):
    Tenant.objects.create(slug="baltic-parcel", name="Baltic")
    client.force_login(manager)

    response = client.post(f"{URL}declare/", {"account": "link-main", "tenant": "child"} | data)

    assert (response.status_code, text in response.content.decode()) == (422, True)
    assert holders() == {"nr-fi": "nordic-retail"}


def test_value_with_a_space_at_its_end_is_declared_as_it_is(client, feed, owned, tenant, manager):
    from_pool(feed, "later ", messages=2)
    client.force_login(manager)

    client.post(f"{URL}declare/", {"account": "link-main", "tenant": "nordic-retail", "value": "later "})

    assert holders() == {"nr-fi": "nordic-retail", "later ": "nordic-retail"}
    assert client.post(f"{URL}declare/", {"account": "link-main", "value": " "}).status_code == 422


def test_move_says_how_many_messages_go_along_and_moves_them(client, feed, tenant, child, manager):
    from_pool(feed, "nr-fi", messages=3)
    client.force_login(manager)
    url = f"{URL}{PartnerId.objects.get(value='nr-fi').id}/move/"

    page = client.get(url).content.decode()
    nowhere = client.post(url, {"tenant": ""})
    response = client.post(url, {"tenant": "child"}, follow=True)

    assert ("<strong>3 messages</strong> move" in page, "return it to the pool" in page) == (True, False)
    assert nowhere.status_code == 422
    assert notices(response) == ["nr-fi now belongs to Child Oy. 3 messages are being moved."]
    assert holders() == {"nr-fi": "child"}


def test_move_is_offered_where_there_is_a_place_to_move_to(client, account, tenant, manager):
    client.force_login(manager)
    link = f"{URL}{PartnerId.objects.get(value='nr-fi').id}/move/"

    alone = client.get(URL).content.decode()
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW)
    owning = client.get(URL).content.decode()

    assert (link in alone, link in owning) == (False, True)
    GatewayAccount.objects.update(owner=None, owner_since=None)
    assert "You have no other customer to move it to." in client.get(link).content.decode()


def test_owner_of_the_account_takes_a_declaration_back(client, owned, tenant, manager):
    client.force_login(manager)
    url = f"{URL}{PartnerId.objects.get(value='nr-fi').id}/move/"

    assert "Nobody: return it to the pool" in client.get(url).content.decode()
    response = client.post(url, {"tenant": "-"}, follow=True)

    assert notices(response) == ["nr-fi was returned to the pool."]
    assert (holders(), response.context["rows"]) == ({"nr-fi": "pool-link-main"}, [])


def test_others_partner_ids_are_moved_by_nobody(client, tenant, other_tenant, manager, viewer):
    theirs, mine = (PartnerId.objects.get(value=value).id for value in ("baltic-ee", "nr-fi"))
    client.force_login(manager)
    assert client.get(f"{URL}{theirs}/move/").status_code == 404
    assert client.post(f"{URL}{theirs}/move/", {"tenant": "nordic-retail"}).status_code == 404
    client.force_login(viewer)
    assert client.get(f"{URL}{mine}/move/").status_code == 403
    assert client.post(f"{URL}declare/", {"value": "x"}).status_code == 403
    assert holders() == {"nr-fi": "nordic-retail", "baltic-ee": "baltic-parcel"}


def test_parent_approves_what_its_child_asked_for(client, feed, owned, tenant, child, manager):
    from_pool(feed, "later", messages=2)
    below = make_user("below@example.com", child, Role.MANAGER)
    client.force_login(below)
    client.post(
        "/t/child/partner-ids/declare/", {"account": "link-main", "value": "later", "tenant": "child"}, follow=True
    )
    wish = PartnerRequest.objects.get()
    decision = f"requests/{wish.id}/"

    own = client.post(f"/t/child/partner-ids/{decision}", {"decision": "approve"}, follow=True)
    client.force_login(manager)
    response = client.post(f"{URL}{decision}", {"decision": "approve"}, follow=True)
    again = client.post(f"{URL}{decision}", {"decision": "refuse"}, follow=True)

    assert notices(own) == ["You may not declare partner IDs of this account. Request one instead."]
    assert notices(response) == ["later is declared for Child Oy. 2 messages are being moved."]
    assert notices(again) == ["This request is already decided."]
    assert holders()["later"] == "child"


def test_request_is_withdrawn_by_its_tenant_and_found_by_no_other(
    client, tenant, other_tenant, account, manager, stranger
):
    wish = PartnerRequest.objects.create(tenant=tenant, account=account, value="wish", requested_by="x@example.com")
    client.force_login(stranger)
    assert client.post(f"/t/baltic-parcel/partner-ids/requests/{wish.id}/", {"decision": "withdraw"}).status_code == 404
    client.force_login(manager)

    response = client.post(f"{URL}requests/{wish.id}/", {"decision": "withdraw"}, follow=True)

    wish.refresh_from_db()
    assert (wish.state, notices(response)) == ("withdrawn", ["The request for wish was withdrawn."])
    nothing = client.post(f"{URL}requests/{wish.id}/", {}, follow=True)
    assert notices(nothing) == ["Decision: approve, refuse or withdraw."]


@pytest.mark.parametrize(("accounts", "asks"), [(1, True), (2, False)])
def test_tenant_without_partner_ids_is_told_no_account_s_name_but_the_only_one(client, account, accounts, asks):
    """With several accounts their names could be other customers'."""
    new = Tenant.objects.create(slug="new", name="New")
    if accounts == 2:
        pool = Tenant.objects.create(slug="pool-second", name="Pool", kind="pool")
        GatewayAccount.objects.create(name="second", platform_id="TWO", pool=pool)
    client.force_login(make_user("new@example.com", new, Role.OWNER))

    page = client.get("/t/new/partner-ids/").content.decode()

    assert ("Send request" in page, "link-main" in page) == (asks, asks)
