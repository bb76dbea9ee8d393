"""The forms of passkeys and security keys with a label that is translated; django-allauth's has none."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.utils.translation import gettext_lazy as _


class _Labelled:
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class AddKeyForm(_Labelled, AddWebAuthnForm):
    pass


class EditKeyForm(_Labelled, EditWebAuthnForm):
    pass
