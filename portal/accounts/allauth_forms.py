"""django-allauth's forms in the portal's words: the same name for a thing everywhere, labels that are translated.

Those that ask for a code count guesses by the portal's limits; the package's own limit (ACCOUNT_RATE_LIMITS) is off.
"""

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as code_forms
from allauth.mfa.webauthn import forms as key_forms
from django.utils.translation import gettext_lazy as _

from portal.accounts import factor_guesses


class LoginForm(account_forms.LoginForm):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["remember"].label = _("Stay signed in")
        for name in ("login", "password"):  # its placeholders say once more what the labels say
            del self.fields[name].widget.attrs["placeholder"]


class _Named:
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class AddKeyForm(_Named, key_forms.AddWebAuthnForm):
    pass


class EditKeyForm(_Named, key_forms.EditWebAuthnForm):
    pass


class _CountsGuesses:
    def clean_code(self) -> str:
        counted = factor_guesses.count(context.request, self.user)
        if counted is None:
            raise get_adapter().validation_error("too_many_login_attempts")
        code = super().clean_code()
        counted.rollback()
        return code


class AuthenticateForm(_CountsGuesses, code_forms.AuthenticateForm):
    pass


class ReauthenticateForm(_CountsGuesses, code_forms.ReauthenticateForm):
    pass
