"""The API of gates in LINK's shape, driven by a client that knows LINK's description alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from django.utils import timezone

from deliveries.gates import changing
from deliveries.gates.secrets import endpoint_of, secrets_of
from deliveries.models import Gate
from portal.accounts.models import AuditEntry
from portal.api.link_errors import Code
from portal.tenants import api_keys
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from tests.gates.factors import make_gate
from tests.gates.link_client import LinkClient, LinkFault
from tests.wall.sql_probe import PAYLOADS, undone, watched

pytestmark = pytest.mark.django_db

URL = "https://receiver.example.com/dlr"
PLATFORM, PARTNER = "ACME", "nr-fi"
# LINK.md's own example, for this portal's platform and partner.
GATE = {
    "type": "PARTNER_GATE", "refId": "TEST", "platformId": PLATFORM, "platformPartnerId": PARTNER,
    "destinations": [
        {"url": URL, "contentType": "application/json", "username": "", "password": "", "customParameters": {}}
    ],
    "gateType": "ONE_ORDERED", "ttl": 172800000, "acknowledge": False, "throttle": None, "customParameters": {},
}  # fmt: skip
RICH = GATE | {
    "refId": "rich/ä+",
    "gateType": "ALL",
    "ttl": 60000,
    "acknowledge": True,
    "throttle": 7,
    "customParameters": {"shop": "7"},
    "destinations": [
        {
            "url": URL,
            "contentType": "application/xml",
            "username": "u",
            "password": "p4ss",
            "customParameters": {"method": "PUT", "http.header1": "X-Key:k3y", "http.header2": "X-Other:o", "own": "1"},
        },
        {"url": "https://receiver.example.com/get", "customParameters": {"method": "GET", "template": "id=${id}"}},
        {"url": "do://drop"},
    ],
}


@pytest.fixture
def http(client) -> Iterator[httpx.Client]:
    """An HTTP client whose requests Django answers in the test's transaction."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-type")}
        kind = request.headers.get("content-type", "application/octet-stream")
        path = request.url.raw_path.decode()
        got = client.generic(request.method, path, request.content, content_type=kind, headers=headers)
        return httpx.Response(got.status_code, headers=dict(got.headers), content=got.content)

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://testserver") as bridge:
        yield bridge


@pytest.fixture
def connect(http, tenant):
    """Return a maker of clients: of a key of the tenant with the scope, if nothing else is said."""

    def make(
        owner=None, scopes=("gates",), base="http://testserver/gate", platform=PLATFORM, partner=PARTNER, **key
    ) -> LinkClient:
        made, text = api_keys.create_key(
            tenant=owner or tenant, name="gates", scopes=scopes, created_by="x", now=timezone.now(), **key
        )
        return LinkClient(http, base, made.prefix, text, platform=platform, partner=partner)

    return make


@pytest.fixture
def client_(connect) -> LinkClient:
    return connect()


def fault(call, *args) -> tuple[int, int]:
    with pytest.raises(LinkFault) as found:
        call(*args)
    return found.value.http, found.value.code


def test_gate_is_added_read_listed_changed_and_deleted(client_, tenant):
    gate_id = client_.add(GATE)

    assert client_.get(gate_id) == GATE | {"id": gate_id}
    assert client_.by_ref_id("TEST") == GATE | {"id": gate_id}
    assert client_.list() == [GATE | {"id": gate_id}]
    client_.update(gate_id, {name: value for name, value in GATE.items() if name != "id"} | {"throttle": 5})
    assert client_.get(gate_id)["throttle"] == 5
    client_.delete(gate_id)
    assert not Gate.objects.exists()
    actions = AuditEntry.objects.filter(tenant=tenant).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["gate.created", "gate.changed", "gate.deleted"]


def test_every_field_comes_back_with_secrets_masked(client_):
    gate_id = client_.add(RICH)

    shown = client_.get(gate_id)
    first, second, third = shown["destinations"]
    assert {name: shown[name] for name in shown if name != "destinations"} == {
        name: value for name, value in RICH.items() if name != "destinations"
    } | {"id": gate_id}
    assert first == {
        "url": URL,
        "contentType": "application/xml",
        "username": "u",
        "password": "********",
        "customParameters": {
            "method": "PUT", "http.header1": "X-Key:********", "http.header2": "X-Other:********", "own": "1",
        },
    }  # fmt: skip
    assert second["customParameters"] == {"method": "GET", "template": "id=${id}"}
    assert (third["url"], third["contentType"], third["username"], third["password"]) == (
        "do://drop", "application/json", "", "",
    )  # fmt: skip
    assert client_.by_ref_id("rich/ä+")["id"] == gate_id
    stored = endpoint_of(Gate.objects.get().destinations.first())
    assert (stored.password, stored.headers, stored.method) == ("p4ss", ("X-Key:k3y", "X-Other:o"), "PUT")


def test_put_takes_what_get_gave_and_keeps_secrets_and_what_only_the_portal_knows(client_, tenant):
    gate_id = client_.add(RICH)
    gate = Gate.objects.get()
    before = secrets_of(gate, now=timezone.now())
    Gate.objects.update(final_only=True, countries=["FI"], batch_size=1, name="Named by a person")
    whole = client_.get(gate_id)

    client_.update(gate_id, whole)
    assert AuditEntry.objects.filter(action="gate.changed").count() == 0  # nothing changed
    whole["destinations"][0]["contentType"] = "application/json"
    whole["destinations"][0]["customParameters"]["http.header2"] = "X-Other:new"
    client_.update(gate_id, whole)

    gate.refresh_from_db()
    stored = endpoint_of(gate.destinations.first())
    assert (stored.content_type, stored.password) == ("application/json", "p4ss")
    assert stored.headers == ("X-Key:k3y", "X-Other:new")
    assert (gate.final_only, gate.countries, gate.name) == (True, ["FI"], "Named by a person")
    assert secrets_of(gate, now=timezone.now()) == before


def test_secrets_do_not_go_to_another_url(client_):
    gate_id = client_.add(RICH)
    whole = client_.get(gate_id)
    whole["destinations"][0]["url"] = "https://elsewhere.example.com/"
    assert fault(client_.update, gate_id, whole) == (400, 103302)
    whole["destinations"][0]["password"] = "again"
    assert fault(client_.update, gate_id, whole) == (400, 103302)  # its headers
    whole["destinations"][0]["customParameters"] = {}
    client_.update(gate_id, whole)


def test_password_stays_where_it_is_left_out_and_goes_where_it_is_empty(client_):
    gate_id = client_.add(RICH)

    def stored() -> str:
        return endpoint_of(Gate.objects.get().destinations.first()).password

    whole = client_.get(gate_id)
    del whole["destinations"][0]["password"]
    client_.update(gate_id, whole)
    assert stored() == "p4ss"
    whole["destinations"][0]["password"] = ""
    client_.update(gate_id, whole)
    assert stored() == ""


def test_body_kind_of_a_gate_stays(client_, tenant):
    gate = make_gate(tenant, URL, partner_ids=[PARTNER], body="event")
    client_.update(gate.public_id, client_.get(gate.public_id) | {"throttle": 3})
    gate.refresh_from_db()
    assert (gate.body, gate.throttle) == ("event", 3)


@pytest.mark.parametrize("base", ["http://testserver/gate", "http://testserver/gate/"])
def test_base_url_may_end_with_a_slash(connect, base):
    client = connect(base=base)
    gate_id = client.add(GATE)
    assert [gate["id"] for gate in client.list()] == [gate_id]
    client.delete(gate_id)


def test_optional_fields_may_be_absent_and_paths_may_end_with_a_slash(client_, http):
    least = {name: GATE[name] for name in ("refId", "platformId", "platformPartnerId")}
    gate_id = client_.add(least | {"destinations": [{"url": URL}]})
    assert client_.get(gate_id) == GATE | {"id": gate_id}
    for path in ("", f"/id/{gate_id}", "/refid/TEST"):
        whole = f"/gate/partnergate/platform/{PLATFORM}/partner/{PARTNER}{path}"
        assert http.get(f"{whole}/", auth=client_._auth).json() == http.get(whole, auth=client_._auth).json()


def test_key_is_taken_with_its_secret_alone_as_well(http, tenant):
    key, text = api_keys.create_key(tenant=tenant, name="k", scopes=["gates"], created_by="x", now=timezone.now())
    secret = text.removeprefix(f"{key.prefix}_")
    client = LinkClient(http, "http://testserver/gate", key.prefix, secret, platform=PLATFORM, partner=PARTNER)
    client.add(GATE)
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_gate_of_a_child_is_managed_with_its_parents_key(connect, tenant):
    parent = Tenant.objects.create(slug="group", name="Group")
    Tenant.objects.filter(pk=tenant.pk).update(parent=parent)
    connect(parent).add(GATE)
    assert Gate.objects.get().tenant_id == tenant.id


def test_gates_of_several_partner_ids_or_of_all_do_not_show(client_, tenant):
    whole, two = make_gate(tenant), make_gate(tenant, partner_ids=[PARTNER, "nr-se"])
    assert fault(client_.list) == (404, 103303)
    for gate in (whole, two):
        assert fault(client_.get, gate.public_id) == (404, 103304)
        assert fault(client_.delete, gate.public_id) == (405, 103304)


def test_gates_and_partners_of_others_are_as_those_that_do_not_exist(connect, client_, other_tenant, account):
    PartnerId.objects.create(account=account, value="baltic-own", tenant=other_tenant, declared_at=timezone.now())
    theirs = connect(other_tenant, partner="baltic-own")
    gate_id = theirs.add(GATE | {"platformPartnerId": "baltic-own"})

    for name in ("baltic-own", "no-such"):
        stranger = connect(partner=name)
        calls = [(stranger.list,), (stranger.get, gate_id), (stranger.by_ref_id, "TEST"), (stranger.delete, gate_id)]
        calls += [(stranger.update, gate_id, GATE), (stranger.add, GATE | {"platformPartnerId": name})]
        assert {fault(*call) for call in calls} == {(400, 103202)}
    assert fault(client_.get, gate_id) == (404, 103304)
    assert theirs.get(gate_id)["id"] == gate_id


def test_platform_is_that_of_an_account_with_partner_ids_of_the_caller(connect, other_tenant):
    pool = Tenant.objects.create(slug="pool-two", name="Pool", kind="pool")
    second = GatewayAccount.objects.create(name="two", platform_id="TWO", pool=pool)
    PartnerId.objects.create(account=second, value="two", tenant=other_tenant, declared_at=timezone.now())
    for name in ("TWO", "NO-SUCH", "\0"):
        client = connect(platform=name)
        assert fault(client.list) == (400, 103201)
        assert fault(client.add, GATE | {"platformId": name}) == (400, 103201)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"refId": None}, (400, 103300)),
        ({"platformId": None}, (400, 103300)),
        ({"platformPartnerId": ""}, (400, 103300)),
        ({"destinations": []}, (400, 103300)),
        ({"destinations": None}, (400, 103300)),
        ({"destinations": [{"contentType": "application/json"}]}, (400, 103300)),
        ({"platformId": 7}, (400, 103201)),
        ({"platformPartnerId": ["x"]}, (400, 103202)),
        ({"refId": "r" * 256}, (400, 103211)),
        ({"refId": 7}, (400, 103211)),
        ({"refId": "a\u0000b"}, (400, 103211)),
        ({"refId": "+358401234567"}, (400, 103211)),
        ({"id": "abc123E"}, (400, 103301)),
        ({"type": "OTHER"}, (400, 103302)),
        ({"gateType": "SOME"}, (400, 103302)),
        ({"ttl": 10}, (400, 103302)),
        ({"ttl": "60000"}, (400, 103302)),
        ({"ttl": True}, (400, 103302)),
        ({"acknowledge": "yes"}, (400, 103302)),
        ({"throttle": 0}, (400, 103302)),
        ({"customParameters": ["x"]}, (400, 103302)),
        ({"customParameters": {"a": {"b": "c"}}}, (400, 103302)),
        ({"destinations": {"url": URL}}, (400, 103302)),
        ({"destinations": [{"url": "http://127.0.0.1/"}]}, (400, 103302)),
        ({"destinations": [{"url": "http://2130706433/"}]}, (400, 103302)),
        ({"destinations": [{"url": "do://other"}]}, (400, 103302)),
        ({"destinations": [{"url": URL, "contentType": "text/plain"}]}, (400, 103302)),
        ({"destinations": [{"url": URL, "password": "********"}]}, (400, 103302)),
        ({"destinations": [{"url": URL, "customParameters": {"method": "DELETE"}}]}, (400, 103302)),
        ({"destinations": [{"url": URL, "customParameters": {"template": "a=${nothing}"}}]}, (400, 103302)),
        ({"destinations": [{"url": URL, "customParameters": {"http.header1": "Host:x"}}]}, (400, 103302)),
        ({"destinations": [{"url": URL, "customParameters": {"http.header1": "X-A:b\r\nX-C:d"}}]}, (400, 103302)),
        ({"destinations": [{"url": URL, "customParameters": {"http.header1": "X-A:********"}}]}, (400, 103302)),
        ({"destinations": [{"url": URL}] * 11}, (400, 103302)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_links_code(client_, changes, expected):
    assert fault(client_.add, GATE | changes) == expected
    assert not Gate.objects.exists()


def test_reference_is_unique_within_a_partner(client_, connect, tenant, account):
    PartnerId.objects.create(account=account, value="nr-no", tenant=tenant, declared_at=timezone.now())
    client_.add(GATE)
    assert fault(client_.add, GATE) == (409, 103212)
    other_id = client_.add(GATE | {"refId": "OTHER"})
    assert fault(client_.update, other_id, GATE) == (409, 103212)
    connect(partner="nr-no").add(GATE | {"platformPartnerId": "nr-no"})


def test_update_refuses_another_id_platform_and_partner(client_):
    gate_id = client_.add(GATE)
    assert fault(client_.update, gate_id, GATE | {"id": "other"}) == (400, 103301)
    assert fault(client_.update, gate_id, GATE | {"platformId": "TWO"}) == (400, 103201)
    assert fault(client_.update, gate_id, GATE | {"platformPartnerId": "nr-se"}) == (400, 103202)
    assert fault(client_.update, gate_id, {"type": "PARTNER_GATE"}) == (400, 103300)
    assert fault(client_.update, gate_id, GATE | {"ttl": 1}) == (400, 103302)


def test_missing_gate_is_404_by_get_and_405_by_put_and_delete(client_):
    assert fault(client_.list) == (404, 103303)
    assert fault(client_.get, "abc123E") == (404, 103304)
    assert fault(client_.by_ref_id, "TEST") == (404, 103304)
    assert fault(client_.update, "abc123E", GATE) == (405, 103304)
    assert fault(client_.delete, "abc123E") == (405, 103304)


def test_wrong_credentials_and_missing_scope(connect, http, account, tenant):
    for user, password in (("srk_AbCdEfGh", "x"), ("", ""), ("\0", "\0"), ("ä" * 12, "x")):
        wrong = LinkClient(http, "http://testserver/gate", user, password, platform=PLATFORM, partner=PARTNER)
        assert fault(wrong.list) == (401, 103100)
    assert fault(connect(expires_at=timezone.now()).list) == (401, 103100)
    assert fault(connect(scopes=("read", "numbers", "submit", "partner_ids", "convert")).list) == (403, 103101)
    assert fault(connect(account.pool, account=account).list) == (403, 103101)


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Basic " + base64.b64encode(b"x").decode(), "Bearer {key}"])
def test_only_basic_credentials_are_taken(http, tenant, header):
    _key, text = api_keys.create_key(tenant=tenant, name="k", scopes=["gates"], created_by="x", now=timezone.now())
    headers = {"Authorization": header.format(key=text)} if header else {}
    answer = http.get(f"/gate/partnergate/platform/{PLATFORM}/partner/{PARTNER}", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (401, 103100)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_basic_credentials_open_nothing_of_the_other_api(http, tenant):
    key, text = api_keys.create_key(tenant=tenant, name="k", scopes=["gates"], created_by="x", now=timezone.now())
    assert http.get("/api/v1/key/", auth=(key.prefix, text)).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'"x"', b"[" * 5000])
def test_body_that_is_no_object_is_an_invalid_gate(http, client_, body):
    answer = http.post("/gate/partnergate", content=body, auth=client_._auth)
    assert (answer.status_code, answer.json()["status"]) == (400, 103302)


def test_body_may_have_any_content_type_but_not_any_length(http, client_):
    for kind in ("application/json; charset=utf-8", "text/plain", ""):
        ref_id = f"of {kind}"
        content = json.dumps(GATE | {"refId": ref_id}).encode()
        answer = http.post("/gate/partnergate", content=content, auth=client_._auth, headers={"Content-Type": kind})
        assert answer.status_code == 201
    answer = http.post("/gate/partnergate", content=b" " * 70_000, auth=client_._auth)
    assert (answer.status_code, answer.json()["status"]) == (413, 103302)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/gate/partnergate", 405),
        ("POST", f"/gate/partnergate/platform/{PLATFORM}/partner/{PARTNER}", 405),
        ("PATCH", f"/gate/partnergate/platform/{PLATFORM}/partner/{PARTNER}/id/x", 405),
        ("GET", "/gate/other", 404),
        ("GET", "/gate/", 404),
    ],
)
def test_other_methods_and_paths_have_links_errors(http, client_, method, path, status):
    answer = http.request(method, path, auth=client_._auth)
    assert (answer.status_code, answer.json()["status"]) == (status, 103000)


def test_requests_are_limited_as_those_of_the_other_api(http, client_, settings):
    settings.API_KEY_PER_MINUTE = 1
    path = f"/gate/partnergate/platform/{PLATFORM}/partner/{PARTNER}"
    http.get(path, auth=client_._auth)
    answer = http.get(path, auth=client_._auth)
    assert (answer.status_code, answer.json()["status"]) == (429, 103000)
    assert int(answer.headers["Retry-After"]) <= 60
    settings.API_ADDRESS_PER_MINUTE = 1
    answers = [http.get(path, auth=("srk_x", "y")).status_code for _ in range(2)]
    assert answers == [401, 429]


def test_description_is_translated_for_the_customer(client_, tenant):
    Tenant.objects.filter(pk=tenant.pk).update(language="fi")
    with pytest.raises(LinkFault) as found:
        client_.get("none")
    assert (found.value.description, found.value.translated) == ("gate not found", "porttia ei löydy")


def test_error_of_the_portal_itself_is_links_too(client, client_, monkeypatch):
    def fails(*_args, **_fields):
        raise RuntimeError

    monkeypatch.setattr(changing, "create", fails)
    client.raise_request_exception = False
    answer = client.post(
        "/gate/partnergate", GATE, content_type="application/json",
        headers={"Authorization": client_._auth._auth_header},
    )  # fmt: skip
    body = answer.json()
    assert (answer.status_code, body["status"], set(body)) == (
        500, Code.UNKNOWN, {"status", "description", "translatedDescription"},
    )  # fmt: skip


def test_number_of_gates_is_limited(client_, settings):
    settings.GATES_PER_TENANT = 1
    client_.add(GATE)
    assert fault(client_.add, GATE | {"refId": "second"}) == (400, 103302)


def test_nothing_of_a_request_becomes_sql(http, client_):
    gate_id = client_.add(RICH)
    for payload in PAYLOADS:
        part = quote(payload, safe="")
        whole = f"/gate/partnergate/platform/{PLATFORM}/partner"
        asked = [
            ("GET", f"/gate/partnergate/platform/{part}/partner/{PARTNER}", None),
            ("GET", f"{whole}/{part}", None),
            ("GET", f"{whole}/{PARTNER}/id/{part}", None),
            ("GET", f"{whole}/{PARTNER}/refid/{part}", None),
            ("DELETE", f"{whole}/{PARTNER}/id/{part}", None),
            *(("POST", "/gate/partnergate", GATE | {name: payload}) for name in GATE),
            *(("PUT", f"{whole}/{PARTNER}/id/{gate_id}", GATE | {name: payload}) for name in GATE),
            ("POST", "/gate/partnergate", GATE | {"destinations": [{"url": URL, "username": payload}]}),
        ]
        for method, path, body in asked:
            with undone(), watched() as found:
                answer = http.request(method, path, json=body, auth=client_._auth)
            assert (found, answer.status_code < 500) == ([], True)
