"""Adapters for django-allauth: sign-up by invitation only, e-mails after the commit, encrypted secrets."""

from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmation
from allauth.core import context as request_context
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts import lockout, mail, second_factor
from portal.accounts.client_address import NOBODY_KNOWS, client_address
from portal.accounts.models import User
from portal.common.sealed import fernet

_HAS_FACTOR = "portal_has_factor"  # on a request: whether the person had a second factor when it began

# what the buttons of mails with a link say
_BUTTONS = {
    "account/email/password_reset_key": gettext_lazy("Set a new password"),
    "account/email/email_confirmation": gettext_lazy("Confirm address"),
}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or NOBODY_KNOWS

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PUBLIC_URL + path.replace("UID-KEY", quote(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return settings.PUBLIC_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Render a mail in the language of the request, and hand it to the worker after the commit."""
        message = self.render_mail(
            template_prefix, email, {"request": request_context.request, "email": email} | context
        )
        action = str(_BUTTONS.get(template_prefix, ""))
        mail.send_after_commit(to=email, subject=message.subject, text=message.body, action=action)

    def get_reauthentication_methods(self, user: User) -> list[dict]:
        """Offer the second factor alone to who has one: the password by itself confirms nothing then."""
        methods = super().get_reauthentication_methods(user)
        if user.is_authenticated and second_factor.is_enabled(user):
            methods = [method for method in methods if method["id"] != "reauthenticate"]
        return methods

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """Require a second factor to confirm, from people who have one, even just after a password.

        Raises ReauthenticationRequired. Requirements that the request adds are not checked: the first call decides.
        """
        required = super().is_reauthentication_required(app=app, **kwargs)
        request = self.request
        if not hasattr(request, _HAS_FACTOR):
            setattr(request, _HAS_FACTOR, second_factor.is_enabled(request.user))
        if required and getattr(request, _HAS_FACTOR) and not second_factor.was_shown_lately(request):
            raise ReauthenticationRequired
        return required

    def set_password(self, user: User, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])  # the web role may not write who is staff, so never the whole row

    def pre_authenticate(self, request: HttpRequest, **credentials) -> None:
        """Count a guess before the password is checked, and reject it over the limit. A right password is not counted.

        A device that used up its own guesses is treated as an unknown device.
        """
        email = lockout.typed_address(request, credentials)
        device = lockout.known_device(request, credentials)
        self._login_failed_rl_usage = lockout.count(request, lockout.PER_DEVICE, f"device {device}") if device else None
        if self._login_failed_rl_usage:
            lockout.count_for_device(request)
            return
        if lockout.is_locked(request, credentials):
            return  # django-axes refuses it
        by_address = lockout.count(request, lockout.PER_ADDRESS, email)
        by_person = by_address and lockout.count(request, lockout.PER_PERSON, email)
        if not by_person:
            if by_address:
                by_address.rollback()
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = ratelimit.RateLimitUsage([*by_address.usage, *by_person.usage])


class SecondFactorAdapter(DefaultMFAAdapter):
    """Encrypts secrets of authenticator apps and recovery codes in the database, with a key from SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        return fernet("second-factor").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return fernet("second-factor").decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return _product()

    def _get_site_name(self) -> str:
        return _product()


def _product() -> str:
    """Return the product's name, as the person of the request knows it."""
    access = getattr(request_context.request, "access", None)
    return access.brand.product if access else _("SMS reports")
