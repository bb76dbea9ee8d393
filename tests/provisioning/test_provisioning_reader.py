"""Problems of a provisioning file are all reported at once, by line, column and path, without secrets."""

import pytest

from portal.provisioning.positions import Problems
from portal.provisioning.reader import read
from portal.provisioning.specs import Claim


def told(text: str) -> list[str]:
    problems = Problems()
    read(text, problems)
    return [problem.located("f.yaml") for problem in problems.sorted()]


def test_file_without_problems_becomes_values_with_their_places():
    problems = Problems()
    config = read(
        """\
gateway_accounts:
  - name: link-main
    platform_id: ACME
    timezone: Europe/Helsinki
    feeds:
      - {name: main, dialect: link, basic: {user: gw, password: "pa,ss"}, networks: [192.0.2.0/24, "2001:db8::1"]}
tenants:
  - slug: nordic-retail
    name: Nordic Retail Oy
    timezone: Europe/Helsinki
    parent: null
    partner_ids: {link-main: [nr-fi, "007"]}
    ref_id: {delimiter: "|", fields: [campaign, "-", variant]}
users:
  - {email: anna@example.com, staff: false, memberships: {nordic-retail: owner}}
""",
        problems,
    )
    assert problems.sorted() == []
    (account,), (tenant,), (user,) = config.accounts, config.tenants, config.users
    (feed,) = account.feeds
    assert (account.name, account.platform_id, account.timezone) == ("link-main", "ACME", "Europe/Helsinki")
    assert (feed.name, feed.dialect, feed.basic_user, feed.basic_password) == ("main", "link", "gw", "pa,ss")
    assert (feed.networks, feed.token, sorted(feed.at)) == (
        ["192.0.2.0/24", "2001:db8::1"],
        "",
        ["basic", "dialect", "name", "networks"],
    )
    assert (tenant.parent, tenant.ref_id.delimiter, tenant.ref_id.fields) == (None, "|", ["campaign", "-", "variant"])
    assert [(claim.account, claim.value, claim.position.line) for claim in tenant.claims] == [
        ("link-main", "nr-fi", 12),
        ("link-main", "007", 12),
    ]
    assert isinstance(tenant.claims[0], Claim)
    assert (user.email, user.staff, user.password) == ("anna@example.com", False, "")
    assert [(reference.name, reference.role) for reference in user.memberships] == [("nordic-retail", "owner")]


def test_every_problem_is_told_in_one_go_in_the_order_of_the_file():
    assert told(
        """\
gateway_acounts: []
gateway_accounts:
  - name: Link_Main
    platform_id: 123
    timezone: Europe/Helsinky
    feeds:
      - {name: main, dialect: lnk}
      - {name: main, dialect: link, networks: [192.0.2.1/24]}
tenants:
  - slug: a
    slug: b
    language: no
    timezone: UTC
    currency: ERU
    parnt: null
    partner_ids: [x]
    ref_id: {delimiter: "|", fields: [variant]}
  - slug: a
    name: ""
    timezone: UTC
  - slug: pool-x
    name: X
    timezone: UTC
users:
  - {email: anna, staff: "yes", memberships: {a: ownr}}
  - {email: q@example.com}
  - {email: Q@example.com}
"""
    ) == [
        "f.yaml:1:1: gateway_acounts: unknown key (did you mean gateway_accounts?);"
        " allowed: gateway_accounts, tenants, users, price_lists",
        "f.yaml:3:11: gateway_accounts[0].name: must consist of a-z, 0-9 and hyphens, without a hyphen at either end",
        "f.yaml:4:18: gateway_accounts[0].platform_id: must be text, is a number; put it in quotes",
        "f.yaml:5:15: gateway_accounts[0].timezone: 'Europe/Helsinky' is not a time zone in the IANA database,"
        " such as Europe/Helsinki (did you mean Europe/Helsinki?)",
        "f.yaml:7:31: gateway_accounts[0].feeds[0].dialect: unknown dialect 'lnk' (did you mean link?);"
        " allowed: link, mylink_sms, mylink_multichannel",
        "f.yaml:8:16: gateway_accounts[0].feeds[1].name: this feed is given twice (before in line 7)",
        "f.yaml:8:48: gateway_accounts[0].feeds[1].networks[0]: not a network or address such as 192.0.2.0/24:"
        " 192.0.2.1/24 has host bits set",
        "f.yaml:10:5: tenants[0].name: missing",
        "f.yaml:11:5: tenants[0].slug: given twice (before in line 10)",
        "f.yaml:12:15: tenants[0].language: must be text, is true or false (so YAML reads yes, no, on and off too);"
        " put it in quotes",
        "f.yaml:14:15: tenants[0].currency: 'ERU' is not an ISO 4217 currency (such as EUR)",
        "f.yaml:15:5: tenants[0].parnt: unknown key (did you mean parent?); allowed: slug, name, timezone, country,"
        " language, currency, parent, partner_ids, ref_id, segment_keys, brand",
        "f.yaml:16:18: tenants[0].partner_ids: must be a mapping (key: value), is a list",
        "f.yaml:17:13: tenants[0].ref_id: one field must be called 'campaign'",
        "f.yaml:18:11: tenants[1].slug: this tenant is given twice (before in line 10)",
        "f.yaml:19:11: tenants[1].name: must not be empty",
        "f.yaml:21:11: tenants[2].slug: slugs that begin with pool- are reserved for the pools of accounts",
        "f.yaml:25:13: users[0].email: 'anna' is not an e-mail address",
        "f.yaml:25:26: users[0].staff: must be true or false, is text",
        "f.yaml:25:50: users[0].memberships.a: unknown role 'ownr' (did you mean owner?);"
        " allowed: owner, manager, analyst, viewer, accountant",
        "f.yaml:27:13: users[2].email: this e-mail address is given twice (before in line 26)",
    ]


@pytest.mark.parametrize(
    ("feed", "problem"),
    [
        (
            "{name: a, dialect: link, token: hunter2}",
            "f.yaml:5:43: {}.token: has 7 characters, at least 16 are needed",
        ),
        (
            "{name: a, dialect: link, token: hunter2hunter2hunter2/}",
            "f.yaml:5:43: {}.token: must consist of letters, digits and - _ . ~",
        ),
        (
            "{name: a, dialect: link, basic: {user: u, pasword: hunter2}}",
            "f.yaml:5:43: {}.basic.password: missing",
        ),
        (
            "{name: a, dialect: link, basic: {user: u, password: 12345678}}",
            "f.yaml:5:63: {}.basic.password: must be text, is a number; put it in quotes",
        ),
        (
            "{name: a, dialect: link, basic: {user: u, password: a,hunter2}}",
            "f.yaml:5:65: {}.basic: a word without a value; put a text that has a comma in quotes",
        ),
        (
            "{name: a, dialect: link, basic: {user: u, password: *hunter2}}",
            "f.yaml:5:63: not YAML: found undefined alias …",
        ),
        (
            "{name: a, dialect: link, basic: {user: u, password: !hunter2!2 x}}",
            "f.yaml:5:63: not YAML: while parsing a node, found undefined tag handle …",
        ),
        (
            "{name: a, dialect: link, basic: {user: u, password: !hunter2 x}}",
            "f.yaml:5:63: {}.basic.password: must be text, is something else; put it in quotes",
        ),
        (
            '{name: a, dialect: link, basic: {user: u, password: "hunter2\\0"}}',
            "f.yaml:5:63: {}.basic.password: has a control character",
        ),
        (
            "{name: a, dialect: link, basic: {user: u, password: hunter2: x}}",
            "f.yaml:5:70: not YAML: while parsing a flow mapping, expected ',' or '}', but got ':'",
        ),
    ],
)
def test_problem_of_a_secret_does_not_tell_it(feed, problem):
    text = f"gateway_accounts:\n- name: m\n  platform_id: A\n  timezone: UTC\n  feeds: [{feed}]\n"
    assert told(text)[0] == problem.replace("{}", "gateway_accounts[0].feeds[0]")
    assert "hunter" not in "".join(told(text))


def test_token_of_two_feeds_is_told_without_the_token():
    feeds = "".join(f"  - {{name: {name}, dialect: link, token: hunter2hunter2hunter2}}\n" for name in "ab")
    text = f"gateway_accounts:\n- name: m\n  platform_id: A\n  timezone: UTC\n  feeds:\n{feeds}"
    assert told(text) == [
        "f.yaml:7:37: gateway_accounts[0].feeds[1].token: this token is given twice (before in line 6)"
    ]


def test_specs_keep_secrets_out_of_their_repr():
    config = read(
        "gateway_accounts: [{name: m, platform_id: A, timezone: UTC, feeds: [{name: a, dialect: link,"
        " token: hunter2hunter2hunter2, basic: {user: u, password: hunter2}}]}]\n"
        "users: [{email: a@example.com, password: hunter2hunter2}]",
        Problems(),
    )
    assert "hunter" not in repr(config)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f.yaml:1:1: the file is empty"),
        ("# nothing yet\n", "f.yaml:1:1: the file is empty"),
        ("- a\n", "f.yaml:1:1: must be a mapping (key: value), is a list"),
        ("tenants: a\n", "f.yaml:1:10: tenants: must be a list, is text"),
        ("tenants: [a]\n", "f.yaml:1:11: tenants[0]: must be a mapping (key: value), is text"),
        ("? [a]\n: b\n", "f.yaml:1:3: a key must be text"),
        ("tenants:\n\t- a\n", "f.yaml:2:1: not YAML: while scanning for the next token, found character … that cannot"),
        ("users: \x07\n", "f.yaml:1:8: not YAML: the file contains a character that YAML does not allow"),
        ("users: []\n---\nusers: []\n", "f.yaml:2:1: not YAML: expected a single document in the stream, but found"),
        ("[" * 3000, "f.yaml:1:1: not readable YAML: nested too deeply"),
    ],
)
def test_text_that_is_no_provisioning_file_is_told_by_its_place(text, problem):
    (line,) = told(text)
    assert line.startswith(problem)


def test_account_name_leaves_room_for_its_pools_slug():
    account = "gateway_accounts: [{{name: {}, platform_id: A, timezone: UTC}}]"
    assert told(account.format("a" * 58)) == []
    assert told(account.format("a" * 59)) == [
        "f.yaml:1:27: gateway_accounts[0].name: has 59 characters, the limit is 58"
    ]
