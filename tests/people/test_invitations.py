"""Invitations: sent, accepted once by the right person, refused in plain words."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.utils import timezone

from portal.accounts import invitations, mail, tasks
from portal.accounts.models import AuditEntry, Invitation, Membership, Role, User
from portal.tenants.models import Tenant
from tests.conftest import PASSWORD, make_user
from tests.people.conftest import MEMBERS, is_in, sign_in

NEW_PASSWORD = "a long new phrase"


def invite(client, worker, email: str, role: str = "viewer", slug: str = "nordic-retail") -> str:
    """Invite by the page, and return the path of the link in the mail."""
    with worker():
        response = client.post(f"/t/{slug}/settings/members/invite/", {"email": email, "role": role})
    assert response.status_code == 302
    return link_in(outbox.outbox[-1].body)


def link_in(text: str) -> str:
    return re.search(r"http://localhost:8000(/accounts/invitation/[\w-]+/)", text)[1]


def test_invitation_comes_by_mail_in_the_tenants_language(browser, worker, tenant, owner, mailoutbox):
    Tenant.objects.update(language="fi")

    invite(browser(owner), worker, "New@Example.com")

    [message] = mailoutbox
    assert (message.to, message.subject) == (["new@example.com"], "Kutsu: Nordic Retail Oy, SMS-raportit")
    assert "owner@example.com kutsuu sinut" in message.body
    [(html, kind)] = message.alternatives
    assert (kind, link_in(html), '<html lang="fi">' in html) == ("text/html", link_in(message.body), True)


def test_new_person_sets_name_and_password_and_is_in(browser, worker, client, tenant, owner):
    path = invite(browser(owner), worker, "new@example.com", "analyst")

    page = client.get(path)
    answer = client.post(path, {"name": "New Person", "password": NEW_PASSWORD})

    user = User.objects.get(email="new@example.com")
    assert (page.status_code, "Join Nordic Retail Oy" in page.content.decode()) == (200, True)
    assert (answer.status_code, answer.url) == (302, "/t/nordic-retail/overview/")
    assert (user.name, user.check_password(NEW_PASSWORD), user.is_staff) == ("New Person", True, False)
    assert list(user.memberships.values_list("tenant__slug", "role")) == [("nordic-retail", "analyst")]
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")) == [
        ("new@example.com", True, True)
    ]
    assert client.get("/t/nordic-retail/reports/").status_code == 200
    assert list(
        AuditEntry.objects.filter(tenant=tenant).order_by("id").values_list("actor", "action", "subject", "details")
    ) == [
        ("owner@example.com", "member.invited", "new@example.com", {"role": "analyst"}),
        ("new@example.com", "member.joined", "new@example.com", {"role": "analyst", "invited_by": "owner@example.com"}),
    ]


def test_weak_password_is_refused_and_the_invitation_stays_open(browser, worker, client, tenant, owner):
    path = invite(browser(owner), worker, "new@example.com")

    answers = [
        client.post(path, {"name": "N", "password": password}).status_code
        for password in ("short", "password12", "new@example.com", "")
    ]

    assert (answers, User.objects.filter(email="new@example.com").exists()) == ([422] * 4, False)
    assert client.post(path, {"name": "N", "password": NEW_PASSWORD}).status_code == 302


def test_posted_fields_beside_name_and_password_make_nobody_more(browser, worker, client, tenant, other_tenant, owner):
    path = invite(browser(owner), worker, "new@example.com")

    client.post(
        path,
        {
            "name": "N", "password": NEW_PASSWORD, "email": "other@example.com", "role": "owner", "is_staff": "on",
            "is_superuser": "on", "tenant": other_tenant.id,
        },
    )  # fmt: skip

    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, user.is_superuser, User.objects.filter(email="other@example.com").exists()) == (
        False, False, False,
    )  # fmt: skip
    assert list(user.memberships.values_list("tenant__slug", "role")) == [("nordic-retail", "viewer")]


def test_link_works_once(browser, worker, client, tenant, owner):
    path = invite(browser(owner), worker, "new@example.com")
    client.post(path, {"name": "N", "password": NEW_PASSWORD})

    again = browser().get(path)
    posted = browser().post(path, {"name": "Second", "password": NEW_PASSWORD})

    assert (again.status_code, posted.status_code) == (410, 410)
    assert "This invitation was already used" in again.content.decode()
    assert "Nordic Retail" not in again.content.decode()
    assert User.objects.filter(email="new@example.com").count() == 1


def test_existing_person_signs_in_first_and_then_accepts(browser, worker, client, tenant, owner, stranger):
    path = invite(browser(owner), worker, "Stranger@example.com", "manager")

    asked = client.get(path)
    refused = client.post(path, {"name": "x", "password": NEW_PASSWORD})
    client.post(asked.url, {"login": "stranger@example.com", "password": PASSWORD})
    page = client.get(path)
    accepted = client.post(path)

    assert (asked.status_code, asked.url) == (302, f"/accounts/login/?next={path}")
    assert (refused.status_code, page.status_code, accepted.status_code) == (302, 200, 302)
    assert accepted.url == "/t/nordic-retail/overview/"  # the inviter's tenant, of the two that they now see
    stranger.refresh_from_db()
    assert stranger.check_password(PASSWORD)
    assert sorted(stranger.memberships.values_list("tenant__slug", "role")) == [
        ("baltic-parcel", "owner"), ("nordic-retail", "manager"),
    ]  # fmt: skip


def test_invitation_of_somebody_else_is_not_accepted(browser, worker, tenant, owner, stranger):
    path = invite(browser(owner), worker, "new@example.com")
    client = browser(stranger)

    answers = [client.get(path), client.post(path), client.post(path, {"name": "x", "password": NEW_PASSWORD})]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert "This invitation is for another person" in answers[0].content.decode()
    assert Membership.objects.filter(tenant=tenant, user=stranger).exists() is False
    assert Invitation.objects.get().accepted_at is None


def test_greater_role_stays_when_a_lesser_one_is_accepted(browser, worker, tenant, owner, stranger):
    path = invite(browser(owner), worker, "stranger@example.com", "viewer")
    Membership.objects.create(user=stranger, tenant=tenant, role=Role.MANAGER)  # staff were faster

    browser(stranger).post(path)

    assert Membership.objects.get(user=stranger, tenant=tenant).role == Role.MANAGER


def test_expired_link_says_so(browser, worker, client, tenant, owner):
    path = invite(browser(owner), worker, "new@example.com")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    answers = [client.get(path), client.post(path, {"name": "N", "password": NEW_PASSWORD})]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert "This invitation has expired" in answers[0].content.decode()
    assert User.objects.filter(email="new@example.com").exists() is False


def test_invitation_is_valid_for_seven_days(tenant, owner):
    now = timezone.now()

    invitation = invitations.invite(tenant=tenant, email="new@example.com", role="viewer", inviter=owner, now=now)

    assert invitation.expires_at - now == timedelta(days=7)
    assert invitations.state_of(invitation, now=now + timedelta(days=7)) == "expired"


@pytest.mark.parametrize("token", ["x", "A" * 43, "a.b", "%00", "é"])
def test_link_that_never_was_is_not_found(client, db, token):
    answer = client.get(f"/accounts/invitation/{token}/")

    assert (answer.status_code, "Invitation not found" in answer.content.decode()) == (404, True)


def test_revoked_link_is_closed_and_resent_one_replaces_it(browser, worker, client, tenant, owner, mailoutbox):
    page = browser(owner)
    first = invite(page, worker, "new@example.com")
    with worker():
        page.post(f"{MEMBERS}invitations/{Invitation.objects.get().id}/resend/")
    second = link_in(mailoutbox[-1].body)
    after_resending = client.get(first).status_code, client.get(second).status_code

    page.post(f"{MEMBERS}invitations/{Invitation.objects.get(revoked_at=None).id}/revoke/")

    assert (first != second, after_resending, client.get(second).status_code) == (True, (410, 200), 410)
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == [
        "member.invited", "member.invited", "member.invitation_revoked",
    ]  # fmt: skip


def test_member_cannot_be_invited_again(browser, tenant, owner, viewer):
    response = browser(owner).post(f"{MEMBERS}invite/", {"email": "VIEWER@example.com", "role": "owner"})

    assert (response.status_code, "This person is already a member" in response.content.decode()) == (422, True)
    assert Invitation.objects.count() == 0


def test_owner_learns_nothing_about_who_has_an_account(browser, worker, tenant, owner, stranger):
    client = browser(owner)

    pages = []
    for email in ("stranger@example.com", "nobody@example.com"):
        invite(client, worker, email)
        page = client.get(MEMBERS).content.decode()
        Invitation.objects.all().delete()
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|invitations/\d+|\d\d:\d\d:\d\d', "", page)
        pages.append(page.replace(email, "somebody"))

    assert pages[0] == pages[1]


def test_no_more_invitations_than_a_hundred_a_day(browser, tenant, owner):
    now = timezone.now()
    Invitation.objects.bulk_create(
        Invitation(
            tenant=tenant, email=f"n{number}@example.com", role="viewer", digest=f"{number}", invited_by="x",
            created_at=now, expires_at=now, revoked_at=now,
        )
        for number in range(100)
    )  # fmt: skip

    response = browser(owner).post(f"{MEMBERS}invite/", {"email": "one-more@example.com", "role": "viewer"})

    assert (response.status_code, "100 invitations were sent" in response.content.decode()) == (422, True)


def test_without_a_mail_server_the_owner_is_told_and_shown_the_link(browser, tenant, owner, client, settings):
    settings.EMAIL_BACKEND = mail.KEPT
    page = browser(owner)

    told = page.post(f"{MEMBERS}invite/", {"email": "new@example.com", "role": "viewer"}, follow=True)

    text = told.content.decode()
    assert ("No mail server is set" in text, client.get(link_in(text)).status_code) == (True, 200)


def test_with_a_mail_server_no_page_holds_the_link(browser, worker, tenant, owner):
    page = browser(owner)
    path = invite(page, worker, "new@example.com")

    text = page.get(MEMBERS).content.decode()

    assert (path in text, "/accounts/invitation/" in text, "No mail server" in text) == (False, False, False)


def test_mail_is_sent_once_and_only_while_the_invitation_is_open(tenant, owner, mailoutbox):
    invitation = invitations.invite(
        tenant=tenant, email="new@example.com", role="viewer", inviter=owner, now=timezone.now()
    )

    sent = [tasks.send_invitation(invitation.id), tasks.send_invitation(invitation.id)]
    other = invitations.invite(tenant=tenant, email="two@example.com", role="viewer", inviter=owner, now=timezone.now())
    invitations.revoke(invitation=other, actor="owner@example.com", now=timezone.now())
    sent += [tasks.send_invitation(other.id), tasks.send_invitation(0)]

    assert (sent, len(mailoutbox)) == ([True, False, False, False], 1)


def test_link_outlives_a_change_of_the_key_while_the_old_one_is_accepted(
    browser, worker, client, tenant, owner, settings
):
    path = invite(browser(owner), worker, "new@example.com")
    old = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of some length", [old]
    kept = client.get(path).status_code, invitations.link(Invitation.objects.get()).endswith(path)
    settings.SECRET_KEY_FALLBACKS = []

    assert (kept, client.get(path).status_code, invitations.link(Invitation.objects.get())) == ((200, True), 404, "")


def test_page_of_the_link_tells_no_other_site_about_it(browser, worker, client, tenant, owner):
    response = client.get(invite(browser(owner), worker, "new@example.com"))

    assert (response.headers["Referrer-Policy"], "no-store" in response.headers["Cache-Control"]) == (
        "strict-origin",
        True,
    )


def test_person_without_a_password_comes_in_by_resetting_it(browser, worker, client, tenant, owner, mailoutbox):
    """Made by a file without a password: the invitation asks for a sign-in, and the reset gives one."""
    user = make_user("made@example.com")
    user.set_unusable_password()
    user.save()
    path = invite(browser(owner), worker, "made@example.com")
    with worker():
        client.post("/accounts/password/reset/", {"email": "made@example.com"})
    key = re.search(r"(/accounts/password/reset/key/\S+)", mailoutbox[-1].body)[1]

    form = client.get(key, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    sign_in(client, "made@example.com", NEW_PASSWORD)
    client.post(path)

    assert (is_in(client), user.memberships.get().role) == (True, "viewer")
