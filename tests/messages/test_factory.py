"""The factory of many messages."""

import pytest

from deliveries.models import Message, MessageParameter
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from tests.deliveries.helpers import NOW, apply, dlr
from tests.messages.factory import copy_messages, store_parameters

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(feed, tenant) -> Message:
    choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)
    run_segment_keys()
    partner = {"platformPartnerId": "nr-fi"}
    apply(feed, dlr("one", 1001, gateCustomParameters=partner, customParameters={"store": "7"}))
    return Message.objects.get()


def test_copies_are_the_message_but_for_the_columns_given(one):
    copy_messages(3, message_id="'x' || n", campaign_id="n * 10")

    fields = [field.attname for field in Message._meta.local_concrete_fields if field.attname != "message_id"]
    found = {message.message_id: message for message in Message.objects.exclude(message_id="one")}
    assert {id_: message.campaign_id for id_, message in found.items()} == {"x1": 10, "x2": 20, "x3": 30}
    for message in found.values():
        message.campaign_id = one.campaign_id
        assert {name: getattr(message, name) for name in fields} == {name: getattr(one, name) for name in fields}


def test_column_that_is_none_is_refused(one):
    with pytest.raises(ValueError, match="message has no column campaign, store"):
        copy_messages(1, store="'7'", campaign="1")


def test_parameters_are_those_of_the_stored_messages(one):
    copy_messages(2, message_id="'x' || n", custom_parameters="""jsonb_build_object('store', n::text)""")
    store_parameters("store")

    assert set(MessageParameter.objects.values_list("message_id", "key", "value")) == {
        ("one", "store", "7"),
        ("x1", "store", "1"),
        ("x2", "store", "2"),
    }
    assert MessageParameter.objects.count() == 3
