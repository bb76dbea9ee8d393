"""Hooks of other packages at the end of a run: the setting DEFINITION_HOOKS names them, as dotted paths."""

from django.conf import settings
from django.utils.module_loading import import_string

from reports.models import DefinitionRun


def call_hooks(run: DefinitionRun) -> None:
    """Call each hook with a run that has just ended. Call it in the transaction that ends the run.

    A run that ends is done, with files or with the reason why there are none (`skipped`), or cancelled with a reason.
    A hook inserts rows, which are there exactly once with the run's end; its tasks are sent on commit. An error of a
    hook is one of the run's attempt. Runs that failed or that a person cancelled call no hook.
    """
    for path in settings.DEFINITION_HOOKS:
        import_string(path)(run)
