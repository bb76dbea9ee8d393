"""Second factors: set up, asked for, required by a tenant and for staff, and not to be got around.

These commit: what happens after a commit is part of it.
"""

import base64
import os
import re
import subprocess
import sys
import time
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation

from portal.accounts.factor_mails import tell_of_removal_by_staff
from portal.accounts.models import AuditEntry, Role
from portal.tenants import api_keys
from portal.tenants.models import Tenant
from tests.conftest import PASSWORD, make_user
from tests.people.conftest import is_in, sign_in
from tests.people.factors import HOST, Passkey, code_of, data_in, reauthenticate, set_up_app
from tests.shares.conftest import make_link

pytestmark = pytest.mark.django_db(transaction=True)

REPORTS = "/t/nordic-retail/reports/"
ASKED = "/accounts/second-factor/?next=%2Ft%2Fnordic-retail%2Freports%2F"


@pytest.fixture
def strict(tenant) -> Tenant:
    """The tenant requires a second factor."""
    Tenant.objects.filter(id=tenant.id).update(require_mfa=True)
    return tenant


@pytest.fixture
def signed_in(viewer) -> Client:
    client = Client()
    sign_in(client, "viewer@example.com")
    return client


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_app_is_set_up_and_asked_for_at_the_next_sign_in(signed_in, viewer):
    secret = set_up_app(signed_in)
    later = Client()

    first = sign_in(later, "viewer@example.com")
    half_way = is_in(later), later.get(REPORTS).status_code
    wrong = later.post("/accounts/2fa/authenticate/", {"code": "000000"})
    right = later.post("/accounts/2fa/authenticate/", {"code": code_of(secret, step=1)})

    assert (first.url, half_way) == ("/accounts/2fa/authenticate/", (False, 302))
    assert (wrong.status_code, "Incorrect code" in wrong.content.decode()) == (200, True)
    assert (right.status_code, right.url, later.get(REPORTS).status_code) == (302, "/", 200)
    assert actions() == ["sign_in", "second_factor.added", "second_factor.added", "sign_in"]


def test_code_works_once(signed_in):
    secret = set_up_app(signed_in)
    code = code_of(secret, step=1)
    clients = [Client(), Client()]

    for client in clients:
        sign_in(client, "viewer@example.com")
        client.post("/accounts/2fa/authenticate/", {"code": code})

    assert [is_in(client) for client in clients] == [True, False]


def test_guesses_at_codes_are_limited(signed_in):
    secret = set_up_app(signed_in)
    client = Client()
    sign_in(client, "viewer@example.com")
    pages = [client.post("/accounts/2fa/authenticate/", {"code": f"{n:06d}"}).content.decode() for n in range(6)]

    right = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, step=1)})

    assert ["Too many failed login attempts" in page for page in pages] == [False] * 5 + [True]
    assert (right.status_code, is_in(client)) == (200, False)


def test_recovery_code_stands_in_once(signed_in):
    set_up_app(signed_in)
    page = signed_in.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"<li>([\d-]+)</li>", page)
    clients = [Client(), Client()]

    for client in clients:
        sign_in(client, "viewer@example.com")
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})

    assert (len(codes), [is_in(client) for client in clients]) == (10, [True, False])


def test_secrets_lie_encrypted_in_the_database(signed_in):
    secret = set_up_app(signed_in)

    stored = {row.type: str(row.data) for row in Authenticator.objects.all()}

    assert sorted(stored) == ["recovery_codes", "totp"]
    assert secret not in stored["totp"]
    assert re.search(r"'(secret|seed)': 'gAAAA", stored["totp"]) and re.search(
        r"'seed': 'gAAAA", stored["recovery_codes"]
    )


def test_secrets_outlive_a_change_of_the_key(signed_in, settings):
    secret = set_up_app(signed_in)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of some length", [settings.SECRET_KEY]
    client = Client()

    sign_in(client, "viewer@example.com")
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, step=1)})

    assert is_in(client) is True


def test_pages_of_factors_carry_no_inline_script_or_style(signed_in):
    page = reauthenticate(signed_in, "/accounts/2fa/totp/activate/").content.decode()

    assert re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>|\sstyle=|<style", page) == []
    assert 'src="data:image/svg+xml' in page


def test_tenant_that_requires_one_sends_its_people_to_set_it_up_and_back(signed_in, strict):
    asked = signed_in.get(REPORTS)
    page = signed_in.get(asked.url)
    set_up_app(signed_in)
    codes = signed_in.get("/accounts/2fa/recovery-codes/").content.decode()
    back = signed_in.get("/accounts/second-factor/")

    assert (asked.status_code, asked.url) == (302, ASKED)
    assert "Set up a second factor" in page.content.decode()
    assert "Finished? Continue" in codes
    assert (back.status_code, back.url, signed_in.get(REPORTS).status_code) == (302, REPORTS, 200)


def test_other_tenants_and_ones_own_account_stay_open(signed_in, strict, other_tenant, viewer):
    viewer.memberships.create(tenant=other_tenant, role=Role.VIEWER)

    urls = ["/", "/accounts/profile/", "/t/baltic-parcel/reports/", REPORTS]

    assert [signed_in.get(url).status_code for url in urls] == [200, 200, 200, 302]


def test_posts_parts_and_files_are_closed_too(signed_in, strict):
    shown = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{REPORTS}?page=2"}
    part = signed_in.get(REPORTS, headers=shown)
    posted = signed_in.post(f"{REPORTS}make/", {"month": "2026-09"})

    asks = "/accounts/second-factor/"
    assert part.headers["HX-Redirect"] == f"{asks}?{urlencode({'next': f'{REPORTS}?page=2'})}"
    assert (part.content, posted.status_code, posted.url) == (
        b"",
        302,
        f"{asks}?{urlencode({'next': f'{REPORTS}make/'})}",
    )
    assert signed_in.get(f"{REPORTS}1/download/").status_code == 302


def test_setting_a_factor_up_ends_the_other_sessions(signed_in):
    elsewhere = Client()
    sign_in(elsewhere, "viewer@example.com")

    set_up_app(signed_in)

    assert (is_in(elsewhere), is_in(signed_in)) == (False, True)


CHANGES = (
    "totp/deactivate/",
    "recovery-codes/generate/",
    "recovery-codes/",
    "recovery-codes/download/",
    "webauthn/add/",
)


def test_password_alone_changes_no_factor_and_no_address(signed_in, viewer):
    """A session that was signing in while the factor was set up, and confirmed its password before."""
    set_up_app(signed_in)
    thief = Client()
    thief.force_login(viewer)
    session = thief.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(viewer.pk)
    session.save()

    answers = [thief.get(f"/accounts/2fa/{url}") for url in CHANGES]
    answers += [thief.post(f"/accounts/2fa/{url}") for url in CHANGES]
    answers += [thief.post("/accounts/email/", {"email": "thief@example.com", "action_add": ""})]
    answers += [thief.get("/accounts/reauthenticate/"), thief.post("/accounts/reauthenticate/", {"password": PASSWORD})]

    assert {answer.url.partition("?")[0] for answer in answers if answer.status_code == 302} == {
        "/accounts/2fa/reauthenticate/"
    }
    assert {answer.status_code for answer in answers} <= {302, 405}
    assert Authenticator.objects.count() == 2


def test_second_factor_confirms_and_takes_itself_off(signed_in, viewer):
    secret = set_up_app(signed_in)
    other = Client()
    sign_in(other, "viewer@example.com")
    other.post("/accounts/2fa/authenticate/", {"code": code_of(secret, step=1)})
    cache.clear()  # as if the code's half minute were over

    asked = other.get("/accounts/2fa/totp/deactivate/")
    other.post(asked.url, {"code": code_of(secret, step=1)})
    other.post("/accounts/2fa/totp/deactivate/")

    assert (asked.url.partition("?")[0], Authenticator.objects.count()) == ("/accounts/2fa/reauthenticate/", 0)


def test_owners_hear_of_a_factor_that_is_taken_off_and_of_new_codes(signed_in, viewer, owner, worker_runs, mailoutbox):
    set_up_app(signed_in)
    mailoutbox.clear()

    signed_in.post("/accounts/2fa/recovery-codes/generate/")
    signed_in.post("/accounts/2fa/totp/deactivate/")

    assert sorted((message.to[0], message.subject) for message in mailoutbox) == [
        ("owner@example.com", "Second factor: viewer@example.com"),
        ("owner@example.com", "Second factor: viewer@example.com"),
        ("viewer@example.com", "An authenticator app was removed"),
        ("viewer@example.com", "New recovery codes were created"),
    ]


def test_session_that_has_not_shown_the_factor_opens_no_page_that_requires_it(signed_in, strict, viewer):
    """Such as one that was signing in while the factor was set up elsewhere."""
    set_up_app(signed_in)
    other = Client()
    other.force_login(viewer)

    assert (other.get(REPORTS).url, signed_in.get(REPORTS).status_code) == (ASKED, 200)


@pytest.mark.parametrize("alarms", [[], ["alarms@example.com"]])
def test_operators_hear_of_a_factor_that_staff_take_off_themselves(
    settings, staff_user, worker_runs, mailoutbox, alarms
):
    settings.ALARM_EMAILS = alarms
    make_user("colleague@example.com", is_staff=True)
    staff = Client()
    sign_in(staff, "staff@example.com")
    set_up_app(staff)
    mailoutbox.clear()

    staff.post("/accounts/2fa/totp/deactivate/")

    told = {message.to[0] for message in mailoutbox if message.subject == "Second factor: staff@example.com"}
    assert told == set(alarms or ["colleague@example.com"])


def test_staff_who_take_factors_off_are_told_on(signed_in, viewer, owner, staff_user, worker_runs, mailoutbox):
    set_up_app(signed_in)
    mailoutbox.clear()
    staff = Client()
    sign_in(staff, "staff@example.com")

    staff.post("/admin/accounts/user/", {"action": "remove_second_factors", "_selected_action": [viewer.pk]})

    assert sorted(message.to[0] for message in mailoutbox) == ["owner@example.com", "viewer@example.com"]


@pytest.mark.parametrize(("is_member", "word"), [(True, "Portaalin ylläpito"), (False, "The portal's staff")])
def test_removal_by_staff_is_told_in_the_language_of_the_person(
    tenant, viewer, mailoutbox, worker_runs, is_member, word
):
    Tenant.objects.filter(id=tenant.id).update(language="fi")
    if not is_member:
        viewer.memberships.all().delete()

    with transaction.atomic(), translation.override("en" if is_member else "fi"):
        tell_of_removal_by_staff(viewer)

    assert (mailoutbox[0].to, word in mailoutbox[0].body) == (["viewer@example.com"], True)


def test_who_removes_the_factor_is_asked_again(signed_in, strict):
    secret = set_up_app(signed_in)
    cache.clear()  # as if the code's half minute were over
    asked = signed_in.get("/accounts/2fa/totp/deactivate/")
    if asked.status_code == 302:
        signed_in.post(asked.url, {"password": PASSWORD})
    signed_in.post("/accounts/2fa/totp/deactivate/")

    assert Authenticator.objects.count() == 0
    assert (signed_in.get(REPORTS).url, len(secret)) == (ASKED, 32)


def test_factor_cannot_be_removed_or_read_without_the_password(viewer):
    client = Client()
    sign_in(client, "viewer@example.com")
    set_up_app(client)
    thief = Client()
    thief.force_login(viewer)  # a stolen session, whose password is long ago

    changed = ["totp/deactivate/", "recovery-codes/generate/", "webauthn/add/"]
    answers = [thief.get(f"/accounts/2fa/{url}") for url in (*changed, "recovery-codes/", "recovery-codes/download/")]
    answers += [thief.post(f"/accounts/2fa/{url}") for url in changed]

    assert [answer.url.partition("?")[0] for answer in answers] == ["/accounts/2fa/reauthenticate/"] * 8
    assert Authenticator.objects.count() == 2


def test_staff_need_one_everywhere_by_default(settings, staff_user):
    settings.PORTAL_STAFF_MFA = True
    client = Client()
    sign_in(client, "staff@example.com")

    before = [client.get(url).url for url in ("/admin/", "/admin/accounts/user/", "/")]
    set_up_app(client)

    assert before == [
        "/accounts/second-factor/?next=%2Fadmin%2F", "/accounts/second-factor/?next=%2Fadmin%2Faccounts%2Fuser%2F",
        "/accounts/second-factor/?next=%2F",
    ]  # fmt: skip
    assert client.get("/admin/").status_code == 200


def test_the_settings_own_default_asks_staff():
    """The tests' home switches it off; a deployment that says nothing has it on."""
    env = {name: value for name, value in os.environ.items() if name != "PORTAL_STAFF_MFA"}
    code = "from django.conf import settings; print(settings.PORTAL_STAFF_MFA)"
    env["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "True"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere_afterwards(signed_in, strict, address):
    set_up_app(signed_in)

    assert signed_in.get("/accounts/second-factor/", {"next": address}).url == "/"


def test_owner_cannot_require_what_they_have_not(strict, owner):
    Tenant.objects.update(require_mfa=False)
    client = Client()
    sign_in(client, "owner@example.com")
    form = client.get("/t/nordic-retail/settings/").context["form"]
    wanted = {name: form.initial[name] for name in form.fields} | {"require_mfa": "on"}

    refused = client.post("/t/nordic-retail/settings/", wanted)
    set_up_app(client)
    accepted = client.post("/t/nordic-retail/settings/", wanted)

    assert (refused.status_code, accepted.status_code) == (422, 302)
    assert Tenant.objects.get(slug="nordic-retail").require_mfa is True


def test_passkey_is_set_up_asked_for_and_signs_in_by_itself(viewer):
    client, key = Client(**HOST), Passkey()
    sign_in(client, "viewer@example.com")
    page = reauthenticate(client, "/accounts/2fa/webauthn/add/")
    added = client.post(
        "/accounts/2fa/webauthn/add/",
        {"name": "My key", "passwordless": "on", "credential": key.create(data_in(page))},
    )
    beside_password, by_itself = Client(**HOST), Client(**HOST)

    sign_in(beside_password, "viewer@example.com")
    asked = beside_password.get("/accounts/2fa/authenticate/")
    beside_password.post("/accounts/2fa/authenticate/", {"credential": key.get(data_in(asked))})
    options = by_itself.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"}).json()
    by_itself.post("/accounts/2fa/webauthn/login/", {"credential": key.get(options)})

    assert (added.status_code, added.url) == (302, "/accounts/2fa/recovery-codes/")
    assert [is_in(beside_password), is_in(by_itself)] == [True, True]
    assert "My key" in client.get("/accounts/2fa/webauthn/").content.decode()


def test_passkey_of_another_site_or_another_person_is_refused(viewer, manager):
    client, key, other = Client(**HOST), Passkey(), Passkey()
    sign_in(client, "viewer@example.com")
    page = reauthenticate(client, "/accounts/2fa/webauthn/add/")
    client.post(
        "/accounts/2fa/webauthn/add/", {"name": "k", "passwordless": "on", "credential": key.create(data_in(page))}
    )
    tried = Client(**HOST)

    for passkey, origin in ((key, "https://evil.example"), (other, "http://localhost")):
        options = tried.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"}).json()
        other.id, other.owner = key.id, key.owner
        tried.post("/accounts/2fa/webauthn/login/", {"credential": passkey.get(options, origin=origin)})

    assert is_in(tried) is False


def test_staff_remove_a_lost_factor(signed_in, staff_user):
    set_up_app(signed_in)
    staff, later = Client(), Client()
    sign_in(staff, "staff@example.com")
    person = Authenticator.objects.first().user_id

    staff.post("/admin/accounts/user/", {"action": "remove_second_factors", "_selected_action": [person]})

    assert sign_in(later, "viewer@example.com").url == "/"
    assert is_in(signed_in) is False


def test_person_who_was_invited_meets_the_requirement_too(strict, owner):
    newcomer = make_user("newcomer@example.com", strict, Role.VIEWER)
    client = Client()
    sign_in(client, newcomer.email)

    assert client.get(REPORTS).url == ASKED


def test_keys_and_shared_links_of_a_tenant_that_requires_one_are_not_sent_to_it(strict, manager):
    """They have no session that could show a factor."""
    key = api_keys.create_key(tenant=strict, name="k", scopes=["read", "gates"], created_by="x", now=timezone.now())[1]
    _link, token = make_link(strict, manager)
    basic = base64.b64encode(f"{key[: api_keys.PREFIX_LENGTH]}:{key}".encode()).decode()

    answers = [
        Client().get("/api/v1/key/", headers={"Authorization": f"Bearer {key}"}),
        Client().get("/gate/partnergate/platform/ACME/partner/nr-fi", headers={"Authorization": f"Basic {basic}"}),
        Client().get(f"/share/{token}/"),
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 200]  # there is no gate yet
