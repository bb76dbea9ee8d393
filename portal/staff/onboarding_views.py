"""The pages that add a customer, show its first messages, and undo it."""

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from unfold.widgets import UnfoldAdminTextareaWidget

from campaigns import ref_ids
from deliveries.partner_ids.ownership import MAX_VALUE_LENGTH
from portal.accounts.way_back import posted_from
from portal.provisioning.outcome import ProvisionError
from portal.staff import onboarding as service
from portal.staff.forms import Pickers
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.undone import is_undone

MAX_VALUES = 200


class OnboardingForm(Pickers, forms.ModelForm):
    """Form for a customer with its account, partner IDs, refId scheme and first owner."""

    account = forms.ModelChoiceField(
        label=gettext_lazy("Gateway account"),
        queryset=GatewayAccount.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("A new account"),
    )
    new_account = forms.CharField(label=gettext_lazy("Name of the new account"), max_length=50, required=False)
    platform_id = forms.CharField(label=gettext_lazy("Platform ID of the new account"), max_length=100, required=False)
    partner_ids = forms.CharField(
        label=gettext_lazy("Partner IDs"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=gettext_lazy("One a line, exactly as the gateway sends them."),
    )
    delimiter = forms.CharField(
        label=gettext_lazy("Delimiter"), required=False, max_length=ref_ids.MAX_DELIMITER_LENGTH, strip=False
    )
    fields_text = forms.CharField(
        label=gettext_lazy("Fields in order"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Such as campaign, variant. Leave both empty if a refId is a campaign's name."),
    )
    owner_email = forms.EmailField(
        label=gettext_lazy("First owner"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Gets an invitation by e-mail."),
    )

    EXAMPLES = {
        "name": "Nordic Retail Oy", "slug": "nordic-retail", "new_account": "link-main", "platform_id": "ACME",
        "partner_ids": "nr-fi\nnr-se", "delimiter": "|", "fields_text": "campaign, variant",
        "owner_email": "anna@example.com",
    }  # fmt: skip
    GROUPS = (
        (gettext_lazy("Customer"), ("name", "slug", "language", "timezone", "country", "currency")),
        (gettext_lazy("Gateway account"), ("account", "new_account", "platform_id")),
        (gettext_lazy("Partner IDs"), ("partner_ids",)),
        (gettext_lazy("RefIds"), ("delimiter", "fields_text")),
        (gettext_lazy("First owner"), ("owner_email",)),
    )

    class Meta:
        model = Tenant
        fields = ("name", "slug", "language", "timezone", "country", "currency")
        labels = {
            "name": gettext_lazy("Name"),
            "slug": gettext_lazy("Slug"),
            "language": gettext_lazy("Language"),
            "timezone": gettext_lazy("Time zone"),
            "country": gettext_lazy("Country"),
            "currency": gettext_lazy("Currency"),
        }
        help_texts = {
            "slug": gettext_lazy(
                "Part of the customer's addresses: /t/nordic-retail/. Left empty, it is made from the name."
            ),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        for name, example in self.EXAMPLES.items():
            self.fields[name].widget.attrs["placeholder"] = example

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields by subject."""
        return [(str(title), [self[name] for name in names]) for title, names in self.GROUPS]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("name") and data.get("slug") == "":
            data["slug"] = free_slug(data["name"])
            if not data["slug"]:
                self.add_error("slug", gettext("The name has no letters from a to z. Enter a slug."))
        if not data.get("account") and not (data.get("new_account") and data.get("platform_id")):
            self.add_error("account", gettext("Choose an account, or enter name and platform ID of a new one."))
        if data.get("account") and data.get("new_account"):
            self.add_error("new_account", gettext("Leave this empty, or choose a new account above."))
        if data.get("new_account") and GatewayAccount.objects.filter(name=data["new_account"]).exists():
            self.add_error("new_account", gettext("This account is there already. Choose it above."))
        values = [line for line in data.get("partner_ids", "").splitlines() if line.strip()]
        data["values"] = list(dict.fromkeys(values))
        if len(values) > MAX_VALUES or any(len(value) > MAX_VALUE_LENGTH for value in values):
            self.add_error(
                "partner_ids",
                gettext("At most %(values)s partner IDs, each of at most %(characters)s characters.")
                % {"values": MAX_VALUES, "characters": MAX_VALUE_LENGTH},
            )
        data["scheme"] = self._scheme(data)
        return data

    def _scheme(self, data: dict) -> ref_ids.RefIdScheme | None:
        delimiter, text = data.get("delimiter", ""), data.get("fields_text", "")
        if not delimiter and not text:
            return None
        names = [name.strip() for name in text.split(",")]
        found = ref_ids.problems(delimiter, names)
        for problem in found:
            self.add_error("fields_text", problem)
        return None if found else ref_ids.RefIdScheme(delimiter=delimiter, fields=tuple(names))


def free_slug(name: str) -> str:
    """Return a slug made from the name that no tenant has yet; '' for a name without letters or digits of ASCII."""
    longest = Tenant._meta.get_field("slug").max_length - len("-999")
    slug = slugify(name)[:longest].strip("-")
    taken = set(Tenant.objects.filter(slug__startswith=slug).values_list("slug", flat=True)) if slug else {""}
    numbered = (f"{slug}-{number}" for number in range(2, 1000))
    return slug if slug not in taken or not slug else next((one for one in numbered if one not in taken), "")


@require_http_methods(["GET", "HEAD", "POST"])
def onboarding(request: HttpRequest) -> HttpResponse:
    """Show the form; `try` shows what would follow, and a POST without it adds the customer."""
    service.check_permissions(request)
    form = OnboardingForm(request.POST if request.method == "POST" else None)
    trial = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if "try" not in request.POST:
            try:
                tenant = service.add_customer(data, actor=request.user, now=timezone.now())
            except ProvisionError as error:
                for problem in error.problems:
                    form.add_error(None, problem.text)
            else:
                messages.success(request, gettext("%(name)s was added.") % {"name": tenant.name})
                return redirect("admin:onboarding_progress", tenant.id)
        trial = service.try_out(data["account"], data["values"], data["scheme"])
    context = {**admin.site.each_context(request), "title": gettext("Add a customer"), "form": form, "trial": trial}
    context["pools"] = service.pools()
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/onboarding/form.html", context, status=status)


@require_safe
def progress(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """Show how the first messages are received; the page asks again every five seconds."""
    service.check_permissions(request)
    tenant = _tenant(tenant_id)
    title = gettext("First messages of %(name)s") % {"name": tenant.name}
    context = {
        **admin.site.each_context(request),
        "title": title,
        "added": tenant,
        "progress": service.progress_of(tenant),
        "is_undone": is_undone(tenant),
        "now": timezone.now(),
    }
    return TemplateResponse(request, "admin/onboarding/progress.html", context)


@posted_from("admin:onboarding")
def undo(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """Undo adding the customer, unless something else depends on it."""
    service.check_permissions(request)
    tenant = _tenant(tenant_id)
    try:
        service.undo(tenant, actor=request.user.email, now=timezone.now())
    except service.NotUndone as error:
        messages.error(request, gettext("Not undone. These depend on the customer: %(names)s.") % {"names": error})
        return redirect("admin:onboarding_progress", tenant.id)
    messages.success(request, gettext("Adding %(name)s was undone.") % {"name": tenant.name})
    return redirect("admin:onboarding_progress", tenant.id)


def _tenant(tenant_id: int) -> Tenant:
    tenant = Tenant.objects.filter(id=tenant_id, kind=Tenant.Kind.CUSTOMER).first()
    if tenant is None:
        raise Http404
    return tenant
