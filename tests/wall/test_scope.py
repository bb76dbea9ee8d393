"""Role and tenants hold for one transaction, and for no longer."""

import pytest
from django.db import ProgrammingError, connection, transaction

from portal.tenants.scope import set_scope, web_scope
from portal.tenants.wall import WEB
from tests.wall.rows import owners, rows
from tests.wall.scopes import staff_scope

OWNER = "portal"


def now() -> tuple[str, str]:
    """Return who the database takes us for, and for which tenants."""
    return rows("SELECT current_user, coalesce(current_setting('portal.tenant_ids', true), '')")[0]


@pytest.mark.django_db(transaction=True)
def test_scope_leaves_nothing_on_the_connection():
    with web_scope([7, 3]):
        assert now() == ("portal_web", "{3,7}")
    assert now() == (OWNER, "")
    with transaction.atomic():  # the connection's next user
        assert now() == (OWNER, "")
    with staff_scope():
        assert now() == ("portal_staff", "")
    assert now() == (OWNER, "")


@pytest.mark.django_db(transaction=True)
def test_scope_that_is_set_and_never_left_ends_with_the_transaction():
    with transaction.atomic():
        set_scope(WEB, [7])
        assert now() == ("portal_web", "{7}")
    assert now() == (OWNER, "")


@pytest.mark.django_db(transaction=True)
def test_scope_that_ends_by_an_error_leaves_nothing():
    with pytest.raises(ProgrammingError), web_scope([7]):
        rows("SELECT no_such_column")
    assert now() == (OWNER, "")
    with pytest.raises(RuntimeError), web_scope([7]):
        raise RuntimeError
    assert now() == (OWNER, "")


@pytest.mark.django_db
def test_scope_inside_a_transaction_ends_before_it():
    assert connection.in_atomic_block
    with web_scope([7]):
        assert now() == ("portal_web", "{7}")
    assert now() == (OWNER, "")
    with pytest.raises(RuntimeError), web_scope([7]):
        raise RuntimeError
    assert now() == (OWNER, "")


@pytest.mark.django_db
def test_inner_scope_gives_way_to_the_outer_one_again(two):
    with web_scope([two.mine]):
        with staff_scope():
            assert owners("message") == sorted([two.mine, two.other])
            with web_scope([two.other]):
                assert owners("message") == [two.other]
            assert now() == ("portal_staff", "")
        assert (now(), owners("message")) == (("portal_web", f"{{{two.mine}}}"), [two.mine])
        with pytest.raises(RuntimeError), staff_scope():
            raise RuntimeError
        assert owners("message") == [two.mine]
    assert now() == (OWNER, "")


@pytest.mark.django_db
@pytest.mark.parametrize("tenant_ids", [["1} OR true --"], ["x"], [None]])
def test_tenants_are_numbers_and_nothing_else(tenant_ids):
    with pytest.raises((TypeError, ValueError)), web_scope(tenant_ids):
        pass
    assert now() == (OWNER, "")
