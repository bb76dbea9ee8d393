"""A crawler: whoever sees numbers masked finds none on any page, in any API answer, file or address.

Numbers stand in every text that a gateway or sender fills in, own and other people's, in several notations.
"""

import io
import re
from collections import Counter
from datetime import timedelta
from html import unescape
from urllib.parse import unquote_plus

import openpyxl
import pytest
from django.contrib import admin
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from campaigns.models import SegmentKey
from deliveries.models import ImportRun, PartnerMove, PartnerRequest, QuarantinedRow
from portal.accounts.models import Membership
from portal.common.periods import Month
from portal.tenants import api_keys
from portal.tenants.models import PartnerId
from reports.models import ReportRun
from reports.runs.runs import build_report, request_run
from tests.deliveries.helpers import apply
from tests.pages.searched import TODAY, sent
from tests.shares.conftest import make_link

pytestmark = [pytest.mark.django_db, pytest.mark.any_python]

OWN, OTHER = "+358407654398", "+46701112233"
PLANTED = ("7654398", "1112233")  # the digits that a page must not have, whatever stands between them
NUMERIC_PARTNER = "12345678901"  # an id that is nobody's number
NUMERIC_ID = "9876543210"
ADDRESS = re.compile(r"""(?:href|action|hx-get|hx-post)="([^"#]*)""")
SKIPPED = re.compile(r"^/admin/|/(?:logout|language|look|accounts/2fa)|/stop/|^https?:|^/static/|^mailto:|/history/")
MOST = 2  # pages of one kind
NEWEST_MONTH = (TODAY - timedelta(days=5)).replace(day=1)  # of the newest planted messages


def planted(id_: str, partner: str, ago: int, **more) -> dict:
    return sent(
        id_, 1001, ago=ago, partner=partner, refId=f"sale to {OTHER}", operator=f"fi.{OTHER[1:]}",
        operatorResultCode="0046 70 111 22 33",
        customParameters={
            "destination": OWN, "source": f"Call {OTHER}", "friend": OTHER, "own": "0407654398", OTHER: "value",
            OWN: "value", "link": "https://x.example/?to=%2B46+70+111+2233", "shop": "7", "json": "\\u002b46701112233",
            "wide": "４６７０１１１２２３３", "html": "&#43;46 70 111 2233", "unit": NUMERIC_ID,
        } | more,
    )  # fmt: skip


@pytest.fixture
def everything(feed, tenant, account, settings):
    """Messages with a number wherever a text is, a month's workbook of them, and a chosen key."""
    PartnerId.objects.create(account=account, value=OWN, tenant=tenant, declared_at=timezone.now())
    PartnerId.objects.create(account=account, value="0407654398", tenant=tenant, declared_at=timezone.now())
    PartnerId.objects.create(account=account, value=NUMERIC_PARTNER, tenant=tenant, declared_at=timezone.now())
    SegmentKey.objects.create(tenant=tenant, key="friend", state="done")
    SegmentKey.objects.create(tenant=tenant, key=OTHER, state="done")
    rows = [planted(f"m-{OWN}-1", OWN, 9), planted(NUMERIC_ID, NUMERIC_PARTNER, 8), planted("m2", "0407654398", 7)]
    apply(feed, *rows, planted("m3", "nr-fi", 6), *[planted(f"n-0407654398-{n}", "nr-fi", 5) for n in range(52)])
    this_month = TODAY.replace(day=1)
    for month in (f"{this_month - timedelta(days=1):%Y-%m}", f"{this_month:%Y-%m}"):
        run = request_run(tenant=tenant, month=Month.parse(month), requested_by="a@example.com", now=timezone.now())
        assert build_report(run_id=run.id, now=timezone.now()) == "done"
    return ReportRun.objects.filter(tenant=tenant).order_by("id")


def told(text: str) -> list[str]:
    """Return the planted numbers whose digits the text has in a row, escapes and signs between them aside."""
    plain = unquote_plus(unescape(unescape(text)))
    plain = plain.translate({0xFF10 + digit: str(digit) for digit in range(10)})
    plain = re.sub(r"[\s().•\u00a0-]|&nbsp;", "", plain)
    return [digits for digits in PLANTED if digits in plain]


def text_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.headers.get("Content-Type", "").startswith("application/vnd.openxmlformats"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        text = "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    else:
        text = content.decode("utf-8-sig")
    return text + "\n".join(f"{name}: {value}" for name, value in response.headers.items())


def crawl(client, *begin: str) -> dict[str, str]:
    """Follow links from these addresses, to at most MOST pages of a kind; return the texts by address."""
    waiting, seen, kinds = list(begin), {}, Counter()
    while waiting:
        address = waiting.pop(0)
        if address in seen or SKIPPED.search(address) or (kinds[kind_of(address)] >= MOST):
            continue
        kinds[kind_of(address)] += 1
        response = client.get(address)
        assert response.status_code < 500, address
        seen[address] = f"{address}\n{text_of(response)}"
        if response.status_code in (301, 302):
            waiting.append(response.headers["Location"])
        found = map(unescape, ADDRESS.findall(seen[address]))
        waiting += [address.split("?")[0] + link if link.startswith("?") else link for link in found]
    return seen


def kind_of(address: str) -> tuple:
    """Return the view, the first parameter and whether it is a further page, by which crawled pages are told apart."""
    path, _mark, query = address.partition("?")
    try:
        return resolve(path).view_name, query.partition("=")[0], "cursor=" in query
    except Resolver404:
        return (path,)


PAGES = (
    *("messages:list", "messages:campaigns", "messages:download", "reports:overview", "reports:months"),
    *(
        "segments:segments",
        "deliveries:partner_ids",
        "settings:tenant",
        "settings:segments",
        "settings:ref_ids",
        "settings:members",
    ),
    *("settings:api_keys", "settings:audit"),
)


def tenant_pages() -> list[str]:
    """Return the pages of a tenant that need nothing but its name."""
    return [reverse(name, args=["nordic-retail"]) for name in PAGES]


@pytest.mark.parametrize("who", ["viewer", "analyst", "view-as"])
def test_no_page_and_no_file_tells_a_number_to_who_sees_them_masked(
    client, tenant, viewer, staff_user, everything, who
):
    if who == "view-as":
        client.force_login(staff_user)
        client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "ticket 4711"})
    else:
        Membership.objects.filter(user=viewer).update(role=who)
        client.force_login(viewer)

    pages = crawl(client, *tenant_pages())

    assert {address: told(text) for address, text in pages.items() if told(text)} == {}
    reached = "\n".join(pages)
    assert [part for part in ("/link-main/sealed-", "/download/", "cursor=") if part not in reached] == []
    assert any("_masked.xlsx" in text for text in pages.values())
    assert NUMERIC_PARTNER in "".join(pages.values())  # an id that is nobody's number stays


@pytest.mark.parametrize("narrowed", ["", "&country=FI", "&campaign=(none)"])
def test_no_shared_link_tells_a_number(client, tenant, manager, everything, narrowed, settings):
    settings.SHARE_ADDRESS_PER_MINUTE = 0  # other tests open links from this address, too
    tokens = [make_link(tenant, manager, query=f"period=90d&compare=none{narrowed}")[1]]
    tokens.append(make_link(tenant, manager, kind="report", query="", month=NEWEST_MONTH)[1])
    panels = [
        make_link(tenant, manager, kind="panel", panel=panel, hosts=["www.example.com"])[1]
        for panel in ("kpis", "days", "countries")
    ]

    pages = crawl(client, *(f"/embed/{token}/" for token in panels)) if not narrowed else {}
    for token in tokens:
        pages |= crawl(client, f"/share/{token}/")

    assert {address: told(text) for address, text in pages.items() if told(text)} == {}
    assert any("_masked.xlsx" in text for text in pages.values())
    assert "sale to" in "".join(pages.values()) or narrowed


def test_owner_reads_the_same_pages_in_full(client, owner, everything):
    client.force_login(owner)

    pages = crawl(client, reverse("messages:list", args=["nordic-retail"]), "/t/nordic-retail/reports/")

    assert {digits for text in pages.values() for digits in told(text)} == set(PLANTED)
    assert not any("_masked.xlsx" in text for text in pages.values())


def test_no_answer_of_the_api_tells_a_number_to_a_key_without_numbers(client, tenant, everything):
    _key, text = api_keys.create_key(
        tenant=tenant, scopes=("read", "partner_ids"), name="x", created_by="o@example.com", now=timezone.now()
    )
    begin = [f"/api/v1/{name}/" for name in ("messages", "reports", "partner-ids", "key")]
    begin += [
        f"/api/v1/statistics/?period=30d&group_by={name}&compare=previous"
        for name in ("campaign", "variant", "operator", "partner_id", "campaign,variant,operator", "country", "tenant")
    ]
    waiting, texts = list(begin), {}
    while waiting:
        address = waiting.pop(0)
        if address in texts:
            continue
        response = client.get(address, headers={"Authorization": f"Bearer {text}"})
        assert response.status_code == 200, (address, response.content)
        texts[address] = f"{address}\n{text_of(response)}"
        if "json" in response.headers["Content-Type"]:
            waiting += re.findall(r'"(?:url|download_url)":\s*"([^"]+)"', texts[address])
            if cursor := re.search(r'"next_cursor":\s*"([^"]+)"', texts[address]):
                waiting.append(f"{address.split('?')[0]}?cursor={cursor[1]}")

    assert {address: told(text) for address, text in texts.items() if told(text)} == {}
    assert len([address for address in texts if "/messages/link-main/" in address]) == 56
    assert any("/download/" in address for address in texts)
    assert NUMERIC_ID in texts["/api/v1/messages/?cursor=" + _cursor(texts)]


def _cursor(texts: dict[str, str]) -> str:
    return next(address.split("cursor=")[1] for address in texts if "/messages/?cursor=" in address)


def test_administration_tells_no_number(client, staff_user, everything, feed, tenant):
    """Every list, page and history of every model, of rows with a number in each text that is no field of a form."""
    partner = PartnerId.objects.get(value=OWN)
    PartnerMove.objects.create(tenant=tenant, partner=partner, total=8)
    PartnerRequest.objects.create(tenant=tenant, account=feed.account, value=OWN, requested_by="a@example.com")
    ImportRun.objects.create(feed=feed, file_name=f"of {OTHER}.json", problem=f"of {OTHER}.json has changed")
    QuarantinedRow.objects.create(
        inbox_id=1,
        feed=feed,
        received_at=timezone.now(),
        body=OTHER.encode(),
        reason="not JSON",
        detail=f"at {OTHER}",
        resolution=f"asked by {OTHER}",
    )
    client.force_login(staff_user)
    asked = f"/admin/messages/?number={OTHER.replace('+', '%2B')}"
    begin = [asked, "/admin/messages/?tenant=nordic-retail"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        begin.append(reverse(f"{name}_changelist"))
        for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)[:9]:
            begin += [reverse(f"{name}_{page}", args=[pk]) for page in ("change", "history")]

    pages = {}
    for address in begin:
        pages[address] = text_of(client.get(address))
    links = {unescape(one) for text in pages.values() for one in ADDRESS.findall(text)}
    sealed = [one for one in links if "/sealed-" in one]
    for address in sealed:
        pages[address] = text_of(client.get(address))

    assert {a: told(text) for a, text in pages.items() if told(text) and a != asked} == {}
    assert len(sealed) > 0
    # An id that is a number without being anybody's stays readable for those who have to declare it.
    assert NUMERIC_PARTNER in pages[reverse("admin:tenants_partnerid_changelist")]


def test_search_of_the_administration_finds_no_partner_id_by_a_part_of_a_number(client, staff_user, everything):
    client.force_login(staff_user)
    url = reverse("admin:tenants_partnerid_changelist")

    found = {
        word: [row.value for row in client.get(url, {"q": word}).context["cl"].result_list]
        for word in (OWN[:9], OWN, NUMERIC_PARTNER, "nr-")
    }

    assert found == {OWN[:9]: [], OWN: [OWN], NUMERIC_PARTNER: [NUMERIC_PARTNER], "nr-": ["nr-fi"]}


def test_message_is_not_found_by_an_id_that_is_masked(client, viewer, owner, everything):
    address = reverse("messages:message", args=["nordic-retail", "link-main", f"m-{OWN}-1"])
    search = reverse("messages:list", args=["nordic-retail"])
    client.force_login(viewer)
    masked = client.get(address), client.get(search, {"message_id": f"m-{OWN}-1", "period": "all"})
    numeric = client.get(search, {"message_id": NUMERIC_ID, "period": "all"})
    client.force_login(owner)
    in_full = client.get(address), client.get(search, {"message_id": f"m-{OWN}-1", "period": "all"})

    assert (masked[0].status_code, masked[1].context["rows"]) == (404, [])
    assert [row.message_id for row in numeric.context["rows"]] == [NUMERIC_ID]
    assert (in_full[0].status_code, len(in_full[1].context["rows"])) == (200, 1)
