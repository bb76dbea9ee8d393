"""Limits on changes of accounts by staff in the admin, so that nobody gains rights by taking over an account."""

from django.contrib.auth.models import Permission
from django.db.models import Q

from portal.accounts.models import User


def has_rights_of(actor: User, person: User) -> bool:
    """Return whether the actor has all rights of the person, including those of a deactivated account."""
    if actor.is_superuser:
        return True
    return not person.is_superuser and _permissions_of(person) <= actor.get_all_permissions()


def may_change(actor: User, person: User) -> bool:
    """Return whether staff may change or delete the person's account, or set the password.

    Nobody may change their own account here: the person's own pages require the password or the second factor first.
    """
    return actor.pk != person.pk and has_rights_of(actor, person)


def _permissions_of(person: User) -> set[str]:
    """Return the permissions as "app.codename". Django's own list is empty for people who are switched off."""
    given = Permission.objects.filter(Q(user=person) | Q(group__user=person))
    return {f"{label}.{codename}" for label, codename in given.values_list("content_type__app_label", "codename")}
