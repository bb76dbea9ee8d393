"""Form for what people say about a campaign, and the texts of its two lists: a planned split and notes on days."""

from datetime import date
from typing import cast

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.conversions.models import MAX_WINDOW
from campaigns.details import (
    MAX_DAY_NOTE,
    MAX_DAY_NOTES,
    MAX_NOTE,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    MAX_VARIANT,
    MAX_VARIANTS,
    MAX_WEIGHT,
    possible_owners,
)
from campaigns.models import Campaign, ConversionKind
from deliveries.attributing.windows import campaign_window
from portal.common.day_field import DayField, day_example, day_text
from portal.common.days_typed import parse_day
from portal.common.no_numbers import refuse_numbers


class DetailsForm(forms.Form):
    """Title, note, tags, owner, planned start and split, notes on days, window of conversions, archived or not."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=MAX_TITLE,
        required=False,
        validators=[refuse_numbers],
        help_text=gettext_lazy("Shown with the campaign's name, which comes from the refIds."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=MAX_NOTE,
        required=False,
        validators=[refuse_numbers],
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        max_length=1000,
        required=False,
        validators=[refuse_numbers],
        help_text=gettext_lazy("Separated by commas, such as “newsletter, autumn”."),
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner"), queryset=get_user_model().objects.none(), required=False
    )
    planned_start = DayField(label=gettext_lazy("Planned start"), required=False)
    planned_split = forms.CharField(
        label=gettext_lazy("Planned split"),
        max_length=10_000,
        required=False,
        validators=[refuse_numbers],
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One variant a line with its share, such as “A: 50”."),
    )
    day_notes = forms.CharField(
        label=gettext_lazy("Notes on days"),
        max_length=30_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    conversion_window = forms.IntegerField(
        label=gettext_lazy("Conversion window in minutes"),
        required=False,
        min_value=1,
        max_value=MAX_WINDOW,
        help_text=gettext_lazy(
            "How long after its delivery a message of this campaign can have an event. Empty: the window of the event's"
            " kind, or the customer's."
        ),
    )
    archived = forms.BooleanField(label=gettext_lazy("Archived"), required=False)

    def __init__(self, *args, campaign: Campaign, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        owner = cast(forms.ModelChoiceField, self.fields["owner"])
        owner.queryset = possible_owners(campaign)
        owner.empty_label = _("Nobody")
        example = _("%(day)s: The mailing was sent twice.") % {"day": day_example()}
        # The events of a merged campaign follow the window of the campaign that it is shown as.
        if campaign.merged_into_id or not ConversionKind.objects.filter(tenant_id=campaign.tenant_id).exists():
            del self.fields["conversion_window"]
        self.fields["day_notes"].help_text = _("One note a line, such as “%(example)s”") % {"example": example}

    def clean_tags(self) -> list[str]:
        """Return the tags in their order, each once; case does not make two tags."""
        found: dict[str, str] = {}
        for tag in self.cleaned_data["tags"].split(","):
            tag = " ".join(tag.split())
            if len(tag) > MAX_TAG:
                raise ValidationError(_("A tag has at most %(most)d characters.") % {"most": MAX_TAG})
            if tag:
                found.setdefault(tag.casefold(), tag)
        if len(found) > MAX_TAGS:
            raise ValidationError(_("At most %(most)d tags.") % {"most": MAX_TAGS})
        return list(found.values())

    def clean_planned_split(self) -> dict[str, int]:
        """Return the weight of each variant."""
        found: dict[str, int] = {}
        for line in _lines(self.cleaned_data["planned_split"]):
            variant, _colon, weight = (part.strip() for part in line.rpartition(":"))
            weight = weight.removesuffix("%").strip()
            if not variant or not (weight.isascii() and weight.isdecimal()):
                raise ValidationError(
                    _("“%(line)s”: write a variant and a whole number, such as “A: 50”.") % _cut(line)
                )
            if len(variant) > MAX_VARIANT or not 0 < int(weight[:9]) <= MAX_WEIGHT:
                text = _("“%(line)s”: a share is from 1 to %(most)d, a variant has at most %(long)d characters.")
                raise ValidationError(text % (_cut(line) | {"most": MAX_WEIGHT, "long": MAX_VARIANT}))
            if variant in found:
                raise ValidationError(_("The variant %(variant)s is given twice.") % {"variant": variant[:80]})
            found[variant] = int(weight)
        if len(found) == 1 or len(found) > MAX_VARIANTS:
            raise ValidationError(_("A split has 2 to %(most)d variants.") % {"most": MAX_VARIANTS})
        return found

    def clean_day_notes(self) -> dict[str, str]:
        """Return a text for each day (ISO 8601), in the order of the days."""
        found: dict[str, str] = {}
        for line in _lines(self.cleaned_data["day_notes"]):
            day, _colon, text = (part.strip() for part in line.partition(":"))
            try:
                key = parse_day(day).isoformat()
            except ValueError:
                example = {"example": day_example()}
                raise ValidationError(
                    _("“%(line)s”: begin with a day, such as %(example)s:") % (_cut(line) | example)
                ) from None
            refuse_numbers(text)
            if not text or len(text) > MAX_DAY_NOTE:
                most = {"most": MAX_DAY_NOTE}
                raise ValidationError(_("“%(line)s”: a note has 1 to %(most)d characters.") % (_cut(line) | most))
            if key in found:
                raise ValidationError(_("%(day)s is given twice.") % {"day": day})
            found[key] = text
        if len(found) > MAX_DAY_NOTES:
            raise ValidationError(_("At most %(most)d notes on days.") % {"most": MAX_DAY_NOTES})
        return dict(sorted(found.items()))


def initial_of(campaign: Campaign) -> dict:
    """Return the form's first values: what is stored, its lists as lines of text."""
    notes = (f"{day_text(date.fromisoformat(day))}: {text}" for day, text in sorted(campaign.day_notes.items()))
    return {
        "title": campaign.title,
        "note": campaign.note,
        "tags": ", ".join(campaign.tags),
        "owner": campaign.owner_id,
        "planned_start": campaign.planned_start,
        "planned_split": "\n".join(f"{variant}: {weight}" for variant, weight in campaign.planned_split.items()),
        "day_notes": "\n".join(notes),
        "conversion_window": campaign_window(campaign),
        "archived": campaign.archived_at is not None,
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _cut(line: str) -> dict[str, str]:
    return {"line": line[:80]}
