"""Files of runs that may hold an erased number.

Any text of a message may have held it, so an erasure marks all message logs. The other kinds show names, which are
masked month by month (deliveries/erasure/erased_names.py): their files of such a month are deleted.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from portal.common.jobs import JobState
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.models import DefinitionFile, DefinitionRun, ReportDefinition
from reports.runs.erased_files import with_parents
from reports.schedules.files import delete_file

Kind = ReportDefinition.Kind


def mark_logs(*, tenant_id: int, now: datetime) -> int:
    """Mark the message logs with the tenant's messages that were, or are being, made before now; return how many.

    Their files are deleted by the task of old files; one that is being made is made again.
    """
    tenants = with_parents(Tenant.objects.get(id=tenant_id))
    made_or_begun = Q(state=JobState.RUNNING) | Q(state=JobState.DONE, files__gone="")
    runs = DefinitionRun.objects.filter(
        made_or_begun, tenant_id__in=tenants, definition__kind=Kind.MESSAGES, erased_at=None
    )
    return DefinitionRun.objects.filter(id__in=list(runs.values_list("id", flat=True))).update(erased_at=now)


def delete_files_of_month(tenant_ids: Collection[int], month: Month, seen_at: datetime, now: datetime) -> bool:
    """Delete the files of runs that began before `seen_at` and show names of these tenants in the month.

    Return False while one of them is being made: it may have read the older names.
    """
    runs = _runs(tenant_ids, month).filter(Q(started_at=None) | Q(started_at__lte=seen_at))
    files = DefinitionFile.objects.filter(gone="", run__in=runs.filter(state=JobState.DONE))
    for file in files.exclude(file="").select_related("run__tenant", "run__definition").order_by("id"):
        delete_file(file, why=DefinitionFile.Gone.ERASED, now=now)
    return not runs.filter(state=JobState.RUNNING).exists()


def _runs(tenant_ids: Collection[int], month: Month) -> QuerySet[DefinitionRun]:
    """Return the runs that may show these tenants' names of the month.

    An A/B test shows a campaign of any days, and an account's report names of its pool too.
    """
    of_days = Q(first__lte=month.last_day, last__gte=month.first_day) | Q(definition__kind=Kind.AB_TEST)
    of_tenants = Q(tenant_id__in=tenant_ids) | Q(definition__kind=Kind.ACCOUNT)
    return DefinitionRun.objects.filter(of_days, of_tenants).exclude(definition__kind=Kind.MESSAGES)
