"""Texts that are kept for good: no form, command or service takes a phone number into one."""

import pytest
from django.core.management import CommandError, call_command

from campaigns import segments
from campaigns.models import SegmentKey
from deliveries.applying import failures, quarantine
from deliveries.message_pages.quarantine_reveal import QuarantineRevealForm
from deliveries.message_pages.reveal_form import RevealForm
from deliveries.models import QuarantinedRow
from deliveries.partner_ids.admin_forms import DiscardForm
from deliveries.rederiving import segment_keys
from portal.accounts.forms import ApiKeyForm
from portal.staff.view_as import ViewAsForm
from portal.tenants.models import ApiKey
from tests.deliveries.helpers import NOW

NUMBERS = ("+358401234567", "040 123 4567", "%2B358 40 123 4567", "３５８４０１２３４５６７")
FORMS = (
    (DiscardForm, "reason_text", {}),
    (QuarantineRevealForm, "reason", {}),
    (RevealForm, "reason", {"number": "+358505555555"}),
    (ViewAsForm, "reason", {}),
    (ApiKeyForm, "name", {"scopes": ApiKey.Scope.choices}),
)


@pytest.mark.parametrize(("form", "field", "more"), FORMS, ids=lambda value: getattr(value, "__name__", None))
def test_forms_refuse_numbers_in_texts_that_are_kept(form, field, more):
    refused = [form({field: f"Asked by {number}."}, **more).errors.get(field) for number in NUMBERS]
    taken = form({field: "Ticket 4711 of 2026-10-31."}, **more).errors.get(field)

    said = ["Leave phone numbers (8 or more digits) out of this text. It is kept permanently."]
    assert (refused, taken) == ([said] * len(NUMBERS), None)


@pytest.mark.django_db
def test_segment_keys_hold_no_numbers(tenant):
    with pytest.raises(segment_keys.SegmentKeyError, match="A key must not contain a phone number"):
        segment_keys.choose(tenant=tenant, key="bought for 040 123 4567", actor="tests", now=NOW)

    assert SegmentKey.objects.count() == 0
    assert segments.problems("0401234567") == ["the key has a phone number in it"]


@pytest.mark.django_db
def test_names_of_keys_made_by_command_hold_no_numbers(tenant):
    with pytest.raises(CommandError, match="Leave phone numbers"):
        call_command("create_api_key", tenant=tenant.slug, name="of 040 123 4567")


@pytest.mark.django_db
def test_rows_are_discarded_without_numbers_in_the_reason(feed):
    row = QuarantinedRow.objects.create(
        inbox_id=1, feed=feed, received_at=NOW, body=b"x", reason="not JSON", detail="x"
    )

    with pytest.raises(ValueError, match="Leave phone numbers"):
        quarantine.discard(ids=[row.id], reason_text="of 040 123 4567", actor="tests", now=NOW)

    row.refresh_from_db()
    assert row.state == "waiting"


def test_words_of_an_error_hold_no_number():
    error = ValueError('invalid input syntax for type integer: "+358401234567"\nLINE 1: +358401234567')

    assert failures.words_of(error) == 'ValueError: invalid input syntax for type integer: "[number]"'
