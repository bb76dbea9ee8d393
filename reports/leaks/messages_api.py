"""GET /api/v1/leaks/messages/: the messages behind a row of money leaks."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.message_pages.api import ApiMessagePresenter
from deliveries.message_pages.examples import MESSAGE
from deliveries.message_pages.serializers import MessageSerializer
from deliveries.messages.slices import no_writes_before
from deliveries.search.find import SearchTooSlow, campaign_names
from portal.api.operations import Operation
from portal.api.pages import PAGE_EXAMPLE
from portal.api.parameters import CURSOR, SIZE, Parameter
from portal.api.problems import BadParameter, TooSlow
from portal.api.serializers import AS_OF, ForwardPageSerializer
from portal.api.views import ApiView
from portal.common.keyset import BadCursor
from reports.leaks.api import refuse_account
from reports.leaks.listed import messages_page, unseal
from reports.leaks.window import SECONDS


class LeakMessagesAnswer(ForwardPageSerializer):
    """A page of the messages that a row counts."""

    data_as_of = serializers.DateTimeField(help_text=AS_OF)
    data = MessageSerializer(many=True, help_text="The messages, newest first.")  # type: ignore[assignment]  # Serializer has the name, too


class LeakMessagesView(ApiView):
    """The messages behind a leak."""

    operations = {
        "GET": Operation(
            id="list_leak_messages",
            tag="Reports",
            summary="List the messages of a money leak",
            text=(
                "The messages that a row of `list_leaks` counts, newest first. A leak is read for its own days: the"
                " list that named it has their end. Phone numbers are masked unless the key has the scope `numbers`."
            ),
            parameters=(
                Parameter(name="leak", text="The `leak` of the row. Opaque.", example="gAAAAABnT2", required=True),
                CURSOR,
                SIZE,
            ),
            sample={"leak": "gAAAAABnT2"},
            answer=LeakMessagesAnswer,
            answer_text="A page of messages.",
            answer_example=PAGE_EXAMPLE | {"data": [MESSAGE]},
            problems=("too-slow",),
        )
    }

    def get(self, request: Request) -> Response:
        refuse_account(self.access)
        listed, as_of = unseal(self.given.text("leak"), tenant_ids=self.access.tenant_ids), no_writes_before()
        if listed is None:
            raise BadParameter("leak", "the `leak` of a row of /leaks/ that the key may see")
        try:
            found, cursor = messages_page(listed, cursor=self.given.text("cursor"), size=self.given.size())
        except BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        except SearchTooSlow as error:
            raise TooSlow(f"Looking through the messages took more than {SECONDS:g} seconds.") from error
        presenter = ApiMessagePresenter(self.access, found, campaign_names(found))
        rows = [presenter.message(message) for message in found]
        return self.answer({"data": rows, "next_cursor": cursor, "data_as_of": as_of})
