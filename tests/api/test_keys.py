"""API keys: access by key, and every error as a problem (RFC 9457)."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.api.problem_types import PROBLEM_TYPES
from portal.tenants import api_keys
from portal.tenants.models import ApiKey
from tests.api.conftest import CANARY

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-11-01", "to": "2026-11-30"}


def problem(answer) -> tuple:
    """Return what a problem says, after a look at its form."""
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["X-Request-ID"]
    page, _, kind = body["type"].partition("#")
    assert (page, PROBLEM_TYPES[kind].title) == ("/api/v1/docs/", body["title"])
    return answer.status_code, kind, body["detail"]


INVALID = (401, "invalid-key", "Unknown API key.")


@pytest.mark.parametrize("header", ["Bearer", "Bearer srk_nothing", "Basic c3JrOg==", "Bearer \0", "Bearer é"])
def test_wrong_credentials_are_refused(client, header):
    answer = client.get("/api/v1/messages/", headers={"Authorization": header})

    assert problem(answer) == INVALID
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


def test_session_opens_nothing(client, owner):
    client.force_login(owner)

    answer = client.get("/api/v1/messages/")

    assert problem(answer) == (401, "no-key", "Authentication credentials were not provided.")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_changed_revoked_and_expired_keys_are_refused(client, call, tenant):
    now = timezone.now()
    changed, revoked = call(tenant), call(tenant)
    expired = call(tenant, expires_at=now - timedelta(seconds=1))
    api_keys.revoke_key(key=revoked.key, now=now)
    texts = [changed.text[:-1] + ("A" if changed.text[-1] != "A" else "B"), revoked.text, expired.text]

    answers = [client.get("/api/v1/reports/", headers={"Authorization": f"Bearer {text}"}) for text in texts]

    assert [problem(answer) for answer in answers] == [
        INVALID,
        (401, "revoked-key", "This key was revoked."),
        (401, "expired-key", "This key has expired."),
    ]
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="api", error="invalid_token"'}
    assert list(ApiKey.objects.exclude(last_used_at=None)) == []


def test_scope_submit_that_the_key_has_not_is_named(call, tenant):
    reader = call(tenant, "read")

    assert problem(reader.post("reports/", {"month": "2026-10"})) == (
        403,
        "missing-scope",
        "This key does not have the scope “reports”.",
    )


@pytest.mark.parametrize(
    "path", ["statistics/", "messages/", "reports/", "partner-ids/", "reports/1/", "messages/link-main/a/"]
)
def test_scope_read_that_the_key_has_not_is_named(call, tenant, path):
    submitter = call(tenant, "submit")

    assert problem(submitter.get(path)) == (403, "missing-scope", "This key does not have the scope “read”.")


@pytest.mark.parametrize("language", ["en", "fi"])
def test_errors_are_problems_in_english(client, mine, tenant, language):
    tenant.language = language
    tenant.save()
    headers = mine.headers | {"Accept-Language": language}

    absent = client.get("/api/v1/no-such-thing/", headers=headers)
    other_method = client.put("/api/v1/statistics/", headers=headers)
    xml = client.post("/api/v1/reports/", "<a/>", content_type="text/xml", headers=headers)
    broken = client.post("/api/v1/reports/", "{", content_type="application/json", headers=headers)
    array = client.post("/api/v1/reports/", "[]", content_type="application/json", headers=headers)
    long = client.post("/api/v1/reports/", b" " * 65537, content_type="application/json", headers=headers)

    assert [problem(answer) for answer in (absent, other_method, xml, array, long)] == [
        (404, "not-found", "Unknown API path. GET /api/v1/ lists all paths."),
        (405, "method-not-allowed", 'Method "PUT" not allowed.'),
        (415, "unsupported-media-type", 'Unsupported media type "text/xml" in request.'),
        (400, "bad-body", "The body is not a JSON object."),
        (413, "too-large", "The body is longer than the limit of 65536 bytes."),
    ]
    assert problem(broken)[:2] == (400, "bad-body")
    assert other_method.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_failure_is_a_problem_and_rolled_back(client, mine):
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE daily_count RENAME TO daily_count_away")

    status, kind, detail = problem(mine.get("statistics/", **DAYS))

    assert (status, kind) == (500, "server-error")
    assert detail.startswith("The request failed. Error id: ")
    assert list(ApiKey.objects.values_list("last_used_at", flat=True)) == [None]


@pytest.mark.parametrize(
    "path", ["statistics/", "messages/", "reports/", "partner-ids/", "reports/1/", "messages/a/b/"]
)
def test_unknown_parameter_is_refused_by_name(mine, path):
    answer = mine.get(path, adress="x")

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "adress")


def test_use_is_noted_at_most_once_a_minute(mine):
    def used():
        return ApiKey.objects.get(id=mine.key.id).last_used_at

    began = timezone.now()
    mine.get("reports/")
    first = used()
    mine.get("reports/")
    second = used()
    ApiKey.objects.update(last_used_at=began - timedelta(seconds=61))
    mine.get("no-such-thing/")

    assert began <= first == second
    assert used() >= first


def test_answers_are_not_to_be_kept(mine):
    assert mine.get("reports/").headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "path",
    [
        "statistics/?from=2026-11-01&to=2026-11-30&group_by=tenant,partner_id",
        "statistics/?from=2026-11-01&to=2026-11-30&group_by=campaign",
        "messages/",
        "partner-ids/",
    ],
)
def test_canary_is_shown_to_its_tenant_and_the_account_alone(mine, theirs, whole_account, messages, path):
    shown = [CANARY in caller.get(path).content.decode() for caller in (mine, theirs, whole_account)]

    assert shown == [False, True, True]


@pytest.mark.parametrize(
    "path", ["messages/", "partner-ids/", "statistics/?from=2026-11-01&to=2026-11-30&group_by=partner_id,tenant"]
)
def test_key_of_an_account_sees_nothing_of_another_account(mine, whole_account, messages, path):
    assert ["nr-second" in caller.get(path).content.decode() for caller in (mine, whole_account)] == [True, False]


def test_parent_sees_its_children_and_no_child_its_parent(call, tenant, other_tenant, messages):
    other_tenant.parent = tenant
    other_tenant.save()

    def partners(caller) -> list[str]:
        return sorted(row["tenant"] for row in caller.get("partner-ids/").json()["data"])

    assert partners(call(tenant)) == ["baltic-parcel", "baltic-parcel", "nordic-retail", "nordic-retail"]
    assert partners(call(other_tenant)) == ["baltic-parcel", "baltic-parcel"]


@pytest.mark.parametrize(
    ("options", "owner", "of_account"),
    [({"tenant": "nordic-retail"}, "nordic-retail", None), ({"account": "link-main"}, "pool-link-main", "link-main")],
)
def test_command_makes_a_key_that_works(client, capsys, tenant, options, owner, of_account):
    call_command("create_api_key", scopes="read,submit", days=30, **options)
    text = capsys.readouterr().out.strip()

    key = ApiKey.objects.get()
    assert (key.tenant.slug, key.account and key.account.name) == (owner, of_account)
    assert (key.scopes, (key.expires_at - key.created_at).days) == (["read", "submit"], 30)
    assert client.get("/api/v1/reports/", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    assert list(AuditEntry.objects.values_list("action", "actor", "tenant__slug", "subject")) == [
        ("api_key.created", "create_api_key", owner, str(key))
    ]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tenant": "nobody"}, "--tenant: there is no tenant 'nobody'"),
        ({"tenant": "pool-link-main"}, "--tenant: there is no tenant 'pool-link-main'"),
        ({"account": "nobody"}, "--account: there is no account 'nobody'"),
        ({"tenant": "nordic-retail", "days": 0}, "--days: from 1 to 3650"),
    ],
)
def test_command_says_what_is_wrong(tenant, options, text):
    with pytest.raises(CommandError) as error:
        call_command("create_api_key", **options)

    assert (str(error.value), ApiKey.objects.count()) == (text, 0)


@pytest.mark.parametrize("scopes", ["", "write"])
def test_command_refuses_scopes_that_there_are_not(tenant, scopes):
    with pytest.raises(CommandError):
        call_command("create_api_key", tenant="nordic-retail", scopes=scopes)

    assert (ApiKey.objects.count(), AuditEntry.objects.count()) == (0, 0)
