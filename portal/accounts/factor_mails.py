"""Mails to others when a person's second factor is weakened: to the owners of their tenants, and to staff for staff."""

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts import mail, standing
from portal.accounts.models import User

REMOVED = gettext_lazy("A second factor was removed from the account of %(email)s.")
NEW_CODES = gettext_lazy("New recovery codes were created for the account %(email)s.")
ALL_REMOVED = gettext_lazy("The portal's staff removed all second factors from your account.")


def tell_others(user: User, text: Promise) -> None:
    """Mail `text` about the person after the commit, once to each owner of their tenants, and to staff about staff."""
    languages = {}
    for membership in user.memberships.select_related("tenant"):
        for owner in standing.owners_of(membership.tenant):
            languages.setdefault(owner.email, membership.tenant.language)
    if user.is_staff:
        for email, language in standing.staff_languages().items():
            languages.setdefault(email, language)
    languages.pop(user.email, None)
    for email, language in languages.items():
        _send(email, language, text, user)


def tell_of_removal_by_staff(user: User) -> None:
    """Mail the person, in the language of their own customer, that staff removed their second factors."""
    language = user.memberships.order_by("id").values_list("tenant__language", flat=True).first()
    _send(user.email, language or settings.ALARM_LANGUAGE, ALL_REMOVED, user)


def _send(to: str, language: str | None, text: Promise, user: User) -> None:
    with translation.override(language):
        advice = _("If you did not expect this, find out who did it. The person must change the password at once.")
        mail.send_after_commit(
            to=to,
            subject=_("Second factor: %(email)s") % {"email": user.email},
            text=f"{text % {'email': user.email}}\n\n{advice}\n\n{_('SMS reports')}\n",
        )
