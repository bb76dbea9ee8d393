"""Fixtures of the admin's tests: no collected static files, and a member of staff signed in."""

import pytest

from tests.pages.conftest import plain_storages

__all__ = ["plain_storages"]


@pytest.fixture
def staff(client, staff_user):
    client.force_login(staff_user)
    return client
