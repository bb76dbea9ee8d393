"""Form for a tenant's own brand: an empty field is inherited from the tenant above."""

from dataclasses import replace

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.brands.brand import Brand
from portal.brands.hosts import known_hosts
from portal.brands.logos import Logo, read_logo
from portal.brands.models import HOST_LENGTH, NAME_LENGTH, TenantBrand, validate_host, validate_name
from portal.common.no_numbers import refuse_numbers
from portal.common.own_hosts import is_own
from portal.tenants.models import Tenant, colour_validator


class BrandForm(forms.Form):
    """Fields of the page Brand. `above` is the brand that the tenant inherits."""

    product_name = forms.CharField(
        label=gettext_lazy("Product name"),
        required=False,
        max_length=NAME_LENGTH,
        validators=[validate_name, refuse_numbers],
        help_text=gettext_lazy("In the header and title of pages, in e-mails, and in workbooks."),
    )
    sender_name = forms.CharField(
        label=gettext_lazy("Sender of e-mails"),
        required=False,
        max_length=NAME_LENGTH,
        validators=[validate_name, refuse_numbers],
        help_text=gettext_lazy("The name before the sender's address. Empty: the product name."),
    )
    colour = forms.CharField(
        label=gettext_lazy("Colour"),
        required=False,
        max_length=7,
        validators=[colour_validator],
        help_text=gettext_lazy(
            "Of links and buttons, such as #0B7285. Where it could not be read it is made darker or lighter."
        ),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 256 kB and 2,000 pixels on each side."),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)
    host = forms.CharField(
        label=gettext_lazy("Host name"),
        required=False,
        max_length=HOST_LENGTH,
        help_text=gettext_lazy(
            "Shared links and panels use it, such as reports.example.com, once a TXT record confirms it. People still"
            " sign in at this portal's own address."
        ),
    )

    def __init__(self, data=None, files=None, *, tenant: Tenant, stored: TenantBrand, above: Brand) -> None:
        initial = {
            "product_name": stored.product_name,
            "sender_name": stored.sender_name,
            "colour": tenant.accent,
            "host": stored.host,
        }
        super().__init__(data, files, initial=initial)
        self.tenant, self.stored, self.above = tenant, stored, above
        inherited = {
            "product_name": above.product,
            "sender_name": above.sender_name or stored.product_name or above.product,
            "colour": above.colour,
            "host": above.host,
        }
        for name, value in inherited.items():
            self.fields[name].widget.attrs["placeholder"] = value
        if not stored.logo_digest:
            del self.fields["remove_logo"]

    def clean_logo(self) -> Logo | None:
        file: UploadedFile | None = self.cleaned_data["logo"]
        return read_logo(file.read()) if file else None

    def clean_host(self) -> str:
        host = self.cleaned_data["host"].lower().rstrip(".")
        if not host or host == self.stored.host:
            return host
        validate_host(host)
        if is_own(host):
            raise forms.ValidationError(_("%(host)s is this portal's own address.") % {"host": host})
        if known_hosts.brand(host) is not None:
            raise forms.ValidationError(taken_text(host))
        return host

    def clean(self) -> dict:
        data = super().clean() or {}
        if data.get("logo") and data.get("remove_logo"):
            self.add_error("remove_logo", _("Choose a new logo or remove the logo, not both."))
        return data

    def sample(self) -> Brand:
        """Return the brand that the form's values would make; stored ones stand in for those with errors."""
        values = {name: self.initial[name] for name in ("product_name", "sender_name", "colour")}
        if self.is_bound:
            self.errors  # noqa: B018  cleans the values
            values |= {name: self.cleaned_data[name] for name in values if name in self.cleaned_data}
        brand = replace(self.above, **{name: value for name, value in values.items() if value})
        if logo := self._logo():
            return replace(brand, logo=logo[0], logo_width=logo[1], logo_height=logo[2])
        return brand

    def new_logo(self) -> Logo | None:
        """Return the logo that was uploaded, None where there is none or it was refused."""
        return self.cleaned_data.get("logo") if self.is_bound and not self.errors.get("logo") else None

    def _logo(self) -> tuple[str, int, int] | None:
        if logo := self.new_logo():
            return logo.digest, logo.width, logo.height
        is_removed = self.is_bound and self.cleaned_data.get("remove_logo")
        if not self.stored.logo_digest or is_removed:
            return None
        return self.stored.logo_digest, self.stored.logo_width, self.stored.logo_height


def taken_text(host: str) -> str:
    """Return the sentence for a host that another tenant has confirmed."""
    return _("Another customer has confirmed %(host)s. A host name belongs to one customer.") % {"host": host}


def sender_line(brand: Brand) -> str:
    """Return the sender of a mail as people see it."""
    return f"{brand.sender} <{settings.DEFAULT_FROM_EMAIL}>" if brand.sender else settings.DEFAULT_FROM_EMAIL
