"""The part of the demo's printed guide about campaigns, A/B tests, segments, conversions and recipients."""

from portal.demo.conversions import CODES
from portal.demo.steps import BROKEN_SPLIT

TEXT_AT = 42  # column of the texts


def of_campaigns(address: str) -> str:
    """Return a line for each page, with the story that it shows."""
    from campaigns.models import Campaign

    campaigns = Campaign.objects.filter(tenant__slug="nordic-retail")
    tenant = f"{address}/t/nordic-retail"
    lines = [_line(f"{tenant}/campaigns/", "the campaigns: sales with the tag “ale”, sorted by conversions or speed")]
    newest = campaigns.filter(tags__len__gt=0).order_by("-id").first()
    if newest:
        text = f"{newest.name} beside the sale before: its speed, hours and failures"
        lines.append(_line(f"{tenant}/campaigns/{newest.id}/", text))
    sale = campaigns.filter(name__endswith="-sale").order_by("-id").first()
    if sale:
        lines += [
            _line(f"{tenant}/campaigns/{sale.id}/ab/", f"the A/B test of {sale.name}: variant B wins, and sells more"),
            _line(
                f"{tenant}/campaigns/{sale.id}/ab/?metric=converted",
                "the same test by conversions, with all its figures",
            ),
            _line(
                f"{tenant}/campaigns/{sale.id}/recipients/failed/", "recipients whom the sale did not reach, and why"
            ),
        ]
    if broken := campaigns.filter(name=BROKEN_SPLIT).first():
        text = f"the A/B test of {broken.name}: the split is not the planned one"
        lines.append(_line(f"{tenant}/campaigns/{broken.id}/ab/", text))
    lines += [
        _line(f"{tenant}/segments/", "segments: gold customers buy, lapsed ones are reached less"),
        _line(f"{tenant}/segments/?key=segment&by=store", "customer groups by store, in one table"),
        _line(f"{tenant}/conversions/", "purchases, sent by the API; a few without a message"),
    ]
    codes = Campaign.objects.filter(tenant__slug="baltic-parcel", name=CODES).first()
    if codes:
        text = "one-time passwords: the share that was confirmed, and how fast"
        lines.append(_line(f"{address}/t/baltic-parcel/campaigns/{codes.id}/", text))
    return "".join(lines)


def _line(address: str, text: str) -> str:
    return f"  {address}\n{' ' * TEXT_AT}{text}\n"
