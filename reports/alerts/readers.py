"""People who get a tenant's mails about alerts: its owners and managers, unless they chose otherwise."""

from portal.accounts import standing
from portal.accounts.models import User
from portal.tenants.models import Tenant
from reports.models import AlertMailChoice


def readers(tenant: Tenant) -> list[User]:
    """Return the active people with the tenant's mails, by address."""
    choices = dict(AlertMailChoice.objects.filter(tenant=tenant).values_list("user_id", "wants"))
    by_default = list(standing.managers_of(tenant))
    people = list(User.objects.filter(email__in=by_default, is_active=True))
    known = {person.pk for person in people}
    asked = User.objects.filter(pk__in=[pk for pk, wants in choices.items() if wants and pk not in known])
    people += [person for person in asked.filter(is_active=True) if standing.role_in(person.pk, tenant)]
    return sorted((person for person in people if choices.get(person.pk, True)), key=lambda person: person.email)


def gets_mails(tenant: Tenant, user: User) -> bool:
    """Return whether the person gets the tenant's mails about alerts, as a page of the person may know it."""
    choice = AlertMailChoice.objects.filter(tenant=tenant, user=user).values_list("wants", flat=True).first()
    return choice if choice is not None else user.email in standing.managers_of(tenant)


def choose(tenant_id: int, user_id: int, *, wants: bool) -> None:
    """Store whether a person wants the tenant's mails about alerts."""
    AlertMailChoice.objects.bulk_create(
        [AlertMailChoice(tenant_id=tenant_id, user_id=user_id, wants=wants)],
        update_conflicts=True,
        unique_fields=["tenant_id", "user_id"],
        update_fields=["wants"],
    )
