"""The browser of the tests: Debian's Chromium without its windows where that is installed, else the usual one."""

import shutil

# The same engine at a third of the cost: the usual one makes a window, hidden, for each page.
CHROMIUMS = ("chromium-headless-shell", "chromium")


def path_of_chromium() -> str:
    """Return the program's path; tests that need one are left out where there is none."""
    return next(path for name in CHROMIUMS if (path := shutil.which(name)))
