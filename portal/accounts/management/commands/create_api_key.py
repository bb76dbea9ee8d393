"""create_api_key: a key to the REST API for a tenant or a whole gateway account, shown once."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import record
from portal.common.no_numbers import refuse_numbers
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, GatewayAccount, Tenant
from portal.tenants.undone import customers

ACTOR = "create_api_key"


class Command(BaseCommand):
    help = "Create a key to the REST API and print it. It is not shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--tenant", metavar="SLUG", help="sees this tenant and the tenants below it")
        whose.add_argument("--account", metavar="NAME", help="sees all messages of this gateway account")
        scopes = f"of {', '.join(ApiKey.Scope.values)}, separated by commas (default: read)"
        parser.add_argument("--scopes", default="read", help=scopes)
        parser.add_argument("--name", default="command line", help="the key's name")
        parser.add_argument("--networks", default="", help="networks it may be used from, separated by commas")
        parser.add_argument("--days", type=int, help="how long the key is valid; without it, until it is revoked")

    def handle(
        self,
        *,
        tenant: str | None,
        account: str | None,
        scopes: str,
        name: str,
        networks: str,
        days: int | None,
        **_options,
    ) -> None:
        owner, of_account = _owner(tenant, account)
        if days is not None and not 1 <= days <= 3650:
            raise CommandError("--days: from 1 to 3650")
        now = timezone.now()
        try:
            refuse_numbers(name)
            with transaction.atomic():
                key, text = api_keys.create_key(
                    tenant=owner,
                    account=of_account,
                    name=name,
                    scopes=_listed(scopes),
                    created_by=ACTOR,
                    now=now,
                    expires_at=now + timedelta(days=days) if days else None,
                    networks=_listed(networks),
                )
                details = {
                    "scopes": key.scopes,
                    "expires_at": key.expires_at.isoformat() if key.expires_at else "never",
                    "networks": key.networks,
                }
                record("api_key.created", actor=ACTOR, tenant=owner, subject=str(key), details=details)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(text)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _owner(slug: str | None, name: str | None) -> tuple[Tenant, GatewayAccount | None]:
    if name is None:
        tenant = customers().filter(slug=slug).first()
        if tenant is None:
            raise CommandError(f"--tenant: there is no tenant {slug!r}")
        return tenant, None
    account = GatewayAccount.objects.select_related("pool").filter(name=name).first()
    if account is None:
        raise CommandError(f"--account: there is no account {name!r}")
    return account.pool, account
