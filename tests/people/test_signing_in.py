"""Signing in: lock-out by person and address, sessions, passwords, addresses; what others can learn is nothing."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.utils import timezone

from portal.accounts.known_devices import COOKIE
from portal.accounts.models import AuditEntry, User
from portal.accounts.sessions import SEEN_AT
from tests.conftest import PASSWORD, make_user
from tests.people.conftest import is_in, sign_in

HERE, THERE = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.9"}
NEW_PASSWORD = "a long new phrase"


def guess(client: Client, email: str, times: int, **where) -> list[int]:
    return [sign_in(client, email, f"wrong {number}", **where).status_code for number in range(times)]


def test_five_wrong_passwords_lock_that_person_out_from_that_address(client, viewer, manager):
    wrong = guess(client, "viewer@example.com", 5, **HERE)

    right = sign_in(client, "Viewer@Example.com", PASSWORD, **HERE)

    assert (wrong, right.status_code, is_in(client)) == ([200, 200, 200, 200, 429], 429, False)
    assert "from here for 15 minutes" in right.content.decode()
    assert sign_in(Client(), "viewer@example.com", PASSWORD, **THERE).status_code == 302
    assert sign_in(Client(), "manager@example.com", PASSWORD, **HERE).status_code == 302


def test_somebody_who_is_nobody_is_locked_out_alike(client, viewer):
    known = [
        client.post("/accounts/login/", {"login": "viewer@example.com", "password": "x"}, **HERE) for _ in range(6)
    ]
    nobody = [
        client.post("/accounts/login/", {"login": "nobody@example.com", "password": "x"}, **HERE) for _ in range(6)
    ]

    def shown(answers) -> list[tuple[int, str]]:
        return [
            (
                a.status_code,
                re.sub(r'csrfmiddlewaretoken" value="\w+"|(viewer|nobody)@example.com', "", a.content.decode()),
            )
            for a in answers
        ]

    assert shown(known) == shown(nobody)


def test_lock_ends_after_a_quarter_of_an_hour(client, viewer):
    guess(client, "viewer@example.com", 5, **HERE)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))

    assert sign_in(client, "viewer@example.com", PASSWORD, **HERE).status_code == 302


def test_tries_during_the_lock_do_not_make_it_longer(client, viewer):
    guess(client, "viewer@example.com", 5, **HERE)
    before = AccessAttempt.objects.get().attempt_time

    guess(client, "viewer@example.com", 3, **HERE)

    attempt = AccessAttempt.objects.get()
    assert (attempt.attempt_time, attempt.failures_since_start) == (before, 5)


def test_right_password_forgets_the_wrong_ones(client, viewer):
    guess(client, "viewer@example.com", 4, **HERE)
    sign_in(client, "viewer@example.com", PASSWORD, **HERE)

    assert guess(Client(), "viewer@example.com", 4, **HERE) == [200] * 4


def test_staff_open_a_lock_by_deleting_it(client, browser, viewer, staff_user):
    guess(client, "viewer@example.com", 5, **HERE)
    attempt = AccessAttempt.objects.get()
    staff = browser(staff_user)

    listed = staff.get("/admin/axes/accessattempt/").content.decode()
    staff.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"})

    assert "viewer@example.com" in listed
    assert sign_in(client, "viewer@example.com", PASSWORD, **HERE).status_code == 302


def test_what_was_typed_is_not_kept(client, viewer):
    guess(client, "viewer@example.com", 2, **HERE)

    attempt = AccessAttempt.objects.get()
    assert "wrong" not in attempt.post_data + attempt.get_data
    assert "viewer@example.com" not in attempt.post_data


def test_lock_out_of_a_person_is_on_record_and_of_others_is_not(client, worker, viewer):
    with worker():
        guess(client, "viewer@example.com", 5, **HERE)
        guess(client, "my secret password", 5, **HERE)
        guess(client, "nobody@example.com", 5, **HERE)

    entries = AuditEntry.objects.filter(action="sign_in.locked")
    assert list(entries.values_list("tenant", "actor", "details")) == [(None, "viewer@example.com", {"failures": 5})]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ([], "192.0.2.50", "198.51.100.7"),  # nobody is believed
        (["198.51.100.0/24"], "192.0.2.50", "192.0.2.50"),
        (["198.51.100.0/24"], "10.9.9.9, 192.0.2.50", "192.0.2.50"),  # what the client wrote itself stands before it
        (["198.51.100.0/24"], "192.0.2.50, 198.51.100.8", "192.0.2.50"),  # two proxies
        (["203.0.113.0/24"], "192.0.2.50", "198.51.100.7"),
        (["198.51.100.0/24"], "::ffff:192.0.2.50", "192.0.2.50"),
    ],
)
def test_address_is_what_trusted_proxies_say(client, viewer, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies

    sign_in(client, "viewer@example.com", "wrong", HTTP_X_FORWARDED_FOR=forwarded, **HERE)

    assert AccessAttempt.objects.get().ip_address == address


def test_guessing_from_many_addresses_is_slowed_down_too(viewer):
    answers = [
        sign_in(Client(), "viewer@example.com", "wrong", REMOTE_ADDR=f"198.51.100.{number}") for number in range(31)
    ]

    assert "Too many failed login attempts" not in answers[29].content.decode()
    assert "Too many failed login attempts" in answers[30].content.decode()


def test_guesses_that_were_refused_count_for_nobody(viewer):
    answers = guess(Client(), "viewer@example.com", 40, **HERE)

    assert (answers[:4], set(answers[4:])) == ([200] * 4, {429})
    assert sign_in(Client(), "viewer@example.com", PASSWORD, **THERE).status_code == 302


def test_addresses_of_one_ipv6_network_are_one(viewer):
    answers = [
        sign_in(Client(), "viewer@example.com", "wrong", REMOTE_ADDR=f"2001:db8:1:2::{number}").status_code
        for number in range(6)
    ]

    assert answers == [200, 200, 200, 200, 429, 429]
    assert sign_in(Client(), "viewer@example.com", PASSWORD, REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


def besiege(email: str) -> None:
    """Use up every limit of the person, and those of the address HERE."""
    for number in range(6):
        guess(Client(), email, 5, REMOTE_ADDR=f"192.0.2.{number}")
    guess(Client(), email, 5, **HERE)


def test_known_device_stays_open_whatever_others_try(viewer):
    known = Client()
    sign_in(known, "viewer@example.com", **THERE)
    known.post("/accounts/logout/")
    besiege("viewer@example.com")

    stranger = sign_in(Client(), "viewer@example.com", PASSWORD, **THERE)
    back = sign_in(known, "viewer@example.com", PASSWORD, **HERE)

    assert (stranger.status_code, back.status_code, is_in(known)) == (200, 302, True)


def test_known_device_has_five_guesses_of_its_own_and_is_then_as_any_other(viewer):
    known = Client()
    sign_in(known, "viewer@example.com", **HERE)
    known.post("/accounts/logout/")

    answers = guess(known, "viewer@example.com", 11, **HERE)

    assert answers == [200] * 9 + [429] * 2


def test_device_of_another_person_is_no_known_one(viewer, manager):
    client = Client()
    sign_in(client, "manager@example.com", **THERE)
    client.post("/accounts/logout/")
    besiege("viewer@example.com")

    sign_in(client, "viewer@example.com", PASSWORD, **HERE)
    assert is_in(client) is False


def test_device_cookie_that_nobody_signed_is_none(viewer):
    client = Client()
    client.cookies[COOKIE] = signing.dumps([[viewer.pk, "mine"]], salt="another", key="another key")
    besiege("viewer@example.com")

    sign_in(client, "viewer@example.com", PASSWORD, **HERE)
    assert is_in(client) is False


def test_browser_that_set_a_new_password_by_the_mail_is_known(client, worker, viewer, mailoutbox):
    with worker():
        client.post("/accounts/password/reset/", {"email": "viewer@example.com"})
    link = re.search(r"(/accounts/password/reset/key/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    besiege("viewer@example.com")

    assert sign_in(client, "viewer@example.com", NEW_PASSWORD, **HERE).status_code == 302


def test_sessions_are_listed_and_one_is_ended(viewer):
    here, there = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}), Client()
    sign_in(here, "viewer@example.com", **HERE)
    sign_in(there, "viewer@example.com", **THERE)

    listed = here.get("/accounts/profile/").context["sessions"]
    other = next(session for session in listed if not session.is_current)
    answer = here.post(f"/accounts/profile/sessions/{other.id}/end/")

    assert [(s.device, s.address, s.is_current) for s in listed] == [
        ("Firefox · Linux", "198.51.100.7", True), ("", "203.0.113.9", False),
    ]  # fmt: skip
    assert (answer.status_code, is_in(here), is_in(there)) == (302, True, False)
    assert len(here.get("/accounts/profile/").context["sessions"]) == 1


def test_all_other_sessions_are_ended(viewer):
    clients = [Client(), Client(), Client()]
    for client in clients:
        sign_in(client, "viewer@example.com")

    clients[1].post("/accounts/profile/sessions/end-others/")

    assert [is_in(client) for client in clients] == [False, True, False]
    assert Session.objects.count() == 1


def test_session_of_another_person_cannot_be_ended(viewer, manager):
    mine, theirs = Client(), Client()
    sign_in(mine, "viewer@example.com")
    sign_in(theirs, "manager@example.com")
    session_id = theirs.get("/accounts/profile/").context["sessions"][0].id

    answer = mine.post(f"/accounts/profile/sessions/{session_id}/end/")

    assert (answer.status_code, is_in(theirs)) == (404, True)


@pytest.mark.parametrize("others", (0, 2))
def test_profile_needs_as_many_queries_for_one_session_as_for_three(viewer, others, django_assert_num_queries):
    for client in [Client() for _ in range(others)]:
        sign_in(client, "viewer@example.com")
    mine = Client()
    sign_in(mine, "viewer@example.com")

    with django_assert_num_queries(15):
        response = mine.get("/accounts/profile/")

    assert len(response.context["sessions"]) == others + 1


def test_session_says_when_and_where_it_was_last_used(viewer):
    client = Client()
    sign_in(client, "viewer@example.com", **HERE)
    session = client.session
    session[SEEN_AT] -= 301
    session.save()
    before = client.get("/accounts/profile/", **HERE).context["sessions"][0]

    session = client.session
    session[SEEN_AT] -= 301
    session.save()
    after = client.get("/accounts/profile/", **THERE).context["sessions"][0]

    assert (before.address, after.address, after.last_seen_at > before.last_seen_at) == (
        "198.51.100.7", "203.0.113.9", True,
    )  # fmt: skip


def test_changed_password_ends_the_other_sessions(viewer):
    here, there = Client(), Client()
    sign_in(here, "viewer@example.com")
    sign_in(there, "viewer@example.com")

    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert (is_in(here), is_in(there)) == (True, False)
    assert len(here.get("/accounts/profile/").context["sessions"]) == 1


def test_forgotten_password_is_set_anew_once(client, worker, viewer, mailoutbox):
    signed_in = Client()
    sign_in(signed_in, "viewer@example.com")
    guess(client, "viewer@example.com", 5, **HERE)
    with worker():
        asked = client.post("/accounts/password/reset/", {"email": "Viewer@Example.com"})
    link = re.search(r"http://localhost:8000(/accounts/password/reset/key/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True)
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    with worker():
        client.post(form.request["PATH_INFO"], new)
    again = Client().get(link, follow=True)

    assert (asked.url, mailoutbox[0].to) == ("/accounts/password/reset/done/", ["viewer@example.com"])
    assert [sign_in(Client(), "viewer@example.com", p, **HERE).status_code for p in (PASSWORD, NEW_PASSWORD)] == [
        200,
        302,
    ]
    assert is_in(signed_in) is False
    assert "This link is no longer valid" in again.content.decode()
    assert [message.subject for message in mailoutbox] == ["Set a new password", "Your password was reset"]
    assert AuditEntry.objects.filter(action="password.reset", actor="viewer@example.com").count() == 1


def test_reset_tells_nobody_whether_there_is_an_account(client, worker, viewer, mailoutbox):
    with worker():
        known = client.post("/accounts/password/reset/", {"email": "viewer@example.com"})
        nobody = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert (known.status_code, known.url) == (nobody.status_code, nobody.url) == (302, "/accounts/password/reset/done/")
    assert [message.to for message in mailoutbox] == [["viewer@example.com"]]


def change_address(client: Client, email: str, worker) -> None:
    with worker():
        answer = client.post("/accounts/email/", {"email": email, "action_add": ""})
    assert answer.url.startswith("/accounts/reauthenticate/")
    with worker():
        client.post(answer.url, {"password": PASSWORD})


def test_new_address_counts_when_its_link_was_opened(client, worker, viewer, mailoutbox):
    sign_in(client, "viewer@example.com")
    change_address(client, "newer@example.com", worker)
    viewer.refresh_from_db()
    before = (
        viewer.email,
        mailoutbox[0].to,
        "newer@example.com replaces it" in client.get("/accounts/email/").content.decode(),
    )
    link = re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", mailoutbox[0].body)[1]

    page = client.get(link)
    with worker():
        client.post(link)

    viewer.refresh_from_db()
    assert before == ("viewer@example.com", ["newer@example.com"], True)
    assert (page.status_code, viewer.email) == (200, "newer@example.com")
    assert list(EmailAddress.objects.filter(user=viewer).values_list("email", "verified", "primary")) == [
        ("newer@example.com", True, True)
    ]
    assert sign_in(Client(), "newer@example.com").status_code == 302
    assert (mailoutbox[1].to, mailoutbox[1].subject) == (["viewer@example.com"], "Your address was changed")
    assert AuditEntry.objects.filter(action="email.changed").values_list("actor", "subject").get() == (
        "newer@example.com", "viewer@example.com",
    )  # fmt: skip


def test_address_of_somebody_else_is_answered_alike_and_never_taken(client, worker, viewer, manager, mailoutbox):
    sign_in(client, "viewer@example.com")
    change_address(client, "manager@example.com", worker)
    links = [re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", m.body)[1] for m in mailoutbox]

    for link in links:  # whoever reads that mailbox opens it
        client.post(link)

    viewer.refresh_from_db()
    assert viewer.email == "viewer@example.com"
    assert User.objects.filter(email__iexact="manager@example.com").count() == 1


def test_address_is_not_changed_without_the_password(client, worker, viewer, mailoutbox):
    client.force_login(viewer)

    with worker():
        answer = client.post("/accounts/email/", {"email": "thief@example.com", "action_add": ""})
        client.post(answer.url, {"password": "wrong"})

    assert (answer.url.startswith("/accounts/reauthenticate/"), mailoutbox) == (True, [])


def test_person_whose_address_nobody_confirmed_confirms_it_before_coming_in(client, worker, viewer, mailoutbox):
    EmailAddress.objects.all().delete()  # made behind the portal's back

    with worker():
        answer = sign_in(client, "viewer@example.com")
    link = re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", mailoutbox[0].body)[1]
    client.post(link)

    assert (answer.status_code, answer.url) == (302, "/accounts/confirm-email/")
    assert sign_in(Client(), "viewer@example.com").status_code == 302


def test_name_is_changed_and_nothing_else(client, viewer):
    client.force_login(viewer)

    client.post(
        "/accounts/profile/", {"name": "Vera", "email": "x@example.com", "is_staff": "on", "is_superuser": "on"}
    )

    viewer.refresh_from_db()
    assert (viewer.name, viewer.email, viewer.is_staff, viewer.is_superuser) == (
        "Vera",
        "viewer@example.com",
        False,
        False,
    )


def test_own_pages_refuse_posts_without_a_token(browser, viewer):
    client = browser(viewer, enforce_csrf_checks=True)

    urls = ["", "sessions/end-others/", "sessions/1/end/"]
    assert [client.post(f"/accounts/profile/{url}").status_code for url in urls] == [403] * 3


def test_staff_end_sessions_and_second_factors_of_others(browser, viewer, staff_user):
    client = Client()
    sign_in(client, "viewer@example.com")
    staff = browser(staff_user)

    for action in ("end_sessions", "remove_second_factors"):
        staff.post("/admin/accounts/user/", {"action": action, "_selected_action": [viewer.pk]})

    assert is_in(client) is False
    assert list(
        AuditEntry.objects.filter(subject="viewer@example.com").order_by("id").values_list("actor", "action")
    ) == [("staff@example.com", "sessions.ended"), ("staff@example.com", "second_factor.removed")]


def test_staff_who_are_no_superusers_do_not_touch_superusers(browser, staff_user):
    helper = make_user("helper@example.com", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client = Client()
    sign_in(client, "staff@example.com")

    browser(helper).post("/admin/accounts/user/", {"action": "end_sessions", "_selected_action": [staff_user.pk]})

    assert is_in(client) is True


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_links_in_mails_are_made_of_the_public_address_whatever_the_host_header_says(
    worker, viewer, mailoutbox, settings, host
):
    settings.PUBLIC_URL = "https://sms.example.com"
    client = Client(HTTP_HOST=host)
    with worker():
        client.post("/accounts/password/reset/", {"email": "viewer@example.com"})
    sign_in(client, "viewer@example.com")
    change_address(client, "newer@example.com", worker)

    links = [re.findall(r"(\S+//\S+?/accounts/[\w-]+/)", message.body) for message in mailoutbox]

    assert links == [
        ["https://sms.example.com/accounts/password/"],
        ["https://sms.example.com/accounts/confirm-email/"],
    ]


def test_staff_cannot_change_the_address_of_a_superuser(browser, staff_user):
    helper = make_user("helper@example.com", is_staff=True)
    rights = ["view_user", "view_emailaddress", "add_emailaddress", "change_emailaddress", "delete_emailaddress"]
    helper.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client, address = browser(helper), EmailAddress.objects.get(user=staff_user)
    stolen = {"email": "helper@example.com", "user": staff_user.pk, "verified": "on", "primary": "on"}

    answers = [
        client.post("/admin/account/emailaddress/add/", stolen | {"email": "new@example.com"}).status_code,
        client.post(f"/admin/account/emailaddress/{address.pk}/change/", stolen).status_code,
        client.post(f"/admin/account/emailaddress/{address.pk}/delete/", {"post": "yes"}).status_code,
        client.post(f"/admin/accounts/user/{staff_user.pk}/change/", {"email": "helper2@example.com"}).status_code,
    ]

    assert answers == [403] * 4
    assert list(EmailAddress.objects.filter(user=staff_user).values_list("email", flat=True)) == ["staff@example.com"]
