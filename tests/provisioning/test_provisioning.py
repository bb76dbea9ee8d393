"""A provisioning file is applied, twice is as once, and a file with a problem changes nothing."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from campaigns.models import SegmentKey
from deliveries.models import DailyCount, TenantRecount
from deliveries.rederiving.recount import run_recounts
from deliveries.rederiving.segment_keys import run_segment_keys
from deliveries.simulation.customers import DEFAULT_PROFILE
from portal.accounts.invitations import invite
from portal.accounts.models import AuditEntry, Invitation, Membership, User
from portal.tenants.feeds import has_token, valid_tokens
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from tests.conftest import NOW, PASSWORD, TOKEN
from tests.deliveries.helpers import apply, dlr
from tests.provisioning.provisioning_helpers import account_with, nordic, refused, run

DEMO = Path(__file__).resolve().parents[2] / "docs/examples/demo.yaml"


@pytest.mark.django_db
def test_demo_file_sets_everything_up_and_a_second_run_changes_nothing():
    outcome = run(DEMO.read_text())
    without = "without a password: set one with bin/portal changepassword"
    assert outcome.changes == [
        "account link-main: created, with the pool pool-link-main",
        "feed link-main/main: created",
        "feed link-main/main: token added",
        "account link-hansa: created, with the pool pool-link-hansa",
        "feed link-hansa/main: created",
        "feed link-hansa/main: token added",
        "account mylink-main: created, with the pool pool-mylink-main",
        "feed mylink-main/main: created",
        "feed mylink-main/main: token added",
        "tenant nordic-retail: created",
        "tenant hansa-group: created",
        "tenant hansa-norge: created",
        "tenant hansa-danmark: created",
        "tenant hansa-deutschland: created",
        "tenant baltic-parcel: created",
        "tenant lakeside-libraries: created",
        "account link-hansa: changed owner",
        "partner id link-main/baltic-ee: declared for baltic-parcel",
        "partner id link-main/baltic-lt: declared for baltic-parcel",
        "partner id link-main/baltic-lv: declared for baltic-parcel",
        "partner id link-main/hansa-de: declared for hansa-deutschland",
        "partner id link-main/hansa-dk: declared for hansa-group",
        "partner id link-main/hansa-dk: declared for hansa-danmark from 2026-10-01 on, taken over from hansa-group",
        "partner id link-main/hansa-no: declared for hansa-norge",
        "partner id link-main/nr-fi: declared for nordic-retail",
        "partner id link-main/nr-se: declared for nordic-retail",
        "partner id mylink-main/lakeside: declared for lakeside-libraries",
        f"user anna@example.com: created, {without} anna@example.com",
        "user anna@example.com: owner of nordic-retail",
        f"user henrik@example.com: created, {without} henrik@example.com",
        "user henrik@example.com: owner of hansa-group",
        f"user liis@example.com: created, {without} liis@example.com",
        "user liis@example.com: analyst of baltic-parcel",
        f"user viewer@example.com: created, {without} viewer@example.com",
        "user viewer@example.com: viewer of nordic-retail",
        f"user accounts@example.com: created, {without} accounts@example.com",
        "user accounts@example.com: accountant of hansa-group",
        f"user library@example.com: created, {without} library@example.com",
        "user library@example.com: owner of lakeside-libraries",
        f"user staff@example.com: created, {without} staff@example.com",
        "price list Gateway charges, link-main: created",
        "price list Standard prices: created",
        "price list Gateway charges, link-hansa: created",
        "price list Hansa prices: created",
        "price list Hansa Norge: created",
    ]
    moves = [(move.partner, move.tenant, move.waiting) for move in outcome.moves]
    assert (outcome.notes, moves, [new.feed for new in outcome.tokens]) == (
        [],
        [("link-main/hansa-dk", "hansa-danmark", 0)],
        ["link-main/main", "link-hansa/main", "mylink-main/main"],
    )
    assert GatewayAccount.objects.values_list("name", "owner__slug").get(owner__isnull=False) == (
        "link-hansa",
        "hansa-group",
    )
    feed = Feed.objects.get(account__name="link-main")
    assert has_token(feed, outcome.tokens[0].token)
    assert feed.account.pool.kind == Tenant.Kind.POOL
    assert feed.account.pool.timezone == "Europe/Helsinki"
    tenants = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER).order_by("slug")
    assert list(tenants.values_list("slug", "parent__slug", "timezone", "country", "language", "currency")) == [
        ("baltic-parcel", None, "Europe/Tallinn", "EE", "en", "EUR"),
        ("hansa-danmark", "hansa-group", "Europe/Copenhagen", "DK", "en", "DKK"),
        ("hansa-deutschland", "hansa-group", "Europe/Berlin", "DE", "en", "EUR"),
        ("hansa-group", None, "Europe/Berlin", "DE", "en", "EUR"),
        ("hansa-norge", "hansa-group", "Europe/Oslo", "NO", "en", "NOK"),
        ("lakeside-libraries", None, "Europe/Helsinki", "FI", "fi", "EUR"),
        ("nordic-retail", None, "Europe/Helsinki", "FI", "fi", "EUR"),
    ]
    assert set(PartnerId.objects.values_list("declared_at", flat=True)) == {NOW}
    assert sorted(SegmentKey.objects.values_list("tenant__slug", "key")) == [
        ("baltic-parcel", "language"),
        ("hansa-danmark", "segment"),
        ("hansa-danmark", "store"),
        ("hansa-deutschland", "segment"),
        ("hansa-deutschland", "store"),
        ("hansa-norge", "segment"),
        ("hansa-norge", "store"),
        ("nordic-retail", "segment"),
        ("nordic-retail", "store"),
    ]
    assert User.objects.get(email="staff@example.com").is_staff
    assert not User.objects.get(email="anna@example.com").has_usable_password()
    recorded = AuditEntry.objects.filter(actor="command provision", action__in=["provision", "partner_id.declared"])
    assert recorded.count() == len(outcome.changes)

    again = run(DEMO.read_text())
    assert (again.changes, again.notes, again.moves, again.tokens) == ([], [], [], [])


def test_demo_file_declares_what_the_simulation_sends():
    declared = {
        item["value"] if isinstance(item, dict) else item: (
            tenant.get("ref_id", {}).get("delimiter"),
            tuple(tenant.get("ref_id", {}).get("fields", ())),
        )
        for tenant in yaml.safe_load(DEMO.read_text())["tenants"]
        for item in tenant.get("partner_ids", {}).get("link-main", ())
    }
    assert declared == {
        partner.partner_id: (partner.tenant.delimiter, partner.tenant.fields)
        for partner in DEFAULT_PROFILE.partners
        if partner.tenant.slug
    }


def test_changed_values_are_updated_and_what_is_not_mentioned_stays(tenant, owner):
    tenant.language = "fi"
    tenant.save()
    outcome = run(
        nordic('currency: SEK, ref_id: {delimiter: "|", fields: [campaign]}')
        + "\nusers: [{email: Owner@Example.com, name: Anna, memberships: {nordic-retail: viewer}}]"
    )
    assert outcome.changes == [
        "tenant nordic-retail: changed currency, ref_id",
        "user owner@example.com: changed name",
        "user owner@example.com: viewer of nordic-retail",
    ]
    tenant.refresh_from_db()
    assert (tenant.currency, tenant.language, tenant.ref_id_scheme.fields) == ("SEK", "fi", ["campaign"])
    assert list(Membership.objects.values_list("user__email", "role")) == [("owner@example.com", "viewer")]
    assert list(tenant.partner_ids.values_list("value", flat=True)) == ["nr-fi"]
    assert run(nordic("ref_id: null")).changes == ["tenant nordic-retail: changed ref_id"]


def test_file_with_one_problem_changes_nothing(tenant):
    text = nordic("currency: SEK, partner_ids: {link-main: [new]}") + "\nusers: [{email: a@example.com, name: 1}]"
    assert refused(text) == ["f.yaml:2:38: users[0].name: must be text, is a number; put it in quotes"]
    tenant.refresh_from_db()
    assert (tenant.currency, PartnerId.objects.filter(value="new").count(), User.objects.count()) == ("EUR", 0, 0)


def test_ref_id_scheme_with_too_many_fields_changes_nothing_and_has_its_place(tenant):
    fields = ", ".join(f"f{i}" for i in range(16))
    text = f"tenants:\n- {{slug: b, name: B, timezone: UTC}}\n- {{slug: c, name: C, timezone: UTC, ref_id: \
{{delimiter: ';', fields: [campaign, {fields}]}}}}"
    assert refused(text) == ["f.yaml:3:45: tenants[1].ref_id: there are more than 16 fields"]
    assert list(Tenant.objects.filter(slug__in=["b", "c"])) == []


def test_references_may_name_what_the_database_holds_and_unknown_ones_are_told(tenant, other_tenant):
    assert refused(
        """\
tenants:
  - {slug: a, name: A, timezone: UTC, parent: nordic-retial, partner_ids: {link-man: [x]}}
users:
  - {email: a@example.com, memberships: {pool-link-main: owner, baltic-parcel: owner}}
"""
    ) == [
        "f.yaml:2:47: tenants[0].parent: unknown tenant 'nordic-retial' (did you mean nordic-retail?)",
        "f.yaml:2:86: tenants[0].partner_ids.link-man: unknown account 'link-man' (did you mean link-main?)",
        "f.yaml:4:58: users[0].memberships.pool-link-main: unknown tenant 'pool-link-main'",
    ]
    outcome = run("tenants: [{slug: a, name: A, timezone: UTC, parent: nordic-retail, partner_ids: {link-main: [x]}}]")
    assert outcome.changes == ["tenant a: created", "partner id link-main/x: declared for a"]
    assert Tenant.objects.get(slug="a").parent == tenant


def test_parents_may_come_after_children_and_be_swapped(db):
    text = (
        "tenants:\n- {{slug: a, name: A, timezone: UTC, parent: {}}}\n- {{slug: b, name: B, timezone: UTC, parent: {}}}"
    )
    assert run(text.format("b", "null")).changes == ["tenant a: created", "tenant b: created"]
    assert run(text.format("null", "a")).changes == ["tenant a: changed parent", "tenant b: changed parent"]
    assert dict(Tenant.objects.values_list("slug", "parent__slug")) == {"a": None, "b": "a"}


def test_circle_of_parents_is_told_wherever_half_of_it_lies(db):
    run("tenants:\n- {slug: a, name: A, timezone: UTC}\n- {slug: b, name: B, timezone: UTC, parent: a}")
    assert refused("tenants:\n- {slug: a, name: A, timezone: UTC, parent: b}") == [
        "f.yaml:2:45: tenants[0].parent: a circle of parents: a → b → a"
    ]
    assert refused("tenants:\n- {slug: c, name: C, timezone: UTC, parent: c}") == [
        "f.yaml:2:45: tenants[0].parent: a circle of parents: c → c"
    ]


def recounts() -> list[tuple[str, str]]:
    return list(TenantRecount.objects.order_by("id").values_list("tenant__slug", "reason"))


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("timezone: Europe/Stockholm", "time zone changed"),
        ('timezone: Europe/Helsinki, ref_id: {delimiter: "|", fields: [campaign]}', "refId scheme changed"),
        (
            'timezone: Europe/Oslo, ref_id: {delimiter: "|", fields: [campaign]}',
            "time zone and refId scheme changed",
        ),
    ],
)
def test_messages_are_counted_anew_when_what_counts_them_changes(tenant, keys, reason):
    text = f"tenants: [{{slug: nordic-retail, name: Nordic Retail Oy, {keys}}}]"

    notes = [run(text).notes, run(text).notes]

    assert notes == [["tenant nordic-retail: its messages are being recounted in the background"], []]
    assert recounts() == [("nordic-retail", reason)]


def test_counted_message_moves_to_its_day_in_the_new_zone(feed, tenant):
    apply(feed, dlr("m1", sentTimestamp="2026-11-19T22:30:00Z", customParameters={"platformPartnerId": "nr-fi"}))
    before = list(DailyCount.objects.filter(messages=1).values_list("day", flat=True))

    run("tenants: [{slug: nordic-retail, name: Nordic Retail Oy, timezone: UTC}]")
    run_recounts()

    after = list(DailyCount.objects.filter(messages=1).values_list("day", flat=True))
    assert (before, after) == ([date(2026, 11, 20)], [date(2026, 11, 19)])


def test_new_and_unchanged_tenants_are_not_counted_anew(tenant):
    run(nordic("currency: SEK"))
    run('tenants: [{slug: new, name: New, timezone: UTC, ref_id: {delimiter: "|", fields: [campaign]}}]')

    assert recounts() == []


def test_pool_has_the_zone_of_its_account(feed):
    text = "gateway_accounts: [{name: link-main, platform_id: ACME, timezone: Europe/Oslo}]"
    assert run(text).changes == ["account link-main: changed timezone"]
    assert GatewayAccount.objects.get().pool.timezone == "Europe/Oslo"
    assert recounts() == [("pool-link-main", "time zone changed")]


def test_token_of_the_file_rotates_the_one_before(feed):
    new = "a-new-token-of-32-characters-xxx"
    text = account_with(f"{{name: main, dialect: link, token: {new}}}")
    assert run(text).changes == [
        "feed link-main/main: token added; the previous one is accepted until 2026-11-23 12:00 UTC"
    ]
    assert (has_token(feed, new), has_token(feed, TOKEN)) == (True, True)
    assert list(feed.tokens.order_by("id").values_list("expires_at", flat=True)) == [NOW + timedelta(hours=72), None]
    outcome = run(text)
    assert (outcome.changes, outcome.tokens) == ([], [])


def test_feed_without_a_token_in_the_file_keeps_its_own_and_gets_one_when_all_have_expired(feed):
    text = account_with("{name: main, dialect: link}")
    assert run(text).changes == []
    feed.tokens.update(expires_at=NOW)
    outcome = run(text)
    assert outcome.changes == ["feed link-main/main: token added"]
    assert [token.hint for token in valid_tokens(feed, now=NOW)] == [outcome.tokens[0].token[:4]]


def test_token_of_the_file_that_has_expired_is_told(feed):
    feed.tokens.update(expires_at=NOW)
    outcome = run(account_with(f"{{name: main, dialect: link, token: {TOKEN}}}"))
    assert (outcome.changes, outcome.notes) == (
        [],
        ["feed link-main/main: the token in the file has expired and is not accepted"],
    )


def test_token_of_another_feed_is_refused_without_telling_it(feed):
    assert refused(account_with(f"{{name: other, dialect: link, token: {TOKEN}}}")) == [
        "f.yaml:1:128: gateway_accounts[0].feeds[0].token: the feed link-main/main already uses this token"
    ]
    assert list(Feed.objects.values_list("name", flat=True)) == ["main"]


def test_basic_credentials_and_networks_are_set_kept_and_taken_away(feed):
    text = account_with("{name: main, dialect: link, basic: {user: gw, password: s3cret}, networks: [192.0.2.0/24]}")
    assert run(text).changes == ["feed link-main/main: changed basic, networks"]
    feed.refresh_from_db()
    assert (feed.basic_user, len(feed.basic_password_digest), feed.networks) == ("gw", 64, ["192.0.2.0/24"])
    assert run(text).changes == []
    assert run(text.replace("s3cret", "an0ther")).changes == ["feed link-main/main: changed basic"]
    assert run(account_with("{name: main, dialect: link}")).changes == []
    assert run(account_with("{name: main, dialect: link, basic: null}")).changes == [
        "feed link-main/main: changed basic"
    ]
    feed.refresh_from_db()
    assert (feed.basic_user, feed.basic_password_digest, feed.networks) == ("", "", ["192.0.2.0/24"])


def test_header_is_set_kept_and_removed(feed):
    text = account_with("{name: main, dialect: link, header: {name: X-Portal-Key, value: s3cret}}")
    assert run(text).changes == ["feed link-main/main: changed header"]
    feed.refresh_from_db()
    assert (feed.header_name, len(feed.header_value_digest)) == ("X-Portal-Key", 64)
    assert run(text).changes == []
    assert run(text.replace("s3cret", "an0ther")).changes == ["feed link-main/main: changed header"]
    assert run(account_with("{name: main, dialect: link}")).changes == []
    assert run(account_with("{name: main, dialect: link, header: null}")).changes == [
        "feed link-main/main: changed header"
    ]
    feed.refresh_from_db()
    assert (feed.header_name, feed.header_value_digest) == ("", "")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("{name: Host, value: x}", "name: Host is reserved in HTTP. Choose another header."),
        ('{name: "X:", value: x}',
         "name: A header name may contain letters, digits, hyphens and the other characters that RFC 9110 allows."),
        ("{name: X-Key}", "value: missing"),
        ('{name: X-Key, value: "ä"}',
         "value: A header value may contain printable ASCII characters only, and no space at either end."),
    ],
)  # fmt: skip
def test_header_that_cannot_be_sent_is_refused(feed, header, told):
    (line,) = refused(account_with(f"{{name: main, dialect: link, header: {header}}}"))
    assert told in line
    assert "gateway_accounts[0].feeds[0].header" in line


def test_password_is_set_for_a_new_person_and_for_others_only_when_asked(owner):
    text = """\
users:
  - {email: new@example.com, password: a-long-new-passphrase}
  - {email: owner@example.com, password: another-long-passphrase}
"""
    outcome = run(text)
    assert (outcome.changes, outcome.notes) == (
        ["user new@example.com: created"],
        ["user owner@example.com: the password in the file differs and was not set; use --set-passwords to set it"],
    )
    assert User.objects.get(email="new@example.com").check_password("a-long-new-passphrase")
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)

    outcome = run(text, set_passwords=True)
    assert (outcome.changes, outcome.notes) == (["user owner@example.com: changed password"], [])
    owner.refresh_from_db()
    assert owner.check_password("another-long-passphrase")
    outcome = run(text, set_passwords=True)
    assert (outcome.changes, outcome.notes) == ([], [])


def test_weak_password_is_refused_without_telling_it(db):
    assert refused("users: [{email: new@example.com, password: q1z9hunt}]") == [
        "f.yaml:1:44: users[0].password: This password is too short. It must contain at least 10 characters."
    ]


@pytest.mark.django_db
def test_segment_keys_are_those_of_the_file_and_stay_where_it_says_nothing():
    run(nordic("segment_keys: [store, tier]"))
    run_segment_keys()

    outcome = run(nordic("segment_keys: [tier, Åland]"))
    silent = run(nordic("language: fi"))

    assert (outcome.changes, silent.changes) == (
        ["tenant nordic-retail: changed segment_keys"],
        ["tenant nordic-retail: changed language"],
    )
    assert sorted(SegmentKey.objects.values_list("key", "removed", "state")) == [
        ("store", True, "queued"),
        ("tier", False, "done"),
        ("Åland", False, "queued"),
    ]
    assert run(nordic("segment_keys: [Åland, tier]")).changes == []
    assert run(nordic("segment_keys: null")).changes == ["tenant nordic-retail: changed segment_keys"]
    assert list(SegmentKey.objects.filter(removed=False)) == []


@pytest.mark.django_db
def test_segment_keys_that_cannot_be_are_told_with_their_limits():
    keys = ", ".join(f"k{n}" for n in range(11))

    assert refused(nordic(f"segment_keys: [{keys}]")) == [
        "f.yaml:1:98: tenants[0].segment_keys: has 11 keys, the limit is 10"
    ]
    assert refused(nordic(f"segment_keys: [a, a, destination, {'x' * 65}, 7]")) == [
        "f.yaml:1:102: tenants[0].segment_keys[1]: this key is given twice (before in line 1)",
        "f.yaml:1:105: tenants[0].segment_keys[2]: 'destination' is the recipient's number and has a"
        " search field of its own",
        "f.yaml:1:118: tenants[0].segment_keys[3]: has 65 characters, the limit is 64",
        "f.yaml:1:185: tenants[0].segment_keys[4]: must be text, is a number; put it in quotes",
    ]
    assert SegmentKey.objects.count() == 0


@pytest.mark.django_db
def test_country_is_that_of_the_time_zone_until_the_file_says_another():
    run("tenants:\n- {slug: a, name: A, timezone: Europe/Oslo}\n- {slug: b, name: B, timezone: UTC}")
    assert list(Tenant.objects.order_by("slug").values_list("slug", "country")) == [("a", "NO"), ("b", "")]

    outcome = run("tenants: [{slug: a, name: A, timezone: Europe/Stockholm, country: FI}]")
    assert outcome.changes == ["tenant a: changed country, timezone"]
    assert refused("tenants: [{slug: b, name: B, timezone: UTC, country: fi}]") == [
        "f.yaml:1:54: tenants[0].country: 'fi' is not an ISO 3166-1 country: two capital letters, such as FI"
        " (did you mean FI?)"
    ]
    assert refused("tenants: [{slug: b, name: B, timezone: UTC, country: NO}]") == [
        "f.yaml:1:54: tenants[0].country: must be text, is true or false (so YAML reads yes, no, on and off too);"
        " put it in quotes"
    ]


ACCOUNT = (
    "gateway_accounts:\n- name: m\n  platform_id: A\n  timezone: UTC\n  feeds: [{name: f, dialect: link}]\ntenants:\n"
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tenant", "problem"),
    [
        (
            'slug: a, name: X, timezone: UTC, partner_ids: {m: ["a\\0b"]}',
            "f.yaml:7:55: tenants[0].partner_ids.m[0]: has a control character",
        ),
        (
            'slug: a, name: X, timezone: UTC, partner_ids: {m: ["a\\tb"]}',
            "f.yaml:7:55: tenants[0].partner_ids.m[0]: has a control character",
        ),
        (
            'slug: a, name: X, timezone: UTC, partner_ids: {m: ["a\\ud800"]}',
            "f.yaml:7:55: tenants[0].partner_ids.m[0]: has a control character",
        ),
        (
            'slug: a, name: X, timezone: UTC, partner_ids: {"m\\0": [b]}',
            "f.yaml:7:51: tenants[0].partner_ids: a key has a control character",
        ),
        (
            f'slug: a, name: X, timezone: UTC, partner_ids: {{m: ["{"ä" * 129}"]}}',
            "f.yaml:7:55: tenants[0].partner_ids.m[0]: has 258 bytes of UTF-8, the limit is 256",
        ),
        ('slug: a, name: "X\\0", timezone: UTC', "f.yaml:7:19: tenants[0].name: has a control character"),
        ('slug: "a\\0", name: X, timezone: UTC', "f.yaml:7:10: tenants[0].slug: has a control character"),
        (
            'slug: a, name: X, timezone: UTC, parent: "a\\0"',
            "f.yaml:7:45: tenants[0].parent: has a control character",
        ),
        ('slug: a, name: X, timezone: "U\\0"', "f.yaml:7:32: tenants[0].timezone: has a control character"),
    ],
)
def test_text_that_cannot_be_stored_is_told_by_line_and_key(tenant, problem):
    assert refused(f"{ACCOUNT}- {{{tenant}}}\n") == [problem]
    assert Tenant.objects.count() == 0


@pytest.mark.django_db
def test_default_partner_id_is_held_to_the_limit_of_the_doors():
    feed = '{name: f, dialect: link, default_partner_id: "%s"}'
    text = "gateway_accounts: [{{name: m, platform_id: A, timezone: UTC, feeds: [{}]}}]"
    assert refused(text.format(feed % ("ä" * 129)))[0].endswith("has 258 bytes of UTF-8, the limit is 256")
    assert run(text.format(feed % ("ä" * 128))).changes


def test_invitations_of_an_owner_whom_the_file_demotes_end(tenant, owner):
    invite(tenant=tenant, email="new@example.com", role="owner", inviter=owner, now=timezone.now())

    run(nordic("currency: SEK") + "\nusers: [{email: owner@example.com, memberships: {nordic-retail: viewer}}]")

    assert Invitation.objects.get().revoked_at is not None
