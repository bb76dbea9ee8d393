"""RefId schemes in the administration."""

import pytest

pytestmark = pytest.mark.django_db


def test_scheme_without_fields_is_refused_and_not_a_fault(client, staff_user, tenant):
    client.force_login(staff_user)

    answer = client.post("/admin/campaigns/refidscheme/add/", {"tenant": tenant.id, "delimiter": "|", "fields": ""})

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["fields"]
