"""Stored price lists and counts for tests of costs."""

from datetime import date

from campaigns.models import Campaign
from deliveries.models import CampaignCount, DailyCount
from portal.tenants.models import GatewayAccount, Tenant
from reports.models import Fee, Price, PriceList, TierGroup

JANUARY = date(2026, 1, 1)


def price_list(*prices: dict, groups: tuple = (), fees: tuple = (), **values) -> PriceList:
    """Create a list of the operator for all its customers, unless `values` say otherwise."""
    made = PriceList.objects.create(
        **{"kind": "sale", "name": "List", "currency": "EUR", "basis": "submitted", "per": "part"} | values
    )
    for model, rows in ((Price, prices), (TierGroup, groups), (Fee, fees)):
        model.objects.bulk_create([model(price_list=made, **{"valid_from": JANUARY} | row) for row in rows])
    return made


def count(tenant: Tenant, account: GatewayAccount, day: date, messages: int, **key) -> None:
    """Count delivered messages of one day, in the counts by partner ID and in those by campaign."""
    campaign, partner_id = key.pop("campaign", None), key.pop("partner_id", "nr-fi")
    row = {
        "tenant": tenant,
        "account": account,
        "day": day,
        "messages": messages,
        "parts": messages,
        "country": "FI",
        "operator": "fi.elisa",
        "sender_type": "alphanumeric",
        "status": "delivered",
        "result_code": 1001,
    } | key
    campaign_id = Campaign.objects.get_or_create(tenant=tenant, name=campaign)[0].id if campaign else 0
    DailyCount.objects.create(**row, partner_id=partner_id)
    CampaignCount.objects.create(**row, campaign_id=campaign_id, variant="")
