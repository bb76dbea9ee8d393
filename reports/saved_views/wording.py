"""Words for what a saved view shows."""

from urllib.parse import parse_qsl

from django.http import QueryDict
from django.utils.translation import gettext as _

from deliveries.message_pages.forms import CLASSES, LOOKS, PERIODS, MessageFilterForm
from deliveries.message_pages.parameter_fields import PARAMETER
from deliveries.message_pages.table_columns import COLUMNS_PARAMETER, headings_of
from deliveries.models import ResultCode
from portal.common.day_field import day_text
from portal.common.days_typed import parse_day
from portal.common.templatetags.figures import country
from portal.saved_views.models import SavedView
from portal.tenants.models import Tenant
from reports.shares.wording import words_of_query

_NO_FILTERS = ("period", "from", "to", *LOOKS)


def words_of(view: SavedView, tenant: Tenant) -> list[str]:
    """Return the page, its period, its filters and its columns, a part each."""
    if view.page == SavedView.Page.OVERVIEW:
        return words_of_query(QueryDict(view.query), tenant)
    pairs = parse_qsl(view.query)
    words = [_("Messages"), _period(dict(pairs)), *(_filter(*pair) for pair in pairs if pair[0] not in _NO_FILTERS)]
    columns = headings_of([value for name, value in pairs if name == COLUMNS_PARAMETER])
    return [*words, f"{_('Columns')}: {', '.join(columns)}"] if columns else words


def _period(given: dict[str, str]) -> str:
    days = [day_text(parse_day(given[name])) for name in ("from", "to") if name in given]
    name = given.get("period", "")
    return " – ".join(days) if days else str(PERIODS.get(name, name))


def _filter(name: str, value: str) -> str:
    begins, ends = PARAMETER.split("{}")
    if name in MessageFilterForm.base_fields:
        label = str(MessageFilterForm.base_fields[name].label)
    elif name == "tenant":
        label = _("Customer")
    else:
        label = name.removeprefix(begins).removesuffix(ends)
    if name == "country":
        value = country(value)
    words: dict[str, object] = {}
    if name == "counts_as":
        words = dict(CLASSES)
    elif name == "status":
        words = dict(ResultCode.Status.choices)
    return f"{label}: {words.get(value, value)}"
