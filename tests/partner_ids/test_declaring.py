"""Permission to declare, move and return partner IDs, as the web role behind the wall, and the moves of messages."""

from dataclasses import dataclass

import pytest

from deliveries.checks.reconcile import find_differences
from deliveries.models import Message, PartnerMove, PartnerRequest
from deliveries.partner_ids import requests
from deliveries.partner_ids.ownership import Declared, PartnerIdError, PartnerIdTaken, declare, reassign
from deliveries.partner_ids.permissions import PartnerIdPermissions, operator, permissions_of
from deliveries.rederiving import partner_messages
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.partner_messages import Following, following
from portal.accounts.access import access_of
from portal.accounts.models import AuditEntry, Role
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership_periods import OwnershipChange
from tests.conftest import NOW, make_user
from tests.provisioning.provisioning_helpers import from_pool

pytestmark = pytest.mark.django_db


@dataclass
class Group:
    """A parent that owns an account, and its two children."""

    parent: Tenant
    one: Tenant
    two: Tenant
    account: GatewayAccount


@pytest.fixture
def group(feed) -> Group:
    parent = Tenant.objects.create(slug="group", name="Group", timezone="UTC")
    children = [Tenant.objects.create(slug=slug, name=slug, parent=parent) for slug in ("one", "two")]
    GatewayAccount.objects.filter(id=feed.account_id).update(owner=parent, owner_since=NOW)
    return Group(parent, *children, GatewayAccount.objects.get(id=feed.account_id))


def who(tenant: Tenant, role: str = Role.MANAGER) -> PartnerIdPermissions:
    """Return a person of the tenant as its page knows them."""
    user = make_user(f"{role}@{tenant.slug}.example.com", tenant, role)
    return permissions_of(access_of(user, slug=tenant.slug), actor=user.email)


def declares(permissions: PartnerIdPermissions, tenant: Tenant, value: str, account: GatewayAccount) -> Declared:
    with permissions.scope():
        return declare(account=account, value=value, tenant=tenant, permissions=permissions, now=NOW)


def gives(permissions: PartnerIdPermissions, value: str, tenant: Tenant | None) -> Declared:
    with permissions.scope():
        partner_id = PartnerId.objects.values_list("id", flat=True).get(value=value)
        return reassign(partner_id=partner_id, tenant=tenant, permissions=permissions, now=NOW)


def refused(action, *arguments) -> str:
    with pytest.raises(PartnerIdError) as caught:
        action(*arguments)
    return str(caught.value)


def holders() -> dict[str, str]:
    return dict(PartnerId.objects.values_list("value", "tenant__slug"))


def test_owners_manager_declares_what_waits_in_the_pool_for_a_child(group, feed):
    from_pool(feed, "later", messages=3)

    done = declares(who(group.parent), group.one, "later", group.account)

    assert (done.holder, done.messages, done.changed) == (group.account.pool, 3, True)
    assert run_moves() == 1
    assert list(Message.objects.values_list("tenant__slug", flat=True)) == ["one"] * 3
    assert find_differences() == []
    entries = AuditEntry.objects.order_by("id").values_list("action", "actor", "tenant__slug", "subject", "details")
    assert list(entries) == [
        ("partner_id.declared", "manager@group.example.com", "one", "link-main/later", {"messages": 3}),
        ("partner_id.moved", "move", "one", "later", {"messages": 3}),
    ]


def test_declaring_again_changes_nothing(group):
    manager = who(group.parent)

    first, second = (declares(manager, group.one, "new", group.account) for _ in range(2))

    assert [(done.changed, done.move) for done in (first, second)] == [(True, None), (False, None)]
    assert AuditEntry.objects.count() == 1


def test_declaration_is_taken_back_and_its_messages_return(group, feed):
    from_pool(feed, "later", messages=2)
    manager = who(group.parent)
    declares(manager, group.one, "later", group.account)
    run_moves()

    done = gives(manager, "later", None)

    assert (done.messages, run_moves()) == (2, 1)
    assert list(Message.objects.values_list("tenant__slug", flat=True)) == ["pool-link-main"] * 2
    assert PartnerId.objects.values_list("tenant__slug", "declared_at").get() == ("pool-link-main", None)
    assert find_differences() == []


def test_move_that_comes_back_while_it_is_open_takes_all_messages(group, feed):
    from_pool(feed, "later", messages=2)
    manager = who(group.parent)
    declares(manager, group.two, "later", group.account)
    gives(manager, "later", group.one)
    gives(manager, "later", group.two)

    run_moves()

    assert set(Message.objects.values_list("tenant__slug", flat=True)) == {"two"}
    assert sorted(PartnerMove.objects.values_list("tenant__slug", "state", "done")) == [
        ("one", "done", 0),
        ("two", "done", 2),
    ]


def test_messages_over_the_daily_limit_are_counted_up_to_a_bound(group, feed, settings, monkeypatch):
    settings.NEW_PARTNER_IDS_PER_DAY = 0
    from_pool(feed, "later", messages=3)
    of_value = {"account_id": group.account.id, "value": "later"}
    pool = [OwnershipChange(None, None, group.account.pool_id, group.one.id)]
    every = following(pool, **of_value)
    monkeypatch.setattr(partner_messages, "MAX_COUNTED", 2)
    bounded = following(pool, **of_value)

    done = declares(who(group.parent), group.one, "later", group.account)

    assert (every, bounded, run_moves()) == (Following(3), Following(2, is_least=True), 1)
    assert (done.following, bounded.more, every.more) == (bounded, "There may be more: counting stopped there.", "")
    assert set(Message.objects.values_list("tenant__slug", flat=True)) == {"one"}


def test_no_message_is_read_where_the_counts_know_them_all(group, feed, django_assert_num_queries):
    from_pool(feed, "later", messages=2)
    pool = [OwnershipChange(None, None, group.account.pool_id, group.one.id)]

    with django_assert_num_queries(6):  # one each of the counts, of zones and of what retention has deleted
        found = [following(pool, account_id=group.account.id, value=value) for value in ("later", "nothing")]

    assert found == [Following(2), Following(0)]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_lesser_roles_declare_and_move_nothing(group, role):
    PartnerId.objects.create(account=group.account, value="ones", tenant=group.one, declared_at=NOW)
    person = who(group.parent, role)

    assert refused(declares, person, group.one, "new", group.account).startswith("account: You may not declare")
    with pytest.raises(PartnerId.DoesNotExist):
        gives(person, "ones", group.two)
    assert holders() == {"ones": "one"}


def test_child_of_the_owner_cannot_take_from_the_pool(group, feed):
    from_pool(feed, "later", messages=1)

    assert refused(declares, who(group.one, Role.OWNER), group.one, "later", group.account).startswith("account:")
    assert holders() == {"later": "pool-link-main"}


def test_tenant_without_an_account_of_its_own_declares_nothing_however_it_guesses(feed, tenant, other_tenant):
    """Waiting, foreign and unknown values are rejected in the same words."""
    from_pool(feed, "waiting", messages=1)
    owner = who(tenant, Role.OWNER)

    texts = {refused(declares, owner, tenant, value, feed.account) for value in ("waiting", "baltic-ee", "none")}

    assert texts == {"account: You may not declare partner IDs of this account. Request one instead."}
    assert holders() == {"nr-fi": "nordic-retail", "baltic-ee": "baltic-parcel", "waiting": "pool-link-main"}


def test_account_that_others_have_partner_ids_of_is_nobodys_to_declare(group, other_tenant):
    """A tenant that was hung elsewhere keeps what is its own from the former owner."""
    manager = who(group.parent)

    assert (dict(manager.accounts), manager.pools) == ({}, frozenset())
    assert refused(declares, manager, group.one, "new", group.account).startswith("account:")


def test_others_partner_id_is_as_good_as_none(group, other_tenant):
    """Even with the account in hand: a row behind the wall is not told of."""
    tree = frozenset({group.parent.id, group.one.id, group.two.id})
    stale = PartnerIdPermissions(
        "x", reach=tree, accounts={group.account.id: tree}, pools=frozenset({group.account.pool_id})
    )

    assert refused(declares, stale, group.one, "baltic-ee", group.account).startswith(
        "value: This partner ID cannot be declared here"
    )
    with pytest.raises(PartnerId.DoesNotExist):
        gives(stale, "baltic-ee", group.one)
    assert holders() == {"baltic-ee": "baltic-parcel"}


def test_parent_moves_between_its_children_without_owning_the_account(group, feed):
    GatewayAccount.objects.update(owner=None, owner_since=None)
    PartnerId.objects.create(account=group.account, value="ones", tenant=group.one, declared_at=NOW)
    from_pool(feed, "ones", messages=2)
    manager = who(group.parent)

    done = gives(manager, "ones", group.two)

    assert (done.holder.slug, done.messages, run_moves()) == ("one", 2, 1)
    assert list(Message.objects.values_list("tenant__slug", flat=True)) == ["two"] * 2
    entries = AuditEntry.objects.order_by("id").values_list("action", "tenant__slug", "details")
    assert list(entries) == [
        ("partner_id.lost", "one", {"messages": 2}),
        ("partner_id.declared", "two", {"messages": 2}),
        ("partner_id.moved", "two", {"messages": 2}),
    ]
    assert refused(gives, manager, "ones", None) == "tenant: You may not move it to this customer."


def test_partner_id_goes_to_nobody_that_is_not_reached(group, tenant):
    GatewayAccount.objects.update(owner=None, owner_since=None)
    PartnerId.objects.create(account=group.account, value="ones", tenant=group.one, declared_at=NOW)

    assert refused(gives, who(group.parent), "ones", tenant) == "tenant: You may not move it to this customer."
    with pytest.raises(PartnerId.DoesNotExist):
        gives(who(tenant, Role.OWNER), "ones", tenant)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "Enter a partner ID."),
        (" ", "Enter a partner ID."),
        ("x" * 257, "A partner ID may have at most 256 bytes in UTF-8. This one has 257."),
        ("ä" * 129, "A partner ID may have at most 256 bytes in UTF-8. This one has 258."),
        ("a\nb", "A partner ID must not contain line breaks, tabs or other control characters."),
        ("a\0", "A partner ID must not contain line breaks, tabs or other control characters."),
        ("a\ud800", "A partner ID must not contain line breaks, tabs or other control characters."),
    ],
)
def test_what_cannot_be_a_partner_id_is_refused(group, value, text):
    assert refused(declares, who(group.parent), group.one, value, group.account) == f"value: {text}"


def test_operator_takes_another_customers_only_when_asked(feed, tenant, other_tenant):
    with pytest.raises(PartnerIdTaken) as caught:
        declare(account=feed.account, value="baltic-ee", tenant=tenant, permissions=operator("staff"), now=NOW)

    assert caught.value.holder == other_tenant
    permissions = operator("staff", may_take=True)
    assert declare(account=feed.account, value="baltic-ee", tenant=tenant, permissions=permissions, now=NOW).changed
    assert holders()["baltic-ee"] == "nordic-retail"


def test_pool_is_given_nothing_by_declaring(feed, tenant):
    pool = feed.account.pool

    assert refused(
        lambda: declare(account=feed.account, value="x", tenant=pool, permissions=operator("staff"), now=NOW)
    ).startswith("tenant: You cannot declare a partner ID for a pool.")


def ask(tenant: Tenant, account: GatewayAccount, value: str = "later") -> PartnerRequest:
    return requests.create_request(tenant=tenant, account=account, value=value, actor="a@example.com", now=NOW)


def test_request_is_approved_by_the_owner_and_declared(group, feed):
    from_pool(feed, "later", messages=2)
    request = ask(group.one, group.account)
    assert ask(group.one, group.account) == request
    manager = who(group.parent)

    with manager.scope():
        done = requests.approve(request=request, permissions=manager, now=NOW)

    request.refresh_from_db()
    assert (done.messages, request.state, request.decided_by) == (2, "approved", "manager@group.example.com")
    assert holders() == {"later": "one"}
    assert list(AuditEntry.objects.order_by("id").values_list("action", "tenant__slug")) == [
        ("partner_id.requested", "one"),
        ("partner_id.declared", "one"),
        ("partner_id.request_approved", "one"),
    ]
    assert (
        refused(lambda: requests.refuse(request=request, permissions=manager, now=NOW))
        == "request: This request is already decided."
    )


def test_request_that_cannot_be_declared_stays_open(tenant, other_tenant, account):
    request = ask(tenant, account, "baltic-ee")

    with pytest.raises(PartnerIdTaken):
        requests.approve(request=request, permissions=operator("staff"), now=NOW)

    request.refresh_from_db()
    assert (request.state, holders()["baltic-ee"]) == ("open", "baltic-parcel")
    requests.refuse(request=request, permissions=operator("staff"), now=NOW)
    request.refresh_from_db()
    assert request.state == "refused"


def test_requester_decides_nothing_and_may_withdraw(group):
    request = ask(group.one, group.account)
    child = who(group.one, Role.OWNER)

    with child.scope():
        assert refused(lambda: requests.approve(request=request, permissions=child, now=NOW)).startswith("account:")
        assert (
            refused(lambda: requests.refuse(request=request, permissions=child, now=NOW))
            == "request: You may not decide this request."
        )
        requests.withdraw(request=request, actor="a@example.com", now=NOW)

    request.refresh_from_db()
    assert request.state == "withdrawn"


def test_requests_are_limited_and_for_what_is_not_ones_own(tenant, account, monkeypatch):
    monkeypatch.setattr(requests, "MAX_OPEN", 1)

    assert refused(ask, tenant, account, "nr-fi") == "value: You already own this partner ID."
    ask(tenant, account, "a")
    assert refused(ask, tenant, account, "b") == "value: At most 1 requests may be open at a time."
