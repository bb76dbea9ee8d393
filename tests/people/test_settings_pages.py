"""A tenant's own settings and how its refIds are read: who may change what, and what follows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import RefIdScheme
from deliveries.messages import partitions
from deliveries.models import TenantRecount
from deliveries.settings_pages import recent_ref_ids
from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from tests.wall.rows import insert, row

URL = "/t/nordic-retail/settings/"
REF_IDS = f"{URL}ref-ids/"
MANAGERS = {
    "name": "Nordic Retail Oy",
    "timezone": "Europe/Helsinki",
    "country": "FI",
    "language": "en",
    "currency": "EUR",
    "accent": "",
}
OWNERS = MANAGERS | {"raw_days": "30", "number_days": "180", "message_days": "400"}
SPLIT = {"mode": "split", "delimiter": "_", "fields_text": "campaign, variant, region", "sample": ""}
SENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def make_messages(tenant, ref_ids: list[str | None]) -> None:
    """Insert messages with these refIds, the first the oldest."""
    partitions.ensure_months([SENT.date()])
    for number, ref_id in enumerate(ref_ids):
        values = row("message", tenant.id) | {
            "message_id": f"m{number}", "ref_id": ref_id,
            "day": SENT.date(), "sent_at": SENT + timedelta(seconds=number),
        }  # fmt: skip
        insert("message", values)


def recounts() -> list[tuple]:
    return list(TenantRecount.objects.order_by("id").values_list("tenant__slug", "reason", "state"))


@pytest.mark.parametrize("path", ["", "ref-ids/", "recount/"])
@pytest.mark.parametrize(("who", "status"), [("analyst", 403), ("viewer", 403), ("stranger", 404), ("manager", 200)])
def test_settings_are_for_managers(client, request, tenant, path, who, status):
    client.force_login(request.getfixturevalue(who))

    answers = [client.get(f"{URL}{path}").status_code]
    if status != 200:
        answers += [client.post(f"{URL}{path}", OWNERS).status_code] if path != "recount/" else []
        answers += [client.post(f"{REF_IDS}preview/", SPLIT).status_code]

    assert set(answers) == {status}


def test_settings_refuse_posts_without_a_token(browser, manager):
    client = browser(manager, enforce_csrf_checks=True)

    assert [client.post(url, OWNERS).status_code for url in (URL, REF_IDS, f"{REF_IDS}preview/")] == [403] * 3


def test_manager_changes_what_managers_may_and_it_is_on_record(client, tenant, manager):
    client.force_login(manager)

    client.post(URL, MANAGERS | {"name": "Nordic Oy", "language": "fi", "currency": "SEK", "accent": "#0B7285"})

    tenant.refresh_from_db()
    assert (tenant.name, tenant.language, tenant.currency, tenant.accent) == ("Nordic Oy", "fi", "SEK", "#0B7285")
    assert recounts() == []
    assert AuditEntry.objects.values_list("tenant", "actor", "action", "subject", "details").get() == (
        tenant.id, "manager@example.com", "settings.changed", "nordic-retail",
        {
            "name": "Nordic Retail Oy → Nordic Oy", "language": "en → fi", "currency": "EUR → SEK",
            "accent": " → #0B7285",
        },
    )  # fmt: skip


@pytest.mark.parametrize(("country", "said"), [("SE", "FI → SE"), ("", "FI → ")])
def test_country_is_changed_without_a_recount_and_is_on_record(client, tenant, manager, country, said):
    client.force_login(manager)

    client.post(URL, MANAGERS | {"country": country})

    tenant.refresh_from_db()
    assert (tenant.country, recounts()) == (country, [])
    assert AuditEntry.objects.values_list("action", "details").get() == ("settings.changed", {"country": said})


def test_manager_cannot_change_what_is_the_owners_or_nobodys(client, tenant, other_tenant, manager):
    client.force_login(manager)
    before = Tenant.objects.filter(id=tenant.id).values().get()

    page = client.get(URL).content.decode()
    client.post(
        URL,
        MANAGERS
        | {
            "require_mfa": "on", "raw_days": "1", "number_days": "1", "message_days": "31", "slug": "taken",
            "kind": "pool", "parent": other_tenant.id, "parent_id": other_tenant.id, "id": other_tenant.id,
        },
    )  # fmt: skip

    assert Tenant.objects.filter(id=tenant.id).values().get() == before
    assert ('name="raw_days"' in page, 'name="require_mfa"' in page) == (False, False)


def test_owner_changes_retention(client, tenant, owner):
    client.force_login(owner)

    refused = client.post(URL, OWNERS | {"number_days": "401"})
    client.post(URL, OWNERS | {"raw_days": "7", "number_days": "90", "message_days": "365"})

    tenant.refresh_from_db()
    assert (refused.status_code, tenant.raw_days, tenant.number_days, tenant.message_days) == (422, 7, 90, 365)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Moon/Base"}, {"timezone": ""}, {"currency": "EURO"}, {"currency": "1"}, {"accent": "red"},
        {"name": ""}, {"language": "xx"}, {"country": "ZZ"}, {"country": "fi"},
        {"message_days": "1"}, {"raw_days": "-1"}, {"accent": "#0B7285;}"},
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_refused(client, tenant, owner, wrong):
    client.force_login(owner)
    before = Tenant.objects.filter(id=tenant.id).values().get()

    response = client.post(URL, OWNERS | wrong)

    assert (response.status_code, Tenant.objects.filter(id=tenant.id).values().get()) == (422, before)


def test_another_time_zone_counts_messages_anew(client, tenant, manager):
    client.force_login(manager)

    response = client.post(URL, MANAGERS | {"timezone": "Europe/Stockholm"}, follow=True)

    page = response.content.decode()
    assert recounts() == [("nordic-retail", "time zone Europe/Stockholm", "queued")]
    assert ("All messages are being recounted" in page, "Messages are being recounted because" in page) == (True, True)


def test_progress_is_asked_for_until_it_is_done(client, tenant, other_tenant, manager):
    TenantRecount.objects.create(tenant=other_tenant, reason="another's", state="running", total=5, done=1)
    recount = TenantRecount.objects.create(tenant=tenant, reason="refId scheme", state="running", total=8, done=2)
    client.force_login(manager)

    running = client.get(f"{URL}recount/").content.decode()
    TenantRecount.objects.filter(id=recount.id).update(state="done", done=8, finished_at=SENT)
    done = client.get(f"{URL}recount/").content.decode()

    assert ('max="8" value="2"' in running, 'hx-trigger="every 3s"' in running, "another" in running) == (
        True,
        True,
        False,
    )
    assert ("8 messages were recounted" in done, "hx-trigger" in done) == (True, False)


def test_ref_ids_are_shown_by_the_stored_scheme(client, tenant, other_tenant, manager):
    RefIdScheme.objects.create(tenant=tenant, delimiter="_", fields=["campaign", "variant"])
    make_messages(other_tenant, ["canary_x"])
    make_messages(tenant, ["spring_a", "spring_b", None, "plain"])
    client.force_login(manager)

    response = client.get(REF_IDS)

    rows = [(row["ref_id"], row["parts"].campaign, row["parts"].variant) for row in response.context["preview"]]
    assert rows == [("plain", "plain", ""), ("spring_b", "spring", "b"), ("spring_a", "spring", "a")]
    assert "canary" not in response.content.decode()


def test_preview_shows_ten_different_recent_ref_ids(client, tenant, manager, django_assert_num_queries):
    make_messages(tenant, [f"c{number}_a" for number in range(12) for _ in range(2)])
    client.force_login(manager)

    with django_assert_num_queries(12):
        response = client.post(f"{REF_IDS}preview/", SPLIT)

    assert [row["ref_id"] for row in response.context["preview"]] == [f"c{number}_a" for number in range(11, 1, -1)]
    assert recounts() == []


def test_preview_shows_labels_and_a_refid_of_ones_own(client, tenant, manager):
    client.force_login(manager)

    response = client.post(f"{REF_IDS}preview/", SPLIT | {"sample": "spring_a_north_west"})

    [row] = response.context["preview"]
    assert (row["parts"].campaign, row["parts"].variant, row["labels"]) == ("spring", "a", [("region", "north_west")])
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"delimiter": ""}, "Enter a delimiter"),
        ({"fields_text": "variant"}, "One of the fields must be called campaign"),
        ({"fields_text": "campaign, campaign"}, "Each field may appear only once."),
        ({"fields_text": "campaign, Größe"}, "Größe"),
        ({"fields_text": ",".join(["campaign", *(f"f{n}" for n in range(16))])}, "16 fields"),
        ({"mode": "x"}, "x"),
    ],
)
def test_scheme_that_cannot_be_used_is_refused_in_words(client, tenant, manager, wrong, text):
    client.force_login(manager)

    preview, saved = client.post(f"{REF_IDS}preview/", SPLIT | wrong), client.post(REF_IDS, SPLIT | wrong)

    assert (preview.status_code, text in preview.content.decode()) == (422, True)
    assert (saved.status_code, RefIdScheme.objects.count(), recounts()) == (422, 0, [])


def test_scheme_is_tried_without_being_saved(client, tenant, manager):
    make_messages(tenant, ["spring_a_x"])
    client.force_login(manager)

    response = client.post(REF_IDS, SPLIT | {"preview": ""})

    assert [row["parts"].campaign for row in response.context["preview"]] == ["spring"]
    assert (response.status_code, RefIdScheme.objects.count(), recounts()) == (200, 0, [])


def test_saved_scheme_is_on_record_and_counts_anew_once(client, tenant, manager):
    client.force_login(manager)

    for _time in range(2):
        client.post(REF_IDS, SPLIT)

    assert RefIdScheme.objects.values_list("tenant", "delimiter", "fields").get() == (
        tenant.id, "_", ["campaign", "variant", "region"],
    )  # fmt: skip
    assert recounts() == [("nordic-retail", "refId scheme", "queued")]
    assert list(AuditEntry.objects.values_list("action", "actor", "details")) == [
        ("ref_ids.changed", "manager@example.com", {"scheme": "whole → campaign_variant_region"})
    ]


def test_scheme_is_taken_away(client, tenant, manager):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", ""])
    client.force_login(manager)

    shown = client.get(REF_IDS).context["form"].initial
    client.post(REF_IDS, SPLIT | {"mode": "whole"})

    assert shown == {"mode": "split", "delimiter": "|", "fields_text": "campaign, -"}
    assert (RefIdScheme.objects.count(), recounts()) == (0, [("nordic-retail", "refId scheme", "queued")])


def test_recent_ref_ids_are_read_by_an_index_and_a_bounded_look(tenant):
    make_messages(tenant, ["a"])
    with web_scope([tenant.id]), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {recent_ref_ids._NEWEST}", [tenant.id, recent_ref_ids.LOOKED_AT, 10])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert ("Limit" in plan, "sent_at" in plan, "Seq Scan" in plan) == (True, True, False)


def test_currency_is_chosen_from_a_list_that_keeps_the_present_one(client, tenant, manager):
    Tenant.objects.filter(id=tenant.id).update(currency="FIM")
    client.force_login(manager)

    page = client.get(URL)
    answer = client.post(URL, MANAGERS | {"currency": "XXQ"})

    offered = dict(page.context["form"].fields["currency"].choices)
    assert (offered["SEK"], "FIM" in offered, '<option value="FIM" selected>' in page.content.decode()) == (
        "SEK – Swedish Krona", True, True,
    )  # fmt: skip
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["currency"])
