"""The page on which people who see phone numbers upload a list, to get what became of the messages to each number."""

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deliveries.exports import asking
from deliveries.exports.files import KEPT
from deliveries.exports.forms import FormatForm
from deliveries.exports.number_file import MAX_BYTES, MAX_LINES, MAX_LISTED, NotAList, NumberFile, read_list
from deliveries.exports.number_lists import COLUMNS, KIND, parameters_of
from deliveries.exports.views import too_many_text
from deliveries.models import Export
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.day_field import DayField, day_text
from portal.common.no_numbers import refuse_numbers
from portal.common.templatetags.figures import count
from portal.tenants.models import Tenant


class NumbersForm(FormatForm):
    """Form for a list of numbers, the messages to look at, and the format of the file."""

    numbers = forms.FileField(
        label=gettext_lazy("List of numbers (CSV)"),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
    )
    first = DayField(label=gettext_lazy("From"), required=False)
    last = DayField(label=gettext_lazy("To"), required=False)
    campaign = forms.CharField(
        label=gettext_lazy("Campaign"), required=False, max_length=256, validators=[refuse_numbers]
    )

    def __init__(self, *args, country: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.fields["numbers"].help_text = _(
            "A number in the first column of each line, in any notation. At most %(most)s lines."
        ) % {"most": count(MAX_LINES)}

    def clean_numbers(self) -> NumberFile:
        file: UploadedFile = self.cleaned_data["numbers"]
        if file.size is not None and file.size > MAX_BYTES:
            raise forms.ValidationError(_not_a_list(NotAList("size", MAX_BYTES)))
        try:
            found = read_list(file.read(), country=self.country)
        except NotAList as error:
            raise forms.ValidationError(_not_a_list(error)) from error
        if found.wrong:
            raise forms.ValidationError(_wrong_lines(found.wrong))
        return found

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("The last day is before the first."))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("see_numbers")
def numbers(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Take a list of numbers and queue its export."""
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = NumbersForm(*data, country=tenant.country, initial={"format": Export.Format.XLSX})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        found: NumberFile = chosen["numbers"]
        try:
            asking.ask_for(
                KIND,
                parameters_of(
                    found.numbers,
                    tenant_ids=request.access.tenant_ids,
                    first=chosen["first"],
                    last=chosen["last"],
                    campaign=chosen["campaign"],
                ),
                tenant=tenant,
                access=request.access,
                user=request.user,
                tenant_ids=request.access.tenant_ids,
                title=_title(chosen),
                format=chosen["format"],
                columns=list(COLUMNS),
                details={"numbers": len(found.numbers)},
            )
        except asking.TooMany as error:
            form.add_error(None, too_many_text(error))
        else:
            messages.success(request, _("The file is being made. It appears here when it is done."))
            return redirect("exports:list", tenant.slug)
    context = {"page": "messages", "form": form, "kept_days": KEPT.days}
    response = render(request, "exports/numbers.html", context, status=422 if request.method == "POST" else 200)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _title(chosen: dict) -> str:
    """Return what the file holds in words, without the numbers."""
    found: NumberFile = chosen["numbers"]
    words = [_("List of numbers: %(n)s") % {"n": count(len(found.numbers))}]
    days = [day_text(day) for day in (chosen["first"], chosen["last"]) if day]
    words += [" – ".join(days)] if days else []
    return " · ".join([*words, f"{_('Campaign')}: {chosen['campaign']}"] if chosen["campaign"] else words)


def _not_a_list(error: NotAList) -> str:
    texts = {
        "size": _("The file is too large: at most %(most)s MB."),
        "lines": _("The list has too many lines: at most %(most)s."),
        "workbook": _("This is a workbook, not a CSV file. Save it as CSV (UTF-8) first."),
        "encoding": _("Line %(line)s is not in UTF-8. Save the file as CSV (UTF-8) first."),
        "columns": _("Line %(line)s has more than %(most)s columns. Write each number on a line of its own."),
        "empty": _("There is no phone number in the file."),
    }
    most = error.most // 1024**2 if error.code == "size" else error.most
    return texts[error.code] % {"most": count(most), "line": count(error.line)}


def _wrong_lines(wrong: list[int]) -> list[str]:
    """Return what to say of lines without a phone number. Their text is not repeated: it may be a number."""
    lines = ", ".join(map(str, wrong[:MAX_LISTED]))
    texts = [_("The first column of these lines holds no phone number: %(lines)s.") % {"lines": lines}]
    if len(wrong) > MAX_LISTED:
        texts.append(_("… and %(n)s more.") % {"n": count(len(wrong) - MAX_LISTED)})
    return texts
