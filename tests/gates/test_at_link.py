"""Gates at LINK: compared, created and corrected against a server that behaves as LINK's Gate API."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from deliveries.gates.at_link.access import add_kept_token, kept_token, seal
from deliveries.gates.at_link.planning import State
from deliveries.gates.at_link.sync import Outcome, RunUnderWay, run
from deliveries.gates.at_link.wanted import Target, ref_id_of
from portal.accounts.models import AuditEntry
from portal.tenants import tokens
from portal.tenants.feeds import ROTATION, add_token, set_basic, set_header
from portal.tenants.models import Feed, FeedToken, GateApi, GatewayAccount, PartnerId
from portal.tenants.pools import make_pool
from tests.admin.acting import audit
from tests.conftest import NOW, TOKEN
from tests.gates.conftest import OWNER
from tests.gates.link_server import Refused

pytestmark = pytest.mark.django_db
DOOR = "https://portal.example.com/dlr"


def set_gates(api: GateApi, **options) -> Outcome:
    return run(GateApi.objects.get(pk=api.pk), apply=True, actor="staff@example.com", **options)


def check(api: GateApi, **options) -> Outcome:
    return run(GateApi.objects.get(pk=api.pk), apply=False, actor="staff@example.com", **options)


def states(outcome: Outcome) -> list[tuple[str, str]]:
    return [(entry.state.value, entry.partner_id) for entry in outcome.entries]


def declare(account, tenant, *values: str) -> None:
    PartnerId.objects.bulk_create(
        PartnerId(account=account, value=value, tenant=tenant, declared_at=NOW) for value in values
    )


def by_hand(partner: str = "nr-fi", *, token: str = TOKEN, **changed) -> dict:
    """Return a gate that a person made with the values of the feed's page."""
    destination = {
        "url": f"{DOOR}/{token}/", "contentType": "application/json", "username": "", "password": "",
        "customParameters": {},
    }  # fmt: skip
    return {
        "type": "PARTNER_GATE", "refId": f"by hand {partner}", "platformId": "ACME", "platformPartnerId": OWNER,
        "destinations": [destination], "gateType": "ONE_ORDERED", "ttl": 172800000, "acknowledge": True,
        "throttle": None, "customParameters": {"platformPartnerId": partner},
    } | changed  # fmt: skip


def elsewhere(ref_id: str) -> dict:
    destination = {"url": "https://shop.example.com/dlr", "username": "shop", "password": "secret of the shop"}
    return by_hand(refId=ref_id, destinations=[destination], customParameters={})


def test_missing_gates_are_created_with_the_feeds_address_and_then_right(api, link, account, tenant):
    declare(account, tenant, "a/b ä", "0401234567")

    first, second = set_gates(api), check(api)

    assert states(first) == [("created", "0401234567"), ("created", "a/b ä"), ("created", "nr-fi")]
    assert states(second) == [("right", "0401234567"), ("right", "a/b ä"), ("right", "nr-fi")]
    token = kept_token(GateApi.objects.get())
    (gate,) = [one for one in link.gates.values() if one["customParameters"] == {"platformPartnerId": "nr-fi"}]
    assert gate == by_hand(token=token) | {"id": gate["id"], "refId": "portal-main-nr-fi"}
    digest = tokens.digest(token, purpose="feed-token")
    assert list(FeedToken.objects.filter(digest=digest).values_list("for_gates", "expires_at")) == [(True, None)]
    assert FeedToken.objects.get(digest=tokens.digest(TOKEN, purpose="feed-token")).expires_at is None
    assert audit("gates_at_link.set") == [
        (None, "staff@example.com", "link-main", {"created": 3, "corrected": 0, "failed": 0})
    ]
    assert audit("feed.token") == [(None, "staff@example.com", "link-main/main", {"for": "gates"})]


def test_ref_ids_show_no_phone_number_and_fit_into_an_address():
    target = Target("main", "ACME", None, "", "", "", lambda url: False, lambda url: False)

    assert ref_id_of(target, "nr-fi") == "portal-main-nr-fi"
    assert {len(ref_id_of(target, value)) for value in ("+358401234567", "a/b", "ä", "x" * 65)} == {36}
    assert "401234567" not in ref_id_of(target, "+358401234567")


def test_check_changes_nothing_and_makes_no_token(api, link):
    outcome = check(api)

    assert states(outcome) == [("missing", "nr-fi")]
    assert (link.gates, [method for method, _path in link.requests]) == ({}, ["GET"])
    assert (FeedToken.objects.count(), GateApi.objects.get().token_sealed) == (1, "")
    assert not AuditEntry.objects.exists()


def test_gate_made_by_hand_is_right_until_its_token_ends(api, link, feed):
    gate_id = link.add(by_hand())
    before = check(api)
    add_token(feed, now=NOW)

    after = set_gates(api)

    assert (states(before), states(after)) == ([("right", "nr-fi")], [("corrected", "nr-fi")])
    assert link.gates[gate_id]["destinations"][0]["url"] == f"{DOOR}/{kept_token(GateApi.objects.get())}/"
    assert link.gates[gate_id]["refId"] == "by hand nr-fi"
    (difference,) = after.entries[0].differences
    assert (difference.field, TOKEN in difference.has + difference.wants) == ("url", False)


WRONG = {
    "ttl": {"ttl": 3600000},
    "acknowledge": {"acknowledge": False},
    "customParameters.platformPartnerId": {"customParameters": {}, "refId": "portal-main-nr-fi"},
}
WRONG_DESTINATION = {
    "contentType": {"contentType": "application/xml"},
    "username": {"username": "someone"},
    "method": {"customParameters": {"method": "GET"}},
    "template": {"customParameters": {"template": "id=${id}"}},
    "http.header1": {"customParameters": {"http.header1": "X-Key:1"}},
    "url": {"url": f"http://old.example.com/dlr/{TOKEN}/"},
}


@pytest.mark.parametrize("name", [*WRONG, *WRONG_DESTINATION])
def test_each_field_that_differs_is_named_and_corrected(api, link, name):
    gate = by_hand() | WRONG.get(name, {})
    gate["destinations"][0] |= WRONG_DESTINATION.get(name, {})
    link.add(gate)

    found, corrected, after = check(api), set_gates(api), check(api)

    assert [one.field for one in found.entries[0].differences] == [name]
    assert (states(corrected), states(after)) == ([("corrected", "nr-fi")], [("right", "nr-fi")])


def test_correction_keeps_what_is_not_the_portals(api, link):
    other = {"url": "https://shop.example.com/dlr", "username": "shop", "password": "theirs"}
    gate = by_hand(throttle=5, ttl=1, gateType="ONE_RANDOM", customParameters={"platformPartnerId": "nr-fi", "x": "1"})
    gate["destinations"][0]["customParameters"] = {"http.header2": "X-Other:1", "method": "GET"}
    gate["destinations"].insert(0, other)
    gate_id = link.add(gate)

    outcome = set_gates(api)

    stored = link.gates[gate_id]
    assert states(outcome) == [("corrected", "nr-fi")]
    assert (stored["throttle"], stored["gateType"], stored["ttl"]) == (5, "ALL", 172800000)
    assert stored["customParameters"] == {"platformPartnerId": "nr-fi", "x": "1"}
    assert stored["destinations"][1] == other
    assert stored["destinations"][0]["customParameters"] == {"http.header2": "X-Other:1"}


def test_gate_whose_other_password_link_hides_is_left_alone(api, link):
    gate = by_hand(ttl=1)
    gate["destinations"].append({"url": "https://shop.example.com/dlr", "username": "shop", "password": "****"})
    gate_id = link.add(gate)

    outcome = set_gates(api)

    assert (states(outcome), outcome.entries[0].problem) == ([("failed", "nr-fi")], "hidden")
    assert link.gates[gate_id]["ttl"] == 1


def test_gates_of_others_are_never_touched(api, link):
    link.add(elsewhere("shop"))
    link.add(by_hand(refId="drop", destinations=[{"url": "do://drop"}], customParameters={}))
    link.add(by_hand("gone-ppid", ttl=1))  # feeds the portal, for nobody
    link.add(by_hand(refId="double"))
    link.add(by_hand())
    before = json.dumps(link.gates)

    outcome = set_gates(api)

    assert sorted(states(outcome)) == [("right", "nr-fi"), ("surplus", "gone-ppid"), ("surplus", "nr-fi")]
    assert outcome.others == 2
    assert json.dumps(link.gates) == before
    assert {method for method, _path in link.requests} == {"GET"}


def test_token_of_another_accounts_feed_is_not_ours(api, link, tenant):
    pool = make_pool(account_name="other", timezone="UTC")
    other = GatewayAccount.objects.create(name="other", platform_id="X", pool=pool)
    feed = Feed.objects.create(account=other, name="main")
    link.add(by_hand(token=add_token(feed, now=NOW)))

    outcome = check(api)

    assert (states(outcome), outcome.others) == ([("missing", "nr-fi")], 1)


def test_ref_id_that_delivers_elsewhere_is_reported(api, link):
    gate_id = link.add(elsewhere("portal-main-nr-fi"))

    outcome = set_gates(api)

    assert states(outcome) == [("taken", "nr-fi")]
    assert link.gates[gate_id]["destinations"][0]["url"] == "https://shop.example.com/dlr"


@pytest.mark.parametrize(("ttl", "state"), [(172800000, "right"), (1, "corrected")])
def test_conflict_with_our_own_gate_uses_it(api, link, ttl, state):
    """As after a creation whose answer was lost."""
    link.before["POST"] = lambda: link.add(by_hand(refId="portal-main-nr-fi", ttl=ttl))

    outcome = set_gates(api)

    assert states(outcome) == [(state, "nr-fi")]
    assert [gate["ttl"] for gate in link.gates.values()] == [172800000]


def test_conflict_with_another_gate_is_reported(api, link):
    link.before["POST"] = lambda: link.add(elsewhere("portal-main-nr-fi"))

    assert states(set_gates(api)) == [("taken", "nr-fi")]
    assert len(link.gates) == 1


def test_gate_deleted_meanwhile_is_created_again(api, link):
    link.add(by_hand(ttl=1))
    link.before["PUT"] = link.gates.clear

    outcome = set_gates(api)

    assert states(outcome) == [("created", "nr-fi")]
    assert [gate["ttl"] for gate in link.gates.values()] == [172800000]
    assert [method for method, _path in link.requests] == ["GET", "PUT", "POST"]


def test_5000_gates_are_compared_on_several_pages(api, link, account, tenant):
    values = [f"p{number:04d}" for number in range(5000)]
    declare(account, tenant, *values)
    for value in values:
        link.gates[value] = by_hand(value) | {"id": value, "refId": value}
    link.page_size = 700

    outcome = check(api)

    assert outcome.counts() == dict.fromkeys(State, 0) | {"right": 5000, "missing": 1}
    assert len(link.requests) == 8
    assert len(json.dumps(GateApi.objects.get().outcome)) < 1000


def test_creation_without_an_answer_is_found_by_the_next_run(api, link):
    link.hangs = {"POST"}
    first = set_gates(api, answer_seconds=0.2)
    link.hangs = set()

    second = set_gates(api)

    assert [(entry.state, entry.problem) for entry in first.entries] == [("failed", "timed_out")]
    assert states(second) == [("right", "nr-fi")]
    assert len(link.gates) == 1


def test_each_partner_has_its_gate_where_no_owner_is_named(api, link, account, tenant):
    GateApi.objects.update(partner_id="")
    declare(account, tenant, "denied", "x/y")
    PartnerId.objects.create(account=account, value="pooled", tenant=account.pool)
    link.denied = {"denied"}
    link.add(by_hand("pooled") | {"platformPartnerId": "pooled"})

    outcome = set_gates(api)

    assert states(outcome) == [
        ("failed", "denied"), ("created", "nr-fi"), ("created", "x/y"), ("surplus", "pooled"),
    ]  # fmt: skip
    assert outcome.entries[0].problem == "denied"
    assert ("GET", "/gate/partnergate/platform/ACME/partner/x%2Fy") in link.requests
    assert [gate["platformPartnerId"] for gate in link.gates.values()] == ["pooled", "nr-fi", "x/y"]


def test_run_ends_after_failures_in_a_row(api, link, account, tenant):
    declare(account, tenant, *(f"p{number}" for number in range(9)))
    link.refused = {"POST": Refused(500)}

    outcome = set_gates(api)

    assert outcome.counts() | {"failed": 5, "missing": 5} == outcome.counts()
    assert (outcome.left, outcome.error.problem) == (5, "server")
    assert audit("gates_at_link.set")[0][3] == {"created": 0, "corrected": 0, "failed": 5}


def test_run_in_the_background_ends_in_time(api, link):
    outcome = set_gates(api, run_seconds=1e-9)

    assert (outcome.error.problem, link.requests) == ("timed_out", [])


def test_credentials_of_the_feed_are_sent(api, link, feed):
    set_basic(feed, user="gateway", password="feed password")
    set_header(feed, name="X-Portal-Key", value="header value")
    feed.save()
    unknown = set_gates(api)
    GateApi.objects.update(feed_password_sealed=seal("feed password"), feed_header_sealed=seal("header value"))

    known, after = set_gates(api), check(api)

    assert (unknown.error.problem, states(unknown), FeedToken.objects.count()) == ("feed_password", [], 2)
    assert (states(known), states(after)) == ([("created", "nr-fi")], [("right", "nr-fi")])
    (gate,) = link.gates.values()
    assert gate["destinations"][0]["username"] == "gateway"
    assert gate["destinations"][0]["password"] == "feed password"
    assert gate["destinations"][0]["customParameters"] == {"http.header1": "X-Portal-Key:header value"}
    gate["destinations"][0] |= {
        "password": "wrong one", "customParameters": {"http.header1": "X-Portal-Key:wrong one"},
    }  # fmt: skip
    differing = check(api)
    assert [one.field for one in differing.entries[0].differences] == ["password", "http.header1"]
    assert "wrong one" not in json.dumps(GateApi.objects.get().outcome)


def test_renewed_token_is_written_by_the_next_run_and_the_former_ends_later(api, link, feed):
    set_gates(api)
    old = kept_token(GateApi.objects.get())

    new = add_kept_token(GateApi.objects.get(), actor="staff@example.com", now=NOW)

    digest = tokens.digest(old, purpose="feed-token")
    assert FeedToken.objects.get(digest=digest).expires_at == NOW + ROTATION
    assert states(set_gates(api)) == [("corrected", "nr-fi")]
    assert [gate["destinations"][0]["url"] for gate in link.gates.values()] == [f"{DOOR}/{new}/"]


def test_erased_partner_id_needs_no_gate(api, link, account, tenant):
    declare(account, tenant, "+358 •••••••67")

    assert states(check(api)) == [("missing", "nr-fi")]


def test_two_runs_of_an_account_exclude_each_other(api, link, transactional_db):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('portal.gates_at_link'), %s)", [api.pk])
            with pytest.raises(RunUnderWay):
                set_gates(api)
    finally:
        other.close()
    assert link.requests == []


def test_stored_result_and_audit_log_hold_neither_numbers_nor_secrets(api, link, account, tenant):
    declare(account, tenant, "+358401234567")
    link.refused = {"POST": Refused(400, 103302, f"no gate for +358401234567 at {DOOR}/{TOKEN}/")}

    set_gates(api)

    kept = json.dumps(GateApi.objects.get().outcome) + str(list(AuditEntry.objects.values_list("details", "subject")))
    assert "103302" in kept
    assert [text for text in ("401234567", TOKEN, kept_token(GateApi.objects.get())) if text in kept] == []


def test_command_shows_and_sets(api, link, capsys):
    call_command("sync_gates", "--dry-run", "--account", "link-main")
    shown = capsys.readouterr().out
    call_command("sync_gates")
    done = capsys.readouterr().out

    assert shown == (
        f"link-main at {link.address}, feed main:\n"
        "  missing   nr-fi  portal-main-nr-fi\n"
        "  1 missing; 0 others at LINK, left as they are\n"
    )
    assert done == (
        f"link-main at {link.address}, feed main:\n"
        "  created   nr-fi  portal-main-nr-fi (G0001)\n"
        "  1 created; 0 others at LINK, left as they are\n"
    )


def test_command_fails_where_a_gate_or_an_account_fails(api, link, capsys):
    link.refused = {"POST": Refused(400, 103302, "invalid gate")}
    with pytest.raises(CommandError, match="not all gates are right: link-main"):
        call_command("sync_gates")
    with pytest.raises(CommandError, match="no Gate API is set for the account nobody"):
        call_command("sync_gates", "--account", "nobody")

    assert "LINK rejected the gate as invalid. LINK says: 103302 invalid gate" in capsys.readouterr().out


def test_password_of_an_earlier_secret_key_is_asked_for_again(api, link, settings):
    settings.SECRET_KEY = "another key"

    assert (check(api).error.problem, link.requests) == ("secret_key", [])
