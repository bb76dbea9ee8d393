"""Forms that save and rename a view."""

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.common.no_numbers import refuse_numbers
from portal.saved_views import store
from portal.saved_views.models import MAX_NAME, MAX_QUERY, SavedView
from portal.saved_views.queries import KeptQuery, NotADay, kept_query
from portal.tenants.models import Tenant
from reports.saved_views import sharing


class NameForm(forms.Form):
    """Form for a view's name, also to rename `view`."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_NAME,
        validators=[refuse_numbers],
        error_messages={"required": gettext_lazy("Give the view a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def rename(self, view: SavedView, *, user: User) -> bool:
        """Rename the view; return whether that was done, else the field has the reason."""
        try:
            sharing.rename(view, self.cleaned_data["name"], actor=user.email)
        except store.NameTaken:
            self.add_name_taken(is_own=view.user_id == user.pk)
            return False
        return True

    def add_name_taken(self, *, is_own: bool = True) -> None:
        text = _("You have a saved view “%(name)s” already. Choose another name.")
        if not is_own:
            text = _("The person who made this view has another one “%(name)s”. Choose another name.")
        self.add_error("name", text % {"name": self.cleaned_data["name"]})


class SaveForm(NameForm):
    """Form for a new view: its name, and the page with its parameters, which the page's menu fills in."""

    page = forms.ChoiceField(choices=SavedView.Page.choices, widget=forms.HiddenInput)
    query = forms.CharField(required=False, widget=forms.HiddenInput)
    is_shared = forms.BooleanField(label=gettext_lazy("Share it with all members"), required=False)

    def clean_query(self) -> KeptQuery:
        """Return the parameters without phone numbers."""
        query = self.cleaned_data["query"]
        if "\0" in query or "%00" in query:
            raise forms.ValidationError(_("The filters cannot be saved."))
        try:
            kept = kept_query(query)
        except NotADay as error:
            text = _("The view cannot be saved: “%(value)s” is not a day.")
            raise forms.ValidationError(text % {"value": error.value}) from None
        if len(kept.query) > MAX_QUERY:
            text = _("The filters are too long to save: %(length)d characters, at most %(most)d.")
            raise forms.ValidationError(text % {"length": len(kept.query), "most": MAX_QUERY})
        return kept

    def save(self, *, user: User, tenant: Tenant) -> SavedView | None:
        """Save the view of a valid form; None where it is refused, then a field has the reason."""
        data = self.cleaned_data
        try:
            with transaction.atomic():
                view = store.save(
                    user_id=user.pk, tenant=tenant, page=data["page"], name=data["name"], query=data["query"].query
                )
                if data["is_shared"]:
                    sharing.share(view, actor=user.email)
            return view
        except store.NameTaken:
            self.add_name_taken()
        except store.TooManyViews:
            text = _("You have %(most)d saved views here, which is the most. Delete one first.")
            self.add_error(None, text % {"most": store.MAX_VIEWS})
        except store.TooManyShared:
            self.add_error("is_shared", too_many_shared_text())
        return None


def too_many_shared_text() -> str:
    """Return the reason why no more views can be shared."""
    return _("%(most)d views are shared here, which is the most.") % {"most": store.MAX_SHARED}
