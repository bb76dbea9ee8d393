"""Declared platformPartnerIds: whose they are, and that their messages follow them."""

import pytest

from deliveries.models import Message, PartnerMove
from portal import celery_app
from portal.accounts.models import AuditEntry
from portal.tenants.models import GatewayAccount, PartnerId
from tests.conftest import NOW
from tests.deliveries.provisioning_helpers import from_pool, nordic, refused, run


def test_partner_id_claimed_twice_in_the_file_is_told(account):
    tenant = "- {{slug: {0}, name: X, timezone: UTC, partner_ids: {{link-main: [x]}}}}\n"
    assert refused("tenants:\n" + tenant.format("a") + tenant.format("b")) == [
        "f.yaml:3:63: tenants[1].partner_ids.link-main[0]: 'x' is claimed by the tenant a too (line 2)"
    ]


def test_partner_id_of_another_tenant_is_taken_over_only_when_asked(tenant, other_tenant):
    text = nordic("partner_ids: {link-main: [baltic-ee]}")
    assert refused(text) == [
        "f.yaml:1:110: tenants[0].partner_ids.link-main[0]: 'baltic-ee' of link-main belongs to the tenant"
        " baltic-parcel already; --take-over gives it, with its messages, to this one"
    ]
    assert PartnerId.objects.get(value="baltic-ee").tenant == other_tenant

    outcome = run(text, take_over=True)
    assert outcome.changes == [
        "partner id link-main/baltic-ee: declared for nordic-retail, taken over from baltic-parcel"
    ]
    assert PartnerId.objects.get(value="baltic-ee").tenant == tenant
    assert [(move.partner, move.tenant, move.waiting) for move in outcome.moves] == [
        ("link-main/baltic-ee", "nordic-retail", 0)
    ]
    assert list(AuditEntry.objects.order_by("id").values_list("tenant__slug", "action", "subject", "details")) == [
        ("baltic-parcel", "partner_id.lost", "link-main/baltic-ee", {"messages": 0}),
        ("nordic-retail", "partner_id.declared", "link-main/baltic-ee", {"messages": 0}),
    ]


@pytest.fixture
def eager_tasks():
    celery_app.conf.task_always_eager = True
    yield
    celery_app.conf.task_always_eager = False


def test_declared_partner_ids_messages_move_from_the_pool(
    feed, tenant, eager_tasks, django_capture_on_commit_callbacks
):
    from_pool(feed, "later", messages=3)
    assert list(Message.objects.values_list("tenant__slug", flat=True)) == ["pool-link-main"] * 3

    with django_capture_on_commit_callbacks(execute=True):
        outcome = run(nordic("partner_ids: {link-main: [later]}"))
    assert outcome.changes == ["partner id link-main/later: declared for nordic-retail"]
    assert [(move.partner, move.tenant, move.waiting) for move in outcome.moves] == [
        ("link-main/later", "nordic-retail", 3)
    ]
    assert list(Message.objects.values_list("tenant__slug", flat=True)) == ["nordic-retail"] * 3
    assert list(PartnerMove.objects.values_list("state", "moved")) == [("done", 3)]
    assert run(nordic("partner_ids: {link-main: [later]}")).moves == []


def test_partner_id_over_the_daily_limit_moves_though_it_has_no_row(feed, tenant, settings):
    settings.NEW_PARTNER_IDS_PER_DAY = 0
    from_pool(feed, "later", messages=2)
    assert not PartnerId.objects.filter(value="later").exists()
    outcome = run(nordic("partner_ids: {link-main: [later]}"))
    assert [(move.partner, move.waiting) for move in outcome.moves] == [("link-main/later", 2)]


def test_broker_that_is_away_fails_nothing(feed, tenant, monkeypatch, caplog, django_capture_on_commit_callbacks):
    monkeypatch.setattr(celery_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery_app.amqp, "_producer_pool", None)
    caplog.set_level("WARNING", logger="deliveries.services.moves")
    from_pool(feed, "later", messages=1)
    with django_capture_on_commit_callbacks(execute=True):
        run(nordic("partner_ids: {link-main: [later]}"))
    assert list(PartnerMove.objects.values_list("state", flat=True)) == ["queued"]
    assert [(record.name, record.levelname) for record in caplog.records] == [("deliveries.services.moves", "WARNING")]


def owned(owner: str, more: str = "") -> str:
    account = f"{{name: link-main, platform_id: ACME, timezone: Europe/Helsinki, owner: {owner}}}"
    return f"gateway_accounts: [{account}]\ntenants: [{{slug: nordic-retail, name: X, timezone: UTC{more}}}]"


def test_account_gets_an_owner_and_none_again(tenant):
    given = run(owned("nordic-retail")).changes
    account = GatewayAccount.objects.get()

    assert "account link-main: changed owner" in given
    assert (account.owner, account.owner_since) == (tenant, NOW)
    assert run(owned("nordic-retail")).changes == []
    assert run(owned("null")).changes == ["account link-main: changed owner"]
    assert GatewayAccount.objects.values_list("owner", "owner_since").get() == (None, None)


def test_account_that_others_use_gets_no_owner(tenant, other_tenant):
    assert refused(owned("nordic-retail")) == [
        "f.yaml:1:91: gateway_accounts[0].owner: others have partner ids of link-main: baltic-parcel"
    ]
    assert refused(owned("nordic-retale")) == [
        "f.yaml:1:91: gateway_accounts[0].owner: unknown tenant 'nordic-retale' (did you mean nordic-retail?)"
    ]


def test_nobody_else_gets_a_partner_id_of_an_owned_account(tenant):
    run(owned("nordic-retail"))
    text = "tenants: [{slug: b, name: B, timezone: UTC, partner_ids: {link-main: [b]}}]"

    assert refused(text) == [
        "f.yaml:1:71: tenants[0].partner_ids.link-main[0]: link-main is one customer's account:"
        " partner IDs are for that customer and those below it."
    ]
