"""Recipient keys: one for each number of a tenant, through erasure, moves, later reports and the upgrade."""

import secrets

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from deliveries.applying.attribution import attribute
from deliveries.erasure.erase import erase_number
from deliveries.messages.recipients import RecipientKeys, RecipientSecretUnreadable, prepare_secret, recipient_keys
from deliveries.models import Message, PartnerMove, RecipientSecret, RuleRefold
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.rule_refold import request_rule_refold, run_rule_refolds
from portal.tenants.models import PartnerId
from tests.deliveries.helpers import apply, dlr

NUMBER, OTHER = "+358401234567", "+46701234567"

digits = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True)


def report(id_: str, destination: str | None = NUMBER, partner: str = "nr-fi", code: int = 1001, **fields) -> dict:
    parameters = {"destination": destination} if destination else {}
    return dlr(
        id_,
        code,
        customParameters=parameters,
        timestamp="2026-11-19T08:00:05Z",
        sentTimestamp="2026-11-19T08:00:00Z",
        gateCustomParameters={"platformPartnerId": partner},
        **fields,
    )


def keys() -> dict[str, bytes | None]:
    found = Message.objects.values_list("message_id", "recipient_key")
    return {id_: None if key is None else bytes(key) for id_, key in found}


@given(numbers=st.lists(digits, min_size=2, max_size=20, unique=True), tenants=st.sets(st.integers(1, 99), min_size=2))
def test_keys_differ_by_number_and_by_tenant_and_carry_over(numbers, tenants):
    keys = RecipientKeys(b"s" * 32)
    made = {(number, t): keys.of_number(number, tenant_id=t) for number in numbers for t in tenants}
    assert len(set(made.values())) == len(made)
    assert {len(key) for key in made.values()} == {16}
    for (number, tenant), key in made.items():
        for other in tenants:
            carried = keys.carried_over(key, from_tenant_id=tenant, to_tenant_id=other)
            assert carried == made[number, other]


def test_another_secret_gives_other_keys():
    one, other = (RecipientKeys(secrets.token_bytes(32)).of_number("358401234567", tenant_id=1) for _ in range(2))
    assert one != other


@pytest.mark.django_db
def test_every_notation_of_a_number_has_one_key_and_no_number_has_none(feed, tenant):
    apply(
        feed,
        report("a"),
        report("b", "00358 40 123 4567"),
        report("c", "tel:+358-40-1234567"),
        report("d", OTHER),
        report("e", None),
        report("f", "NO-2333"),
        report("g", "0401234567"),  # a national number: of which country, nobody knows
    )
    found = keys()
    assert found["a"] == found["b"] == found["c"] == recipient_keys().of_number("358401234567", tenant_id=tenant.id)
    assert found["d"] not in (None, found["a"])
    assert found["e"] is found["f"] is found["g"] is None


@pytest.mark.django_db
def test_number_that_comes_with_a_later_report_gives_the_key(feed, tenant):
    apply(feed, report("a", None, code=1000))
    assert keys() == {"a": None}
    apply(feed, report("a"))
    assert keys() == {"a": recipient_keys().of_number("358401234567", tenant_id=tenant.id)}


@pytest.mark.django_db
def test_erased_number_keeps_its_key_and_later_messages_to_it_get_the_same(feed, tenant):
    apply(feed, report("a"), report("b", OTHER))
    before = keys()
    erase_number(number=NUMBER, tenant=tenant, actor="test")
    assert Message.objects.get(message_id="a").destination.startswith("#")
    assert keys() == before
    apply(feed, report("a", code=1006), report("later"))  # no late report brings the number back, nor takes the key
    assert keys() == before | {"later": before["a"]}


@pytest.mark.django_db
def test_erased_message_that_moves_gets_the_key_of_its_new_tenant(account, feed, tenant):
    apply(feed, report("old", partner="later"), report("own"))
    erase_number(number=NUMBER, tenant=account.pool, actor="test")
    assert keys()["old"] != keys()["own"]
    PartnerId.objects.filter(account=account, value="later").update(tenant=tenant, declared_at=timezone.now())
    PartnerMove.objects.create(tenant=tenant, partner=PartnerId.objects.get(account=account, value="later"))
    run_moves()
    moved = Message.objects.get(message_id="old")
    assert (moved.tenant_id, moved.destination[:1]) == (tenant.id, "#")
    assert keys()["old"] == keys()["own"]


@pytest.mark.django_db
def test_refold_gives_stored_messages_their_keys(feed, tenant):
    apply(feed, report("a"), report("b", OTHER), report("c", "NO-2333"), report("erased", "+358407654321"))
    after = keys()
    erase_number(number="+358407654321", tenant=tenant, actor="test")
    Message.objects.update(recipient_key=None)
    assert request_rule_refold() == request_rule_refold()
    run_rule_refolds()
    assert keys() == after | {"erased": None}  # a message without its number cannot get one
    assert RuleRefold.objects.get().state == "done"


@pytest.mark.django_db
def test_secret_survives_a_change_of_the_secret_key(feed, settings):
    apply(feed, report("a"))
    before, old = keys()["a"], settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [old]
    prepare_secret()
    settings.SECRET_KEY_FALLBACKS = []
    apply(feed, report("b"))
    assert keys()["b"] == before


@pytest.mark.django_db
def test_lost_secret_key_is_named_and_nothing_gets_a_wrong_key(feed, settings, caplog):
    apply(feed, report("a"))
    settings.SECRET_KEY = "lost" * 20
    with pytest.raises(RecipientSecretUnreadable, match="SECRET_KEY_FALLBACKS"):
        attribute([], now=timezone.now())
    prepare_secret()
    assert "cannot be decrypted" in caplog.text
    RecipientSecret.objects.all().delete()  # docs/operations.md: begin again
    prepare_secret()
    attribute([], now=timezone.now())


@pytest.mark.django_db
def test_secret_is_not_readable_in_the_table(feed):
    apply(feed, report("a"))
    sealed = RecipientSecret.objects.get().sealed
    assert recipient_keys()._secret.hex() not in sealed
    assert sealed.startswith("gAAAA")
