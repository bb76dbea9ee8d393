"""After a change of SECRET_KEY, `reseal_secrets` lets the earlier key be dropped: everything still opens."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import TextField
from django.utils import timezone
from standardwebhooks import Webhook

from deliveries.gates import changing
from deliveries.gates.at_link import access
from deliveries.gates.definitions import DestinationInput, GateInput
from deliveries.gates.secrets import endpoint_of, secrets_of
from deliveries.models import Gate, GateDestination
from portal.accounts.models import AuditEntry
from portal.operations.resealing import SEALED
from portal.tenants.models import GateApi
from tests.deliveries.helpers import apply
from tests.gates.dispatching import dispatching
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver
from tests.gates.test_dispatcher import is_done, report
from tests.people.factors import code_of

pytestmark = pytest.mark.django_db

TOTP_SECRET = "JBSWY3DPEHPK3PXP"
NEW_KEY = "another key of some length"


def sealed_values() -> dict[tuple[str, str], list[str]]:
    return {
        (one.model._meta.db_table, column): list(
            one.model._default_manager.order_by("pk").values_list(column, flat=True)
        )
        for one in SEALED
        for column in one.columns
    }


def test_every_encrypted_column_is_known():
    named = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.name.endswith("sealed") and isinstance(field, TextField)
    }
    assert named <= {(one.model, column) for one in SEALED for column in one.columns}


def test_everything_opens_with_the_new_key_alone(tenant, account, feed, owner, settings, capsys):
    given = GateInput(
        "Shop", "shop",
        (DestinationInput("https://sms.example.com/", username="u", password="p4ss", headers=("X-Key: k3y",)),),
    )  # fmt: skip
    made = changing.create(tenant, given, actor="anna@example.com")
    newer = changing.rotate_secret(made.gate, actor="anna@example.com")
    api = GateApi.objects.create(
        account=account,
        address="https://gates.example.com",
        username="u",
        password_sealed=access.seal("l1nk"),
        feed=feed,
    )
    TOTP.activate(owner, TOTP_SECRET)
    codes = RecoveryCodes.activate(owner).get_unused_codes()
    before = sealed_values()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [settings.SECRET_KEY]
    call_command("reseal_secrets")
    settings.SECRET_KEY_FALLBACKS = []

    assert sorted(capsys.readouterr().out.splitlines()) == [
        f"{table}: {number} rows are encrypted with the present key"
        for table, number in (
            ("gate", 1),
            ("gate_destination", 1),
            ("mfa_authenticator", 2),
            ("recipient_secret", 1),
            ("tenants_gateapi", 1),
        )
    ]
    gate, endpoint = Gate.objects.get(), endpoint_of(GateDestination.objects.get())
    assert secrets_of(gate, now=timezone.now()) == (newer, made.secret)
    assert (endpoint.password, endpoint.headers) == ("p4ss", ("X-Key: k3y",))
    api.refresh_from_db()
    assert access.access_of(api).password == "l1nk"
    totp, recovery = (Authenticator.objects.get(type=type_).wrap() for type_ in ("totp", "recovery_codes"))
    assert totp.validate_code(code_of(TOTP_SECRET))
    assert recovery.get_unused_codes() == codes
    entry = AuditEntry.objects.get(action="secrets.resealed")
    assert (entry.actor, entry.details) == ("command reseal_secrets", {"resealed": 6, "unreadable": 0})

    after = sealed_values()
    call_command("reseal_secrets")  # nothing is left to do
    assert capsys.readouterr().out == "all secrets are encrypted with the present key\n"
    assert (sealed_values() == after, after != before) == (True, True)


def test_rows_of_a_lost_key_are_named_and_the_others_done(tenant, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "lost key of some length"
    lost = make_gate(tenant)
    settings.SECRET_KEY = old
    good = make_gate(tenant)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [old]
    with pytest.raises(CommandError, match=rf"gate: {lost.pk}\. Add the earlier key"):
        call_command("reseal_secrets")

    settings.SECRET_KEY_FALLBACKS = []
    good.refresh_from_db()
    assert secrets_of(good, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_running_dispatcher_signs_on_while_keys_change(feed, tenant, settings):
    made = changing.create(tenant, GateInput("Shop", "shop", (DestinationInput("do://drop"),)), actor="a@example.com")
    old, settings.SECRET_KEY = settings.SECRET_KEY, NEW_KEY
    settings.SECRET_KEY_FALLBACKS = [old]
    call_command("reseal_secrets")
    settings.SECRET_KEY_FALLBACKS = []
    with Receiver() as receiver, dispatching():
        GateDestination.objects.filter(gate=made.gate).update(url=receiver.url())
        apply(feed, report("one"))
        is_done(made.gate, "delivered")

        (request,) = receiver.requests
    assert Webhook(made.secret).verify(request.body.decode(), request.headers)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, [NEW_KEY]
    call_command("reseal_secrets")  # back again, for the recipient secret of other tests
