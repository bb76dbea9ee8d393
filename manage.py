#!/usr/bin/env python
"""Django's command line; trouble with the embedded engines is told in plain words."""

import os
import sys

from portal.common.logs import prepare_process
from portal.engines import EnginesError


def main() -> None:
    """Run the command of sys.argv."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    prepare_process()
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except EnginesError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
