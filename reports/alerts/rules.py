"""Rules of a tenant, and those that every tenant has from the start: quiet ones, which need traffic to say anything."""

from dataclasses import asdict, dataclass

from django.db.models import QuerySet

from portal.tenants.models import Tenant
from reports.models import AlertRule

Kind, Scope = AlertRule.Kind, AlertRule.Scope

MOST_MESSAGES = 10_000_000  # that a rule may ask for
# The least and the most threshold of each kind, and the one that a new rule begins with.
LIMITS: dict[str, tuple[float, float, float]] = {
    Kind.DELIVERY: (3, 100, 10),
    Kind.VOLUME_DOWN: (10, 95, 50),
    Kind.VOLUME_UP: (20, 10_000, 100),
    Kind.MEDIAN: (1.5, 100, 3),
    Kind.SILENCE: (15, 1_440, 30),
}


@dataclass(frozen=True, slots=True)
class StandardRule:
    """A rule's kind, scope and threshold, by a name that stays."""

    standard: str
    kind: str
    scope: str
    threshold: float
    min_messages: int = 100


STANDARD = (
    StandardRule("delivery", Kind.DELIVERY, Scope.EACH, 10),
    StandardRule("median", Kind.MEDIAN, Scope.EACH, 3),
    StandardRule("volume_down", Kind.VOLUME_DOWN, Scope.ALL, 50),
    StandardRule("silence", Kind.SILENCE, Scope.ALL, 30),
)


def add_standard_rules(tenant: Tenant) -> None:
    """Give the tenant the standard rules, switched on, where it does not have them yet."""
    rules = [AlertRule(tenant=tenant, is_on=True, **asdict(rule)) for rule in STANDARD]
    AlertRule.objects.bulk_create(rules, ignore_conflicts=True)


def rules_of(tenant: Tenant) -> QuerySet[AlertRule]:
    """Return the tenant's rules, the standard ones first."""
    rules = AlertRule.objects.filter(tenant=tenant, archived_at=None)
    return rules.select_related("budget").order_by("-standard", "name", "id")
