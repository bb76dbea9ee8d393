"""Form for a new shared link."""

import re
from datetime import date, datetime, timedelta

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.access import PageRequest
from portal.common.no_numbers import refuse_numbers
from portal.common.periods import Month
from portal.shares.models import ShareLink
from portal.tenants.models import Tenant
from reports.campaigns.ab_form import AbForm
from reports.campaigns.ab_views import SHARED
from reports.overview.asked import MAX_FILTER
from reports.overview.period import page_period
from reports.shares.wording import NARROWING, OVERVIEW_PARAMETERS, ab_campaign, asking

MAX_HOSTS = 10
_is_host = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?"
).fullmatch


class ShareForm(forms.Form):
    """Form for whom a link is for, how long it is valid, and what it shows.

    `query` is the Overview's, `month` a report's, `ab` the A/B test's with its campaign; the page that leads here fills
    in one of them.
    """

    LIFETIMES = (("7", gettext_lazy("7 days")), ("30", gettext_lazy("30 days")), ("90", gettext_lazy("90 days")))
    SHOWN = (
        ("", gettext_lazy("The whole page, by a link")),
        (ShareLink.Panel.KPIS.value, gettext_lazy("Key figures, inside another website")),
        (ShareLink.Panel.DAYS.value, gettext_lazy("Messages by day, inside another website")),
        (ShareLink.Panel.COUNTRIES.value, gettext_lazy("Countries, inside another website")),
    )

    name = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=100,
        validators=[refuse_numbers],
        help_text=gettext_lazy("Shown in the list of links only, such as “Agency, autumn campaign”."),
    )
    days = forms.ChoiceField(label=gettext_lazy("Valid for"), choices=LIFETIMES, initial="30")
    panel = forms.ChoiceField(label=gettext_lazy("What it shows"), choices=SHOWN, required=False)
    hosts = forms.CharField(
        label=gettext_lazy("Websites"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "For a panel inside another website: the host names that may show it, one a line, such as www.example.com."
        ),
    )
    query = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)
    month = forms.CharField(max_length=7, required=False, widget=forms.HiddenInput)
    ab = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, request: PageRequest, tenant: Tenant, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.tenant = request, tenant
        if self["month"].value() or self["ab"].value():
            del self.fields["panel"], self.fields["hosts"]

    def clean_query(self) -> str:
        """Return the parameters that the Overview knows; refuse what it could not follow."""
        given = QueryDict(self.cleaned_data["query"])
        kept = QueryDict(mutable=True)
        for name in OVERVIEW_PARAMETERS:
            if value := given.get(name):
                kept[name] = value
        period = page_period(asking(kept), self.tenant)
        if period.error:
            raise forms.ValidationError(period.error_text)
        for name in NARROWING:
            value = kept.get(name, "")
            if "\0" in value or len(value) > MAX_FILTER:
                raise forms.ValidationError(_("The filter “%(name)s” cannot be shared.") % {"name": name})
            refuse_numbers(value)
        slug = kept.get("tenant")
        if slug and not Tenant.objects.filter(id__in=self.request.access.tenant_ids, slug=slug).exists():
            raise forms.ValidationError(_("There is no customer %(slug)s.") % {"slug": slug})
        return kept.urlencode()

    def clean_month(self) -> date | None:
        text = self.cleaned_data["month"]
        if not text:
            return None
        try:
            return Month.parse(text).first_day
        except ValueError:
            raise forms.ValidationError(_("Write the month as 2026-10.")) from None

    def clean_ab(self) -> str:
        """Return the parameters that the page of A/B tests knows; refuse what it could not follow."""
        text = self.cleaned_data["ab"]
        if not text:
            return ""
        if ab_campaign(text, self.request.access) is None:
            raise forms.ValidationError(_("There is no such campaign."))
        given, kept = QueryDict(text), QueryDict(mutable=True)
        for name in ("campaign", *SHARED):
            if texts := given.getlist(name):
                for one in texts:
                    refuse_numbers(one)
                kept.setlist(name, texts)
        form = AbForm(kept)
        form.query()
        for errors in form.errors.values():
            raise forms.ValidationError(errors[0])
        return kept.urlencode()

    def clean_hosts(self) -> list[str]:
        hosts = list(dict.fromkeys(self.cleaned_data["hosts"].lower().replace(",", " ").split()))
        if len(hosts) > MAX_HOSTS:
            raise forms.ValidationError(_("At most %(most)d websites.") % {"most": MAX_HOSTS})
        for host in hosts:
            if not _is_host(host):
                raise forms.ValidationError(
                    _("%(host)s is not a host name such as www.example.com.") % {"host": host[:80]}
                )
        return hosts

    def clean(self) -> dict:
        data = super().clean() or {}
        if data.get("panel") and "hosts" in data and not data["hosts"]:
            self.add_error("hosts", _("Name at least one website that may show the panel."))
        return data

    def values(self, now: datetime) -> dict:
        """Return what the link is made of."""
        data = self.cleaned_data
        common = {"name": data["name"], "expires_at": now + timedelta(days=int(data["days"]))}
        if data["month"]:
            return common | {"kind": ShareLink.Kind.REPORT, "month": data["month"]}
        if data["ab"]:
            return common | {"kind": ShareLink.Kind.AB, "query": data["ab"]}
        if data["panel"]:
            panel = {"kind": ShareLink.Kind.PANEL, "panel": data["panel"], "hosts": data["hosts"]}
            return common | panel | {"query": data["query"]}
        return common | {"kind": ShareLink.Kind.OVERVIEW, "query": data["query"]}


def shown_query(request: HttpRequest, tenant: Tenant) -> str:
    """Return the Overview's parameters in the request, with a period named even where it is the default one."""
    period = page_period(request, tenant)
    given = QueryDict(period.query, mutable=True)
    for name in NARROWING:
        if value := request.GET.get(name):
            given[name] = value
    return given.urlencode()
