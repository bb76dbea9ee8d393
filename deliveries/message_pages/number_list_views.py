"""The page on which a person pastes a list of numbers to search by."""

from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deliveries.message_pages.number_lists import (
    KEPT_HOURS,
    MAX_NUMBERS,
    NumberList,
    TooManyNumbers,
    Unread,
    keep,
    kept,
    parse,
)
from portal.accounts.guards import member_may
from portal.common.templatetags.figures import count
from portal.tenants.models import Tenant

MAX_CHARACTERS = 100 * MAX_NUMBERS
_MAX_LISTED = 20  # unreadable entries in an error


class NumberListForm(forms.Form):
    """Form for a pasted list of numbers; national ones are read in `country`."""

    numbers = forms.CharField(
        label=gettext_lazy("Numbers"),
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )

    def __init__(self, *args, country: str, **kwargs) -> None:
        super().__init__(*args, auto_id="list_%s", **kwargs)
        self.country = country
        self.fields["numbers"].help_text = _(
            "One number a line, or with commas, semicolons or tabs between. At most %(most)s numbers."
        ) % {"most": count(MAX_NUMBERS)}

    def clean_numbers(self) -> NumberList:
        try:
            found = parse(self.cleaned_data["numbers"], country=self.country)
        except TooManyNumbers as error:
            text = _("%(count)s numbers; at most %(most)s can be searched at once. Remove those from line %(line)d on.")
            values = {"count": count(error.count), "most": count(MAX_NUMBERS), "line": error.line}
            raise forms.ValidationError(text % values) from error
        if not found.numbers:
            raise forms.ValidationError([_("There is no phone number in the list."), *_listed(found.unread)])
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("see_numbers")
def number_list(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Take a list of numbers, and lead to its messages with the filters of this page's address."""
    filters = [(name, text) for name, texts in request.GET.lists() for text in texts if name != "cursor"]
    rest = urlencode([pair for pair in filters if pair[0] != "numbers"])
    address = reverse("messages:list", args=[tenant.slug])
    form = NumberListForm(request.POST or None, country=tenant.country, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        chosen = urlencode({"numbers": keep(request, form.cleaned_data["numbers"])})
        return redirect(f"{address}?{chosen}{'&' if rest else ''}{rest}")
    context = {
        "page": "messages",
        "form": form,
        "hours": KEPT_HOURS,
        "back": f"{address}?{urlencode(filters)}" if filters else address,
    }
    response = render(request, "deliveries/number_list.html", context, status=422 if request.method == "POST" else 200)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _initial(request: HttpRequest) -> dict[str, str]:
    """Return the list that is searched by, for changing it."""
    found = kept(request, request.GET.get("numbers", ""))
    if found is None:
        return {}
    return {"numbers": "\n".join([*found.numbers, *(one.text for one in found.unread)])}


def _listed(unread: tuple[Unread, ...]) -> list[str]:
    lines = [_("Line %(line)s: %(text)s") % {"line": one.line, "text": one.text} for one in unread[:_MAX_LISTED]]
    if len(unread) > _MAX_LISTED:
        lines.append(_("… and %(n)s more.") % {"n": count(len(unread) - _MAX_LISTED)})
    return lines
