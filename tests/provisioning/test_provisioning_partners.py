"""Declared platformPartnerIds: whose they are, and that their messages follow them."""

from datetime import date

import pytest

from deliveries.models import Message, PartnerMove
from portal import celery_app
from portal.accounts.models import AuditEntry
from portal.tenants.models import EarlierOwner, GatewayAccount, PartnerId
from tests.conftest import NOW
from tests.provisioning.provisioning_helpers import from_pool, nordic, refused, run


def test_partner_id_claimed_twice_in_the_file_is_told(account):
    tenant = "- {{slug: {0}, name: X, timezone: UTC, partner_ids: {{link-main: [x]}}}}\n"
    assert refused("tenants:\n" + tenant.format("a") + tenant.format("b")) == [
        "f.yaml:3:63: tenants[1].partner_ids.link-main[0]: 'x' is claimed by the tenant a too (line 2)"
    ]


def test_partner_id_of_another_tenant_is_taken_over_only_when_asked(tenant, other_tenant):
    text = nordic("partner_ids: {link-main: [baltic-ee]}")
    assert refused(text) == [
        "f.yaml:1:110: tenants[0].partner_ids.link-main[0]: 'baltic-ee' of link-main already belongs to the tenant"
        " baltic-parcel; use --take-over to move it, with its messages, to this one"
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
    caplog.set_level("WARNING", logger="portal.common.jobs.waking")
    from_pool(feed, "later", messages=1)
    with django_capture_on_commit_callbacks(execute=True):
        run(nordic("partner_ids: {link-main: [later]}"))
    assert list(PartnerMove.objects.values_list("state", flat=True)) == ["queued"]
    assert [(record.name, record.levelname) for record in caplog.records] == [("portal.common.jobs.waking", "WARNING")]


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
        "f.yaml:1:91: gateway_accounts[0].owner: other tenants have partner ids of link-main: baltic-parcel"
    ]
    assert refused(owned("nordic-retale")) == [
        "f.yaml:1:91: gateway_accounts[0].owner: unknown tenant 'nordic-retale' (did you mean nordic-retail?)"
    ]


def test_nobody_else_gets_a_partner_id_of_an_owned_account(tenant):
    run(owned("nordic-retail"))
    text = "tenants: [{slug: b, name: B, timezone: UTC, partner_ids: {link-main: [b]}}]"

    assert refused(text) == [
        "f.yaml:1:71: tenants[0].partner_ids.link-main[0]: link-main belongs to one customer."
        " Its partner IDs can only be declared for that customer and the customers below it."
    ]


def two(first: str, second: str) -> str:
    """Return a file in which both tenants name nr-fi."""
    return (
        "tenants:\n"
        "- {slug: nordic-retail, name: Nordic Retail Oy, timezone: Europe/Helsinki,"
        f" partner_ids: {{link-main: [{first}]}}}}\n"
        "- {slug: baltic-parcel, name: Baltic Parcel, timezone: Europe/Tallinn,"
        f" partner_ids: {{link-main: [{second}]}}}}\n"
    )


def periods() -> list[tuple]:
    earlier = EarlierOwner.objects.order_by("until_at").values_list("tenant__slug", "until_day")
    return [*earlier, PartnerId.objects.values_list("tenant__slug").get(value="nr-fi")]


def test_partner_id_is_handed_over_from_one_tenant_to_the_next(feed, tenant, other_tenant):
    from_pool(feed, "nr-fi", messages=3)
    text = two("nr-fi", "{value: nr-fi, from: 2026-11-15}")

    outcome = run(text)
    again = run(text)

    assert outcome.changes == [
        "partner id link-main/nr-fi: declared for baltic-parcel from 2026-11-15 on, taken over from nordic-retail"
    ]
    assert [(move.tenant, move.waiting) for move in outcome.moves] == [("baltic-parcel", 3)]
    assert periods() == [("nordic-retail", date(2026, 11, 15)), ("baltic-parcel",)]
    assert (again.changes, again.moves) == ([], [])
    # A tenant that is provisioned with another zone leaves the instant as it is.
    assert run(text.replace("Europe/Tallinn", "UTC")).changes == ["tenant baltic-parcel: changed timezone"]


def test_date_of_a_hand_over_is_changed_by_the_file(tenant, other_tenant):
    run(two("nr-fi", "{value: nr-fi, from: 2026-11-15}"))

    run(two("nr-fi", '{value: nr-fi, from: "2026-11-18"}'))

    assert periods() == [("nordic-retail", date(2026, 11, 18)), ("baltic-parcel",)]


def test_file_without_a_date_leaves_a_hand_over_as_it_is(tenant, other_tenant):
    run(two("nr-fi", "{value: nr-fi, from: 2026-11-15}"))
    text = "tenants: [{slug: baltic-parcel, name: B, timezone: Europe/Tallinn, partner_ids: {link-main: [nr-fi]}}]"

    run(text)

    assert periods() == [("nordic-retail", date(2026, 11, 15)), ("baltic-parcel",)]


def test_hand_over_of_a_tenant_that_the_file_does_not_name_is_taken_over_only_when_asked(tenant, other_tenant):
    text = (
        "tenants: [{slug: baltic-parcel, name: B, timezone: Europe/Tallinn,"
        " partner_ids: {link-main: [{value: nr-fi, from: 2026-11-15}]}}]"
    )
    assert refused(text) == [
        "f.yaml:1:94: tenants[0].partner_ids.link-main[0]: 'nr-fi' of link-main already belongs to the tenant"
        " nordic-retail; use --take-over to move it, with its messages, to this one"
    ]
    run(text, take_over=True)
    assert periods() == [("nordic-retail", date(2026, 11, 15)), ("baltic-parcel",)]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("{value: nr-fi, from: 15.11.2026}", "f.yaml:3:119: {0}.from: must be a day like 2026-11-01"),
        ("{value: nr-fi, from: 2026-02-30}", "f.yaml:3:119: {0}.from: must be a day like 2026-11-01"),
        ("{value: nr-fi, from: [1]}", "f.yaml:3:119: {0}.from: must be a day like 2026-11-01"),
        ("{value: nr-fi, from: 2026-11-01 10:00:00}", "f.yaml:3:119: {0}.from: must be a day like 2026-11-01"),
        ("{value: nr-fi, from: 2040-01-01}", "f.yaml:3:119: {0}.from: Choose a day from 2000-01-01 to 2027-11-21."),
        ("{value: nr-fi}", "f.yaml:3:98: {0}.from: missing"),
        ("{value: nr-fi, since: 2026-11-01}", "f.yaml:3:98: {0}.from: missing"),
        ("nr-fi", "f.yaml:3:98: {0}: 'nr-fi' is claimed by the tenant nordic-retail too (line 2)"),
    ],
)
def test_what_is_wrong_with_a_date_is_told_by_line_and_key(tenant, other_tenant, item, text):
    assert refused(two("nr-fi", item))[0] == text.format("tenants[1].partner_ids.link-main[0]")
    assert periods() == [("nordic-retail",)]


def test_two_hand_overs_of_one_day_are_told(tenant, other_tenant):
    item = "{value: nr-fi, from: 2026-11-15}"

    assert refused(two(item, item)) == [
        "f.yaml:3:119: tenants[1].partner_ids.link-main[0].from: 'nr-fi' is claimed from 2026-11-15 by the tenant"
        " nordic-retail too (line 2)"
    ]
