"""The portal's settings with the tests' own views, for a real server."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.wall.views"
