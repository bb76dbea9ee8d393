"""The rule that a tenant which has an owner keeps one, whoever changes members, and however many do so at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import Membership, Role
from portal.tenants.models import Tenant

LAST_OWNER = gettext_lazy("A customer needs an owner. Make another person owner first.")


class NotAllowed(Exception):
    """A rule stands against it; the text says which, for people."""

    def __init__(self, text: object) -> None:
        super().__init__(text)
        self.text = text


def lock_members() -> None:
    """Wait for everybody who changes members, of whatever tenant, and keep others waiting until the commit.

    One lock for all: members change rarely, and a person who is switched off may own several tenants.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.members'))")


@contextmanager
def keep_owners() -> Iterator[None]:
    """Run changes of people and members in a transaction; undo them if a tenant loses its last owner.

    Raises NotAllowed then.     For staff, who see all tenants.
    """
    with transaction.atomic():
        lock_members()
        before = _owned()
        yield
        lost = before - _owned()
        if lost:
            names = ", ".join(Tenant.objects.filter(id__in=lost).order_by("name").values_list("name", flat=True))
            without = _("These would have no owner:")
            raise NotAllowed(f"{LAST_OWNER} ({without} {names})")


def _owned() -> set[int]:
    owners = Membership.objects.filter(role=Role.OWNER, user__is_active=True)
    return set(owners.values_list("tenant_id", flat=True).distinct())
