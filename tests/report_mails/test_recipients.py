"""Recipients of reports: members, outside addresses that confirm once, limits, and the page that lists them."""

import re
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from portal.accounts.models import AuditEntry, Role
from portal.celery import app
from reports.models import DefinitionRun, OutsideAddress, ReportMail, ReportRecipient
from reports.schedules import confirming, recipients
from reports.schedules.links import unsubscribe_address
from reports.schedules.recipients import NotAdded, add_address, add_member, addressee, remove
from tests.conftest import make_user
from tests.report_mails.conftest import make_definition

pytestmark = pytest.mark.django_db


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Let what the worker does after the commit happen at the end of the block."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield lambda: django_capture_on_commit_callbacks(execute=True)
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


def add(definition, manager, email: str = "Auditor@Example.net", **values):
    given = {"language": "en", "actor": manager, "now": timezone.now()} | values
    return add_address(definition=definition, email=email, **given)


def reached(recipient: ReportRecipient):
    """Return the recipient of a run that ends now as the mail finds them, or the reason why they get nothing."""
    definition = recipient.definition
    return addressee(recipient, DefinitionRun(tenant=definition.tenant, definition=definition))


def path_in(text: str) -> str:
    return re.search(r"http://[^/]+(/mail/\S+)", text)[1]


def test_outside_address_is_asked_once_for_all_reports_of_the_tenant(definition, tenant, manager, committed):
    other = make_definition(tenant, manager, name="Another")
    with committed():
        first = add(definition, manager)
        second = add(other, manager, "auditor@example.net")
        again = add(definition, manager)
    assert (first.address, first.pk) == (second.address, again.pk)
    (mail,) = outbox.outbox
    assert (mail.to, mail.subject) == (["auditor@example.net"], "Confirm your e-mail address")
    assert "Nordic Retail Oy wants to send reports" in mail.body
    assert reached(first) == "unconfirmed"


def test_address_confirms_by_a_post_alone_and_may_change_its_mind(definition, manager, committed, client):
    with committed():
        recipient = add(definition, manager)
    page = path_in(outbox.outbox[0].body)

    shown = client.get(page)
    assert (shown.status_code, shown.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert OutsideAddress.objects.get().confirmed_at is None

    client.post(page, {"answer": "yes"})
    recipient.refresh_from_db()
    to = reached(recipient)
    assert (to.email, to.masking.in_full, to.is_outside) == ("auditor@example.net", False, True)

    assert b"sends no reports to auditor@example.net" in client.post(page, {"answer": "no"}).content
    recipient.refresh_from_db()
    assert reached(recipient) == "unconfirmed"
    with pytest.raises(NotAdded, match="declined"):
        add(make_definition(definition.tenant, manager, name="Another"), manager)
    actions = ["report_recipient.added", "report_address.confirmed", "report_address.declined"]
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == actions
    assert not AuditEntry.objects.filter(details__icontains="auditor").exists()


def test_link_of_a_question_expires_and_the_address_may_be_asked_again(definition, manager, committed, client):
    with committed():
        add(definition, manager)
        OutsideAddress.objects.update(asked_at=timezone.now() - confirming.VALID_FOR)
        old = f"/mail/confirm/{confirming.token_of(OutsideAddress.objects.get())}/"
        assert client.get(old).status_code == 404
        add(definition, manager)
    assert len(outbox.outbox) == 2
    assert [client.get(page).status_code for page in (old, path_in(outbox.outbox[1].body))] == [404, 200]


@pytest.mark.parametrize("token", ["x", "a" * 60])
def test_unknown_links_are_all_alike(client, db, token):
    pages = [f"/mail/{kind}/{token}/" for kind in ("confirm", "unsubscribe", "report")]
    answers = [client.get(page) for page in pages]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.content.split(b"<main")[1] for answer in answers}) == 1


def test_tenant_may_not_ask_unlimited_addresses(definition, manager, monkeypatch):
    monkeypatch.setattr(recipients, "MAX_ASKED_PER_DAY", 2)
    for number in range(2):
        add(definition, manager, f"a{number}@example.net")
    with pytest.raises(NotAdded, match="too_many_today"):
        add(definition, manager, "b@example.net")
    OutsideAddress.objects.update(asked_at=timezone.now() - timedelta(days=2))
    add(definition, manager, "b@example.net")


def test_report_has_a_limited_number_of_recipients(definition, tenant, manager, monkeypatch):
    monkeypatch.setattr(recipients, "MAX_RECIPIENTS", 1)
    add(definition, manager)
    with pytest.raises(NotAdded, match="too_many"):
        add_member(definition=definition, user=manager, actor=manager, now=timezone.now())


def test_address_of_a_member_adds_the_member(definition, manager, viewer):
    recipient = add(definition, manager, "VIEWER@example.com")
    assert (recipient.user_id, OutsideAddress.objects.count()) == (viewer.pk, 0)


def test_person_of_another_tenant_is_no_member(definition, manager, stranger):
    with pytest.raises(NotAdded, match="no_member"):
        add_member(definition=definition, user=stranger, actor=manager, now=timezone.now())


def test_unsubscribed_person_is_subscribed_again_by_themselves_alone(definition, manager, viewer, client):
    recipient = add_member(definition=definition, user=viewer, actor=manager, now=timezone.now())
    page = path_in(unsubscribe_address(recipient))
    assert client.get(page).status_code == 200
    recipient.refresh_from_db()
    assert recipient.unsubscribed_at is None

    strict = Client(enforce_csrf_checks=True)  # as a mail program posts (RFC 8058)
    answer = strict.post(page, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    recipient.refresh_from_db()
    assert (answer.status_code, reached(recipient)) == (200, "unsubscribed")
    add_member(definition=definition, user=viewer, actor=manager, now=timezone.now())
    recipient.refresh_from_db()
    assert reached(recipient) == "unsubscribed"
    strict.post(page, {"again": "1"})
    recipient.refresh_from_db()
    assert reached(recipient).email == "viewer@example.com"


def test_unsubscribing_from_one_report_leaves_the_others(definition, tenant, manager, client):
    first = add(definition, manager)
    second = add(make_definition(tenant, manager, name="Another"), manager)
    client.post(path_in(unsubscribe_address(first)))
    found = ReportRecipient.objects.order_by("id")
    assert [recipient.unsubscribed_at is None for recipient in found] == [False, True]
    remove(recipient=second, actor="x", now=timezone.now())
    assert client.get(path_in(unsubscribe_address(second))).status_code == 404


def page_of(definition) -> str:
    return f"/t/{definition.tenant.slug}/reports/definitions/{definition.id}/recipients/"


def test_page_adds_lists_and_drops_recipients(definition, manager, viewer, client):
    client.force_login(manager)
    page = page_of(definition)
    assert "No recipients yet" in client.get(page).content.decode()

    assert client.post(page, {"member": viewer.pk}).status_code == 302
    assert client.post(page, {"email": "auditor@example.net", "language": "fi"}).status_code == 302
    refused = client.post(page, {"member": viewer.pk, "email": "x@example.net"})

    assert (refused.status_code, "Choose a member, or give another address." in refused.content.decode()) == (422, True)
    text = client.get(page).content.decode()
    assert "viewer@example.com" in text
    assert "auditor@example.net" in text
    assert "Waits for confirmation" in text
    assert OutsideAddress.objects.get().language == "fi"
    first, second = recipients.recipients_of(definition)
    assert client.post(f"{page}{first.id}/drop/").status_code == 302
    assert list(recipients.recipients_of(definition)) == [second]


def test_analyst_adds_members_to_own_reports_and_no_outside_addresses(definition, tenant, analyst, manager, client):
    own = make_definition(tenant, analyst, name="Own")
    client.force_login(analyst)
    assert client.post(page_of(own), {"member": manager.pk}).status_code == 302
    assert client.post(page_of(own), {"email": "auditor@example.net"}).status_code == 422
    assert client.get(page_of(definition)).status_code == 404
    assert not OutsideAddress.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_others_see_no_recipients(definition, tenant, manager, other_tenant, client, who):
    role, of = (Role.VIEWER, tenant) if who == "viewer" else (Role.OWNER, other_tenant)
    recipient = add(definition, manager)
    client.force_login(make_user("x@example.com", of, role))
    expected = 403 if who == "viewer" else 404
    assert client.get(page_of(definition)).status_code == expected
    assert client.post(f"{page_of(definition)}{recipient.id}/drop/").status_code == expected
    assert recipients.recipients_of(definition).count() == 1


def test_page_shows_mails_and_sends_again_what_is_unknown(definition, manager, viewer, finish, client):
    add_member(definition=definition, user=viewer, actor=manager, now=timezone.now())
    finish(definition)
    ReportMail.objects.update(state="unknown")
    mail = ReportMail.objects.get()
    client.force_login(manager)

    text = client.get(page_of(definition)).content.decode()
    assert "Outcome unknown" in text
    assert "it may arrive twice" in text
    again = f"/t/{definition.tenant.slug}/reports/definitions/{definition.id}/mails/{mail.id}/again/"
    assert again in text
    client.post(again)
    client.post(again)

    assert list(ReportMail.objects.order_by("id").values_list("number", "state", "requested_by")) == [
        (1, "unknown", ""),
        (2, "waiting", "manager@example.com"),
    ]
    assert again not in client.get(page_of(definition)).content.decode()
