"""Kinds of exports: what an unknown one and a column that does not exist any more lead to."""

import pytest

from deliveries.exports.kinds import Unreadable, kind_of
from deliveries.exports.making import run_exports
from deliveries.models import Export
from tests.exports.conftest import asked, made

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_kind_of_the_settings_can_be_loaded(person, tenant, settings):
    export = asked(person, tenant)
    for name in settings.EXPORT_KINDS:
        export.kind = name
        assert str(kind_of(export).rows)


@pytest.mark.parametrize("change", [{"kind": "of_another_version"}, {"columns": ["colour"]}, {"sealed": "x"}])
def test_export_that_this_version_cannot_make_is_refused(person, tenant, messages, change):
    export = asked(person, tenant)
    Export.objects.update(**change)

    run_exports(export_id=export.id)

    export.refresh_from_db()
    assert (export.state, export.problem, export.attempts) == ("cancelled", "search", 1)


def test_kind_without_code_is_named(person, tenant, messages, settings):
    export = made(person, tenant)
    settings.EXPORT_KINDS = {}

    with pytest.raises(Unreadable, match="no exports of the kind messages"):
        kind_of(export)
