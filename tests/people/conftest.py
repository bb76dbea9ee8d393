"""Three people around one tenant: its owner, a team mate, a stranger; mail that arrives, and no limits left over."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from portal.celery import app
from portal.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.pages.conftest import plain_storages

__all__ = ["plain_storages"]

MEMBERS = "/t/nordic-retail/settings/members/"


@pytest.fixture(autouse=True)
def no_limits_left_over() -> None:
    """Rates of earlier tests lie in the cache."""
    cache.clear()


@pytest.fixture
def worker(django_capture_on_commit_callbacks) -> Iterator[Callable]:
    """Let `with worker():` run what the worker would, when the test's transaction is to be seen as committed."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield lambda: django_capture_on_commit_callbacks(execute=True)
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


@pytest.fixture
def worker_runs() -> Iterator[None]:
    """Mails are sent as soon as they are handed over."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def browser() -> Callable[..., Client]:
    """Return clients that are signed in, and check CSRF tokens when asked to."""

    def browser(user=None, **options) -> Client:
        client = Client(**options)
        if user is not None:
            client.force_login(user)
        return client

    return browser


@pytest.fixture
def child(tenant) -> Tenant:
    return Tenant.objects.create(slug="nordic-kids", name="Nordic Kids", parent=tenant)


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra):
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200
