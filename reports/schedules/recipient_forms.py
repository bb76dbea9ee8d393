"""Form that adds a recipient: a member, or the address of a person without an account."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import Membership, User
from portal.tenants.models import Tenant


class RecipientForm(forms.Form):
    """Form for one new recipient; people who may not share pages choose among the members."""

    member = forms.ModelChoiceField(
        label=gettext_lazy("Member"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose a member"),
    )
    email = forms.EmailField(
        label=gettext_lazy("Or another e-mail address"),
        required=False,
        max_length=254,
        help_text=gettext_lazy(
            "The address gets one e-mail that asks it to confirm. Its reports have masked phone numbers."
        ),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of its e-mails"), choices=settings.LANGUAGES, required=False
    )

    def __init__(self, *args, tenant: Tenant, may_add_outside: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(tenant=tenant, user__is_active=True).values("user_id")
        member = self.fields["member"]
        assert isinstance(member, forms.ModelChoiceField)
        member.queryset = User.objects.filter(id__in=members).order_by("email")
        self.initial.setdefault("language", tenant.language)
        if not may_add_outside:
            del self.fields["email"], self.fields["language"]

    def clean(self) -> dict:
        data = super().clean() or {}
        if bool(data.get("member")) == bool(data.get("email")) and not self.errors:
            raise forms.ValidationError(_("Choose a member, or give another address."))
        return data
