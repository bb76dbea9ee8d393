"""Mails that an alert is over, within the rule's two mails a day."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from reports.alerts.mailing import mail_due
from reports.alerts.rules import add_standard_rules
from reports.models import Alert, AlertRule
from tests.alerts.conftest import MINUTE
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)  # NOW is noon UTC, 14:00 at the customer's


@pytest.fixture
def told(tenant, owner, mailoutbox, eager, django_capture_on_commit_callbacks):
    """Return a function that sends what is due and returns the new mails."""
    add_standard_rules(tenant)

    def send(at):
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            mail_due(tenant, now=at)
        return mailoutbox[before:]

    return send


def alert(tenant, since, **fields) -> Alert:
    rule = AlertRule.objects.get(tenant=tenant, standard="delivery")
    figures = {"now": 0.4, "usual": 0.95, "messages": 300}
    own = {"country": "FI", "operator": "fi.elisa", "figures": figures} | fields
    return Alert.objects.create(tenant=tenant, rule=rule, since=since, opened_at=since, seen_at=since, **own)


def end(one: Alert, at, ending: str = "recovered") -> None:
    one.good_since, one.closed_at, one.ending = at, at + 30 * MINUTE, ending
    one.save(update_fields=["good_since", "closed_at", "ending"])


def test_an_end_is_told_with_since_when_and_how_long(tenant, told):
    one = alert(tenant, NOW + 2 * HOUR)
    told(NOW + 2 * HOUR)
    end(one, NOW + 3 * HOUR)

    (sent,) = told(NOW + 4 * HOUR)  # 18:00

    assert sent.subject == "Alert over: Delivery rate falls, Nordic Retail Oy"
    assert "1 alert of the rule “Delivery rate falls” is over at Nordic Retail Oy." in sent.body
    assert re.search(r"fi\.elisa, Finland: over since 20 Nov 2026, 17:00; lasted 1\sh\n", sent.body)
    assert told(NOW + 5 * HOUR) == []  # once


def test_until_evening_the_last_mail_is_kept_for_an_alert_that_opens(tenant, told):
    one = alert(tenant, NOW - 5 * HOUR)
    assert len(told(NOW - 5 * HOUR)) == 1
    end(one, NOW - 4 * HOUR)
    assert told(NOW - 3 * HOUR) == []
    alert(tenant, NOW, operator="fi.dna")

    (sent,) = told(NOW)

    assert sent.subject.startswith("Alert: ")
    assert "fi.dna, Finland: 40.0" in sent.body and "fi.elisa, Finland: over since" in sent.body
    end(Alert.objects.get(operator="fi.dna"), NOW + HOUR)
    assert told(NOW + 9 * HOUR) == []  # two were sent on this day
    assert [mail.subject for mail in told(NOW + 19 * HOUR)] == [sent.subject.replace("Alert:", "Alert over:")]


def test_a_day_that_had_no_mail_has_one_for_an_end_and_one_for_an_alert(tenant, told):
    one = alert(tenant, NOW - 20 * HOUR)
    told(NOW - 20 * HOUR)
    end(one, NOW - 3 * HOUR)

    assert len(told(NOW - 2 * HOUR)) == 1
    alert(tenant, NOW, operator="fi.dna")
    assert len(told(NOW)) == 1


@pytest.mark.parametrize(
    ("why", "fields"),
    [
        ("was never told", {"mailed_at": None}),
        ("is acknowledged", {"acknowledged_at": NOW}),
        ("was switched off by a person", {"ending": "switched_off"}),
        ("is over for more than a day", {"closed_at": NOW - 19 * HOUR}),
    ],
)
def test_an_end_that_is_not_told(tenant, told, why, fields):
    one = alert(tenant, NOW - 24 * HOUR, mailed_at=NOW - 24 * HOUR)
    end(one, NOW)
    Alert.objects.filter(pk=one.pk).update(**fields)

    assert told(NOW + 6 * HOUR) == [], why


def test_an_alert_with_too_few_messages_says_so(tenant, told):
    one = alert(tenant, NOW - 24 * HOUR, mailed_at=NOW - 24 * HOUR)
    end(one, NOW, ending="quiet")
    assert "too few messages to tell since" in told(NOW + 4 * HOUR)[0].body
