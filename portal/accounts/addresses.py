"""Confirmed e-mail addresses: a person's own one counts as theirs from the start when operators or owners gave it."""

from allauth.account.models import EmailAddress

from portal.accounts.models import User


def confirm_address(user: User) -> None:
    """Make `user.email` the person's only address, confirmed and primary.

    For people made by operators and by accepted invitations. What people change themselves they confirm by a link.
    """
    email = user.email.lower()
    EmailAddress.objects.filter(user=user).exclude(email=email).delete()
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
