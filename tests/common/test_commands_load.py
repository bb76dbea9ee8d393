"""Every command of the portal can be loaded: one that cannot fails only when somebody needs it."""

from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

REPOSITORY = Path(__file__).resolve().parents[2]
COMMANDS = sorted(
    path for path in REPOSITORY.glob("[!.]*/**/management/commands/[!_]*.py") if ".venv" not in path.parts
)


@pytest.mark.parametrize("path", COMMANDS, ids=[path.stem for path in COMMANDS])
def test_each_command_loads_and_knows_its_arguments(path):
    app = get_commands()[path.stem]
    load_command_class(app, path.stem).create_parser("manage.py", path.stem)
