"""Reports of a campaign that runs now, applied to the browser's portal: `python -m tests.browser.running_campaign`.

Arguments: the result code, and the first and the end of the messages' numbers. Prints the campaign's id.
"""

from __future__ import annotations

import sys

import django

NAME = "zz-running"


def main(code: int, first: int, end: int) -> None:
    """Report so many messages of the campaign, sent a minute ago."""
    django.setup()
    from datetime import timedelta

    from django.utils import timezone

    from campaigns.models import Campaign
    from portal.tenants.models import Feed
    from tests.deliveries.helpers import apply, dlr

    sent_at = timezone.now().replace(microsecond=0, second=0) - timedelta(minutes=1)
    reports = [
        dlr(
            f"running-{n}",
            code,
            refId=NAME,
            sentTimestamp=f"{sent_at:%Y-%m-%dT%H:%M:%S}Z",
            timestamp=f"{sent_at + timedelta(seconds=n % 40):%Y-%m-%dT%H:%M:%S}Z",
            gateCustomParameters={"platformPartnerId": "nr-fi"},
            customParameters={"destination": f"+35840{n:07}"},
        )
        for n in range(first, end)
    ]
    apply(Feed.objects.get(name="main"), *reports)
    print(Campaign.objects.get(name=NAME).id)  # noqa: T201 (what the caller reads)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
