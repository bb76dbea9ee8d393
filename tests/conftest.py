"""Fixtures of all tests: two tenants that could leak into each other, people of every role, a feed."""

import gc
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import TransactionTestCase, override_settings

from portal.accounts.models import Membership, Role
from portal.tenants.feeds import add_token
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from tests import hypothesis_profile
from tests.chromiums import CHROMIUMS
from tests.migrated import fill_home
from tests.queries import assert_queries

__all__ = ["fill_home"]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
TOKEN = "a-test-token-of-32-characters-xx"

PROGRAMS = {"needs_chromium": CHROMIUMS, "needs_libreoffice": ("soffice",), "needs_node": ("node",)}
# What starts whole portals goes first, then the folders of long files: with two workers the long ones do not end alone.
FIRST = ("browser", "e2e", "faults", "client", "operations", "engines", "benchmarks", "wall", "pages")
# Who shares a served portal runs on one worker, so that it is made once.
SERVED_TOGETHER = {
    "browser": ("tests/browser/",),
    "client": ("tests/client/",),
    "main job": ("tests/e2e/test_main_job.py", "tests/e2e/test_workbook_in_libreoffice.py"),
}
# What these try is the same with every Python: PostgreSQL's roles and policies, and whole portals that are killed.
ANY_PYTHON = ("wall", "faults")
_left_out: dict[str, int] = {}


def pytest_addoption(parser) -> None:
    parser.addoption("--long", action="store_true", help="also run what takes minutes")
    parser.addoption("--cases", type=int, metavar="N", help="of each test with more cases than N, only N of them")
    parser.addoption("--pictures", type=Path, metavar="FOLDER", help="write a picture of each page in each look there")


def pytest_configure(config) -> None:
    # pytest-randomly is for the order: seeded alike before each test, random names would meet those of other tests.
    config.option.randomly_reset_seed = False
    hypothesis_profile.set_up(is_long=config.getoption("--long"))


def pytest_make_parametrize_id(val, argname) -> str | None:
    """Name bytes that are no text by their length: archives hold times, and each worker must find the same names."""
    if isinstance(val, bytes) and not (val.isascii() and val.decode().isprintable()):
        return f"{argname} of {len(val)} bytes"
    return None


def pytest_collection_modifyitems(config, items) -> None:
    missing = {marker: names[-1] for marker, names in PROGRAMS.items() if not any(map(shutil.which, names))}
    kept, dropped = [], []
    cases: Counter[str] = Counter()
    for item in items:
        if item.path.parent.name in ANY_PYTHON:
            item.add_marker("any_python")
        reasons = [f"{program} is not installed" for marker, program in missing.items() if marker in item.keywords]
        if "long" in item.keywords and not config.getoption("--long"):
            reasons.append("long tests run with --long")
        if not reasons and (most := config.getoption("--cases")):
            # The order is random, and the same for each worker: other commits take other cases.
            cases[test := item.nodeid.partition("[")[0]] += 1
            reasons += [f"of each test {most} cases, --cases"] if cases[test] > most else []
        (dropped if reasons else kept).append(item)
        for reason in reasons[:1]:
            _left_out[reason] = _left_out.get(reason, 0) + 1
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    # pytest-randomly has shuffled them; a folder's files stay together, for what they share.
    folders = {folder: number for number, folder in enumerate(dict.fromkeys(item.path.parent for item in kept))}
    items[:] = sorted(
        kept, key=lambda item: (_turn(item), folders[item.path.parent], bool(item.get_closest_marker("last")))
    )


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what stays: modules and thousands of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)  # instead of 700: requests and migrations make much that is gone at once


def _turn(item) -> int:
    folder = item.path.parent.name
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Deal the tests out by files, as `--dist loadfile` does, and by SERVED_TOGETHER."""
    from xdist.scheduler import LoadFileScheduling

    class ByPortals(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            together = (name for name, places in SERVED_TOGETHER.items() if nodeid.startswith(places))
            return next(together, super()._split_scope(nodeid))

    return ByPortals(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_sessionfinish(session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    _left_out.update(node.workeroutput.get("left_out", {}))  # each worker collects all tests


def pytest_terminal_summary(terminalreporter) -> None:
    for reason, count in sorted(_left_out.items()):
        terminalreporter.write_line(f"left out: {count} tests ({reason})")
    if seed := getattr(terminalreporter.config.option, "randomly_seed", None):
        terminalreporter.write_line(f"in the order of --randomly-seed={seed}")


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Hash the passwords of test people cheaply; those of real ones cost a tenth of a second each."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_setup, django_db_blocker) -> None:
    """Make the tests' database; the browser's portal gets a copy of it, made before anything is in it."""
    from tests.emptied import commit_without_waiting, remember_partitions

    with django_db_blocker.unblock():
        remember_partitions()
        commit_without_waiting()
    if any("needs_chromium" in item.keywords for item in request.session.items):
        from tests.browser.portal import make_database

        make_database()


@pytest.fixture(autouse=True, scope="session")
def quick_emptying() -> Iterator[None]:
    from tests.emptied import empty_tables

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(autouse=True, scope="session")
def known_tasks() -> None:
    """Register all tasks, as a worker does: they are sent by name, and tests may run them at once."""
    from portal.celery import app

    app.loader.import_default_modules()


@pytest.fixture(scope="session")
def no_files(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("static"))


@pytest.fixture(autouse=True)
def static_files_as_they_are(settings, no_files) -> None:
    """Let templates name static files that were not collected.

    Where those of servers are, each client of a test would look through all of them, for 35 ms.
    """
    settings.STATIC_ROOT = no_files
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def django_assert_num_queries():
    """In place of pytest-django's, which lists the statements only with `-v`."""
    return assert_queries


@pytest.fixture
def as_migrated(db) -> None:
    """For tests of plans: tables are as a migrated database has them, whatever other tests left in their files."""
    from tests.emptied import forget_the_past

    forget_the_past()


@pytest.fixture
def account(db) -> GatewayAccount:
    pool = Tenant.objects.create(
        slug="pool-link-main", name="Pool of link-main", kind="pool", timezone="Europe/Helsinki"
    )
    return GatewayAccount.objects.create(name="link-main", platform_id="ACME", timezone="Europe/Helsinki", pool=pool)


@pytest.fixture
def feed(account) -> Feed:
    feed = Feed.objects.create(account=account, name="main", dialect="link")
    add_token(feed, now=NOW, token=TOKEN)
    return feed


@pytest.fixture
def tenant(account) -> Tenant:
    tenant = Tenant.objects.create(slug="nordic-retail", name="Nordic Retail Oy", timezone="Europe/Helsinki")
    PartnerId.objects.create(account=account, value="nr-fi", tenant=tenant, declared_at=NOW)
    return tenant


@pytest.fixture
def other_tenant(account) -> Tenant:
    tenant = Tenant.objects.create(slug="baltic-parcel", name="Baltic Parcel", timezone="Europe/Tallinn")
    PartnerId.objects.create(account=account, value="baltic-ee", tenant=tenant, declared_at=NOW)
    return tenant


def make_user(email: str, tenant: Tenant | None = None, role: str | None = None, **extra):
    user = get_user_model().objects.create_user(email, PASSWORD, **extra)
    if tenant is not None:
        Membership.objects.create(user=user, tenant=tenant, role=role)
    return user


@pytest.fixture
def owner(tenant):
    return make_user("owner@example.com", tenant, Role.OWNER)


@pytest.fixture
def manager(tenant):
    return make_user("manager@example.com", tenant, Role.MANAGER)


@pytest.fixture
def analyst(tenant):
    return make_user("analyst@example.com", tenant, Role.ANALYST)


@pytest.fixture
def accountant(tenant):
    return make_user("accountant@example.com", tenant, Role.ACCOUNTANT)


@pytest.fixture
def viewer(tenant):
    return make_user("viewer@example.com", tenant, Role.VIEWER)


@pytest.fixture
def stranger(other_tenant):
    return make_user("stranger@example.com", other_tenant, Role.OWNER)


@pytest.fixture
def staff_user(db):
    return make_user("staff@example.com", is_staff=True, is_superuser=True)
