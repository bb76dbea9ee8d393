"""The admin's pages need no collected static files either."""

from tests.pages.conftest import plain_storages

__all__ = ["plain_storages"]
