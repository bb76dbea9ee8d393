"""E-mails: a text part and an HTML part that say the same, in the recipient's language, with no secret but the link."""

import re
from html import unescape

import pytest
from django.core import mail as outbox
from django.utils import timezone, translation

from deliveries.checks import run
from portal.accounts import factor_mails, invitations, mail
from portal.accounts.mail_html import html_of
from portal.accounts.models import Role
from portal.tenants.models import Tenant
from tests.conftest import make_user

PUBLIC = "https://reports.example.com"


@pytest.fixture(autouse=True)
def public(settings) -> None:
    settings.PUBLIC_URL = PUBLIC


def words(html: str) -> str:
    """Return the HTML's text, with single spaces."""
    body = html.partition("<body")[2].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(text: str) -> list[str]:
    return re.findall(r"https?://[^\s\"<]+", text)


def invitation(tenant, owner, client) -> None:
    made = invitations.invite(tenant=tenant, email="new@example.com", role="viewer", inviter=owner, now=timezone.now())
    if not outbox.outbox:
        invitations.send(invitation_id=made.id)


def reset(tenant, owner, client) -> None:
    client.post("/accounts/password/reset/", {"email": owner.email})


def factor(tenant, owner, client) -> None:
    factor_mails.tell_others(make_user("mate@example.com", tenant, Role.VIEWER), factor_mails.REMOVED)


KINDS = {
    invitation: (1, {"en": "Accept invitation", "fi": "Hyväksy kutsu"}),
    reset: (1, {"en": "Set a new password", "fi": "Aseta uusi salasana"}),
    factor: (0, {"en": "A second factor was removed", "fi": "tunnistustapa"}),
}


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_mail_has_two_parts_in_one_language(kind, language, client, worker, tenant, owner, mailoutbox):
    Tenant.objects.filter(id=tenant.id).update(language=language)
    tenant.refresh_from_db()
    client.cookies["language"] = language
    number, said = KINDS[kind]

    with worker():
        kind(tenant, owner, client)

    [message] = mailoutbox
    [(html, type_)] = message.alternatives
    assert (type_, f'<html lang="{language}">' in html, said[language] in words(html)) == ("text/html", True, True)
    in_text, in_html = links(message.body), links(html)
    assert (len(in_text), set(in_html)) == (number, set(in_text))  # nothing is loaded, and nothing else linked to
    assert all(link.startswith(f"{PUBLIC}/accounts/") for link in in_text)
    shown = words(html)
    signature = {"en": "SMS reports", "fi": "SMS-raportit"}[language]
    lines = [line.strip() for line in message.body.splitlines() if line.strip()]
    assert lines[-1] == signature or kind is invitation
    assert [line for line in lines if " ".join(line.split()) not in shown] == []


def test_no_other_secret_is_in_a_mail(client, worker, tenant, owner, mailoutbox):
    with worker():
        reset(tenant, owner, client)

    [message] = mailoutbox
    html = message.alternatives[0][0]
    owner.refresh_from_db()
    assert [secret for secret in (owner.password, "csrf", "sessionid") if secret in message.body + html] == []


def test_only_addresses_of_the_portal_become_links():
    text = f"Hello\n\nhttps://evil.example/\n{PUBLIC}/accounts/x/\n<b>bold</b>\n\nSMS reports\n"

    html = html_of(subject="Subject <i>", text=text, action="Go")

    assert re.findall(r'href="([^"]+)"', html) == [f"{PUBLIC}/accounts/x/"]
    assert ("<b>" in html, "<i>" in html, "&lt;b&gt;bold" in html) == (False, False, True)
    assert words(html) == f"SMS reports Subject <i> Hello https://evil.example/ Go {PUBLIC}/accounts/x/ <b>bold</b>"


def test_mail_without_a_layout_of_its_own_gets_one(worker, owner, mailoutbox):
    with translation.override("fi"), worker():
        mail.send_after_commit(to="a@example.com", subject="Aihe", text="Ensimmäinen\nToinen\n\nKolmas")

    assert "Ensimmäinen<br>Toinen" in mailoutbox[0].alternatives[0][0]


def test_alarm_has_two_parts_with_a_link_to_the_administration(worker, staff_user, mailoutbox):
    with worker():
        run.keep("feeds", ["link-main/main: silent"], now=timezone.now())

    [message] = mailoutbox
    assert message.body.endswith(f"What to do: docs/operations.md, Alarms.\n\n{PUBLIC}/admin/\n")
    assert f'href="{PUBLIC}/admin/"' in message.alternatives[0][0]
