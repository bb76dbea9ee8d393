"""Parameters of a page of figures: its period, filters and tenants, and those of them that cannot be followed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.http import Http404, HttpRequest

from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from deliveries.search.operators import other_spellings
from portal.common.countries import country_meant, country_problem
from portal.tenants.models import Tenant
from reports.overview.links import Links, NoLinks, PageLinks
from reports.overview.period import PagePeriod, page_period

FILTERS = ("country", "operator", "campaign")  # of the Overview
MAX_FILTER = 256  # characters, as many as a campaign's name has


class Misspelt(NamedTuple):
    """A filter whose value there is not, and the one that is meant ('' where none is near)."""

    name: str
    value: str
    meant: str


@dataclass(frozen=True, slots=True)
class AskedFigures:
    """The period, the filters that can be followed, and the tenants. `one` is the only tenant that was asked for.

    `status` is that of the answer: 429 for too many searches by numbers, 422 if anything else was left out.
    """

    picker: PagePeriod
    filters: Mapping[str, str]
    one: Tenant | None
    reached: Sequence[int]
    slug: str
    bad: Sequence[str]
    misspelt: Sequence[Misspelt]
    limited: TooManyNumberSearches | None
    links: type[Links]

    @property
    def tenant_ids(self) -> Sequence[int]:
        return [self.one.id] if self.one else self.reached

    @property
    def query_filters(self) -> dict[str, list[str]]:
        """The filters for StatisticsQuery."""
        return {name: [value] for name, value in self.filters.items()}

    @property
    def status(self) -> int:
        return 429 if self.limited else 422 if self.picker.error or self.bad or self.misspelt else 200

    @property
    def context(self) -> dict:
        """The values that the templates below templates/reports/overview/ share."""
        narrowing = ({"tenant": self.one.slug} if self.one else {}) | dict(self.filters)
        return {
            "picker": self.picker,
            "narrowing": narrowing,
            "one": self.one,
            "with_children": len(self.reached) > 1,
            "bad_filters": self.bad,
            "max_filter": MAX_FILTER,
            "misspelt": self.misspelt,
            "limited": self.limited,
            "links": self.links(self.slug, self.picker.period, self.picker.query, narrowing),
        }


def asked_figures(
    request: HttpRequest, tenant: Tenant, *, filters: Sequence[str], keep: Sequence[str] = ()
) -> AskedFigures:
    """Read the parameters of the period, of these filters and of `tenant`; a change of the period keeps `keep` too.

    Raises Http404 for a tenant that the page does not reach.
    """
    picker = page_period(request, tenant, keep=("tenant", *filters, *keep))
    given = {name: request.GET[name] for name in filters if request.GET.get(name)}
    bad = [name for name, value in given.items() if len(value) > MAX_FILTER or "\0" in value]
    for name in bad:
        del given[name]
    limited = None
    try:
        count_number_searches(request, given.items(), tenant=tenant)
    except TooManyNumberSearches as error:
        limited = error
        del given[error.filter]
    one = _one_tenant(request)
    misspelt = _misspelt(request, given, [one.id] if one else request.access.tenant_ids, picker)
    for wrong in misspelt:
        del given[wrong.name]
    reached = sorted(request.access.tenant_ids)
    own = Links if request.access.may("see_messages") else PageLinks
    links = NoLinks if request.access.share else own
    return AskedFigures(picker, given, one, reached, tenant.slug, bad, misspelt, limited, links)


def _one_tenant(request: HttpRequest) -> Tenant | None:
    """Return the tenant that `tenant` keeps to; None for all that the page reaches."""
    slug = request.GET.get("tenant", "")
    if not slug:
        return None
    found = Tenant.objects.filter(id__in=request.access.tenant_ids, slug=slug.replace("\0", "")).first()
    if found is None:
        raise Http404
    return found


def _misspelt(
    request: HttpRequest, filters: Mapping[str, str], tenant_ids: Collection[int], picker: PagePeriod
) -> list[Misspelt]:
    found = []
    country, operator = filters.get("country"), filters.get("operator")
    if country and country_problem(country):
        found.append(Misspelt("country", country, country_meant(country) or ""))
    if operator:
        days = {"first": picker.period.first, "last": picker.period.last}
        spellings = other_spellings([operator], tenant_ids=tenant_ids, masking=request.access.masking, **days)
        meant = spellings.get(operator)
        found += [Misspelt("operator", operator, meant)] if meant else []
    return found
