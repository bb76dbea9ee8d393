"""People who get a tenant's mails about alerts: its owners and managers, unless they chose otherwise.

People of a tenant above get them too where they chose the mails of all tenants below.
"""

from enum import StrEnum

from portal.accounts import roles, standing
from portal.accounts.models import User
from portal.tenants.models import Tenant
from portal.tenants.scope import signin_login
from reports.models import AlertMailChoice


class Mails(StrEnum):
    """Choice of a person: no mails, those of the tenant, or those of the tenants below it too."""

    NONE = ""
    OWN = "yes"
    BELOW = "below"


def readers(tenant: Tenant, *, right: str = "see_figures") -> list[User]:
    """Return the active people with the tenant's mails who have the right there, by address."""
    choices = dict(AlertMailChoice.objects.filter(tenant=tenant).values_list("user_id", "wants"))
    by_default = list(standing.managers_of(tenant))
    people = list(User.objects.filter(email__in=by_default, is_active=True))
    asked = {pk for pk, wants in choices.items() if wants} | _of_those_above(tenant)
    others = User.objects.filter(pk__in=asked - {person.pk for person in people}, is_active=True)
    people += [person for person in others if roles.may(standing.roles_in(person.pk, tenant), right)]
    return sorted((person for person in people if choices.get(person.pk, True)), key=lambda person: person.email)


def mails_of(tenant: Tenant, user: User) -> Mails:
    """Return which mails about alerts the person gets at the tenant.

    It reads as the role for signing in: a page of the tenant sees no choice that was made at one above it.
    """
    with signin_login():
        own = AlertMailChoice.objects.filter(tenant=tenant, user=user).first()
        if own is not None:
            return (Mails.BELOW if own.below else Mails.OWN) if own.wants else Mails.NONE
        if user.email in standing.managers_of(tenant):
            return Mails.OWN
        return Mails.OWN if user.pk in _of_those_above(tenant) else Mails.NONE


def choose(tenant_id: int, user_id: int, *, wants: bool, below: bool = False) -> None:
    """Store whether a person wants the tenant's mails about alerts, and those of the tenants below it."""
    AlertMailChoice.objects.bulk_create(
        [AlertMailChoice(tenant_id=tenant_id, user_id=user_id, wants=wants, below=wants and below)],
        update_conflicts=True,
        unique_fields=["tenant_id", "user_id"],
        update_fields=["wants", "below"],
    )


def _of_those_above(tenant: Tenant) -> set[int]:
    """Return the ids of people who chose the mails of all tenants below one that is above this one."""
    above = standing.with_ancestors(tenant)[1:]
    chosen = AlertMailChoice.objects.filter(tenant_id__in=above, wants=True, below=True)
    return set(chosen.values_list("user_id", flat=True))
