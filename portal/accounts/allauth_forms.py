"""django-allauth's forms in the portal's words: the same name for a thing everywhere, labels that are translated."""

from allauth.account import forms as account_forms
from allauth.mfa.webauthn import forms as key_forms
from django.utils.translation import gettext_lazy as _


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
