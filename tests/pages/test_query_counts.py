"""Pages of campaigns, segments, conversions and files run as many queries for one row as for several."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign, RefIdScheme
from deliveries.attributing.attribute import attribute_due
from deliveries.conversions import uploads
from deliveries.models import ConversionWindow, Export
from tests.attributing.sample import event, kind
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.campaign_month import PERIOD
from tests.queries import list_statements
from tests.segments.sample import chosen, message, number_of

pytestmark = pytest.mark.django_db

T = "/t/nordic-retail"
SALE = f"{T}/campaigns/{{id}}"
PAGES = {
    "campaign": f"{SALE}/",
    "campaign with another": f"{SALE}/?compare={{other}}",
    "days": f"{SALE}/days/",
    "hours": f"{SALE}/hours/",
    "recipients": f"{SALE}/recipients/",
    "recipient list": f"{SALE}/recipients/all/",
    "recipients with an event": f"{SALE}/recipients/delivered/?event=any",
    "messages without a number": f"{SALE}/recipients/unreadable/",
    "conversions": f"{SALE}/conversions/",
    "events of a kind": f"{SALE}/conversions/{{kind}}/",
    "details": f"{SALE}/details/",
    "campaigns": f"{T}/campaigns/?{PERIOD}&state=all",
    "segments": f"{T}/segments/?{PERIOD}&key=shop",
    "segments of a campaign": f"{T}/segments/?{PERIOD}&key=shop&campaign=sale",
    "two keys": f"{T}/segments/?{PERIOD}&key=shop&by=tier",
    "conversion index": f"{T}/conversions/?{PERIOD}",
    "events": f"{T}/conversions/events/?{PERIOD}",
    "events of an upload": f"{T}/conversions/events/?upload={{upload}}",
    "an upload": f"{T}/conversions/uploads/{{upload}}/",
    "files": f"{T}/exports/",
    "a table as a file": f"{T}/exports/table/?table=segments&key=shop&{PERIOD}",
    "recipients as a file": f"{T}/exports/table/recipients/{{id}}/all/",
}
FEW, MANY = range(1), range(1, 40)


def send(feed, tenant, owner, numbers: range) -> int:
    """Send messages of campaigns, and add as many events, uploads and files; return the id of the last upload."""
    is_first = numbers == FEW
    apply(
        feed,
        *(
            message(
                f"m{n}",
                (1001, 1006, 1000, 1010)[n % 4],
                number=number_of(n % 20),
                day=f"2026-11-{4 + n % 13:02}",
                seconds=5 + n,
                ref_id=("sale|A", "sale|B", "news", "old")[n % 4 if n < 30 else 0],
                operator=("fi.elisa", "fi.telia", "se.telia")[n % 3],
                shop=f"shop {n % 7}",
                tier=("gold", "silver", "")[n % 3],
            )
            for n in numbers
        ),
        *(message(f"n{n}", number=None, ref_id="sale|A") for n in numbers[:5]),
        *(message(f"o{n}", number=number_of(0), ref_id="news") for n in numbers[:1] if is_first),
    )
    for n in numbers[:9]:
        event(tenant, f"e{n}", n, number=number_of(n), kind=kind(tenant, ("purchase", "visit", "reply")[n % 3]))
    for n in numbers[:4]:
        lines = ["event_id;kind;occurred_at;destination", f"u{n};purchase;2026-11-19T09:00:00Z;{number_of(n)}"]
        lines += [f"w{line};nothing;yesterday;1" for line in range(1 if is_first else 9)]
        begun = uploads.begin(tenant=tenant, user=owner, name=f"{n}.csv", content="\n".join(lines).encode(), now=NOW)
        uploads.confirm(begun, {name: name for name in lines[0].split(";")}, actor=owner.email)
        Export.objects.create(
            tenant=tenant,
            maker=owner,
            made_by=owner.email,
            title=f"{n}",
            format="csv",
            columns=[],
            tenant_ids=[tenant.id],
        )
    uploads.run_uploads()
    attribute_due()
    return begun.id


def test_pages_run_as_many_queries_for_one_row_as_for_several(client, owner, feed, tenant, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    chosen(tenant, "shop", "tier")
    ConversionWindow.objects.create(tenant=tenant, minutes=30 * 24 * 60)
    client.force_login(owner)
    statements: list[dict[str, list[str]]] = []
    for numbers in (FEW, MANY):
        upload = send(feed, tenant, owner, numbers)
        sale, other = Campaign.objects.get(name="sale"), Campaign.objects.get(name="news")
        if numbers == MANY:
            merge(campaign=Campaign.objects.get(name="old"), into=sale, actor="x")
        ids = {"id": sale.id, "other": other.id, "kind": kind(tenant).id, "upload": upload}
        statements.append({name: asked(client, address.format(**ids)) for name, address in PAGES.items()})

    few, many = statements
    more = {
        name: f"{len(few[name])} for one row, {len(many[name])} for several:\n{list_statements(many[name])}"
        for name in PAGES
        if len(many[name]) > len(few[name])
    }
    assert more == {}


def asked(client, address: str) -> list[str]:
    """Return the statements of a page that was asked for before, so that caches are filled."""
    part = {"HX-Request": "true"}
    assert client.get(address, headers=part).status_code == 200, address
    with CaptureQueriesContext(connection) as captured:
        client.get(address, headers=part)
    return [query["sql"] for query in captured.captured_queries]
