"""Pages of tests, attempts and health: what was sent and answered, masked by role, never as markup."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from deliveries.models import GateHour
from tests.deliveries.helpers import apply
from tests.gates.factors import make_gate
from tests.gates.page_helpers import NUMBER, add_attempt, of, report, text_of
from tests.gates.receivers import Receiver, answers

pytestmark = pytest.mark.django_db


def test_test_shows_request_answer_time_and_signature(person, feed, tenant, settings):
    settings.GATE_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    apply(feed, report("one"))
    with Receiver(answers(503, b"<script>alert(1)</script> out of order")) as receiver:
        gate = make_gate(tenant, receiver.url("/dlr"))
        response = person.post(of(gate, "test/"))
        (request,) = receiver.requests
    html = person.get(response.url).content.decode()
    page = text_of(person.get(response.url))

    assert "The newest report that passes the filter was sent." in page
    assert "HTTP status 503" in page and "The receiver failed." in page
    assert request.body.decode() in page
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert request.headers[name] in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; out of order" in html
    assert "<script>alert(1)" not in html
    assert len(receiver.requests) == 1  # looking at the result sends nothing


def test_tests_are_limited(person, tenant, settings):
    settings.GATE_TESTS_PER_MINUTE = 1
    gate = make_gate(tenant)

    answers = [person.post(of(gate, "test/")) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [302, 429]
    assert "There were too many tests." in text_of(answers[1])


def test_attempts_are_filtered(person, tenant, account):
    gate = make_gate(tenant)
    now = timezone.now()
    add_attempt(gate, message_id="good")
    add_attempt(gate, message_id="bad", outcome="timeout")
    add_attempt(gate, message_id="old", account_id=account.id, at=now - timedelta(days=9))
    add_attempt(make_gate(tenant), message_id="of another gate")

    def found(query: str) -> list[str]:
        return re.findall(
            r'<td role="cell" data-label="Message"><span class="code">(\w+)</span>',
            person.get(of(gate, f"attempts/?{query}")).content.decode(),
        )

    week = (now - timedelta(days=7)).date().isoformat()
    assert found("") == ["bad", "good", "old"]
    assert found("outcome=ok") == ["good", "old"]
    assert found("outcome=failed") == ["bad"]
    assert found("message_id=old") == ["old"]
    assert found(f"first={week}") == ["bad", "good"]
    assert person.get(of(gate, "attempts/?first=never")).status_code == 422
    assert person.get(of(gate, "attempts/?cursor=x")).status_code == 422


def test_attempts_are_paged(person, tenant):
    gate = make_gate(tenant)
    now = timezone.now()
    for number in range(53):
        add_attempt(gate, message_id=f"n{number:02}", at=now - timedelta(minutes=number))

    first = person.get(of(gate, "attempts/?outcome=ok")).content.decode()
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = person.get(unescape(older)).content.decode()

    assert "outcome=ok" in older
    assert ["n00" in first, "n49" in first, "n50" in first] == [True, True, False]
    assert ["n49" in second, "n50" in second, "n52" in second] == [False, True, True]
    assert 'rel="prev"' in second


def test_numbers_are_masked_for_analysts(client, analyst, feed, tenant):
    apply(feed, report("one"))
    gate = make_gate(tenant)
    account = feed.account_id
    body = f'{{"id":"one","customParameters":{{"destination":"{NUMBER}"}}}}'
    query = "https://receiver.example.org/dlr?to=%2B358401234567"
    attempt = add_attempt(
        gate, account_id=account, message_id="one", request_body=body, url=query, answer=f"taken for {NUMBER}"
    )
    client.force_login(analyst)

    for page in (of(gate), of(gate, "attempts/"), of(gate, f"attempts/{attempt.id}/")):
        html = client.get(page).content.decode()
        assert "401234567" not in html and "358401234567" not in html
    assert "•••" in html


def test_message_ids_that_are_numbers_cannot_be_guessed(client, analyst, feed, tenant):
    apply(feed, report("358401234567"))
    gate = make_gate(tenant)
    add_attempt(gate, account_id=feed.account_id, message_id="358401234567")
    client.force_login(analyst)

    assert "No attempt passes the filter" in text_of(client.get(of(gate, "attempts/?message_id=358401234567")))


def test_health_is_shown_by_hour_and_by_day(person, tenant):
    gate = make_gate(tenant)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for back, outcome, bucket, number in ((0, "delivered", 175, 40), (0, "http_500", -1, 2), (30, "delivered", -1, 5)):
        at = hour - timedelta(hours=back)
        GateHour.objects.create(tenant=tenant, gate=gate, hour=at, outcome=outcome, bucket=bucket, number=number)

    def counts(span: str) -> list[list[int]]:
        data = person.get(of(gate, f"?span={span}")).context["health_chart"]
        return [row["counts"] for row in data["rows"] if any(row["counts"])]

    assert counts("24h") == [[40, 2]]
    assert sum(sum(one) for one in counts("30d")) == 47
