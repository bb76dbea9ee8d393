"""What django-allauth asks the portal: nobody signs up alone, mail goes out after the commit, secrets are encrypted."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as request_context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts import mail
from portal.accounts.client_address import NOBODY_KNOWS, client_address
from portal.accounts.encryption import fernet
from portal.accounts.models import User

# Guesses at passwords. One address that guesses at one person is django-axes' business (portal/accounts/lockout.py);
# these are for one address that tries many people, and for many addresses that try one.
SIGN_IN_RATE = {"sign_in": "30/m/ip,30/5m/key"}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or NOBODY_KNOWS

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Render a mail in the language of the request, and hand it to the worker after the commit."""
        message = self.render_mail(
            template_prefix, email, {"request": request_context.request, "email": email} | context
        )
        html = next((part for part, kind in getattr(message, "alternatives", ()) if kind == "text/html"), "")
        mail.send_after_commit(to=email, subject=message.subject, text=message.body, html=html)

    def set_password(self, user: User, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])  # the web role may not write who is staff, so never the whole row

    def pre_authenticate(self, request: HttpRequest, **credentials) -> None:
        """Refuse more guesses than SIGN_IN_RATE; the package's stricter rate stays for guesses at codes."""
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="portal.accounts",
            action="sign_in",
            config=SIGN_IN_RATE,
            key=str(credentials.get("email", "")).lower(),
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes lie encrypted in the database, by a key from SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        return fernet("second-factor").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return fernet("second-factor").decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return _("SMS reports")

    def _get_site_name(self) -> str:
        return _("SMS reports")
