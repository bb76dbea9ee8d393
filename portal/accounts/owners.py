"""The rule that a tenant keeps at least one owner, also when several people change members at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import Membership, Role
from portal.tenants.models import Tenant

LAST_OWNER = gettext_lazy("A customer needs an owner. Make another person owner first.")


class NotAllowed(Exception):
    """A rule forbids the change; the text names the rule for people."""

    def __init__(self, text: object) -> None:
        super().__init__(text)
        self.text = text


def lock_members() -> None:
    """Acquire the lock on all changes of members, until the commit.

    It is one lock for all tenants: members change rarely, and a person who is deactivated may own several tenants.
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
