"""Files of a run as a mail carries them: attached, or by a link where they are too large."""

from collections.abc import Sequence

from portal.common.masking import Masking
from reports.models import DefinitionFile, DefinitionRun
from reports.schedules.files import edition_of

MAX_ATTACHED = 7 * 1024 * 1024  # bytes of all files of a mail; larger ones are linked


def files_for(run: DefinitionRun, masking: Masking, *, sees_costs: bool) -> list[DefinitionFile]:
    """Return the run's files for a reader, one a format, in the definition's order; those that are gone left out."""
    if run.erased_at is not None:
        return []
    found = [edition_of(run, name, masking, sees_costs=sees_costs) for name in run.definition.formats]
    files = [file for file in found if file is not None and not file.gone]
    for file in files:
        file.run = run
    return files


def are_attached(files: Sequence[DefinitionFile]) -> bool:
    """Return whether these files are sent in the mail itself."""
    return sum(file.bytes for file in files) <= MAX_ATTACHED
