"""A forged Host header: no page, API answer, redirect or mail names it; whole links are built from PUBLIC_URL."""

import pytest
from django.core import mail
from django.utils import timezone

from portal.accounts import invitations
from portal.tenants import api_keys
from tests.conftest import PASSWORD
from tests.pages.test_url_matrix import POSTED, ROUTES, address_of, ids, signed_in_as
from tests.people.conftest import no_limits_left_over, worker_runs

__all__ = ["ids", "no_limits_left_over", "worker_runs"]

FORGED, PUBLIC = "forged.example.net", "https://sms.example.com"


@pytest.fixture(autouse=True)
def accepted(settings) -> None:
    """The name is one that the portal takes, as with ALLOWED_HOSTS=* or a proxy that passes any name on."""
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], PUBLIC


def names_host(answer) -> bool:
    body = answer.getvalue() if answer.streaming else answer.content
    return FORGED in str(answer.headers) or FORGED.encode() in body


@pytest.mark.parametrize("person", ["anonymous", "stranger", "staff_user"])
@pytest.mark.any_python
def test_no_answer_names_the_host_of_the_request(client, request, ids, other_tenant, person):
    user = None if person == "anonymous" else request.getfixturevalue(person)
    _key, text = api_keys.create_key(
        tenant=other_tenant, scopes=("read", "numbers"), name="walk", created_by="x@example.com", now=timezone.now()
    )
    naming, fresh = [], None
    for route in ROUTES:
        if fresh is None or signed_in_as(client) != fresh:
            client.logout()
            if user is not None:
                client.force_login(user)
            fresh = signed_in_as(client)
        sent = {"HTTP_HOST": FORGED, "HTTP_X_FORWARDED_HOST": FORGED, "headers": {"Authorization": f"Bearer {text}"}}
        address = address_of(route, ids)
        naming += [route.name] if names_host(client.get(address, **sent)) else []
        if route.name in POSTED:
            naming += [f"{route.name}, posted"] if names_host(client.post(address, POSTED[route.name], **sent)) else []

    assert naming == []


def test_links_to_copy_are_built_from_the_public_address(client, owner, tenant, settings):
    settings.EMAIL_BACKEND = "portal.accounts.unsent_mail.KeepingBackend"
    invitations.invite(tenant=tenant, email="new@example.com", role="viewer", inviter=owner, now=timezone.now())
    client.force_login(owner)

    members = client.get("/t/nordic-retail/settings/members/", HTTP_HOST=FORGED).content.decode()
    messages = client.get("/t/nordic-retail/messages/?status=delivered", HTTP_HOST=FORGED).content.decode()
    reference = client.get("/api/v1/docs/", HTTP_HOST=FORGED).content.decode()

    assert f"{PUBLIC}/accounts/invitation/" in members
    assert f'data-copy="{PUBLIC}/t/nordic-retail/messages/?status=delivered"' in messages
    assert f"{PUBLIC}/api/v1/" in reference


@pytest.mark.django_db(transaction=True)
def test_no_mail_names_the_host_of_the_request(client, owner, viewer, tenant, worker_runs, mailoutbox):
    forged = {"HTTP_HOST": FORGED}
    client.post("/accounts/password/reset/", {"email": "viewer@example.com"}, **forged)
    client.post("/accounts/login/", {"login": "owner@example.com", "password": PASSWORD}, **forged)
    changed = client.post("/accounts/email/", {"email": "newer@example.com", "action_add": ""}, **forged)
    client.post(changed.url, {"password": PASSWORD}, **forged)
    invited = {"email": "new@example.com", "role": "viewer"}
    client.post("/t/nordic-retail/settings/members/invite/", invited, **forged)

    texts = {message.to[0]: str(message.message()) for message in mail.outbox}

    assert sorted(texts) == ["new@example.com", "newer@example.com", "viewer@example.com"]
    assert [to for to, text in texts.items() if FORGED in text or f"{PUBLIC}/accounts/" not in text] == []
