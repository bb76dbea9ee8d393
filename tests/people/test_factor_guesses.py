"""Guesses at codes of a second factor, by somebody who knows the password: limited, and no lock for the owner."""

import re
from itertools import count

import pytest
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory

from portal.accounts import factor_guesses
from portal.accounts.models import User
from tests.conftest import PASSWORD
from tests.people.conftest import is_in, sign_in
from tests.people.factors import HOST, Passkey, code_of, data_in, reauthenticate, set_up_app

pytestmark = pytest.mark.django_db(transaction=True)

HERE, THERE = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.9"}
NEW_PASSWORD = "a long new phrase"
REFUSED = "Too many failed login attempts"


@pytest.fixture
def at_home(viewer) -> Client:
    """The browser in which the person set an authenticator app up; its secret is in `at_home.secret`."""
    client = Client()
    sign_in(client, "viewer@example.com", **THERE)
    client.secret = set_up_app(client)
    return client


def at_the_code(password: str = PASSWORD, client: Client | None = None, **where) -> Client:
    """Return a browser in which the password was right and the code is asked for."""
    client = client or Client(**where)
    answer = sign_in(client, "viewer@example.com", password, **where)
    assert answer.url == "/accounts/2fa/authenticate/"
    return client


def give(client: Client, code: str, **where) -> bool:
    """Post a code; tell whether it was refused without a look at it."""
    return REFUSED in client.post("/accounts/2fa/authenticate/", {"code": code}, **where).content.decode()


def guess(times: int, *, client: Client | None = None, **where) -> list[bool]:
    client = client or at_the_code(**where)
    return [give(client, "000000", **where) for _ in range(times)]


def use_up_person(networks: count) -> None:
    """Make the most wrong guesses that are looked at in a day, from as many networks as that needs."""
    for _ in range(10):
        assert guess(5, REMOTE_ADDR=f"192.0.2.{next(networks)}") == [False] * 5


def pass_a_quarter_of_an_hour(person: User, network: str) -> None:
    """Forget what is counted for 15 minutes alone."""
    config = {"second_factor": factor_guesses.PER_NETWORK["second_factor"].partition(",")[0]}
    request = RequestFactory().post("/")
    key = f"{person.pk} {network}"
    ratelimit.clear(request, app="portal.accounts", action="second_factor", config=config, key=key)


def test_wrong_codes_from_elsewhere_lock_nobody_out(at_home):
    assert guess(8, **HERE) == [False] * 5 + [True] * 3

    elsewhere = at_the_code(**THERE)

    assert (give(elsewhere, code_of(at_home.secret, step=1), **THERE), is_in(elsewhere)) == (False, True)


def test_network_has_ten_guesses_a_day(at_home, viewer):
    client = at_the_code(**HERE)
    first = guess(6, client=client, **HERE)
    pass_a_quarter_of_an_hour(viewer, "198.51.100.7")
    second = guess(6, client=client, **HERE)
    pass_a_quarter_of_an_hour(viewer, "198.51.100.7")

    assert (first, second) == ([False] * 5 + [True], [False] * 5 + [True])
    assert give(client, code_of(at_home.secret, step=1), **HERE) is True


def test_addresses_of_one_ipv6_network_are_one(at_home):
    answers = [guess(1, REMOTE_ADDR=f"2001:db8:1:2::{number}") for number in range(6)]

    assert answers == [[False]] * 5 + [[True]]


def test_person_has_fifty_guesses_a_day_over_all_networks(at_home):
    use_up_person(count())
    client = at_the_code(**HERE)

    assert (give(client, code_of(at_home.secret, step=1), **HERE), is_in(client)) == (True, False)


def test_refused_guesses_count_for_nobody(at_home):
    guess(60, **HERE)

    assert guess(5, **THERE) == [False] * 5


def test_right_code_counts_for_nobody_and_forgets_nothing_of_others(at_home):
    networks = count()
    guess(4, client=(client := at_the_code(**HERE)), **HERE)
    right = give(client, code_of(at_home.secret, step=1), **HERE)
    for _ in range(9):
        guess(5, REMOTE_ADDR=f"192.0.2.{next(networks)}")

    assert (right, is_in(client)) == (False, True)
    assert guess(2, REMOTE_ADDR="192.0.2.100") == [False, True]  # 4 + 45 + 1


def test_device_on_which_the_factor_was_shown_stays_open(at_home):
    at_home.post("/accounts/logout/")
    use_up_person(count())
    guess(5, **THERE)

    at_the_code(client=at_home, **THERE)
    refused = give(at_home, code_of(at_home.secret, step=1), **THERE)

    assert (refused, is_in(at_home)) == (False, True)


def test_device_that_signed_in_with_a_code_stays_open(at_home):
    client = at_the_code(**HERE)
    give(client, code_of(at_home.secret, step=1), **HERE)
    client.post("/accounts/logout/")
    use_up_person(count())

    at_the_code(client=client, **HERE)

    assert guess(1, client=client, **HERE) == [False]


def test_device_has_five_guesses_of_its_own_and_is_then_as_any_other(at_home):
    at_home.post("/accounts/logout/")
    at_the_code(client=at_home, **THERE)

    assert guess(11, client=at_home, **THERE) == [False] * 10 + [True]


def test_device_is_held_to_twenty_guesses_a_day():
    assert factor_guesses.PER_DEVICE == {"second_factor": "5/15m/key,20/d/key"}


def test_device_known_from_before_the_factor_has_no_guesses_of_its_own(viewer):
    thief = Client()
    sign_in(thief, "viewer@example.com", **HERE)  # knew the password before
    home = Client()
    sign_in(home, "viewer@example.com", **THERE)
    secret = set_up_app(home)
    use_up_person(count())

    at_the_code(client=thief, **HERE)

    assert (give(thief, code_of(secret, step=1), **HERE), is_in(thief)) == (True, False)


def set_new_password(client: Client, mailoutbox) -> None:
    """Set a new password by the link from the mailbox."""
    mailoutbox.clear()
    client.post("/accounts/password/reset/", {"email": "viewer@example.com"})
    link = re.search(r"(/accounts/password/reset/key/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})


def test_reset_links_give_no_guesses_at_codes(at_home, worker_runs, mailoutbox):
    use_up_person(count())
    thief = Client()  # reads the mailbox
    set_new_password(thief, mailoutbox)

    at_the_code(NEW_PASSWORD, client=thief, **HERE)

    assert guess(1, client=thief, **HERE) == [True]


def test_new_password_leaves_a_known_device_open_but_adds_no_guesses(at_home, worker_runs, mailoutbox):
    at_home.post("/accounts/logout/")
    use_up_person(count())
    at_the_code(client=at_home, **THERE)
    before = guess(4, client=at_home, **THERE)
    set_new_password(at_home, mailoutbox)
    at_the_code(NEW_PASSWORD, client=at_home, **THERE)

    assert (before, guess(2, client=at_home, **THERE)) == ([False] * 4, [False, True])


def test_device_of_a_removed_factor_has_no_guesses_of_its_own(at_home, viewer):
    at_home.post("/accounts/logout/")
    Authenticator.objects.filter(user=viewer).delete()  # as staff do
    home = Client()
    sign_in(home, "viewer@example.com", **THERE)
    set_up_app(home)
    use_up_person(count())

    at_the_code(client=at_home, **THERE)

    assert guess(1, client=at_home, **THERE) == [True]


def test_guesses_at_confirming_count_alike(at_home):
    use_up_person(count())
    stolen = Client(**HERE)  # a session without the device
    stolen.cookies["sessionid"] = at_home.cookies["sessionid"].value
    cache_before = is_in(stolen)

    answer = stolen.post("/accounts/2fa/reauthenticate/", {"code": code_of(at_home.secret, step=1)})

    assert (cache_before, REFUSED in answer.content.decode()) == (True, True)


def test_passkey_is_open_whatever_others_try(viewer):
    client, key = Client(**HOST), Passkey()
    sign_in(client, "viewer@example.com", **THERE)
    page = reauthenticate(client, "/accounts/2fa/webauthn/add/")
    created = key.create(data_in(page))
    client.post("/accounts/2fa/webauthn/add/", {"name": "k", "passwordless": "on", "credential": created})
    use_up_person(count())
    elsewhere = at_the_code(client=Client(**HOST), **HERE)

    asked = elsewhere.get("/accounts/2fa/authenticate/")
    elsewhere.post("/accounts/2fa/authenticate/", {"credential": key.get(data_in(asked))}, **HERE)

    assert is_in(elsewhere) is True
