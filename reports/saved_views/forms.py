"""Forms that save and rename a view."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.common.no_numbers import refuse_numbers
from portal.saved_views import store
from portal.saved_views.models import MAX_NAME, MAX_QUERY, SavedView
from portal.saved_views.queries import KeptQuery, NotADay, kept_query
from portal.tenants.models import Tenant


class NameForm(forms.Form):
    """Form for a view's name, also to rename `view`."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_NAME,
        validators=[refuse_numbers],
        error_messages={"required": gettext_lazy("Give the view a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def rename(self, view: SavedView) -> bool:
        """Rename the view; return whether that was done, else the field has the reason."""
        try:
            store.rename(view, self.cleaned_data["name"])
        except store.NameTaken:
            self.add_name_taken()
            return False
        return True

    def add_name_taken(self) -> None:
        text = _("You have a saved view “%(name)s” already. Choose another name.")
        self.add_error("name", text % {"name": self.cleaned_data["name"]})


class SaveForm(NameForm):
    """Form for a new view: its name, and the page with its parameters, which the page's menu fills in."""

    page = forms.ChoiceField(choices=SavedView.Page.choices, widget=forms.HiddenInput)
    query = forms.CharField(required=False, widget=forms.HiddenInput)

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

    def save(self, *, user_id: int, tenant: Tenant) -> SavedView | None:
        """Save the view of a valid form; None where it is refused, then a field has the reason."""
        data = self.cleaned_data
        try:
            return store.save(
                user_id=user_id, tenant=tenant, page=data["page"], name=data["name"], query=data["query"].query
            )
        except store.NameTaken:
            self.add_name_taken()
        except store.TooManyViews:
            text = _("You have %(most)d saved views here, which is the most. Delete one first.")
            self.add_error(None, text % {"most": store.MAX_VIEWS})
        return None
