"""Small provisioning files and their results."""

import pytest

from portal.provisioning.apply import provision
from portal.provisioning.outcome import Outcome, ProvisionError
from tests.conftest import NOW
from tests.deliveries.helpers import apply, dlr


def run(text: str, **options) -> Outcome:
    return provision(text, "f.yaml", now=NOW, **options)


def refused(text: str, **options) -> list[str]:
    with pytest.raises(ProvisionError) as caught:
        run(text, **options)
    return str(caught.value).splitlines()


def from_pool(feed, partner_id: str, *, messages: int, first: int = 0) -> None:
    """Apply messages of a platformPartnerId that nobody has declared."""
    parameters = {"platformPartnerId": partner_id}
    apply(
        feed,
        *(
            dlr(f"m{i}", sentTimestamp="2026-11-20T10:00:00Z", customParameters=parameters)
            for i in range(first, first + messages)
        ),
    )


def nordic(keys: str) -> str:
    return f"tenants: [{{slug: nordic-retail, name: Nordic Retail Oy, timezone: Europe/Helsinki, {keys}}}]"


def account_with(feed: str) -> str:
    return f"gateway_accounts: [{{name: link-main, platform_id: ACME, timezone: Europe/Helsinki, feeds: [{feed}]}}]"
