"""Pages of saved reports: the list, the builder with its preview, a definition with its runs."""

import re
from datetime import date, time

import pytest
from django.utils import timezone

from deliveries.models import Gate
from portal.accounts.models import AuditEntry, Membership, Role
from portal.common.templatetags.figures import count, percent
from reports.models import DefinitionRun, ReportDefinition, ReportRecipient
from reports.schedules.definitions import create_definition, stop_definition
from reports.schedules.making import make_runs
from tests.api.conftest import call, mine
from tests.conftest import make_user
from tests.deliveries.helpers import apply
from tests.gates.factors import make_gate
from tests.pages.campaign_month import PERIOD, month
from tests.segments.sample import message

__all__ = ["call", "mine", "month"]

pytestmark = pytest.mark.django_db

QUERY = dict(part.split("=") for part in PERIOD.split("&")) | {"to": "2026-11-20"}
URL = "/t/nordic-retail/reports/definitions/"
CHOICES = {
    "name": "Weekly volumes", "kind": "volumes", "period": "custom", "first": "2026-11-01", "last": "2026-11-20",
    "formats": ["xlsx", "json"], "frequency": "weekly", "weekday": "1", "at": "07:00", "group_by": ["country"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    root = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = settings.STORAGES | {"default": root}


@pytest.fixture
def person(client, tenant):
    user = make_user("mari@example.com", tenant, Role.MANAGER)
    client.force_login(user)
    return user


@pytest.fixture
def sent(feed, tenant):
    apply(feed, message("a", day="2026-11-05"), message("b", 1006, day="2026-11-06"))


def saved(owner, tenant, **values) -> ReportDefinition:
    given = {
        "name": "My report", "kind": "volumes", "formats": ["json"], "parameters": {}, "period": "custom",
        "first": date(2026, 11, 1), "last": date(2026, 11, 20),
    }  # fmt: skip
    return create_definition(tenant=tenant, owner=owner, values=given | values)


def text_of(response) -> str:
    html = re.sub(r"<(script|style).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_empty_list_offers_ready_made_ones_that_open_in_the_builder(client, person):
    page = client.get(URL)
    keys = re.findall(r"new/\?ready=(\w+)", page.content.decode())
    assert keys == ["finance", "campaigns", "quality", "operators", "messages"]  # no account of its own
    assert "No saved reports yet" in text_of(page)

    for key in keys:
        form = client.get(f"{URL}new/?ready={key}").context["form"]
        values = {name: value for name, value in form.initial.items() if value is not None}
        if values.get("at"):
            values["at"] = "07:00"
        answer = client.post(f"{URL}new/", values)
        assert (key, answer.status_code) == (key, 302)
    rows = client.get(URL).context["rows"]
    assert [(row.definition.kind, row.schedule) for row in rows] == [
        ("volumes", "Every Monday at 07:00"), ("errors", "Every Monday at 07:00"),
        ("messages", "Every day at 07:00"), ("monthly", "On day 4 of each month at 07:00"),
        ("operators", "On day 4 of each month at 07:00"),
    ]  # fmt: skip


def test_builder_saves_what_was_chosen_with_its_recipients(client, person, tenant):
    other = make_user("aino@example.com", tenant, Role.VIEWER)
    answer = client.post(
        f"{URL}new/",
        CHOICES | {"members": [str(other.pk)], "addresses": "cfo@example.org", "filter_country": "fi\nse"},
    )
    definition = ReportDefinition.objects.get(tenant=tenant)
    assert (answer.status_code, answer.url) == (302, f"{URL}{definition.id}/")
    values = (
        definition.name, definition.parameters, definition.first, definition.last, definition.formats,
        definition.weekday, definition.month_day, definition.at, definition.owner_id,
    )  # fmt: skip
    assert values == (
        "Weekly volumes", {"filters": {"country": ["FI", "SE"]}, "group_by": ["country"]},
        date(2026, 11, 1), date(2026, 11, 20), ["xlsx", "json"], 1, None, time(7), person.pk,
    )  # fmt: skip
    kept = ReportRecipient.objects.filter(definition=definition, removed_at=None).order_by("id")
    assert [(one.user_id, one.address and one.address.address) for one in kept] == [
        (other.pk, None), (None, "cfo@example.org"),
    ]  # fmt: skip

    page = client.get(f"{URL}{definition.id}/change/")
    assert "cfo@example.org · Waits for confirmation" in text_of(page)
    assert page.context["form"].initial["filter_country"] == "FI\nSE"
    client.post(f"{URL}{definition.id}/change/", CHOICES | {"name": "Renamed"})
    assert [one.user_id for one in kept.all()] == [None]  # the member is not chosen any more
    assert ReportDefinition.objects.get(tenant=tenant).name == "Renamed"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Calls of +358401234567"}, "name"),
        ({"formats": []}, "formats"),
        ({"at": ""}, "at"),
        ({"at": "25:00"}, "at"),
        ({"frequency": "monthly"}, "month_day"),
        ({"first": ""}, "first"),
        ({"last": "2026-10-01"}, "last"),
        ({"filter_country": "Finland"}, "filter_country"),
        ({"filter_result_code": "many"}, "filter_result_code"),
        ({"group_by": ["country", "operator", "day", "status", "campaign"]}, "group_by"),
        ({"kind": "campaign", "campaign": "nothing", "group_by": []}, "campaign"),
        ({"kind": "monthly", "group_by": []}, "first"),
        ({"addresses": "cfo"}, "addresses"),
    ],
)
def test_wrong_choice_is_told_at_its_field(client, person, tenant, values, field):
    answer = client.post(f"{URL}new/", CHOICES | values)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not ReportDefinition.objects.filter(tenant=tenant).exists()


def test_wrong_text_in_a_field_that_is_not_shown_stops_nobody(client, person, tenant):
    unused = {"first": "nonsense", "last": "nonsense", "weekday": "9", "month_day": "99", "at": "late"}
    answer = client.post(f"{URL}new/", CHOICES | unused | {"period": "last_week", "frequency": ""})

    assert answer.status_code == 302
    made = ReportDefinition.objects.get(tenant=tenant)
    assert (made.first, made.last, made.weekday, made.month_day, made.at) == (None, None, None, None, None)


@pytest.mark.parametrize(
    ("address", "is_open"),
    [("", False), ("?kind=campaign", False), ("?ready=campaigns", True), ("?kind=messages", False)],
)
def test_choices_of_tables_are_folded_until_there_are_some(client, person, feed, address, is_open):
    assert client.get(f"{URL}new/{address}").context["form"].has_tables is is_open


def test_group_of_customers_has_the_word_of_the_pages(client, person, tenant):
    groups = dict(client.get(f"{URL}new/").context["form"].fields["group_by"].choices)

    assert groups["tenant"] == "Customer"


def test_name_is_taken_once(client, person, tenant):
    saved(person, tenant, name="weekly VOLUMES")

    answer = client.post(f"{URL}new/", CHOICES)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["name"])


def test_preview_has_the_figures_of_the_file_and_of_the_next_days(client, person, tenant, sent):
    page = client.post(f"{URL}new/", CHOICES | {"preview": "yes", "addresses": "cfo@example.org"})
    part = client.post(f"{URL}new/", CHOICES, headers={"HX-Request": "true"})

    assert (page.status_code, part.status_code) == (200, 200)
    assert not ReportDefinition.objects.filter(tenant=tenant).exists()
    shown = part.context["preview"].tables[0]
    assert [cell.text for cell in shown.head[:4]] == ["Country code", "Country", "Messages", "SMS parts"]
    assert [[cell.text for cell in row[:4]] for row in shown.rows] == [["FI", "Finland", "2", "2"]]
    assert [len(part.context["preview"].due), part.context["preview"].due[0].split()[0]] == [3, "Monday"]
    assert "Addresses outside the portal get files with masked phone numbers." in text_of(page)


def test_preview_has_the_figures_of_the_api(client, person, tenant, mine, month):
    choices = CHOICES | {"group_by": ["country", "operator"], "columns": ["delivery_rate"], "preview": "yes"}
    shown = client.post(f"{URL}new/", choices).context["preview"].tables[0]

    groups = mine.get("statistics/", **QUERY, group_by="country,operator").json()["groups"]
    names = ("messages", "delivered", "failed", "pending", "unknown")
    expected = {
        (group["key"]["country"], group["key"]["operator"]): [count(group[name]) for name in names]
        + [percent(group["delivery_rate"])]
        for group in groups
    }
    texts = [[cell.text for cell in row] for row in shown.rows]
    assert {(row[0], row[2]): row[3:] for row in texts} == expected
    assert len(expected) > 1


@pytest.mark.parametrize("kind", ["monthly", "volumes", "errors", "operators", "messages"])
def test_each_kind_has_a_preview(client, person, tenant, sent, kind):
    choices = {"name": "A", "kind": kind, "period": "last_month" if kind == "monthly" else "custom", "preview": "yes",
               "first": "2026-11-01", "last": "2026-11-20", "formats": ["xlsx"]}  # fmt: skip
    answer = client.post(f"{URL}new/", choices)

    assert answer.status_code == 200
    assert answer.context["preview"].problem == ""
    assert answer.context["preview"].tables


def test_preview_masks_numbers_for_those_who_do_not_see_them(client, person, tenant, feed):
    apply(feed, message("c", day="2026-11-06", ref_id="to +358401234567"))
    choices = CHOICES | {"preview": "yes", "group_by": ["campaign"]}
    assert "358401234567" in text_of(client.post(f"{URL}new/", choices))

    Membership.objects.filter(user=person).update(role=Role.ANALYST)
    page = text_of(client.post(f"{URL}new/", choices))
    assert "358401234567" not in page
    assert "Your role sees phone numbers masked" in page


def test_kind_can_be_changed_without_losing_what_was_typed(client, person, feed):
    answer = client.post(f"{URL}new/", CHOICES | {"kind": "messages", "refresh": "yes", "formats": ["pdf"]})

    form = answer.context["form"]
    assert answer.status_code == 200
    assert (form["name"].value(), form["formats"].value()) == ("Weekly volumes", ["xlsx"])
    assert form["columns"].value()[0] == "sent_at"
    assert "group_by" not in form.fields


def test_run_is_asked_for_made_and_downloaded(client, person, tenant, sent):
    definition = saved(person, tenant)
    answer = client.post(f"{URL}{definition.id}/run/", follow=True)
    assert "The report is being made." in text_of(answer)
    run = DefinitionRun.objects.get(definition=definition)
    assert f'hx-get="{URL}{definition.id}/"' in answer.content.decode()

    make_runs(run_id=run.id)
    part = client.get(f"{URL}{definition.id}/", headers={"HX-Request": "true"})
    assert "hx-get" not in part.content.decode()
    assert f"/reports/runs/{run.id}/json/" in part.content.decode()
    assert [(row.run.id, [file.format for file in row.files]) for row in part.context["rows"]] == [(run.id, ["json"])]


def test_run_is_cancelled_and_made_again(client, person, tenant):
    definition = saved(person, tenant)
    client.post(f"{URL}{definition.id}/run/")
    run = DefinitionRun.objects.get(definition=definition)
    client.post(f"{URL}{definition.id}/runs/{run.id}/cancel/")
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "Try again" in text_of(client.get(f"{URL}{definition.id}/"))
    client.post(f"{URL}{definition.id}/runs/{run.id}/retry/")
    run.refresh_from_db()
    assert (run.state, run.cause) == ("queued", "retry")


def test_report_is_paused_taken_over_archived_and_restored(client, person, tenant):
    other = make_user("aino@example.com", tenant, Role.ANALYST)
    definition = saved(other, tenant, frequency="daily", at=time(7), period="yesterday", first=None, last=None)
    page = f"{URL}{definition.id}/"
    client.post(f"{page}stop/")
    assert "Take over and resume" in text_of(client.get(page))
    client.post(f"{page}resume/")
    definition.refresh_from_db()
    assert (definition.owner_id, definition.stopped_at) == (person.pk, None)

    answer = client.post(f"{page}archive/", follow=True)
    assert "It makes no more runs; its files stay." in text_of(answer)
    assert client.post(f"{page}run/").status_code == 404
    assert client.get(URL).context["rows"] == []
    assert len(client.get(f"{URL}?archived=1").context["rows"]) == 1
    client.post(f"{page}restore/")
    definition.refresh_from_db()
    assert definition.archived_at is None
    actions = AuditEntry.objects.filter(tenant=tenant, action__startswith="report_definition.").order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        f"report_definition.{word}" for word in ("created", "stopped", "changed", "archived", "restored")
    ]


def test_name_that_was_given_away_keeps_a_report_archived(client, person, tenant):
    definition = saved(person, tenant)
    client.post(f"{URL}{definition.id}/archive/")
    saved(person, tenant)

    answer = client.post(f"{URL}{definition.id}/restore/", follow=True)
    assert "Another saved report has this name now." in text_of(answer)


def test_report_whose_owner_left_says_so(client, person, tenant):
    definition = saved(make_user("gone@example.com", tenant, Role.ANALYST), tenant)
    stop_definition(definition=definition, reason="owner_left", actor="portal", now=timezone.now())

    assert "Its owner may not make it any more." in text_of(client.get(f"{URL}{definition.id}/"))


def test_viewer_reads_and_changes_nothing(client, person, tenant):
    definition = saved(person, tenant)
    client.force_login(make_user("v@example.com", tenant, Role.VIEWER))

    assert [client.get(path).status_code for path in (URL, f"{URL}{definition.id}/")] == [200, 200]
    assert [client.get(path).status_code for path in (f"{URL}new/", f"{URL}{definition.id}/change/")] == [403, 403]
    for action in ("run", "stop", "resume", "archive", "restore"):
        assert client.post(f"{URL}{definition.id}/{action}/").status_code == 403
    page = client.get(f"{URL}{definition.id}/").content.decode()
    assert "/run/" not in page and "mari@example.com" in page


def test_analyst_changes_own_reports_only(client, person, tenant):
    definition = saved(person, tenant)
    client.force_login(make_user("a@example.com", tenant, Role.ANALYST))

    assert client.get(f"{URL}{definition.id}/change/").status_code == 404
    assert client.post(f"{URL}{definition.id}/run/").status_code == 404
    assert client.get(f"{URL}new/?copy={definition.id}").context["form"]["name"].value() == "Copy of My report"


def test_list_is_searched_by_name(client, person, tenant):
    saved(person, tenant, name="Alpha")
    saved(person, tenant, name="Beta")

    found = client.get(f"{URL}?q=alp")
    assert [row.definition.name for row in found.context["rows"]] == ["Alpha"]
    assert "No report has such a name" in text_of(client.get(f"{URL}?q=gamma"))


def test_gates_that_no_longer_send_the_event_stay_chosen(client, person, tenant):
    """Without them the report would be told to every gate that sends it."""
    chosen, other = (make_gate(tenant, name=name, events=["report.ready"]) for name in ("CRM", "BI"))
    deleted = make_gate(tenant, name="Old", events=["report.ready"])
    definition = saved(person, tenant, gates=[chosen.id, deleted.id])
    Gate.objects.filter(id=chosen.id).update(events=[])
    gone = deleted.id
    deleted.delete()
    address = f"{URL}{definition.id}/change/"

    form = client.get(address).context["form"]
    assert form.fields["gates"].choices == [
        (other.id, "BI"),
        (chosen.id, "CRM (does not send the event “Report finished”)"),
        (gone, "A gate that does not exist any more"),
    ]
    values = {name: value for name, value in form.initial.items() if value not in (None, "")}
    assert client.post(address, values | {"name": "Renamed"}).status_code == 302
    definition.refresh_from_db()
    assert (definition.name, definition.gates) == ("Renamed", [chosen.id, gone])
    assert "CRM (does not send the event “Report finished”)" in text_of(client.get(f"{URL}{definition.id}/"))

    stop_definition(definition=definition, reason="by_person", actor="a", now=timezone.now())
    client.post(f"{URL}{definition.id}/resume/")
    definition.refresh_from_db()
    assert (definition.stopped_at, definition.gates) == (None, [chosen.id, gone])
    assert client.post(address, values | {"gates": [str(other.id), "999999"]}).status_code == 422
    copied = client.get(f"{URL}new/?copy={definition.id}").context["form"]
    assert [id_ for id_, _name in copied.fields["gates"].choices] == [other.id, chosen.id]
