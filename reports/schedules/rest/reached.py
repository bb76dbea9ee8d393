"""Reach of an API key among saved reports: those of its tenants, as their manager, within its scopes."""

from dataclasses import replace

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.exceptions import PermissionDenied

from portal.accounts.access import Access
from portal.accounts.models import Role
from portal.api.administration import refuse_abandoned
from portal.api.operations import EXPORTING
from portal.api.pages import ROW_ID_MAX
from portal.api.parameters import Parameter
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants
from reports.models import DefinitionRun, ReportDefinition
from reports.schedules.rights import may_read

DEFINITION_PATH = {
    "definition_id": Parameter(
        name="definition_id", text="The saved report's `id`.", kind="number", most=ROW_ID_MAX, example=8
    )
}
DEFINITION_RUN_PATH = DEFINITION_PATH | {
    "saved_run_id": Parameter(name="saved_run_id", text="The run's `id`.", kind="number", most=ROW_ID_MAX, example=51)
}
NO_HOLDER = (
    "A saved report is made with the rights of a person, and this key has no holder. Create a key on the page API keys."
)


def as_manager(access: Access, tenant: Tenant) -> Access:
    """Return the key's access to one of its tenants with the rights of a manager, whom a key's scopes narrow.

    Numbers stay masked unless the key has the scope for them.
    """
    ids = frozenset(with_descendants([tenant.id]))
    return replace(access, tenant=tenant, tenant_ids=ids, roles=frozenset({Role.MANAGER}))


class SavedReportView(ApiView):
    """Base of the views about saved reports. They belong to tenants, so an account's key has none."""

    def definitions(self, *, archived: bool | None = False) -> QuerySet[ReportDefinition]:
        """Return the key's saved reports; `archived` keeps to the archived ones or the others, None to none of them."""
        ids = () if self.access.account is not None else self.access.tenant_ids
        rows = ReportDefinition.objects.filter(tenant_id__in=ids).select_related("tenant")
        return rows if archived is None else rows.filter(archived_at__isnull=not archived)

    def definition(self, definition_id: int, *, archived: bool = False) -> ReportDefinition:
        """Return one of the key's saved reports, or one of the archived ones. Raises Http404."""
        found = self.definitions(archived=archived).filter(id=min(definition_id, ROW_ID_MAX)).first()
        if found is None:
            raise Http404
        return found

    def run_of(self, definition_id: int, saved_run_id: int) -> tuple[DefinitionRun, Access]:
        """Return a run that the key may read, and the access to its tenant. Raises Http404."""
        definition = self.definition(definition_id)
        runs = DefinitionRun.objects.select_related("tenant", "definition", "report_run")
        run = runs.filter(definition=definition, id=min(saved_run_id, ROW_ID_MAX)).first()
        access = as_manager(self.access, definition.tenant)
        if run is None or not may_read(access, run):
            raise Http404
        return run, access

    def refuse_without_holder(self) -> None:
        """Raise Conflict for a key in whose name no report can be made."""
        refuse_abandoned(self.access)
        if self.key.holder_id is None:
            raise Conflict(NO_HOLDER)

    def refuse_kind(self, kind: str) -> None:
        """Raise PermissionDenied for a message log without the scope that files of messages need."""
        if kind == ReportDefinition.Kind.MESSAGES and not self.access.has_scope(EXPORTING):
            raise PermissionDenied(f"This key does not have the scope “{EXPORTING}”, which message logs need.")

    def tenant(self, slug: str | None) -> Tenant:
        """Return the customer that a body names, the key's own without a name. Raises BadField."""
        if self.access.account is not None:
            raise BadField("tenant", "saved reports belong to tenants: use a tenant's key")
        if slug is None:
            assert self.access.tenant is not None  # a key's own
            return self.access.tenant
        tenant = Tenant.objects.filter(id__in=self.access.tenant_ids, kind=Tenant.Kind.CUSTOMER, slug=slug).first()
        if tenant is None:
            raise BadField("tenant", "no tenant of this name that the key may see")
        return tenant
