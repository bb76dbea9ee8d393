"""Message Search's fields for the custom parameters that messages are found by, and what is wrong with their values."""

from collections.abc import Collection, Iterator, Mapping

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext as _

from deliveries.search.segment_keys import SearchKey
from portal.tenants.models import Tenant

PARAMETER = "custom_parameters[{}]"  # the field of a key, as in the REST API
MAX_VALUE_LENGTH = 1000  # characters of a value: an address has to hold it
_BEGINS = PARAMETER.partition("{")[0]


def is_parameter(name: str) -> bool:
    """Return whether a field's name is that of a custom parameter, chosen or not."""
    return name.startswith(_BEGINS)


def key_of(name: str) -> str:
    """Return the key of a custom parameter's field or column."""
    begins, ends = PARAMETER.split("{}")
    return name.removeprefix(begins).removesuffix(ends)


def parameter_fields(keys: Mapping[str, SearchKey], tenants: Collection[Tenant]) -> dict[str, forms.CharField]:
    """Return a field for each key that one of the tenants has chosen, by its name."""
    return {PARAMETER.format(key): _field(one, n, tenants) for n, (key, one) in enumerate(keys.items())}


def not_chosen(name: str) -> str:
    """Return what to say of a custom parameter that messages are not found by."""
    text = _(
        "You cannot search by “%(name)s”. Choose the custom parameters to search by in the settings, under Segments."
    )
    return text % {"name": name[:80]}


def wrong_keys(asked: Collection[SearchKey], tenant_ids: Collection[int], tenant: Tenant | None) -> Iterator[tuple]:
    """Yield (field's name, what is wrong) for keys that are not searchable in all of what is looked in.

    `tenant` is the single one that is looked in, None for all of `tenant_ids`.
    """
    looked_in = {tenant.id} if tenant else set(tenant_ids)
    together = set(looked_in)
    for key in asked:
        name = PARAMETER.format(key.key)
        together &= key.ready
        if key.making & looked_in:
            text = _("Stored messages are being indexed for this search: %(percent)d %% done. Try again later.")
            yield name, text % {"percent": key.percent}
        elif key.failed & looked_in:
            yield name, _("Indexing stored messages for this key failed. Choose the key again in the settings.")
        elif tenant is not None and not key.ready & looked_in:
            yield name, _("%(tenant)s has not chosen this key.") % {"tenant": tenant.name}
        elif not together:
            yield name, _("No customer has chosen all of these keys.")


def _field(key: SearchKey, number: int, tenants: Collection[Tenant]) -> forms.CharField:
    help_text = ""
    if key.making:
        help_text = _("Indexing: %(percent)d %% done.") % {"percent": key.percent}
    elif key.failed:
        help_text = _("Indexing failed.")
    elif len(key.ready) < len(tenants):
        names = [tenant.name for tenant in tenants if tenant.id in key.ready]
        help_text = _("Only in: %(names)s.") % {"names": ", ".join(names)}
    widget = forms.TextInput(attrs={"id": f"filter_parameter_{number}", "autocomplete": "off"})
    # The key is the tenant's own text, the help text is shown as HTML.
    return forms.CharField(
        label=key.key, max_length=MAX_VALUE_LENGTH, strip=False, widget=widget, help_text=escape(help_text)
    )
