"""Form of an account's access to LINK's Gate API. Secrets are written, never shown."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from deliveries.gates.at_link.access import is_feed_header, is_feed_password, seal, unseal
from deliveries.gates.at_link.addresses import normalised
from deliveries.gates.at_link.errors import GateApiError
from portal.tenants.gate_api import MAX_SECRET
from portal.tenants.models import Feed, GateApi, GatewayAccount

SECRET: dict[str, Any] = {
    "required": False,
    "max_length": MAX_SECRET,
    "strip": False,
    "widget": UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
}
KEEP = _("Stored encrypted and never shown again. Leave empty to keep the current value.")


class GateApiForm(forms.ModelForm):
    """Address, credentials, owner and feed; the account's platform ID is on the account's own page."""

    password = forms.CharField(label=_("Password"), help_text=KEEP, **SECRET)
    feed_password = forms.CharField(
        label=_("Password of the feed"),
        help_text=_("Only for a feed with Basic credentials: LINK sends it with each report."),
        **SECRET,
    )
    feed_header = forms.CharField(
        label=_("Header value of the feed"),
        help_text=_("Only for a feed that requires a header: LINK sends it with each report."),
        **SECRET,
    )
    field_order = ("address", "username", "password", "partner_id", "feed", "feed_password", "feed_header")

    class Meta:
        model = GateApi
        fields = ("address", "username", "partner_id", "feed")
        labels = {
            "address": _("Address"),
            "username": _("User name"),
            "partner_id": _("Partner ID that owns the gates"),
            "feed": _("Feed"),
        }
        widgets = {
            "address": UnfoldAdminTextInputWidget(attrs={"placeholder": "https://gates.example.com"}),
            "username": UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
            "partner_id": UnfoldAdminTextInputWidget,
            "feed": UnfoldAdminSelectWidget,
        }

    def __init__(self, *args, account: GatewayAccount, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.account, self.is_new = account, self.instance.pk is None
        if self.is_new:
            self.fields["password"].help_text = _("Stored encrypted and never shown again.")
        else:
            self.former = (self.instance.address, self.instance.username)
        doors = Feed.objects.filter(account=account, kind=Feed.Kind.REPORTS, dialect="link", active=True)
        feeds = cast(forms.ModelChoiceField, self.fields["feed"])
        feeds.queryset = doors.select_related("account").order_by("name")
        feeds.empty_label = None
        if not doors.exclude(basic_user="").exists():
            del self.fields["feed_password"]
        if not doors.exclude(header_name="").exists():
            del self.fields["feed_header"]
        feeds.error_messages["required"] = _("The account has no active feed of LINK's dialect. Add one first.")

    def clean_address(self) -> str:
        return normalised(self.cleaned_data["address"])

    def clean(self) -> dict:
        data = super().clean() or {}
        self._clean_password(data)
        feed = data.get("feed")
        if feed is not None:
            needs = (
                ("feed_password", feed.basic_user, is_feed_password),
                ("feed_header", feed.header_name, is_feed_header),
            )
            for name, is_needed, is_right in needs:
                self._clean_feed_secret(data, name, feed if is_needed else None, is_right)
        return data

    def _clean_password(self, data: dict) -> None:
        """Require the password of other credentials, too: a stored one must not be sent to another host."""
        if data.get("password"):
            return
        if self.is_new:
            self.add_error("password", _("Enter the password."))
        elif (data.get("address"), data.get("username")) != self.former and not self.errors:
            self.add_error("password", _("Enter the password again, because address or user name has changed."))

    def _clean_feed_secret(
        self, data: dict, name: str, feed: Feed | None, is_right: Callable[[Feed, str], bool]
    ) -> None:
        given = data.get(name)
        if feed is None:
            if given:
                self.add_error(name, _("The feed does not require this. Leave it empty."))
            data[name] = ""
            return
        if not given:
            try:
                given = unseal(getattr(self.instance, f"{name}_sealed"))
            except GateApiError:
                given = ""
        if not given:
            self.add_error(name, _("The feed %(feed)s requires this.") % {"feed": feed.name})
        elif not is_right(feed, given):
            self.add_error(name, _("This is not the value of the feed %(feed)s.") % {"feed": feed.name})
        data[name] = given

    def save(self, commit: bool = True) -> GateApi:
        api, data = self.instance, self.cleaned_data
        api.account = self.account
        if data["password"]:
            api.password_sealed = seal(data["password"])
        api.feed_password_sealed, api.feed_header_sealed = seal(data["feed_password"]), seal(data["feed_header"])
        if {"address", "partner_id", "feed"} & set(self.changed_data):
            api.checked_at, api.outcome = None, {}  # of other gates
        return super().save(commit)
