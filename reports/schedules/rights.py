"""Rights of definitions: what its owner reaches when a run is made, and who may read the run's files."""

from portal.accounts.access import Access, access_of
from portal.accounts.models import User
from reports.models import DefinitionRun, ReportDefinition
from reports.runs.report_scope import RIGHT_FOR_ACCOUNTS, ReportScope, account_report_scopes
from reports.schedules.reading import NotAllowed, SubjectGone

MAKE, READ = "make_reports", "see_figures"
OF_LOGS = "save_searches"  # to make a file of messages, as for exports
READ_LOGS = "see_messages"
OF_STATEMENTS = "billing"  # to make and to read files of them


def access_now(definition: ReportDefinition) -> Access:
    """Return what the owner of a definition reaches now. Raises NotAllowed."""
    user = User.objects.filter(id=definition.owner_id).first() if definition.owner_id is not None else None
    access = access_of(user, slug=definition.tenant.slug) if user else Access()
    if access.tenant is None or not all(access.may(right) for right in rights_to_make(definition.kind)):
        raise NotAllowed("the person is not a member with this right any more")
    return access


def rights_to_make(kind: str) -> list[str]:
    """Return the rights that a definition of the kind needs."""
    more = {
        ReportDefinition.Kind.MESSAGES: [OF_LOGS],
        ReportDefinition.Kind.ACCOUNT: [RIGHT_FOR_ACCOUNTS],
        ReportDefinition.Kind.STATEMENTS: [OF_STATEMENTS],
    }
    return [MAKE, *more.get(ReportDefinition.Kind(kind), [])]


def may_read(access: Access, run: DefinitionRun) -> bool:
    """Return whether the files of a run may be read: by its tenant's members.

    Those of an account are for who sees the accounts' reports. Runs from before the account's owner may hold figures of
    a previous user of it.
    """
    if access.tenant is None or access.tenant.id != run.tenant_id or not access.may(READ):
        return False
    if run.definition.kind == ReportDefinition.Kind.MESSAGES:
        return access.may(READ_LOGS)
    if run.definition.kind == ReportDefinition.Kind.STATEMENTS:
        return access.may(OF_STATEMENTS)
    if run.definition.kind != ReportDefinition.Kind.ACCOUNT:
        return True
    scope = account_scope(access, run.definition)
    since = scope.account.owner_since if scope and scope.account else None
    return since is not None and run.created_at >= since


def account_scope(access: Access, definition: ReportDefinition) -> ReportScope | None:
    """Return the scope of the definition's account; None if the tenant does not own it, or without the right."""
    account_id = definition.parameters.get("account")
    scopes = account_report_scopes(access)
    return next((scope for scope in scopes if scope.account and scope.account.id == account_id), None)


def account_scope_now(access: Access, definition: ReportDefinition) -> ReportScope:
    """Return the scope of the definition's account. Raises SubjectGone."""
    scope = account_scope(access, definition)
    if scope is None:
        raise SubjectGone("the account is not the customer's any more")
    return scope
