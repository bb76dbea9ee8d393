"""A tenant with kinds of events and a campaign, and a key that may send events."""

import pytest

from campaigns.models import Campaign, ConversionKind
from tests.api.conftest import Caller, call

__all__ = ["call"]


@pytest.fixture
def kinds(tenant, other_tenant) -> dict[str, ConversionKind]:
    ConversionKind.objects.create(tenant=other_tenant, name="theirs")
    Campaign.objects.create(tenant=tenant, name="October sale")
    return {name: ConversionKind.objects.create(tenant=tenant, name=name) for name in ("purchase", "sign-up")}


@pytest.fixture
def sender(call, tenant, account, kinds) -> Caller:
    return call(tenant, "read", "convert")
