"""GET /api/v1/campaigns/{campaign_id}/recipients/: the recipients of a campaign, one row each."""

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.merging import ids_shown_as
from deliveries.dialects.codes import COUNTS_AS
from deliveries.message_pages.api import ApiMessagePresenter
from deliveries.message_pages.examples import MESSAGE
from deliveries.message_pages.serializers import CLASSES, MessageSerializer
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.row import StoredMessage
from deliveries.messages.slices import no_writes_before
from deliveries.search.find import campaign_names
from portal.api.operations import Operation
from portal.api.pages import PAGE_EXAMPLE
from portal.api.parameters import CURSOR, MAX_NUMBER, SIZE, Parameter
from portal.api.problems import BadParameter
from portal.api.serializers import AS_OF, ForwardPageSerializer
from portal.api.views import ApiView
from portal.common.keyset import BadCursor
from reports.campaigns.api import CAMPAIGN_PATH, campaigns_of
from reports.campaigns.recipient_lists import (
    ALL,
    GROUPS,
    UNREADABLE,
    CampaignMessages,
    messages_page,
    recipients_page,
)


class RecipientAnswer(serializers.Serializer):
    """One recipient of a campaign."""

    counts_as = serializers.ChoiceField(choices=CLASSES, help_text="The best that is known of the recipient.")
    is_erased = serializers.BooleanField(help_text="The number was erased; `message.destination` is null.")
    messages = serializers.IntegerField(min_value=1, help_text="The campaign's messages to this recipient.")
    message = MessageSerializer(help_text="The newest of the best ones.")


class RecipientsAnswer(ForwardPageSerializer):
    """A page of recipients, in an order without meaning that does not change."""

    data_as_of = serializers.DateTimeField(help_text=AS_OF)
    data = RecipientAnswer(many=True, help_text="The recipients.")  # type: ignore[assignment]  # Serializer has the name, too


class RecipientsView(ApiView):
    """The recipients of a campaign."""

    operations = {
        "GET": Operation(
            id="list_campaign_recipients",
            tag="Campaigns",
            summary="Recipients of a campaign",
            text=(
                "Each different number that the campaign was sent to, once, with the newest of its best messages;"
                " campaigns that are merged into it are included. A recipient counts as `delivered` if one message was"
                " delivered, else as `pending` if one is on its way, else as `unknown` if the gateway cannot tell, else"
                " as `failed`. An erased number is still a row. Numbers are masked unless the key has the scope"
                " `numbers`. A merged campaign has no recipients: ask for `merged_into`."
            ),
            path=CAMPAIGN_PATH,
            parameters=(
                Parameter(
                    name="group",
                    text=(
                        "What the recipients count as. `unreadable`: messages without a readable number, a row for each"
                        " one, newest first."
                    ),
                    kind="choice",
                    choices=(*GROUPS, UNREADABLE),
                    default=ALL,
                    example="failed",
                ),
                CURSOR,
                SIZE,
            ),
            answer=RecipientsAnswer,
            answer_text="A page of recipients.",
            answer_example={
                **PAGE_EXAMPLE,
                "data": [
                    {"counts_as": MESSAGE["counts_as"], "is_erased": False, "messages": 2, "message": MESSAGE},
                ],
            },
        )
    }

    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaigns_of(self.access).filter(id=min(campaign_id, MAX_NUMBER)).first()
        if campaign is None:
            raise Http404
        account, as_of = self.access.account, no_writes_before()
        of = CampaignMessages(
            tenant_id=campaign.tenant_id,
            campaign_ids=[] if campaign.merged_into_id else ids_shown_as(campaign),
            account_id=account.id if account else None,
        )
        group, cursor, size = self.given.choice("group") or ALL, self.given.text("cursor"), self.given.size()
        try:
            if group == UNREADABLE:
                messages, next_ = messages_page(of, None, cursor=cursor, size=size)
                found = [(message, 1) for message in messages]
            else:
                recipients, next_ = recipients_page(of, group, cursor=cursor, size=size)
                found = [(one.message, one.messages) for one in recipients]
        except BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        return self.answer({"data": self._shown(found), "next_cursor": next_, "data_as_of": as_of})

    def _shown(self, found: list[tuple[StoredMessage, int]]) -> list[dict]:
        messages = [message for message, _number in found]
        presenter = ApiMessagePresenter(self.access, messages, campaign_names(messages))
        return [
            {
                "counts_as": COUNTS_AS[message.folded.status],
                "is_erased": bool(message.folded.flags & NUMBER_ERASED),
                "messages": number,
                "message": presenter.message(message),
            }
            for message, number in found
        ]
