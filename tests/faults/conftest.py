"""One portal for the folder's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults.load import Load
from tests.faults.portal import Portal, end_portal, new_home, new_load, ready, start_portal
from tests.running import say


@pytest.fixture(scope="package")
def shared_portal(tmp_path_factory, fill_home) -> Iterator[Portal]:
    home = new_home()
    fill_home(home)
    portal = start_portal(home, tmp_path_factory.mktemp("faults"))
    try:
        yield portal
    finally:
        end_portal(portal)


@pytest.fixture
def portal(shared_portal: Portal) -> Portal:
    """The shared portal, with everything up that a test before may have ended."""
    ready(shared_portal)
    return shared_portal


@pytest.fixture
def is_long(request) -> bool:
    return request.config.getoption("--long")


@pytest.fixture
def load(portal: Portal) -> Callable[..., Load]:
    """Make a load whose ids are its own; its seed is printed."""

    def make(**more) -> Load:
        load = new_load(portal, **more)
        say(f"seed {load.seed}")
        return load

    return make
