"""Page of the admin about an account's gates at LINK: access written and never shown, checks and runs."""

from collections.abc import Iterator

import pytest

from deliveries.gates.at_link.access import access_of, kept_token, seal, unseal
from deliveries.gates.at_link.sync import run_asked
from portal.accounts.models import AuditEntry
from portal.celery import app as celery_app
from portal.tenants.feeds import set_basic, set_header
from portal.tenants.models import Feed, GateApi, PartnerId
from tests.admin.acting import audit
from tests.conftest import NOW
from tests.gates.conftest import OWNER
from tests.gates.link_server import PASSWORD, USER

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(account) -> str:
    return f"/admin/tenants/gatewayaccount/{account.pk}/gates/"


@pytest.fixture
def sent(link, feed) -> dict[str, str]:
    return {
        "action": "save", "address": link.address, "username": USER, "password": PASSWORD, "partner_id": OWNER,
        "feed": str(feed.pk),
    }  # fmt: skip


@pytest.fixture
def eager() -> Iterator[None]:
    """Have tasks run at once, where a worker would run them."""
    celery_app.conf.task_always_eager = True
    yield
    celery_app.conf.task_always_eager = False


def test_access_is_saved_encrypted_and_its_secrets_never_shown(staff, page, sent):
    before = staff.get(page)
    answer = staff.post(page, sent)
    after = staff.get(page).content.decode()

    api = GateApi.objects.get()
    assert ("Not checked yet" in before.content.decode(), "Not checked yet" in after) == (False, True)
    assert (answer.status_code, access_of(api).password, PASSWORD in api.password_sealed) == (302, PASSWORD, False)
    assert (USER in after, PASSWORD in after, api.password_sealed in after) == (True, False, False)
    (entry,) = audit("gate_api.saved")
    assert entry[:3] == (None, "staff@example.com", "link-main")
    assert PASSWORD not in str(entry)


@pytest.mark.parametrize(
    ("changed", "field", "error"),
    [
        ({"password": ""}, "password", "Enter the password."),
        ({"address": "http://gates.example.com"}, "address", "Use https: with http everybody on the way could"),
        ({"address": "https://10.0.0.1"}, "address", "10.0.0.1 is not a public address."),
        ({"partner_id": ".."}, "partner_id", ".. cannot be part of an address."),
        ({"feed": ""}, "feed", "The account has no active feed of LINK's dialect."),
    ],
)  # fmt: skip
def test_faults_are_named_at_their_field(staff, page, sent, changed, field, error):
    answer = staff.post(page, sent | changed)

    assert answer.status_code == 422
    assert [str(text)[: len(error)] for text in answer.context["form"].errors[field]] == [error]
    assert list(answer.context["form"].errors) == [field]
    assert not GateApi.objects.exists()


def test_stored_password_is_not_sent_to_another_host(staff, page, api, sent):
    kept = staff.post(page, sent | {"password": ""})
    moved = staff.post(page, sent | {"password": "", "address": "https://gates.example.org"})

    assert (kept.status_code, moved.status_code) == (302, 422)
    assert list(moved.context["form"].errors) == ["password"]
    assert GateApi.objects.get().address == sent["address"]


def test_secrets_of_a_feed_are_asked_for_where_a_feed_has_some(staff, page, sent, account):
    before = staff.get(page).context["form"].fields
    other = Feed.objects.create(account=account, name="guarded")
    set_basic(other, user="gateway", password="feed password")
    set_header(other, name="X-Key", value="header value")
    other.save()
    refused = staff.post(page, sent | {"feed_password": "x", "feed_header": "x"})

    errors = {"feed_password", "feed_header"}
    assert (errors & set(before), set(refused.context["form"].errors)) == (set(), errors)
    assert refused.content.decode().count("The feed does not require this. Leave it empty.") == 2


def test_password_of_the_feed_is_compared_with_its_digest(staff, page, sent, feed):
    set_basic(feed, user="gateway", password="feed password")
    feed.save()
    answers = [staff.post(page, sent | {"feed_password": text}) for text in ("", "wrong", "feed password", "")]

    assert [answer.status_code for answer in answers] == [422, 422, 302, 302]
    assert list(answers[1].context["form"].errors) == ["feed_password"]
    assert unseal(GateApi.objects.get().feed_password_sealed) == "feed password"


def test_check_and_set_are_run_by_a_worker_and_shown(
    eager, staff, page, api, link, account, tenant, django_capture_on_commit_callbacks
):
    PartnerId.objects.create(account=account, value="+358401234567", tenant=tenant, declared_at=NOW)
    with django_capture_on_commit_callbacks() as callbacks:
        answer = staff.post(page, {"action": "check"})
    running = staff.get(page).content.decode()
    for callback in callbacks:
        callback()
    checked = staff.get(page)
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(page, {"action": "set"})
    done = staff.get(page)

    assert (answer.status_code, 'hx-trigger="every 3s"' in running) == (302, True)
    assert 'hx-trigger="every 3s"' not in checked.content.decode()
    assert [(str(row["label"]), row["partner_id"]) for row in checked.context["result"]["rows"]] == [
        ("missing", "+358 •••••••67"), ("missing", "nr-fi"),
    ]  # fmt: skip
    assert [str(row["label"]) for row in done.context["result"]["rows"]] == ["created", "created"]
    assert "401234567" not in checked.content.decode() + done.content.decode()
    assert kept_token(GateApi.objects.get()) not in done.content.decode()
    assert len(link.gates) == 2
    assert audit("gates_at_link.set")[0][1] == "staff@example.com"


def test_error_of_link_is_shown(staff, page, api):
    GateApi.objects.update(password_sealed=seal("wrong"))
    run_asked(api.pk, apply=True, actor="staff@example.com")

    shown = staff.get(page).content.decode()

    assert "LINK rejected user name or password. Enter the credentials again. LINK says: 103100 invalid" in shown


def test_token_is_renewed_and_access_removed(staff, page, api, link):
    staff.post(page, {"action": "token"})
    token = kept_token(GateApi.objects.get())
    staff.post(page, {"action": "token"})
    renewed = kept_token(GateApi.objects.get())
    staff.post(page, {"action": "remove"})
    is_kept = GateApi.objects.exists()
    staff.post(page, {"action": "remove", "confirmed": "1"})

    assert is_kept
    assert token and renewed and token != renewed
    assert (GateApi.objects.exists(), link.requests) == (False, [])
    assert [entry[0] for entry in AuditEntry.objects.order_by("id").values_list("action")] == [
        "feed.token", "feed.token", "gate_api.removed",
    ]  # fmt: skip


def test_other_feed_starts_without_a_result(staff, page, api, sent, account):
    run_asked(api.pk, apply=True, actor="staff@example.com")
    other = Feed.objects.create(account=account, name="second")

    staff.post(page, sent | {"feed": str(other.pk)})

    api = GateApi.objects.get()
    assert (api.feed_id, api.checked_at, api.outcome, kept_token(api)) == (other.pk, None, {}, None)


def test_page_is_for_staff_who_change_accounts(client, staff_user, stranger, page):
    client.force_login(stranger)
    assert client.get(page).status_code == 302
    staff_user.is_superuser = False
    staff_user.save()
    client.force_login(staff_user)
    assert [client.get(page).status_code, client.post(page, {"action": "check"}).status_code] == [403, 403]
