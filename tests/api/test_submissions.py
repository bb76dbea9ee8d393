"""POST /api/v1/messages/: what a sender knows of its messages, stored before it is answered, or refused whole."""

import pytest
from django.db import connection
from django.utils import timezone

from deliveries.applying.apply import BatchResult, apply_waiting
from deliveries.applying.submissions import feed_of
from deliveries.models import IngestCount, Message, WaitingRow
from portal.tenants.models import ApiKey, GatewayAccount, PartnerId, Tenant
from tests.api.conftest import CANARY
from tests.api.test_schema import check
from tests.deliveries.helpers import dlr, put

pytestmark = pytest.mark.django_db

PATH = "/api/v1/messages/"


def now() -> str:
    return timezone.now().isoformat()


def one(id_: str = "m1", **fields) -> dict:
    return {"message_id": id_, "submitted_at": now(), "partner_id": "nr-fi"} | fields


def refused(answer) -> list[tuple[str, str]]:
    """Return what is wrong; nothing of the body was stored."""
    check(PATH, "POST", answer)
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/docs/#bad-field")
    assert WaitingRow.objects.count() == 0
    return [(error["pointer"], error["detail"]) for error in answer.json()["errors"]]


def test_one_submission_is_stored_applied_and_found(mine, tenant, account):
    item = one(
        "Dcsh+/1=", ref_id="sale", source="ExampleShop", source_ton="ALPHANUMERIC", destination="+358 40 123 4567",
        custom_parameters={"shop": "7"},
    )  # fmt: skip
    answer = mine.post("messages/", item)

    check(PATH, "POST", answer)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "refused": []})
    assert answer.headers["RateLimit-Policy"] == '"key";q=600;w=60'
    with connection.cursor() as cursor:
        cursor.execute("SELECT feed_id, peer::text, convert_from(body, 'UTF8')::jsonb FROM inbox")
        assert cursor.fetchall()[0][:2] == (feed_of(account.id), "127.0.0.1/32")
    assert apply_waiting() == BatchResult(claimed=1, submissions=1, new_messages=1)
    shown = mine.get("messages/link-main/Dcsh%2B%2F1%3D/").json()
    assert {name: shown[name] for name in (*list(item)[2:], "tenant", "status", "counts_as", "result_code", "reports")
            if name != "source_ton"} == {
        "partner_id": "nr-fi", "ref_id": "sale", "source": "ExampleShop", "destination": "+358401234567",
        "custom_parameters": {"shop": "7"}, "tenant": "nordic-retail", "status": "queued", "counts_as": "pending",
        "result_code": None, "reports": [],
    }  # fmt: skip
    assert [found["id"] for found in mine.get("messages/", counts_as="pending").json()["data"]] == ["Dcsh+/1="]


def test_thousand_submissions_are_one_body_and_one_more_is_none(mine, tenant, django_assert_num_queries):
    few, many = [one(f"a{n}") for n in range(3)], [one(f"b{n}") for n in range(1000)]
    mine.post("messages/", one("first"))  # makes the account's feed
    with django_assert_num_queries(23):
        assert mine.post("messages/", few).json() == {"accepted": 3, "refused": []}
    with django_assert_num_queries(23):
        assert mine.post("messages/", many).json() == {"accepted": 1000, "refused": []}
    assert WaitingRow.objects.count() == 1004
    apply_waiting()

    answer = mine.post("messages/", [*many, one("c")])
    assert refused(answer) == [("#", "1 to 1000 of them")]
    assert answer.json()["detail"] == "An array holds 1 to 1000 submissions, not 1001."
    assert refused(mine.post("messages/", [])) == [("#", "1 to 1000 of them")]


def test_submission_and_report_make_one_message_whichever_comes_first(mine, feed, tenant):
    mine.post("messages/", [one("a", ref_id="sale"), one("b")])
    put(feed, dlr("a"), dlr("c"))
    apply_waiting()
    mine.post("messages/", [one("c", ref_id="sale"), one("a", ref_id="sale")])
    apply_waiting()

    assert list(Message.objects.order_by("message_id").values_list("message_id", "status", "ref_id", "partner_id")) == [
        ("a", "delivered", "sale", "nr-fi"),
        ("b", "queued", None, "nr-fi"),
        ("c", "delivered", "sale", "nr-fi"),
    ]
    row = IngestCount.objects.exclude(feed=feed).get()
    assert (row.received, row.submissions, row.duplicates) == (4, 3, 1)  # "a" says nothing new


NO_FIELD = (
    "unknown field; allowed: message_id, submitted_at, account, partner_id, ref_id, source, source_ton,"
    " destination, custom_parameters"
)
BAD = [
    ({"message_id": None}, "message_id", "required: the id that the gateway returned"),
    ({"message_id": ""}, "message_id", "required: the id that the gateway returned"),
    ({"message_id": 7}, "message_id", "a text"),
    ({"message_id": "x" * 201}, "message_id", "at most 200 bytes of UTF-8"),
    ({"message_id": "ä" * 101}, "message_id", "at most 200 bytes of UTF-8"),
    ({"message_id": "x\0"}, "message_id", "a text without the character U+0000"),
    ({"message_id": "x$0"}, "message_id", "the id of the whole message, without the $ and number of a part"),
    ({"submitted_at": None}, "submitted_at", "required: the time of submission"),
    ({"submitted_at": 1}, "submitted_at", "RFC 3339 with a zone, such as 2026-10-01T09:00:00Z"),
    ({"submitted_at": "2026-10-01"}, "submitted_at", "RFC 3339 with a zone, such as 2026-10-01T09:00:00Z"),
    ({"submitted_at": "2026-10-01T09:00:00"}, "submitted_at", "RFC 3339 with a zone, such as 2026-10-01T09:00:00Z"),
    ({"submitted_at": "2026-02-30T09:00:00Z"}, "submitted_at", "RFC 3339 with a zone, such as 2026-10-01T09:00:00Z"),
    ({"account": 1}, "account", "a text"),
    ({"account": "no-such"}, "account", "no account of this name that the key may see"),
    ({"partner_id": None}, "partner_id", "required for a tenant's key"),
    ({"partner_id": ""}, "partner_id", "required for a tenant's key"),
    ({"partner_id": 12}, "partner_id", "a text"),
    ({"partner_id": "x" * 257}, "partner_id", "at most 256 bytes of UTF-8"),
    ({"ref_id": "ä" * 129}, "ref_id", "at most 256 bytes of UTF-8"),
    ({"ref_id": ["x"]}, "ref_id", "a text"),
    ({"source": "x" * 101}, "source", "at most 100 bytes of UTF-8"),
    ({"source_ton": "msisdn"}, "source_ton", "one of SHORTNUMBER, ALPHANUMERIC, MSISDN"),
    ({"source_ton": {}}, "source_ton", "one of SHORTNUMBER, ALPHANUMERIC, MSISDN"),
    ({"destination": 358401234567}, "destination", "a text"),
    ({"destination": "0" * 101}, "destination", "at most 100 bytes of UTF-8"),
    ({"custom_parameters": []}, "custom_parameters", "an object of texts"),
    ({"custom_parameters": {"shop": 7}}, "custom_parameters", "shop: a text"),
    ({"custom_parameters": {"shop": "x" * 1001}}, "custom_parameters", "shop: at most 1000 bytes of UTF-8"),
    ({"custom_parameters": {"a\0": "x"}}, "custom_parameters", "texts without the character U+0000"),
    ({"custom_parameters": {str(n): "" for n in range(101)}}, "custom_parameters", "at most 100 keys"),
    ({"custom_parameters": {"destination": "0" * 101}}, "destination", "at most 100 bytes of UTF-8"),
    ({"userData": "Hello"}, "userData", NO_FIELD),
    ({"claimed": True}, "claimed", NO_FIELD),
    ({"a/b~c": 1}, "a~1b~0c", NO_FIELD),
]


@pytest.mark.parametrize(
    ("change", "field", "text"), BAD, ids=[f"{field}-{n}" for n, (_c, field, _t) in enumerate(BAD)]
)
def test_bad_field_is_named_with_its_limit_and_nothing_is_stored(mine, tenant, change, field, text):
    assert refused(mine.post("messages/", one(**change))) == [(f"#/{field}", text)]
    assert refused(mine.post("messages/", [one("good"), one(**change)])) == [(f"#/1/{field}", text)]


@pytest.mark.parametrize("item", [None, 1, "x", [], [one()]])
def test_item_that_is_no_object_is_named(mine, tenant, item):
    assert refused(mine.post("messages/", [one("good"), item])) == [("#/1", "a submission is a JSON object")]


@pytest.mark.parametrize("time", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_time_out_of_the_window_is_refused(mine, tenant, time):
    ((pointer, detail),) = refused(mine.post("messages/", one(submitted_at=time)))

    assert (pointer, detail.startswith("from 20")) == ("#/submitted_at", True)


def test_every_bad_item_is_told_up_to_a_hundred(mine, tenant):
    answer = mine.post("messages/", [one("good"), *({"message_id": "x"} for _ in range(150)), one("other")])

    assert refused(answer) == [(f"#/{n}/submitted_at", "required: the time of submission") for n in range(1, 101)]
    assert answer.json()["detail"] == (
        "150 of 152 submissions are invalid, and nothing was stored. #/1/submitted_at: required: the time of submission"
    )


def test_body_that_is_neither_object_nor_array_is_refused(client, mine, tenant):
    def post(body: bytes):
        answer = client.post(PATH, body, content_type="application/json", headers=mine.headers)
        check(PATH, "POST", answer)
        return answer.status_code, answer.json()["type"].partition("#")[2], answer.json()["detail"]

    assert post(b'"x"') == (400, "bad-body", "The body is not a JSON object or array.")
    assert post(b"{")[:2] == (400, "bad-body")
    assert post(b" " * (1024 * 1024 + 1)) == (413, "too-large", "The body is longer than the limit of 1048576 bytes.")
    assert WaitingRow.objects.count() == 0


# --- who may submit what


def test_key_is_needed(client, mine, tenant):
    answer = client.post(PATH, one(), content_type="application/json")

    check(PATH, "POST", answer)
    assert (answer.status_code, answer.json()["type"], WaitingRow.objects.count()) == (401, "/api/v1/docs/#no-key", 0)


def test_scope_submit_is_needed_and_enough(call, tenant):
    assert call(tenant, "read", "numbers", "partner_ids").post("messages/", one()).status_code == 403
    submitter = call(tenant, "submit")
    assert (submitter.post("messages/", one()).status_code, submitter.get("messages/").status_code) == (202, 403)


def test_another_tenants_partner_id_is_refused_as_one_that_nobody_has(mine, theirs, tenant, other_tenant, messages):
    nobody = [("#/partner_id", "not a partner ID for which the key may submit")]

    assert refused(mine.post("messages/", one(partner_id=CANARY))) == nobody
    assert refused(mine.post("messages/", one(partner_id="no-such"))) == nobody
    assert refused(mine.post("messages/", one(partner_id=CANARY, account="link-main"))) == nobody
    assert refused(theirs.post("messages/", one(account="second", partner_id=CANARY))) == [
        ("#/account", "no account of this name that the key may see")
    ]
    assert CANARY not in mine.post("messages/", one(partner_id=CANARY)).content.decode()


def test_parent_submits_for_its_children_and_a_child_not_for_its_parent(call, mine, account, tenant):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)
    PartnerId.objects.create(account=account, value="child-fi", tenant=child, declared_at=timezone.now())

    assert mine.post("messages/", one(partner_id="child-fi")).status_code == 202
    apply_waiting()
    assert Message.objects.get().tenant == child
    assert refused(call(child).post("messages/", one())) == [
        ("#/partner_id", "not a partner ID for which the key may submit")
    ]


def test_account_is_asked_for_where_the_partner_id_is_at_several(mine, account, tenant):
    pool = Tenant.objects.create(slug="pool-second", name="Pool of second", kind="pool")
    second = GatewayAccount.objects.create(name="second", platform_id="TWO", pool=pool)
    PartnerId.objects.create(account=second, value="only-second", tenant=tenant, declared_at=timezone.now())
    assert mine.post("messages/", one("a")).status_code == 202  # nr-fi is at one
    assert mine.post("messages/", one("b", partner_id="only-second")).status_code == 202
    apply_waiting()
    assert refused(mine.post("messages/", one(partner_id="only-second", account="link-main"))) == [
        ("#/partner_id", "not a partner ID for which the key may submit")
    ]
    PartnerId.objects.create(account=second, value="nr-fi", tenant=tenant, declared_at=timezone.now())

    assert refused(mine.post("messages/", one("c"))) == [
        ("#/account", "required: the key has this partner ID in several accounts")
    ]
    assert mine.post("messages/", [one("c", account="second"), one("c", account="link-main")]).status_code == 202
    apply_waiting()
    assert sorted(Message.objects.values_list("message_id", "account__name")) == [
        ("a", "link-main"), ("b", "second"), ("c", "link-main"), ("c", "second"),
    ]  # fmt: skip


def test_accounts_key_submits_for_any_partner_id_and_none(whole_account, account, tenant, other_tenant):
    items = [one("a"), one("b", partner_id="baltic-ee"), one("c", partner_id="new"), one("d", partner_id=None)]

    assert whole_account.post("messages/", [*items[:3], items[3] | {"account": "link-main"}]).json() == {
        "accepted": 4,
        "refused": [],
    }
    apply_waiting()
    assert sorted(Message.objects.values_list("message_id", "tenant__slug", "partner_rank")) == [
        ("a", "nordic-retail", 0), ("b", "baltic-parcel", 0), ("c", "pool-link-main", 0), ("d", "pool-link-main", 5),
    ]  # fmt: skip
    assert refused(whole_account.post("messages/", one(account="second"))) == [
        ("#/account", "no account of this name that the key may see")
    ]


def test_tenants_word_is_a_claim_on_an_account_that_others_share(mine, feed, tenant, other_tenant):
    put(feed, dlr("theirs", gateCustomParameters={"platformPartnerId": "baltic-ee"}))
    apply_waiting()
    assert mine.post("messages/", [one("theirs", ref_id="stolen"), one("mine")]).json() == {
        "accepted": 2,
        "refused": [],
    }

    assert apply_waiting() == BatchResult(claimed=2, submissions=1, quarantined=1, new_messages=1)
    assert sorted(Message.objects.values_list("message_id", "tenant__slug", "ref_id")) == [
        ("mine", "nordic-retail", None), ("theirs", "baltic-parcel", None),
    ]  # fmt: skip


def test_owners_word_on_its_own_account_is_the_accounts(mine, feed, account, tenant):
    GatewayAccount.objects.filter(id=account.id).update(owner=tenant, owner_since=timezone.now())
    put(feed, dlr("a", gateCustomParameters={"platformPartnerId": "unknown"}))
    apply_waiting()
    assert Message.objects.get().tenant == account.pool

    assert mine.post("messages/", one("a")).status_code == 202
    apply_waiting()
    assert list(Message.objects.values_list("tenant__slug", "partner_id")) == [("nordic-retail", "nr-fi")]


# --- what is away


def test_submissions_are_taken_while_redis_is_away(mine, tenant, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    assert mine.post("messages/", one()).status_code == 202
    assert apply_waiting().submissions == 1


def test_inbox_that_cannot_be_written_is_answered_503_and_nothing_is_stored(client, mine, tenant):
    client.raise_request_exception = False
    with connection.cursor() as cursor:  # a full disk, as far as an INSERT can tell
        cursor.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;"
            "CREATE TRIGGER full_disk BEFORE INSERT ON inbox_todo FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
    answer = mine.post("messages/", [one("a"), one("b")])

    check(PATH, "POST", answer)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"] == "/api/v1/docs/#unavailable"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inbox")
        assert cursor.fetchone() == (0,)
    assert list(ApiKey.objects.values_list("last_used_at", flat=True)) == [None]
