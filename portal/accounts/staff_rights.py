"""Limits on what staff may do with accounts in the admin, so that nobody gains rights by taking one over."""

from django.contrib.auth.models import Permission
from django.db.models import Q

from portal.accounts.models import User


def has_rights_of(actor: User, person: User) -> bool:
    """Tell whether the actor may do everything that the person may; rights of people switched off count too."""
    if actor.is_superuser:
        return True
    return not person.is_superuser and _permissions_of(person) <= actor.get_all_permissions()


def may_change(actor: User, person: User) -> bool:
    """Tell whether staff may change or delete the person's account, or set their password.

    Nobody may their own: the person's own pages ask for the password or the second factor first.
    """
    return actor.pk != person.pk and has_rights_of(actor, person)


def _permissions_of(person: User) -> set[str]:
    """Return the permissions as "app.codename". Django's own list is empty for people who are switched off."""
    given = Permission.objects.filter(Q(user=person) | Q(group__user=person))
    return {f"{label}.{codename}" for label, codename in given.values_list("content_type__app_label", "codename")}
