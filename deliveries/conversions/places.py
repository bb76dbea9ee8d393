"""The names that a tenant's events may refer to (kinds, accounts, campaigns), and the keys of its recipients."""

from campaigns.models import Campaign, ConversionKind
from deliveries.messages.recipients import recipient_keys
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.ownership import owned_accounts
from portal.tenants.partner_owners import held_by


class Places:
    """The kinds and accounts of one tenant by name, read once; campaigns as they are asked for."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant_id = tenant.id
        self.country = tenant.country
        self.kinds = dict(ConversionKind.objects.filter(tenant=tenant).order_by("name").values_list("name", "id"))
        held = set(held_by([tenant.id]).values_list("account_id", flat=True))
        held |= {account.id for account in owned_accounts([tenant.id])}
        self.accounts = dict(GatewayAccount.objects.filter(id__in=held).order_by("name").values_list("name", "id"))
        self._keys = recipient_keys()
        self._campaigns: dict[str, int | None] = {}

    def recipient_key(self, digits: str) -> bytes:
        """Return the key of a recipient, given as E.164 digits."""
        return self._keys.of_number(digits, tenant_id=self._tenant_id)

    def campaign_id(self, name: str) -> int | None:
        """Return the tenant's campaign of this name."""
        if name not in self._campaigns:
            found = Campaign.objects.filter(tenant_id=self._tenant_id, name=name)
            self._campaigns[name] = found.values_list("id", flat=True).first()
        return self._campaigns[name]
