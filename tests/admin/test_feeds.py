"""Feeds as staff make them: tokens, credentials, and what is entered at the gateway."""

import json
import re
import shlex

import pytest
from django.utils import timezone

from deliveries.applying.apply import apply_waiting
from deliveries.models import ChannelCount, Message
from portal.accounts.models import AuditEntry
from portal.tenants import tokens
from portal.tenants.gate_values import gate_values
from portal.tenants.models import Feed, FeedToken
from tests.admin.acting import act, audit
from tests.conftest import NOW, TOKEN
from tests.deliveries.helpers import put

NO_TOKENS = {"tokens-TOTAL_FORMS": "0", "tokens-INITIAL_FORMS": "0"}


def test_feed_is_added_and_its_address_shown_once(staff, account, settings):
    settings.PUBLIC_URL = "https://portal.example.com"

    response = staff.post("/admin/tenants/feed/add/", NO_TOKENS | {
        "account": account.pk, "name": "second", "dialect": "link", "networks": "[]", "active": "on",
        "basic_user": "gateway", "basic_password": "a long password",
    }, follow=True)  # fmt: skip

    feed = Feed.objects.get(name="second")
    token = re.search(r"https://portal\.example\.com/dlr/([^/]+)/", response.content.decode())[1]
    assert list(feed.tokens.values_list("digest", flat=True)) == [tokens.digest(token, purpose="feed-token")]
    assert feed.basic_password_digest == tokens.digest("a long password", purpose="feed-basic")
    assert {"no-store", "private"} <= set(response.headers["Cache-Control"].split(", "))
    assert token not in staff.get(f"/admin/tenants/feed/{feed.pk}/change/").content.decode()
    assert token not in str(AuditEntry.objects.values_list("subject", "details"))


def test_token_is_rotated_with_two_valid(staff, feed):
    response = act(staff, "tenants_feed", "rotate_token", feed)

    page = response.content.decode()
    token = re.search(r"/dlr/([^/]+)/", page)[1]
    rotated = list(FeedToken.objects.order_by("id").values_list("digest", "expires_at"))
    assert [digest for digest, _expires in rotated] == [
        tokens.digest(value, purpose="feed-token") for value in (TOKEN, token)
    ]
    assert [expires is None for _digest, expires in rotated] == [False, True]
    assert audit("feed.token") == [(None, "staff@example.com", "link-main/main", {"rotated": True})]


def test_reload_after_rotating_makes_no_other_token_and_shows_none(staff, feed):
    page = act(staff, "tenants_feed", "rotate_token", feed)
    token = re.search(r"/dlr/([^/]+)/", page.content.decode())[1]

    again = staff.get(page.redirect_chain[-1][0])

    assert (page.redirect_chain[-1][1], again.status_code, token in again.content.decode()) == (302, 200, False)
    assert FeedToken.objects.filter(feed=feed).count() == 2  # the one before, and the new one


@pytest.mark.parametrize(
    ("sent", "errors", "user", "keeps_password"),
    [
        ({"basic_user": "gateway", "basic_password": ""}, [], "gateway", True),
        ({"basic_user": "other", "basic_password": ""}, ["basic_password"], "gateway", True),
        ({"basic_user": "", "basic_password": "a long password"}, ["basic_user"], "gateway", True),
        ({"basic_user": "", "basic_password": ""}, [], "", False),
    ],
)
def test_basic_credentials_come_and_go_together(staff, feed, sent, errors, user, keeps_password):
    digest = tokens.digest("first password", purpose="feed-basic")
    Feed.objects.update(basic_user="gateway", basic_password_digest=digest)

    response = staff.post(f"/admin/tenants/feed/{feed.pk}/change/", NO_TOKENS | {
        "account": feed.account_id, "name": "main", "dialect": "link", "networks": "[]", "active": "on",
    } | sent)  # fmt: skip

    feed.refresh_from_db()
    assert (list(response.context["adminform"].form.errors) if response.context else []) == errors
    assert (feed.basic_user, feed.basic_password_digest) == (user, digest if keeps_password else "")


@pytest.mark.parametrize(
    ("sent", "errors", "name", "keeps_value"),
    [
        ({"header_name": "X-Key", "header_value": ""}, {}, "X-Key", True),
        ({"header_name": "X-Other", "header_value": ""}, {"header_value": ["Enter a value for the header."]},
         "X-Key", True),
        ({"header_name": "", "header_value": "a long value"},
         {"header_name": ["Enter the name of the header."]}, "X-Key", True),
        ({"header_name": "", "header_value": ""}, {}, "", False),
        ({"header_name": "X Key", "header_value": "a long value"},
         {"header_name": [
             "A header name may contain letters, digits, hyphens and the other characters that RFC 9110 allows."
         ]},
         "X-Key", True),
        ({"header_name": "Authorization", "header_value": "a long value"},
         {"header_name": ["Authorization is reserved in HTTP. Choose another header."]}, "X-Key", True),
        ({"header_name": "TE", "header_value": "a long value"},
         {"header_name": ["TE is reserved in HTTP. Choose another header."]}, "X-Key", True),
        ({"header_name": "X-Key", "header_value": " a"},
         {"header_value": ["A header value may contain printable ASCII characters only, and no space at either end."]},
         "X-Key", True),
        ({"header_name": "X-Key", "header_value": "ä"},
         {"header_value": ["A header value may contain printable ASCII characters only, and no space at either end."]},
         "X-Key", True),
    ],
)  # fmt: skip
def test_header_and_its_value_come_and_go_together(staff, feed, sent, errors, name, keeps_value):
    digest = tokens.digest("first value", purpose="feed-header")
    Feed.objects.update(header_name="X-Key", header_value_digest=digest)

    response = staff.post(f"/admin/tenants/feed/{feed.pk}/change/", NO_TOKENS | {
        "account": feed.account_id, "name": "main", "dialect": "link", "networks": "[]", "active": "on",
    } | sent)  # fmt: skip

    feed.refresh_from_db()
    assert (dict(response.context["adminform"].form.errors) if response.context else {}) == errors
    assert (feed.header_name, feed.header_value_digest) == (name, digest if keeps_value else "")


def test_header_is_set_and_stands_among_what_is_entered_at_link(staff, feed):
    staff.post(f"/admin/tenants/feed/{feed.pk}/change/", NO_TOKENS | {
        "account": feed.account_id, "name": "main", "dialect": "link", "networks": "[]", "active": "on",
        "header_name": "X-Portal-Key", "header_value": "a value: of ours",
    })  # fmt: skip

    feed.refresh_from_db()
    assert feed.header_value_digest == tokens.digest("a value: of ours", purpose="feed-header")
    assert "a value: of ours" not in str(AuditEntry.objects.values_list("subject", "details"))
    values = gate_values(feed, now=NOW)
    (destination,) = json.loads(values.gate)["destinations"]
    assert destination["customParameters"] == {"http.header1": "X-Portal-Key:VALUE"}
    assert ("Headers (http.header1)", "X-Portal-Key:the value set for this feed") in values.rows
    assert shlex.split(values.curl)[2:4] == ["-H", "X-Portal-Key: VALUE"]


def test_new_token_comes_with_all_that_is_entered_at_link(staff, account, tenant, feed, settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    Feed.objects.filter(pk=feed.pk).update(basic_user="gateway", basic_password_digest="x" * 64)

    page = act(staff, "tenants_feed", "rotate_token", feed)

    (made,) = page.context["made"]
    url = made["values"].url
    assert json.loads(made["values"].gate) == {
        "type": "PARTNER_GATE",
        "refId": "portal-main",
        "platformId": "ACME",
        "platformPartnerId": "nr-fi",
        "destinations": [
            {
                "url": url, "contentType": "application/json", "username": "gateway", "password": "PASSWORD",
                "customParameters": {},
            }
        ],
        "gateType": "ONE_ORDERED",
        "ttl": 172800000,
        "acknowledge": True,
        "throttle": None,
        "customParameters": {"platformPartnerId": "nr-fi"},
    }  # fmt: skip
    assert re.fullmatch(r"https://portal\.example\.com/dlr/[\w-]{43}/", url)
    assert page.content.decode().count(url) == 3  # in the table, in the JSON, in the command


def test_test_report_of_a_feed_is_one_message_of_the_pool(staff, account, feed):
    values = gate_values(feed, now=NOW)
    command = shlex.split(values.curl)
    assert [*command[:4], command[-1]] == [
        "curl", "-i", "-H", "Content-Type: application/json", "http://localhost:8000/dlr/TOKEN/",
    ]  # fmt: skip

    put(feed, command[5].encode())
    apply_waiting(now=NOW)

    assert list(Message.objects.values_list("tenant_id", "message_id", "partner_id", "status")) == [
        (account.pool_id, "portal-test-20261120T120000Z", "portal-test", "delivered")
    ]


def test_feeds_page_shows_the_values_without_a_token(staff, feed):
    page = staff.get(f"/admin/tenants/feed/{feed.pk}/change/").content.decode()

    assert ("http://localhost:8000/dlr/TOKEN/" in page, TOKEN in page) == (True, False)


def test_feed_of_mylink_shows_its_own_values_keys_and_other_channels(staff, account, settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    jwks = json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "A" * 43}]})
    data = NO_TOKENS | {
        "account": account.pk, "name": "mylink", "dialect": "mylink_sms", "networks": "[]", "active": "on",
        "default_partner_id": "lake side",
    }  # fmt: skip
    staff.post("/admin/tenants/feed/add/", data | {"signing_keys": jwks})
    feed = Feed.objects.get(name="mylink")
    address = f"/admin/tenants/feed/{feed.pk}/change/"
    ChannelCount.objects.create(feed=feed, day=timezone.now().date(), channel="whatsapp", events=1203)

    page = staff.get(address).content.decode()
    assert [key["kid"] for key in feed.signing_keys] == ["k1"]
    assert "&quot;kid&quot;: &quot;k1&quot;" in page
    assert re.search(r"<td>whatsapp</td><td class=\"figure\">1,203</td>", page)
    values = gate_values(feed, now=NOW)
    assert ("callback.urls", "https://portal.example.com/dlr/TOKEN/?partner_id=lake%20side") in values.rows
    assert ("Signature", "required, by the keys of this feed") in values.rows
    assert (values.gate, "partnergate" in page) == ("", False)

    command = shlex.split(values.curl)
    put(feed, command[command.index("--data") + 1].encode(), query=command[-1].partition("?")[2])
    apply_waiting(now=NOW)
    assert Message.objects.values_list("partner_id", "status").get() == ("portal-test", "delivered")

    refused = staff.post(address, data | {"signing_keys": "{"}).context["adminform"].form.errors
    assert "No JSON" in refused["signing_keys"][0]
    staff.post(address, data | {"signing_keys": ""})
    feed.refresh_from_db()
    assert feed.signing_keys == []


def test_feed_of_link_takes_no_signing_keys(staff, feed):
    jwks = json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "A" * 43}]})
    response = staff.post(f"/admin/tenants/feed/{feed.pk}/change/", NO_TOKENS | {
        "account": feed.account_id, "name": "main", "dialect": "link", "networks": "[]", "active": "on",
        "signing_keys": jwks,
    })  # fmt: skip
    errors = response.context["adminform"].form.errors
    assert errors == {"signing_keys": ["The gateway of this dialect does not sign its requests."]}
