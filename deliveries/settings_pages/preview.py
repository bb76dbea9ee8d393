"""Preview of a tenant's settings: what the values of the form make of times, numbers, colours and stored data."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import phonenumbers

from portal.common.colours import accents
from portal.common.msisdn import read_number, spaced_number
from portal.common.periods import zone
from portal.tenants.models import Tenant

SAMPLE_COUNT, SAMPLE_SHARE = 1204551, 97.4


@dataclass(frozen=True, slots=True)
class NumberSample:
    """A phone number of the country as people write it there, and as the search reads it."""

    written: str
    read: str


@dataclass(frozen=True, slots=True)
class SettingsPreview:
    """Samples of a tenant's settings; `accent` is the colour on the light theme, '' for the portal's own.

    The days are the first of which the original reports, the phone numbers and the messages are still kept.
    """

    timezone: str
    language: str
    now: datetime
    midnight: datetime
    count: int
    share: float
    number: NumberSample | None
    accent: str
    reports_from: date
    numbers_from: date
    messages_from: date


def settings_preview(tenant: Tenant, *, now: datetime, inherited: str = "") -> SettingsPreview:
    """Return what the tenant's values, saved or not, look like at `now`; `inherited` is the colour of those above."""
    local = now.astimezone(zone(tenant.timezone))
    today = local.date()
    return SettingsPreview(
        timezone=tenant.timezone,
        language=tenant.language,
        now=local,
        midnight=local.replace(hour=0, minute=0, second=0, microsecond=0),
        count=SAMPLE_COUNT,
        share=SAMPLE_SHARE,
        number=_number(tenant.country),
        accent=accents(colour)[0].accent if (colour := tenant.accent or inherited) else "",
        reports_from=today - timedelta(days=tenant.raw_days),
        numbers_from=today - timedelta(days=tenant.number_days),
        messages_from=today - timedelta(days=tenant.message_days),
    )


def _number(country: str) -> NumberSample | None:
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE) if country else None
    if example is None:
        return None
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    return NumberSample(written, spaced_number(read_number(written, country).text))
