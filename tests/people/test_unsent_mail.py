"""Mails without a mail server: kept encrypted, read by staff once, in no log."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail as outbox
from django.db import connection
from django.utils import timezone

from portal.accounts import mail, tasks, unsent_mail
from portal.accounts.models import AuditEntry, UnsentMail
from portal.tenants.scope import web_scope
from tests.conftest import make_user

LIST = "/admin/accounts/unsentmail/"


@pytest.fixture(autouse=True)
def no_mail_server(settings) -> None:
    settings.EMAIL_BACKEND = mail.KEPT
    settings.PORTAL_STAFF_MFA = False


@pytest.fixture
def asked(client, worker, owner, capfd) -> UnsentMail:
    """The mail of somebody who has forgotten their password."""
    with worker():
        client.post("/accounts/password/reset/", {"email": owner.email})
    written = capfd.readouterr()
    assert "/password/reset/key/" not in written.out + written.err
    return UnsentMail.objects.get(to=owner.email)


def staff_member(*permissions: str, **extra):
    user = make_user("helper@example.com", is_staff=True, **extra)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def page(unsent: UnsentMail) -> str:
    return f"{LIST}{unsent.id}/show/"


def test_link_lies_encrypted_and_is_shown_once(browser, asked, owner, client):
    helper = staff_member(is_superuser=True)
    staff = browser(helper)
    assert "http" not in asked.sealed
    before = staff.get(page(asked)).content.decode()
    listed = staff.get(LIST).content.decode()

    shown, again = staff.post(page(asked)), staff.post(page(asked))

    link = re.search(r"http://[^/]+(/accounts/password/reset/key/[\w-]+/)", shown.content.decode())
    assert client.get(link[1], follow=True).status_code == 200
    assert "/reset/key/" not in before + listed + again.content.decode()
    assert (shown.status_code, "no-store" in shown.headers["Cache-Control"], again.status_code) == (200, True, 410)
    stored = UnsentMail.objects.get()
    assert (stored.sealed, stored.shown_by, stored.shown_at is None) == ("", helper.email, False)
    entries = AuditEntry.objects.filter(action="mail.shown").values_list("actor", "subject", "details")
    assert list(entries) == [(helper.email, owner.email, {"mail": asked.subject})]


@pytest.mark.parametrize(
    ("permissions", "is_superusers", "status"),
    [
        (("view_unsentmail",), False, 403),
        (("change_user",), False, 403),
        (("view_unsentmail", "change_user"), False, 200),
        (("view_unsentmail", "change_user"), True, 403),  # who read it could become that superuser
    ],
)
def test_only_who_may_change_the_person_reads_their_mail(browser, asked, owner, permissions, is_superusers, status):
    if is_superusers:
        owner.is_superuser = True
        owner.save(update_fields=["is_superuser"])
    staff = browser(staff_member(*permissions))

    assert [staff.get(page(asked)).status_code, staff.post(page(asked)).status_code] == [status] * 2
    assert (UnsentMail.objects.get().sealed == "") == (status == 200)


def test_mail_is_read_with_an_old_key_and_not_without_it(browser, asked, settings):
    staff = browser(staff_member(is_superuser=True))
    staff.get(page(asked))
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key"
    with pytest.raises(unsent_mail.Unreadable):
        unsent_mail.show(asked, actor="x", now=timezone.now())
    assert UnsentMail.objects.get().sealed == asked.sealed
    assert not AuditEntry.objects.filter(action="mail.shown").exists()

    settings.SECRET_KEY_FALLBACKS = [old]
    assert "/password/reset/key/" in unsent_mail.show(asked, actor="x", now=timezone.now())


def test_page_adds_a_mail_and_reads_none_while_the_broker_is_away(tenant):
    with web_scope([tenant.id]), connection.cursor() as cursor:
        mail.send(to="a@example.com", letter=mail.Letter("s", "t"))
        cursor.execute("SELECT has_column_privilege('accounts_unsentmail', 'sealed', 'SELECT')")
        assert cursor.fetchone() == (False,)
    assert list(UnsentMail.objects.values_list("to", "subject")) == [("a@example.com", "s")]


def test_mail_is_forgotten_after_a_week(asked):
    UnsentMail.objects.create(to="a@example.com", subject="s", sealed="x", made_at=timezone.now() - timedelta(days=8))

    assert (tasks.forget_unsent_mail(), UnsentMail.objects.get()) == (1, asked)


def test_mail_with_a_server_is_not_kept(settings, client, worker, owner):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with worker():
        client.post("/accounts/password/reset/", {"email": owner.email})

    assert ([one.to for one in outbox.outbox], UnsentMail.objects.count()) == ([[owner.email]], 0)
