"""GET /api/v1/statistics/stream/: the same totals as /statistics/, and what has changed since."""

import json
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from deliveries.counts.notices import CHANNEL
from deliveries.stream.figures import FIGURES
from portal.common.listening import listen
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.scope import web_scope
from reports.statistics_stream.totals import Asked, Totals, read_totals
from tests.api.conftest import sent
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db

PATH = "statistics/stream/"
DAYS = {"from": "2026-11-01", "to": "2026-11-30"}


def groups(caller, path: str = PATH, **query) -> list[dict]:
    answer = caller.get(path, **DAYS | query)
    assert answer.status_code == 200, answer.content
    return answer.json()["groups"]


def of_statistics(caller, group_by: str = "day", **query) -> list[dict]:
    """Return what the statistics have, without what the stream leaves out."""
    left_out = {"before", "changes", "costs", "recipients", "conversions"}
    found = groups(caller, "statistics/", group_by=group_by, **query)
    return [{name: value for name, value in group.items() if name not in left_out} for group in found]


def counts(totals: dict) -> list[tuple[str, int, int]]:
    return [(str(group["key"]["day"]), group["messages"], group["delivered"]) for group in totals["groups"]]


def test_totals_are_those_of_the_statistics(mine, theirs, whole_account, messages, feed):
    apply(feed, sent("c", 1001, "nr-fi") | {"sentTimestamp": "2026-11-03T10:00:00Z"})
    for caller in (mine, theirs, whole_account):
        assert groups(caller) == of_statistics(caller) != []
        assert groups(caller, group_by="tenant") == of_statistics(caller, "day,tenant")
        assert groups(caller, account="link-main") == of_statistics(caller, account="link-main")

    whole, statistics = mine.get(PATH, **DAYS).json(), mine.get("statistics/", **DAYS, group_by="day").json()
    shared = ("from", "to", "timezone", "group_by", "provisional_from")
    assert {name: whole[name] for name in shared} == {name: statistics[name] for name in shared}
    assert whole["data_as_of"] <= statistics["data_as_of"]


def test_key_of_a_parent_names_a_tenant_below_it(call, tenant, messages):
    parent = Tenant.objects.create(slug="parent", name="Parent")
    Tenant.objects.filter(id=tenant.id).update(parent=parent)
    above = call(parent, "read")

    assert groups(above, tenant="nordic-retail") == of_statistics(above, tenant="nordic-retail") != []
    assert groups(above, tenant="parent") == []
    refused = above.get(PATH, tenant="baltic-media")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "tenant")


def test_page_has_no_groups_until_the_totals_change(mine, messages, feed):
    first = mine.get(PATH, **DAYS).json()
    again = mine.get(PATH, **DAYS, after=first["next_cursor"], wait=30).json()
    assert (again["whole"], again["groups"], again["next_cursor"]) == (False, [], first["next_cursor"])

    apply(feed, sent("c", 1001, "nr-fi"))
    changed = mine.get(PATH, **DAYS, after=first["next_cursor"]).json()

    assert (changed["whole"], counts(changed)) == (True, [("2026-11-02", 4, 3)])
    assert changed["next_cursor"] != first["next_cursor"]


def test_event_has_the_days_that_changed_since_those_that_were_sent(messages, feed, tenant):
    apply(feed, sent("on-the-3rd", 1001, "nr-fi") | {"sentTimestamp": "2026-11-03T10:00:00Z"})
    asked = asked_by(tenant)
    before = read(asked)
    apply(feed, sent("c", 1000, "nr-fi"))
    after = read(asked)

    assert counts(data(after.event(before))) == [("2026-11-02", 4, 2)]
    assert counts(data(after.event())) == [("2026-11-02", 4, 2), ("2026-11-03", 1, 1)]
    assert data(after.event()) | {"groups": None, "whole": None} == data(after.event(before)) | {
        "groups": None,
        "whole": None,
    }
    assert (data(after.event())["whole"], data(after.event(before))["whole"]) == (True, False)
    assert after.event().startswith(f"id: {after.cursor}\nevent: day_totals\ndata: {{".encode())


def test_day_whose_messages_have_all_gone_is_told_with_zeros(messages, other_tenant):
    asked = asked_by(other_tenant)
    before = read(asked)
    assert counts(data(before.event())) == [("2026-11-02", 1, 1)]
    gone = read(asked_by(Tenant.objects.create(slug="empty", name="Empty")))

    (told,) = data(gone.event(before))["groups"]
    assert (told["key"], told["messages"], told["delivered"], told["maturity"]) == ({"day": "2026-11-02"}, 0, 0, None)


@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        ({"period": "90d"}, "period", "one of today, yesterday, 7d, 30d, this_month, last_month"),
        ({"from": "2026-10-01", "to": "2026-11-01"}, "from", "at most 31 days; these are 32"),
        ({"from": "2020-01-01"}, "from", "at most 31 days; these are "),
        ({"to": "2026-11-01"}, "from", "the first day is missing"),
        ({"after": "oldest"}, "after", "not a cursor of this stream: 16 digits and letters from a to f"),
        ({"after": ""}, "after", "not a cursor of this stream: 16 digits and letters from a to f"),
        ({"wait": "31"}, "wait", "a whole number from 0 to 30"),
        ({"group_by": "country"}, "group_by", "one of tenant"),
        ({"campaign": "sale"}, "campaign", "unknown parameter"),
    ],
)
def test_wrong_parameter_is_named_with_what_is_allowed(mine, query, parameter, detail):
    answer = mine.get(PATH, **query)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["detail"][: len(detail)]) == (parameter, detail)


def test_named_period_goes_on_with_the_days(tenant, monkeypatch):
    now, asked = timezone.now(), asked_by(tenant, period="today")
    before = read(asked)
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=1))
    after = read(asked)

    assert after.first == before.first + timedelta(days=1)
    assert after.cursor != before.cursor  # so it is told although nothing is counted


def test_events_begin_with_the_present_totals(mine, messages):
    answer = mine.client.get(
        f"/api/v1/{PATH}", DAYS, headers=mine.headers | {"Accept": "text/event-stream", "Last-Event-ID": "0" * 16}
    )

    assert answer.headers["Content-Type"] == "text/event-stream"
    assert counts(data(answer.content)) == [("2026-11-02", 3, 2)]
    assert FIGURES.listeners["statistics"] == 0


def test_other_tenants_totals_stay_behind_the_wall(messages, tenant, other_tenant):
    both = asked_by(tenant, tenant_ids=frozenset({tenant.id, other_tenant.id}))

    with web_scope([tenant.id]):  # whatever is asked for
        assert counts(read_totals(both).whole()) == [("2026-11-02", 3, 2)]
    with web_scope([]):
        assert read_totals(both).groups == {}


@pytest.mark.django_db(transaction=True)
def test_every_change_of_counts_tells_whose_they_are(feed, tenant, other_tenant):
    PartnerId.objects.create(account=feed.account, value="other", tenant=other_tenant, declared_at=timezone.now())
    with listen(CHANNEL, name="tests") as listener:
        apply(feed, sent("a", 1000, "nr-fi"))
        assert heard(listener) == [str(tenant.id)]
        apply(feed, sent("b", 1000, "nr-fi"), sent("c", 1000, "other"))
        assert heard(listener) == [",".join(map(str, sorted([tenant.id, other_tenant.id])))]
        apply(feed, sent("a", 1000, "nr-fi"))  # a duplicate
        assert heard(listener) == []


def heard(listener: psycopg.Connection) -> list[str]:
    listener.execute("SELECT")  # with whose answer everything comes that was told before
    return [notify.payload for notify in listener.notifies(timeout=0)]


def asked_by(tenant, **more) -> Asked:
    period = more.pop("period", None)
    given = (("period", period),) if period else tuple(DAYS.items())
    values = {"tenant_ids": frozenset({tenant.id}), "account_id": None, "timezone": "Europe/Helsinki"} | more
    return Asked(**values, group_by=("day",), period=given)


def read(asked: Asked) -> Totals:
    with web_scope(asked.tenant_ids):
        return read_totals(asked)


def data(event: bytes) -> dict:
    line = next(line for line in event.splitlines() if line.startswith(b"data: "))
    return json.loads(line.removeprefix(b"data: "))
